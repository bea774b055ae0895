"""A person's rows, out of everything that was put aside: here, and in the store.

A copy in the store is written anew without them, and read back, before the old one goes. Where the
store may not let go of it yet, the same erasure later finishes it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import psycopg

from lib.archive import conflicts, copies, database, state
from lib.archive.condition import Condition
from lib.archive.copying import columns, copy_in, copy_out, require_types
from lib.archive.database import transaction
from lib.archive.models import CONFLICTS, Column, Kept, Manifest, StoreAway, Told, superseded
from lib.archive.s3 import Held, Store
from lib.commands import Code, Misused, Stopped
from lib.schema.models import quote
from lib.schema.outcome import Again, Refused
from lib.schema.session import Session

#: Read, sifted by the app's database in a temporary table, and written again.
CHUNK_BYTES = 8 * 2**20
#: Operators of the app's own types (citext) are found as the app finds them.
AS_THE_APP = "SET LOCAL search_path TO DEFAULT"
SIEVE = "pg_temp.sieve"
#: Of the app's table, called as in the list.
TYPES = """
SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  AND %s = CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END
"""


@dataclass(frozen=True, slots=True)
class Erase:
    session: Session
    store: Store
    retention: timedelta
    made_by: dict[str, str]
    table: str
    condition: Condition
    dry_run: bool

    async def go(self, databases: list[str]) -> AsyncIterator[Told]:
        """`databases`: identities, whose copies in the store are looked through.

        With them those that the list names: a list made again has another identity.
        """
        there = await state.is_there(self.session)
        archives = await state.listed(self.session, self.retention) if there else []
        for archive in archives:
            if archive.is_here and self._concerns(archive.kept):
                yield await self._here(archive.kept)
        if await conflicts.is_there(self.session):
            told = await self._here(conflicts.LOG)
            if told.rows or told.code is not Code.DONE:
                yield told
        named = {archive.manifest_key.partition("/")[0] for archive in archives} - {""}
        for name in sorted(named | {*databases}):
            async for told in self._in_store(name):
                yield told

    def _concerns(self, kept: Kept) -> bool:
        return self.table == kept.table or kept.what == CONFLICTS

    async def _where(self, kept: Kept, made_of: Iterable[Column]) -> str:
        if kept.what != CONFLICTS:
            return self.condition.sql(made_of)
        rows = await self.session.all(TYPES, self.table)
        return self.condition.in_conflicts(self.table, {row["name"]: row["type"] for row in rows})

    async def _here(self, kept: Kept) -> Told:
        session = self.session
        try:
            where = await self._where(kept, await columns(session, kept.sql))
            async with transaction(session, AS_THE_APP):
                await self._require_told(kept, kept.sql)
                if self.dry_run:
                    rows = await count(session, kept.sql, where)
                else:
                    rows = await delete(session, kept.sql, where)
                    await state.erased_here(session, kept, rows)
        except (Stopped, Refused, Again) as error:
            return self._not(kept.kept_in, error)
        return Told(Code.DONE, f"{kept.kept_in}: {self._did(rows)} in the database.", kept, rows)

    async def _in_store(self, name: str) -> AsyncIterator[Told]:
        found = await asyncio.to_thread(copies.look, self.store, f"{name}/")
        for key in found.unreadable:
            yield Told(Code.REFUSED, f"{key} cannot be read: nobody can tell whose rows it holds.")
        old = superseded(found.manifests)
        by_key = {manifest.key: manifest for manifest in found.manifests}
        if not self.dry_run:
            await asyncio.to_thread(self.store.end_uploads, f"{name}/")
            for key in found.strays:
                if held := await asyncio.to_thread(self.store.delete, key):
                    yield Told(Code.LOCKED, f"{held.sentence}.")
            for key in sorted(old.keys() & by_key.keys()):
                if held := await self._retire(key, old[key]):
                    yield Told(Code.LOCKED, f"{held.sentence}.", by_key[key].kept, manifest=key)
        for manifest in found.manifests:
            if self._concerns(manifest.kept) and manifest.key not in old:
                yield await self._copy(manifest)

    async def _copy(self, manifest: Manifest) -> Told:
        kept, key = manifest.kept, manifest.key
        try:
            rows = await self._sift(manifest, None)
            if rows and not self.dry_run:
                new = await self._rewrite(manifest)
                if held := await self._retire(key, new):
                    said = f"{kept.kept_in}: {rows} rows are in no copy but an old one: "
                    return Told(Code.LOCKED, f"{said}{held.sentence}.", kept, rows, new.key)
        except (Stopped, Refused, Again) as error:
            return self._not(key, error)
        said = f"{kept.kept_in}: {self._did(rows)} in the store."
        return Told(Code.DONE, said, kept, rows, key)

    async def _rewrite(self, manifest: Manifest) -> Manifest:
        writing = copies.Writing(
            self.store,
            copies.new_key(manifest.kept, manifest.database),
            await database.now(self.session),
        )
        await self._sift(manifest, writing)
        new = await asyncio.to_thread(
            writing.end,
            manifest.kept,
            manifest.database,
            manifest.columns,
            self.made_by,
            (manifest.key, *manifest.replaces),
        )
        return await copies.verify(self.store, new.key, new.content.plain_sha256)

    async def _retire(self, key: str, new: Manifest) -> Held | None:
        await state.replaced(self.session, key, new)
        return await asyncio.to_thread(copies.discard, self.store, key)

    async def _sift(self, manifest: Manifest, writing: copies.Writing | None) -> int:
        """How many rows are the person's; the others go to `writing`, byte for byte."""
        session, kept, found = self.session, manifest.kept, 0
        where = await self._where(kept, manifest.columns)
        if kept.what != CONFLICTS:
            await require_types(session, self.condition.of(manifest.columns))
        all_text = ", ".join(f"{quote(column.name)} text" for column in manifest.columns)
        lines = whole_lines(copies.rows_of(self.store, manifest))
        while chunk := await asyncio.to_thread(next, lines, b""):
            make = f"CREATE TABLE {SIEVE} ({all_text}) ON COMMIT DROP"
            async with transaction(session, AS_THE_APP, make):
                await copy_in(session, SIEVE, iter([chunk]))
                await self._require_told(kept, SIEVE)
                found += await count(session, SIEVE, where)
                if writing:
                    rest = f"SELECT * FROM {SIEVE} WHERE ({where}) IS NOT TRUE"
                    await copy_out(session, rest, writing.take)
        return found

    async def _require_told(self, kept: Kept, table: str) -> None:
        """The log of conflicts has of each row its key, and of keyless ones all of it."""
        if kept.what == CONFLICTS:
            untold = self.condition.untold_in_conflicts(self.table)
            if rows := await count(self.session, table, untold):
                names = ", ".join(self.condition.columns)
                raise Stopped(
                    f"{rows} conflicts of {self.table} do not tell {names}: name the columns of"
                    " their key."
                )

    def _did(self, rows: int) -> str:
        return f"{rows} rows {'would be erased' if self.dry_run else 'were erased'}"

    def _not(self, name: str, error: Stopped | Refused | Again) -> Told:
        """Raises what ends everything: a lost connection, a store that is away."""
        match error:
            case Misused() | StoreAway():
                raise error
            case Again() if error.is_lost:
                raise error
            case Stopped():
                return Told(Code.REFUSED, f"{name}: nothing was erased: {error}")
        code = Code.BUSY if isinstance(error, Again) else Code.REFUSED
        return Told(code, f"{name}: nothing was erased: {error}.")


async def count(session: Session, table: str, where: str) -> int:
    with comparing():
        row = await session.one(f"SELECT count(*) AS rows FROM ONLY {table} WHERE {where}")
    assert row
    return int(row["rows"])


async def delete(session: Session, table: str, where: str) -> int:
    with comparing():
        query = f"DELETE FROM ONLY {table} WHERE {where}"
        return (await session.connection.execute(query.encode())).rowcount


@contextmanager
def comparing() -> Iterator[None]:
    """What the server says of values would show them."""
    try:
        yield
    except psycopg.errors.UndefinedFunction:
        raise Stopped("values of such a column cannot be compared: name another.") from None
    except psycopg.DataError:
        raise Stopped("a value is not of its column's type.") from None


def whole_lines(blocks: Iterator[bytes], chunk_bytes: int = CHUNK_BYTES) -> Iterator[bytes]:
    """In chunks that end where a row ends."""
    waiting = bytearray()
    for block in blocks:
        waiting += block
        if len(waiting) >= chunk_bytes and (end := waiting.rfind(b"\n") + 1):
            yield bytes(waiting[:end])
            del waiting[:end]
    if waiting:
        yield bytes(waiting)
