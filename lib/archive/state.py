"""How far each archive is, in the app's database beside what it tells of.

Each step is written where it is done: `purged` in the transaction that drops the table.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import LiteralString
from uuid import UUID

from psycopg.rows import DictRow

from lib.archive.database import transaction
from lib.archive.models import Kept, Manifest
from lib.schema import journal
from lib.schema.session import Session

CREATE: LiteralString = """
BEGIN;
SELECT pg_advisory_xact_lock(7726004);
-- A list from before archives had an age: theirs begins now.
ALTER TABLE _rollback.quarantine
  ADD COLUMN IF NOT EXISTS kept_at timestamptz NOT NULL DEFAULT clock_timestamp();
CREATE TABLE IF NOT EXISTS _rollback.archives (
  -- No foreign key, and what the list says once more: a restored archive may outlive its list.
  run_id uuid NOT NULL,
  kept_in text NOT NULL,
  table_name text NOT NULL,
  constraint_name text NOT NULL,
  what text NOT NULL,
  kept_at timestamptz NOT NULL,
  -- exporting: some of it may be in the store; exported: all of it, and still here;
  -- purged: only there; restored: here again.
  state text NOT NULL CHECK (state IN ('exporting', 'exported', 'purged', 'restored')),
  manifest_key text NOT NULL,
  -- Of the exported rows as text, and of the rows themselves: the same if nothing has changed.
  rows bigint,
  sha256 text,
  fingerprint text,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (run_id, kept_in)
);
COMMIT
"""
IS_THERE = "SELECT to_regclass('_rollback.archives') IS NOT NULL AS it"
#: An archive's age: since it was put aside, its run went back, or it was restored.
LIST = """
SELECT run_id, kept_in, coalesce(q.table_name, a.table_name) AS table,
  coalesce(q.constraint_name, a.constraint_name) AS constraint,
  coalesce(q.what, a.what) AS what, coalesce(q.kept_at, a.kept_at) AS kept_at,
  coalesce(q.rows, a.rows) AS rows, coalesce(r.state, 'forward') AS run_state,
  a.state, a.manifest_key, a.sha256, a.fingerprint,
  to_regclass('_rollback.' || quote_ident(kept_in)) IS NOT NULL AS is_here,
  due.at AS due_at, due.at <= clock_timestamp() AS is_due
FROM _rollback.quarantine q FULL JOIN _rollback.archives a USING (run_id, kept_in)
LEFT JOIN _rollback.runs r USING (run_id),
LATERAL (SELECT %s::interval + greatest(coalesce(q.kept_at, a.kept_at),
  CASE WHEN r.state <> 'forward' THEN r.went_back_at END,
  CASE WHEN a.state = 'restored' THEN a.changed_at END) AS at) due
ORDER BY r.number NULLS FIRST, kept_in
"""
BEGIN = """
INSERT INTO _rollback.archives AS a
  (run_id, kept_in, table_name, constraint_name, what, kept_at, state, manifest_key)
VALUES (%s, %s, %s, %s, %s, %s, 'exporting', %s)
ON CONFLICT (run_id, kept_in) DO UPDATE SET state = 'exporting', changed_at = clock_timestamp(),
  manifest_key = excluded.manifest_key, rows = NULL, sha256 = NULL, fingerprint = NULL
"""
EXPORTED = """
UPDATE _rollback.archives SET state = 'exported', changed_at = clock_timestamp(),
  rows = %s, sha256 = %s, fingerprint = %s
WHERE run_id = %s AND kept_in = %s AND manifest_key = %s
"""
PURGED = """
UPDATE _rollback.archives SET state = 'purged', changed_at = clock_timestamp()
WHERE run_id = %s AND kept_in = %s AND manifest_key = %s AND state = 'exported'
"""
#: A list that was lost is made again as far as its run is known.
LISTED_AGAIN = """
INSERT INTO _rollback.quarantine
  (run_id, kept_in, table_name, constraint_name, rows, what, kept_at)
SELECT run_id, %s, %s, %s, %s, %s, %s FROM _rollback.runs WHERE run_id = %s
ON CONFLICT DO NOTHING
"""
RESTORED = """
INSERT INTO _rollback.archives
  (run_id, kept_in, table_name, constraint_name, what, kept_at, state, manifest_key, rows, sha256)
