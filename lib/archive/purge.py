"""Past its time, an archive goes to the store, is read back byte by byte, and is dropped here.

Whatever dies on the way: a table is dropped only by the transaction that found it to be what was
read back, and the next purge goes on where this one was.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import psycopg

from lib.archive import conflicts, copies, database, state
from lib.archive.copying import columns, copy_out, fingerprint
from lib.archive.database import transaction
from lib.archive.models import Corrupted, Manifest, Told
from lib.archive.s3 import Store
from lib.archive.state import Archive, State
from lib.commands import Code, Stopped
from lib.schema import journal
from lib.schema.outcome import Again, Refused
from lib.schema.session import LOCK_WAIT_MS, Session

#: How long a lock that others hold is tried for, and how often: as in a rollback.
PATIENCE_SECONDS = 25.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 1.5
#: Comparing, while nobody but us wants the table.
COMPARE_MS = 600_000
EXPORTING = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "SET LOCAL idle_in_transaction_session_timeout = '60s'",
)
#: Both are held to the end of the transaction, so that whoever comes forward sees all or nothing.
ALONE = f"""
SELECT pg_try_advisory_xact_lock({journal.ADVISORY_KEY})
  AND pg_try_advisory_xact_lock({journal.FORWARD_KEY}) AS it
"""


class Changed(Stopped):
    """The table is not what was exported."""


@dataclass(frozen=True, slots=True)
class Purge:
    session: Session
    store: Store
    retention: timedelta
    made_by: dict[str, str]
    patience_seconds: float = PATIENCE_SECONDS

    async def due(self) -> list[Archive]:
        archives = await state.listed(self.session, self.retention)
        return [one for one in archives if one.is_due and one.is_here]

    async def due_conflicts(self) -> list[conflicts.Due]:
        return await conflicts.due(self.session, self.retention)

    async def go(self) -> AsyncIterator[Told]:
        """One after the other. Where the store or a database is away, the rest waits."""
        for part in await self.due_conflicts():
            await conflicts.put_aside(self.session, part)
        for archive in await self.due():
            told = await self._told(archive)
            yield told
            if told.code in {Code.AWAY, Code.WRONG}:
                return

    async def _told(self, archive: Archive) -> Told:
        name, kept = archive.kept.kept_in, archive.kept
        try:
            manifest = await self._one(archive)
        except Stopped as stopped:
            return Told(stopped.code, f"{name} was not dropped: {stopped}", kept, archive.rows)
        except Again as again:
            if again.is_lost:
                raise
            return Told(Code.BUSY, f"{name} was not dropped: {again}.", kept, archive.rows)
        except Refused as refused:
            return Told(Code.REFUSED, f"{name} was not dropped: {refused}.", kept, archive.rows)
        rows = manifest.content.rows
        return Told(Code.DONE, f"{name}: {rows} rows are in the store.", kept, rows, manifest.key)

    async def _one(self, archive: Archive) -> Manifest:
        if earlier := await self._exported_before(archive):
            with suppress(Changed):
                await self._persist(lambda: self._drop(archive, earlier, archive.fingerprint))
                return earlier
            await self._discard(earlier.key)
        manifest, known = await self._export(archive)
        await self._persist(lambda: self._drop(archive, manifest, known))
        return manifest

    async def _exported_before(self, archive: Archive) -> Manifest | None:
        """What an earlier purge exported, if it is whole; else nothing of it is left behind."""
        if archive.state is State.EXPORTED and archive.fingerprint:
            with suppress(Corrupted):
                return await copies.verify(self.store, archive.manifest_key, archive.sha256)
        if archive.state in {State.EXPORTED, State.EXPORTING}:
            await self._discard(archive.manifest_key)
        return None

    async def _discard(self, key: str) -> None:
        """Under object lock it stays until an erasure or the bucket's own rules end it."""
        await asyncio.to_thread(copies.discard, self.store, key)

    async def _export(self, archive: Archive) -> tuple[Manifest, str]:
        session, kept = self.session, archive.kept
        name = await database.identity(session)
        assert name
        writing = copies.Writing(
            self.store, copies.new_key(kept, name), await database.now(session)
        )
        await state.begin(session, kept, writing.key)
        async with transaction(session, *EXPORTING):
            made_of = await columns(session, kept.sql)
            known = await fingerprint(session, kept.sql)
            await copy_out(session, f"SELECT * FROM ONLY {kept.sql}", writing.take)
        manifest = await asyncio.to_thread(writing.end, kept, name, made_of, self.made_by)
        await state.exported(session, manifest, known)
        # From here on only what the store has counts.
        read = await copies.verify(self.store, manifest.key, manifest.content.plain_sha256)
        return read, known

    async def _drop(self, archive: Archive, manifest: Manifest, known: str) -> None:
        """One short transaction; while it compares, the server ends it if we say nothing."""
        session, kept = self.session, archive.kept
        # The app may still write there, by triggers: it never waits longer than for a rollback.
        compare_ms = LOCK_WAIT_MS if archive.is_open else COMPARE_MS
        async with transaction(session):
            await session.run(f"LOCK TABLE ONLY {kept.sql} IN ACCESS EXCLUSIVE MODE")
            await session.run(f"SET LOCAL statement_timeout = {compare_ms}")
            if await self._now(archive) != known:
                raise Changed("it has changed since it was exported. Purge again.")
            alone = await session.one(ALONE)
            if not (alone and alone["it"]):
                raise Again("a rollback or a way forward is under way")
            await session.run(f"DROP TABLE {kept.sql}")
            if not await state.purged(session, manifest):
                raise Changed("another purge was here. Purge again.")

    async def _now(self, archive: Archive) -> str:
        try:
            return await fingerprint(self.session, archive.kept.sql)
        except psycopg.errors.QueryCanceled:
            raise Stopped(
                "it is too large to be compared while its run is rolled back, and the app may"
                " write to it. Bring the run forward first."
                if archive.is_open
                else "comparing it took too long. Purge again when there is less load."
            ) from None

    async def _persist(self, attempt: Callable[[], Awaitable[None]]) -> None:
        ends, pause = time.monotonic() + self.patience_seconds, FIRST_PAUSE_SECONDS
        while True:
            try:
                return await attempt()
            except Again as again:
                wait = pause * random.uniform(0.5, 1.5)  # noqa: S311 - spreads, hides nothing
                if again.is_lost or time.monotonic() + wait > ends:
                    raise
            await asyncio.sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
