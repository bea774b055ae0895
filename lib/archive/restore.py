"""A purged archive's table is made again in `_rollback`: whole, or not at all.

The manifest is enough: where the app's database lost its list, the store is searched for the run.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from lib.archive import copies, state
from lib.archive.copying import copy_in, copy_out, require_types
from lib.archive.database import transaction
from lib.archive.models import Corrupted, Kept, Manifest, Told, superseded
from lib.archive.packing import Measure
from lib.archive.s3 import Store
from lib.archive.state import Archive, State
from lib.commands import Code, Stopped
from lib.schema.outcome import Refused
from lib.schema.session import Session

IS_HERE = "SELECT to_regclass(%s) IS NOT NULL AS it"


@dataclass(frozen=True, slots=True)
class Restore:
    session: Session
    store: Store
    retention: timedelta

    async def go(self, run_id: str, kept_in: str | None = None) -> AsyncIterator[Told]:
        """`kept_in`: only this one of the run's."""
        await state.ensure(self.session)
        archives = await state.listed(self.session, self.retention)
        ours = [one for one in archives if one.kept.run_id == run_id and wanted(one.kept, kept_in)]
        for archive in ours:
            yield await self._listed(archive)
        if not ours:
            for manifest in await asyncio.to_thread(self._search, run_id, kept_in):
                yield await self._told(manifest)

    async def _listed(self, archive: Archive) -> Told:
        kept, name = archive.kept, archive.kept.kept_in
        if archive.is_here:
            return Told(Code.DONE, f"{name} is still in the database.", kept, archive.rows)
        if archive.state in {None, State.EXPORTING}:
            gone = f"{name} was dropped by somebody, and never exported: restore a backup."
            return Told(Code.REFUSED, gone, kept)
        try:
            manifest = await asyncio.to_thread(self._manifest, archive)
        except Corrupted as corrupted:
            return Told(Code.REFUSED, f"{name} was not restored: {corrupted}", kept)
        return await self._told(manifest)

    def _manifest(self, archive: Archive) -> Manifest:
        """A database from a backup does not know what was erased from its exports since."""
        key = archive.manifest_key
        try:
            return copies.manifest_of(self.store, key, archive.sha256)
        except Corrupted:
            there = copies.look(self.store, f"{key.rpartition('/')[0]}/").manifests
            if newer := superseded(there).get(key):
                return newer
            raise

    def _search(self, run_id: str, kept_in: str | None) -> list[Manifest]:
        """The newest copy of each, from whatever database."""
        found = [copies.look(self.store, f"{one}{run_id}/") for one in self.store.folders()]
        manifests = [manifest for one in found for manifest in one.manifests]
        old = superseded(manifests)
        newest = {
            one.kept.kept_in: one
            for one in sorted(manifests, key=lambda one: one.exported_at)
            if one.key not in old and wanted(one.kept, kept_in)
        }
        if not newest:
            if unreadable := [key for one in found for key in one.unreadable]:
                raise Corrupted(f"{', '.join(unreadable)} cannot be read.")
            raise Stopped(
                f"Neither the database nor the store has that of run {run_id}."
                " Look at the ids, ARCHIVE_BUCKET and ARCHIVE_PREFIX."
            )
        return list(newest.values())

    async def _told(self, manifest: Manifest) -> Told:
        kept, name = manifest.kept, manifest.kept.kept_in
        try:
            here = await self.session.one(IS_HERE, kept.sql)
            if here and here["it"]:
                return Told(Code.DONE, f"{name} is still in the database.", kept)
            await require_types(self.session, manifest.columns)
            await asyncio.to_thread(copies.read_back, self.store, manifest)
            await self._make(manifest)
        except Stopped as stopped:
            return Told(stopped.code, f"{name} was not restored: {stopped}", kept)
        except Refused as refused:
            return Told(Code.REFUSED, f"{name} was not restored: {refused}.", kept)
        rows = manifest.content.rows
        return Told(Code.DONE, f"{name}: {rows} rows are back.", kept, rows, manifest.key)

    async def _make(self, manifest: Manifest) -> None:
        session, kept, expected = self.session, manifest.kept, manifest.content
        made_of = ", ".join(column.sql for column in manifest.columns)
        async with transaction(session, "SET LOCAL idle_in_transaction_session_timeout = '60s'"):
            await session.run(f"CREATE TABLE {kept.sql} ({made_of})")
            await copy_in(session, kept.sql, copies.rows_of(self.store, manifest))
            seen = Measure()
            await copy_out(session, f"SELECT * FROM ONLY {kept.sql}", seen.add)
            if (seen.rows, seen.sha256.hexdigest()) != (expected.rows, expected.plain_sha256):
                raise Corrupted("the rows read otherwise here than where they were exported.")
            await state.restored(session, manifest)


def wanted(kept: Kept, kept_in: str | None) -> bool:
    return kept_in is None or kept.kept_in == kept_in