VALUES (%s, %s, %s, %s, %s, %s, 'restored', %s, %s, %s)
ON CONFLICT (run_id, kept_in) DO UPDATE SET state = 'restored', changed_at = clock_timestamp(),
  manifest_key = excluded.manifest_key, rows = excluded.rows, sha256 = excluded.sha256
"""
REPLACED = """
UPDATE _rollback.archives SET manifest_key = %s, rows = %s, sha256 = %s, fingerprint = NULL
WHERE manifest_key = %s
"""
#: Begun anew by the next purge: what was exported is more than there is by now.
ERASED_HERE = """
WITH again AS (DELETE FROM _rollback.archives
  WHERE run_id = %s AND kept_in = %s AND state IN ('exporting', 'exported'))
UPDATE _rollback.quarantine SET rows = greatest(rows - %s, 0) WHERE run_id = %s AND kept_in = %s
"""


class State(StrEnum):
    EXPORTING = "exporting"
    EXPORTED = "exported"
    PURGED = "purged"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Archive:
    kept: Kept
    rows: int
    #: None: it was never exported.
    state: State | None
    is_open: bool  #: its run is not forward again
    is_here: bool  #: its table is there
    is_due: bool
    due_at: datetime
    manifest_key: str = ""
    sha256: str = ""
    fingerprint: str = ""


async def ensure(session: Session) -> None:
    if not await journal.is_there(session.connection):
        await session.run(journal.CREATE)
    if not await is_there(session):
        await session.run(CREATE)


async def is_there(session: Session) -> bool:
    row = await session.one(IS_THERE)
    return bool(row and row["it"])


async def listed(session: Session, retention: timedelta) -> list[Archive]:
    return [archive(row) for row in await session.all(LIST, retention)]


def archive(row: DictRow) -> Archive:
    return Archive(
        kept=Kept(
            run_id=str(row["run_id"]),
            kept_in=row["kept_in"],
            table=row["table"],
            constraint=row["constraint"],
            what=row["what"],
            kept_at=row["kept_at"],
        ),
        rows=row["rows"] or 0,
        state=State(row["state"]) if row["state"] else None,
        is_open=row["run_state"] != "forward",
        is_here=row["is_here"],
        is_due=row["is_due"],
        due_at=row["due_at"],
        manifest_key=row["manifest_key"] or "",
        sha256=row["sha256"] or "",
        fingerprint=row["fingerprint"] or "",
    )


async def begin(session: Session, kept: Kept, manifest_key: str) -> None:
    async with transaction(session):
        await session.connection.execute(BEGIN, [*columns(kept), manifest_key])


async def exported(session: Session, manifest: Manifest, fingerprint: str) -> None:
    content, kept = manifest.content, manifest.kept
    async with transaction(session):
        await session.connection.execute(
            EXPORTED,
            [
                content.rows,
                content.plain_sha256,
                fingerprint,
                kept.run_id,
                kept.kept_in,
                manifest.key,
            ],
        )


async def purged(session: Session, manifest: Manifest) -> bool:
    """Within the transaction that drops the table. False: another was here meanwhile."""
    kept = manifest.kept
    cursor = await session.connection.execute(PURGED, [kept.run_id, kept.kept_in, manifest.key])
    return cursor.rowcount == 1


async def restored(session: Session, manifest: Manifest) -> None:
    """Within the transaction that makes the table again."""
    kept, content = manifest.kept, manifest.content
    run_id, *rest = columns(kept)
    name, table, constraint, what, kept_at = rest
    await session.connection.execute(
        LISTED_AGAIN, [name, table, constraint, content.rows, what, kept_at, run_id]
    )
    await session.connection.execute(
        RESTORED, [*columns(kept), manifest.key, content.rows, content.plain_sha256]
    )


async def replaced(session: Session, old_key: str, manifest: Manifest) -> None:
    """A copy without the rows that were erased takes the place of another."""
    if await is_there(session):
        async with transaction(session):
            await session.connection.execute(
                REPLACED,
                [manifest.key, manifest.content.rows, manifest.content.plain_sha256, old_key],
            )


async def erased_here(session: Session, kept: Kept, rows: int) -> None:
    """Within the transaction that deletes them."""
    await session.connection.execute(
        ERASED_HERE, [kept.run_id, kept.kept_in, rows, kept.run_id, kept.kept_in]
    )


def columns(kept: Kept) -> tuple[UUID, str, str, str, str, datetime]:
    return (
        UUID(kept.run_id),
        kept.kept_in,
        kept.table,
        kept.constraint,
        kept.what,
        kept.kept_at,
    )
