"""What was done to the app's database, kept in it: schema `_rollback`, the app's roles not let in.

Each run with all that its way back needs, written in the transaction that did it: it is there if
and only if the work is.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from lib.schema import batch
from lib.schema.identity import Mark
from lib.schema.models import Do, Down, Step, literal

SCHEMA = "_rollback"
#: Any number that is ours. Held by whoever changes something here, to the end of the transaction.
ADVISORY_KEY = 7_726_004
#: Held by a session that brings the database forward, until it ends.
FORWARD_KEY = 7_726_005

IS_THERE = "SELECT to_regclass('_rollback.actions') IS NOT NULL AS it"
CREATE: LiteralString = """
BEGIN;
SELECT pg_advisory_xact_lock(7726004);
CREATE SCHEMA IF NOT EXISTS _rollback;
REVOKE ALL ON SCHEMA _rollback FROM PUBLIC;
-- The app's default privileges may have let roles in.
DO $rollback$ DECLARE other oid; BEGIN
  FOR other IN SELECT grantee FROM pg_namespace, aclexplode(nspacl)
    WHERE nspname = '_rollback' AND grantee NOT IN (0, nspowner)
  LOOP
    EXECUTE format('REVOKE ALL ON SCHEMA _rollback FROM %s', other::regrole);
  END LOOP;
