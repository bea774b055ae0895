"""The last thing before COMMIT: whatever ran, nothing that held a value is gone or rewritten.

It asks the server, not a parser: what every table looked like once it was locked is compared with
what it looks like now. A difference that the journal does not hold ends the transaction.

Its two questions are prepared before the lock: to plan them takes the server longer than to answer.
"""

from collections.abc import Mapping
from typing import LiteralString
from uuid import UUID

#: What the guard raises; nothing was changed.
SQLSTATE = "RB001"

#: Locks that a statement takes which changes, rewrites or drops a table.
STRONG: LiteralString = """
  SELECT DISTINCT l.relation AS oid FROM pg_locks l
  WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.relation >= 16384
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                   'ExclusiveLock', 'AccessExclusiveLock')"""

#: Rows updated and deleted by this session so far, without what is ours.
COUNTED: LiteralString = """
  SELECT coalesce(sum(pg_stat_get_xact_tuples_updated(c.oid)
    + pg_stat_get_xact_tuples_deleted(c.oid)), 0) AS rows
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid >= 16384 AND c.relkind IN ('r', 'm') AND n.nspname <> '_rollback'
    AND n.nspname !~ '^pg_toast'"""

#: Runs once the tables are locked, before anything is done to them.
CAPTURE = "EXECUTE rollback_capture"
#: Raises what it finds.
ASK = f"""EXECUTE rollback_judge;
DO $guard$ BEGIN
  IF current_setting('rollback.found') <> '' THEN
    RAISE EXCEPTION '%', current_setting('rollback.found') USING ERRCODE = '{SQLSTATE}';
  END IF;
END $guard$"""
#: Comes last in its transaction.
JUDGE = f"{ASK};\nDEALLOCATE rollback_capture;\nDEALLOCATE rollback_judge"

#: What CAPTURE executes.
BEFORE: LiteralString = f"""
WITH strong AS MATERIALIZED ({STRONG}),
classes AS (
  SELECT c.oid, c.relname, c.relnamespace
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'S', 'v', 'f')
    AND n.nspname !~ '^pg_' AND n.nspname <> '_rollback'
)
SELECT set_config('rollback.before', jsonb_build_object(
  'rows', ({COUNTED}),
  'tables', (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'oid', oid::bigint, 'name', relname, 'schema', relnamespace::bigint,
      'file', pg_relation_filenode(oid)::bigint)), '[]')
    FROM classes JOIN strong USING (oid)),
  'columns', (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'oid', a.attrelid::bigint, 'number', a.attnum, 'name', a.attname,
      'type', a.atttypid::bigint, 'typmod', a.atttypmod)), '[]')
    FROM pg_attribute a
    WHERE a.attrelid = ANY (ARRAY(SELECT oid FROM strong)) AND a.attnum > 0 AND NOT a.attisdropped),
  -- As one short text: there may be thousands.
  'all', (SELECT coalesce(array_agg(oid), '{{}}')::text FROM classes)
)::text, true)
"""

