"""The log of what one release's code wrote and the other's could not see: it holds values, too.

Past its time, a run's part of it becomes an archive like any other, and is purged as one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from lib.archive.database import transaction
from lib.archive.models import CONFLICTS, Kept
from lib.schema.models import literal, quote
from lib.schema.session import Session

TABLE = "_rollback.conflicts"
#: What is still in the log, for an erasure: of every run, and in no list.
LOG = Kept(str(UUID(int=0)), "conflicts", TABLE, "", CONFLICTS, datetime(1, 1, 1, tzinfo=UTC))
IS_THERE = f"SELECT to_regclass('{TABLE}') IS NOT NULL AS it"
DUE = f"""
SELECT c.run_id, count(*) AS rows, max(c.at) AS at, max(c.number) AS number
FROM {TABLE} c JOIN _rollback.runs r USING (run_id),
LATERAL (SELECT clock_timestamp() - %s::interval AS before) due
WHERE c.at <= due.before AND (r.state = 'forward' OR r.went_back_at <= due.before)
GROUP BY run_id ORDER BY run_id
"""


@dataclass(frozen=True, slots=True)
class Due:
    run_id: UUID
    rows: int
    #: All up to this moment.
    at: datetime
    number: int


async def is_there(session: Session) -> bool:
    row = await session.one(IS_THERE)
    return bool(row and row["it"])


async def due(session: Session, retention: timedelta) -> list[Due]:
    if not await is_there(session):
        return []
    return [Due(**row) for row in await session.all(DUE, retention)]


async def put_aside(session: Session, part: Due) -> None:
    """In one statement: what is written meanwhile is either moved or stays."""
    name = f"conflicts_{part.run_id.hex[:12]}_{part.number}"
    kept, moment = quote("_rollback", name), literal(part.at.isoformat())
    async with transaction(session):
        await session.run(
            f"CREATE TABLE {kept} AS TABLE {TABLE} WITH NO DATA",
            f"WITH gone AS (DELETE FROM {TABLE} WHERE run_id = '{part.run_id}'"
            f" AND at <= {moment}::timestamptz RETURNING *),"
            f" moved AS (INSERT INTO {kept} SELECT * FROM gone RETURNING 1)"
            " INSERT INTO _rollback.quarantine"
            " (run_id, kept_in, table_name, constraint_name, rows, what, kept_at)"
            f" SELECT '{part.run_id}', {literal(name)}, {literal(TABLE)}, '', count(*),"
            f" '{CONFLICTS}', {moment}::timestamptz FROM moved",
        )