END $rollback$;
-- Which database this is: lib/schema/identity.py.
CREATE TABLE IF NOT EXISTS _rollback.identity (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  made_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO _rollback.identity DEFAULT VALUES ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS _rollback.runs (
  run_id uuid PRIMARY KEY,
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  -- back: rolled back; returning: forward is under way; forward: nothing of it is left.
  state text NOT NULL CHECK (state IN ('back', 'returning', 'forward')),
  versions text[] NOT NULL,
  plan jsonb NOT NULL,
  plan_sha256 text NOT NULL,
  went_back_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  went_forward_at timestamptz,
  -- Triggers keep columns of both releases in step, also for a while after it went forward.
  in_step boolean NOT NULL DEFAULT false
);
CREATE TABLE IF NOT EXISTS _rollback.actions (
  run_id uuid NOT NULL REFERENCES _rollback.runs,
  direction text NOT NULL CHECK (direction IN ('back', 'forward')),
  position int NOT NULL,
  "do" text NOT NULL,
  table_oid oid NOT NULL,
  column_number int NOT NULL,
  name text NOT NULL,
  before text NOT NULL,
  step jsonb NOT NULL,
  -- Updated or deleted by this action, each kept in a table of its own here.
  rows bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (run_id, direction, position)
);
-- What was put aside, each in a table of its own here. rows, values: pointed to what was gone when
-- the database came forward; before, deleted: as they were before the way back changed them;
-- replaced: as they were before the way forward put such rows back; conflicts: past their time.
CREATE TABLE IF NOT EXISTS _rollback.quarantine (
  run_id uuid NOT NULL REFERENCES _rollback.runs,
  kept_in text NOT NULL,
  table_name text NOT NULL,
  constraint_name text NOT NULL,
  rows bigint NOT NULL,
  what text NOT NULL CHECK (what IN ('rows', 'values', 'before', 'deleted', 'replaced',
    'conflicts')),
  -- From then on it lives as long as archives do.
  kept_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (run_id, kept_in)
);
-- Where what one release's code wrote could not be what the other reads: nothing of it is lost.
CREATE TABLE IF NOT EXISTS _rollback.conflicts (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id uuid NOT NULL REFERENCES _rollback.runs,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  table_name text NOT NULL,
  key jsonb NOT NULL,
  column_name text NOT NULL,
  -- Whose code wrote: the older release's or the newer's.
  writer text NOT NULL CHECK (writer IN ('older', 'newer')),
  why text NOT NULL
    CHECK (why IN ('superseded', 'not_converted', 'not_followed', 'required')),
  -- The column's value: superseded, it was replaced; else it stayed. And what was written.
  kept text,
  written text
);
COMMIT
"""

MARK = """
i.id AS identity, (SELECT run_id FROM _rollback.runs ORDER BY number DESC LIMIT 1) AS newest,
(SELECT count(*) + count(*) FILTER (WHERE state = 'forward') FROM _rollback.runs) AS age
"""
NOW = f"SELECT {MARK} FROM _rollback.identity i"
RUNS = f"""
SELECT run_id, state, versions, plan, plan_sha256, {MARK}
FROM _rollback.runs CROSS JOIN _rollback.identity i
"""
RUN = RUNS + "WHERE run_id = '{run_id}'"
IN_STEP = RUNS + "WHERE state = 'forward' AND in_step ORDER BY number"
STANDING = "SELECT run_id, state, versions FROM _rollback.runs ORDER BY number"
#: Changes with everything that ever becomes of a run, and is another one in another database: a
#: plan is made for one, and for no other. Before the first run it is empty.
FINGERPRINT = """
SELECT coalesce(string_agg(run_id || ':' || state, ' ' ORDER BY number)
  || (SELECT ' ' || id FROM _rollback.identity), '') AS it
FROM _rollback.runs WHERE state <> 'forward' OR number = (SELECT max(number) FROM _rollback.runs)
"""
IDENTITY = "SELECT id FROM _rollback.identity"
QUARANTINED = """
SELECT table_name, constraint_name, kept_in, rows, what FROM _rollback.quarantine
WHERE run_id = %s ORDER BY kept_in
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What earlier runs left. `last_run`: the newest, whatever became of it."""

    rolled_back: tuple[str, ...] = ()
    last_run: str | None = None
    #: All there ever were, the oldest first.
    runs: tuple[str, ...] = ()
    #: Runs that are not forward again, oldest first: the last of them goes first.
    open_runs: tuple[str, ...] = ()
    identity: str | None = None
    #: Of all that, for a plan that is made now.
    fingerprint: str = ""
    #: A run that is half way forward: neither release's code can count on anything.
    returning: str | None = None

    @property
    def mark(self) -> Mark:
        return Mark(self.identity, self.last_run, 2 * len(self.runs) - len(self.open_runs))


@dataclass(frozen=True, slots=True)
class Run:
    run_id: str
    state: str
    plan_sha256: str
    steps: tuple[Step, ...]
    new_tables: frozenset[int]
    new_columns: frozenset[tuple[int, int]]
    versions: tuple[str, ...]
    #: Of the whole journal, when this was read.
    mark: Mark

    @property
    def ends_in_step(self) -> bool:
        """What keeps values in step cannot stay on the way forward: names change under it."""
        return any(step.do is Do.KEEP_IN_STEP and step.undo for step in self.steps)


async def is_there(connection: AsyncConnection[DictRow]) -> bool:
    row = await (await connection.execute(IS_THERE)).fetchone()
    return bool(row and row["it"])


async def standing(connection: AsyncConnection[DictRow]) -> Standing:
    if not await is_there(connection):
        return Standing()
    rows, identity, fingerprint = await batch.ask(connection, STANDING, IDENTITY, FINGERPRINT)
    left = [row for row in rows if row["state"] != "forward"]
    return Standing(
        rolled_back=tuple(version for row in left for version in row["versions"]),
        last_run=str(rows[-1]["run_id"]) if rows else None,
        runs=tuple(str(row["run_id"]) for row in rows),
        open_runs=tuple(str(row["run_id"]) for row in left),
        identity=str(identity[0]["id"]) if identity else None,
        fingerprint=fingerprint[0]["it"],
        returning=next((str(row["run_id"]) for row in left if row["state"] == "returning"), None),
    )


async def mark(connection: AsyncConnection[DictRow]) -> Mark:
    """Where it stands after a run."""
    row = await (await connection.execute(NOW)).fetchone()
    assert row
    return marked(row)


def marked(row: DictRow) -> Mark:
    return Mark(str(row["identity"]), str(row["newest"]), row["age"])


async def find(connection: AsyncConnection[DictRow], run_id: UUID) -> Run | None:
    row = await (await connection.execute(RUN.format(run_id=run_id).encode())).fetchone()
    return as_run(row) if row else None


async def in_step(connection: AsyncConnection[DictRow]) -> list[Run]:
    """Runs that are forward again, and whose values are still kept in step."""
    if not await is_there(connection):
        return []
    return [as_run(row) for row in await (await connection.execute(IN_STEP)).fetchall()]


def as_run(row: DictRow) -> Run:
    plan: dict[str, Any] = row["plan"]
    return Run(
        run_id=str(row["run_id"]),
        state=row["state"],
        plan_sha256=row["plan_sha256"],
        steps=tuple(Step(**(step | {"do": Do(step["do"])})) for step in plan["steps"]),
        new_tables=frozenset(plan["new_tables"]),
        new_columns=frozenset((table, column) for table, column in plan["new_columns"]),
        versions=tuple(row["versions"]),
        mark=marked(row),
    )


def record_run(run_id: UUID, plan: Down) -> str:
    versions = ", ".join(literal(version) for version in plan.versions)
    in_step = any(step.do is Do.KEEP_IN_STEP for step in plan.steps)
    return (
        "INSERT INTO _rollback.runs (run_id, state, versions, plan, plan_sha256, in_step) VALUES"
        f" ('{run_id}', 'back', ARRAY[{versions}]::text[],"
        f" {literal(json.dumps(asdict(plan)))}::jsonb, '{plan.sha256}', {str(in_step).lower()})"
    )


def record_actions(run_id: UUID, direction: str, steps: Sequence[Step]) -> str:
    """One statement for all of them: each is a row of the guard's journal."""
    rows = ", ".join(
        f"('{run_id}', '{direction}', {position}, '{step.do}', {step.table}, {step.column},"
        f" {literal(step.name)}, {literal(step.before)},"
        f" {literal(json.dumps(asdict(step)))}::jsonb)"
        for position, step in enumerate(steps)
    )
    return (
        "INSERT INTO _rollback.actions"
        ' (run_id, direction, position, "do", table_oid, column_number, name, before, step)'
        f" VALUES {rows}"
    )
