"""Nothing holds the app's tables for long: a change of them would wait behind it in vain."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from psycopg.rows import DictRow

from lib.preflight.app_database import Unreachable, connected
from lib.preflight.kit import Kit, failed, not_used, ok, unknown
from lib.preflight.models import Finding
from lib.rollback.models import Environment

#: Named in the sentence; more do not change what to do.
NAMED = 3
#: Whom the role may not see has no times: only that it holds a table is known.
BLOCKERS = """
SELECT a.pid, coalesce(nullif(a.application_name, ''), a.backend_type, '') AS name,
       coalesce(a.state, '') AS state, clock_timestamp() - a.xact_start AS age,
       a.backend_type = 'autovacuum worker' AS is_wraparound,
       NOT pg_has_role(a.usesysid, 'USAGE') AND NOT pg_has_role('pg_read_all_stats', 'USAGE')
         AS is_hidden
  FROM pg_stat_activity a
 WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
   AND CASE a.backend_type
         -- Another vacuum gives way; this one does not, however young it is.
         WHEN 'autovacuum worker' THEN a.query LIKE '%%(to prevent wraparound)%%'
         ELSE a.xact_start IS NULL OR a.xact_start < clock_timestamp() - %(long)s END
   AND EXISTS (SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                WHERE l.pid = a.pid AND l.granted AND l.locktype = 'relation'
                  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                  AND c.relkind IN ('r', 'p', 'm')
                  AND c.relnamespace <> ALL (ARRAY['pg_catalog', 'pg_toast']::regnamespace[]))
 ORDER BY a.xact_start NULLS LAST LIMIT 20
"""


async def check(kit: Kit, _: Environment) -> Finding:
    url = kit.app_database_url
    if url is None:
        return not_used("No database of the app is set (APP_DATABASE_URL).")
    try:
        async with connected(url) as connection:
            cursor = await connection.execute(BLOCKERS, {"long": kit.long_transaction})
            rows = await cursor.fetchall()
    except Unreachable as error:
        return unknown(f"Whether anything blocks the app's database is not known ({error}).")
    seen = [row for row in rows if row["age"] is not None]
    if seen:
        return failed(
            f"In the app's database {'; '.join(said(seen))}. A rollback that must change its tables"
            " would wait behind that in vain: let it end, or end it with"
            f" SELECT pg_terminate_backend({seen[0]['pid']})."
        )
    if any(row["is_hidden"] for row in rows):
        return unknown(
            "Sessions of other roles hold tables of the app's database, and may not be looked at:"
            " GRANT pg_read_all_stats to the role of APP_DATABASE_URL."
        )
    return ok("No long transaction holds the app's tables.")


def said(rows: Sequence[DictRow]) -> Iterator[str]:
    for row in rows[:NAMED]:
        what = "an anti-wraparound vacuum" if row["is_wraparound"] else "a transaction"
        state = f", {row['state']}" if row["state"].startswith("idle") else ""
        yield f"{what} of {row['name']} (pid {row['pid']}{state}) has held tables for {age(row)}"
    if len(rows) > NAMED:
        yield f"and {len(rows) - NAMED} more"


def age(row: DictRow) -> str:
    return str(timedelta(seconds=int(row["age"].total_seconds())))