#: Each finds what must not be, as one sentence per finding.
RULES: Mapping[str, LiteralString] = {
    "column is there": """
      SELECT format('%s.%s is gone', t.name, b.name) FROM columns b JOIN tables t USING (oid)
      LEFT JOIN attributes a ON a.attrelid = b.oid AND a.attnum = b.number
      WHERE a.attnum IS NULL""",
    "column has its type": """
      SELECT format('%s.%s has another type', t.name, b.name)
      FROM columns b JOIN tables t USING (oid)
      JOIN attributes a ON a.attrelid = b.oid AND a.attnum = b.number
      WHERE (a.atttypid, a.atttypmod) IS DISTINCT FROM (b.type::oid, b.typmod)
        AND NOT EXISTS (SELECT FROM journal j WHERE j.do IN ('widen', 'narrow')
          AND j.table_oid = b.oid AND j.column_number = b.number)""",
    "table has its file": """
      SELECT format('%s was rewritten', b.name) FROM tables b JOIN classes c ON c.oid = b.oid
      WHERE pg_relation_filenode(c.oid) IS DISTINCT FROM b.file::oid
        AND NOT EXISTS (SELECT FROM journal j WHERE j.do = 'narrow' AND j.table_oid = b.oid)""",
    "table is there": """
      SELECT format('%s is gone', b.name) FROM tables b LEFT JOIN classes c ON c.oid = b.oid
      WHERE c.oid IS NULL""",
    "column has its name": """
      SELECT format('%s.%s is called %s', t.name, b.name, a.attname)
      FROM columns b JOIN tables t USING (oid)
      JOIN attributes a ON a.attrelid = b.oid AND a.attnum = b.number
      WHERE a.attname <> b.name AND NOT EXISTS (SELECT FROM journal j
        WHERE j.do = 'rename_column' AND a.attname IN (j.name, j.before)
          AND (j.table_oid = b.oid AND j.column_number = b.number
            -- A partition is renamed with its table, and may number its columns otherwise.
            OR b.name IN (j.name, j.before) AND j.table_oid IN (
              SELECT relid FROM pg_partition_ancestors(b.oid::regclass))))""",
    "table has its name": """
      SELECT format('%s is called %s', b.name, c.relname)
      FROM tables b JOIN classes c ON c.oid = b.oid
      WHERE c.relname <> b.name AND NOT EXISTS (SELECT FROM journal j
        WHERE j.do = 'rename_table' AND j.table_oid = b.oid AND c.relname IN (j.name, j.before))""",
    "table is in its schema": """
      SELECT format('%s has moved to another schema', b.name)
      FROM tables b JOIN classes c ON c.oid = b.oid
      WHERE c.relnamespace <> b.schema::oid AND NOT EXISTS (SELECT FROM journal j
        WHERE j.do = 'set_schema' AND j.table_oid = b.oid
          AND c.relnamespace::regnamespace::text
            IN (quote_ident(j.name), quote_ident(j.before)))""",
    "only planned tables": """
      SELECT format('%s was not part of the plan', oid::regclass) FROM strong
      WHERE oid IN (SELECT unnest((before ->> 'all')::oid[]) FROM image)
        AND oid NOT IN (SELECT oid FROM tables)""",
    "every row is captured": """
      SELECT format('%s rows were changed and %s kept', now.rows - was.rows, kept.rows)
      FROM counted now, (SELECT (before ->> 'rows')::numeric AS rows FROM image) was,
        (SELECT coalesce(sum(j.rows), 0) AS rows FROM journal j) kept
      WHERE now.rows - was.rows <> kept.rows""",
    "rows are counted": """
      SELECT 'track_counts is off, so that nobody could tell which rows were changed'
      WHERE NOT current_setting('track_counts')::bool""",
}

#: What JUDGE executes.
FOUND: LiteralString = """
WITH image AS (SELECT current_setting('rollback.before')::jsonb AS before),
tables AS (SELECT x.* FROM image, jsonb_to_recordset(before -> 'tables')
  AS x(oid bigint, name text, schema bigint, file bigint)),
columns AS (SELECT x.* FROM image, jsonb_to_recordset(before -> 'columns')
  AS x(oid bigint, number int, name text, type bigint, typmod int)),
-- By the index, however many columns the database has.
attributes AS MATERIALIZED (SELECT attrelid, attnum, attname, atttypid, atttypmod
  FROM pg_attribute WHERE attrelid = ANY (ARRAY(SELECT oid::oid FROM tables))
  AND attnum > 0 AND NOT attisdropped),
classes AS MATERIALIZED (SELECT oid, relname, relnamespace
  FROM pg_class WHERE oid = ANY (ARRAY(SELECT oid::oid FROM tables))),
journal AS (SELECT * FROM _rollback.actions a
  WHERE a.run_id = '{run_id}' AND a.direction = '{direction}'),
strong AS MATERIALIZED ({strong}),
counted AS ({counted}),
problems(what) AS ({rules})
SELECT set_config('rollback.found', coalesce(string_agg(what, '; ' ORDER BY what), ''), true)
FROM problems
"""


def prepare(run_id: UUID, direction: str, rules: Mapping[str, str] = RULES) -> list[str]:
    """Before any lock: CAPTURE and JUDGE are known to the server, and planned, for a transaction.

    With the search path that they run with: for another they would be planned anew.
    `rules`: a test leaves one out, and must then fail.
    """
    found = FOUND.format(
        run_id=run_id,
        direction=direction,
        strong=STRONG,
        counted=COUNTED,
        rules=" UNION ALL ".join(f"({rule})" for rule in rules.values()),
    )
    return [
        "SET LOCAL search_path = ''",
        f"PREPARE rollback_capture AS {BEFORE}",
        f"PREPARE rollback_judge AS {found}",
        CAPTURE,
        ASK,
        "SET LOCAL search_path TO DEFAULT",
    ]
