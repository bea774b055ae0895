"""The audit log goes to the store, a part at a time, each once.

1. The newest manifest says where the next part begins. Nothing else is believed about that.
2. The part ends at the newest checkpoint; it is verified as it is read, in one snapshot.
3. The rows are put and read back, then the manifest is. Only with it is the part there: whoever
   dies before has left rows that no manifest names.
4. The database is told how far the export is: a note for people, and no more.

One at a time: who exports holds a lock of the database's for each part.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lib.archive.log_parts import NOTHING, Part, Reached, part_key, part_keys, reached, read_part
from lib.archive.models import Corrupted
from lib.archive.packing import Packer
from lib.archive.s3 import Store
from lib.audit.chain import Checkpoint, Keys, Place
from lib.audit.reading import SNAPSHOT, as_line, read_span
from lib.audit.verify import End, Entry, Verifier
from lib.commands import Code, Stopped
from lib.postgres import Connection, Database

#: In memory at once, and so much is done again where an export was killed.
MOST_POSITIONS = 20_000
#: Any number that is ours.
LOCK = "SELECT pg_try_advisory_xact_lock(7726004) AS is_ours, app_now() AS now"
LINK = "SELECT link_sha256 AS link FROM audit_chain WHERE position = %(position)s"
#: Of the next so many positions the newest, or the next one there is.
END = """
SELECT number, position FROM audit_checkpoints
 WHERE number > %(number)s AND position >= %(position)s
 ORDER BY position > %(most)s, CASE WHEN position > %(most)s THEN number ELSE -number END
 LIMIT 1
"""
#: The note of one that was slower does not take back what another knows.
NOTE = """
INSERT INTO audit_exported AS e (position, manifest, at)
VALUES (%(position)s, %(manifest)s, app_now())
ON CONFLICT (only_row) DO UPDATE
   SET position = excluded.position, manifest = excluded.manifest, at = excluded.at
 WHERE excluded.position >= e.position
"""


class Busy(Stopped):
    """Another export is at it."""

    code = Code.BUSY


@dataclass(frozen=True, slots=True)
class LogExport:
    database: Database
    store: Store
    keys: Keys
    made_by: dict[str, str]
    #: Also what is not as it was written, with what is wrong noted beside it.
    as_it_is: bool = False
    most: int = MOST_POSITIONS

    async def go(self) -> list[Part]:
        """All that is signed and not in the store yet. Raises Stopped, DatabaseUnavailable."""
        parts = []
        while (part := await self._next()) is not None:
            parts.append(part)
        newest = await asyncio.to_thread(newest_part, self.store)
        if newest.key:
            await self.database.execute(NOTE, position=newest.position, manifest=newest.key)
        return parts

    async def _next(self) -> Part | None:
        """Raises Stopped."""
        async with self.database.transaction() as connection:
            await connection.execute(SNAPSHOT)
            now = await lock(connection)
            before = await asyncio.to_thread(newest_part, self.store)
            await require_same(connection, before)
            cursor = await connection.execute(
                END,
                {
                    "number": before.checkpoint,
                    "position": before.position,
                    "most": before.position + self.most,
                },
            )
            if (end := await cursor.fetchone()) is None:
                return None
            span = before.until(end["position"], end["number"])
            entries = [entry async for entry in read_span(connection, span)]
            part, packed = self._made(before, entries, now)
            await asyncio.to_thread(put, self.store, part, packed, now)
        return part

    def _made(
        self, before: Reached, entries: Sequence[Place | Checkpoint], now: datetime
    ) -> tuple[Part, bytes]:
        findings = self._wrong(before, entries)
        if findings and not self.as_it_is:
            raise Stopped(
                "\n".join(findings) + "\nNothing of it was exported: the log is not as it was"
                " written. Look at it first: docs/audit.md. To export it as it is: --as-it-is."
            )
        packer = Packer()
        packed = packer.pack("".join(f"{as_line(entry)}\n" for entry in entries).encode())
        packed += packer.end()
        signed = [entry for entry in entries if isinstance(entry, Checkpoint)][-1]
        part = Part(
            key=part_key(before.position + 1, signed.position, signed.number),
            first=before.position + 1,
            last=signed.position,
            head=signed.link.hex(),
            checkpoint=signed.number,
            key_id=signed.key_id,
            hmac=signed.hmac.hex(),
            content=packer.content,
            exported_at=now,
            made_by=self.made_by,
            findings=findings,
            previous=before.key,
            previous_sha256=before.sha256,
        )
        return part, packed

    def _wrong(self, before: Reached, entries: Sequence[Entry]) -> tuple[str, ...]:
        verifier = Verifier(
            self.keys, position=before.position, link=before.link, checkpoints=before.checkpoint
        )
        for entry in [*entries, End()]:
            verifier.take(entry)
        verifier.end()
        return tuple(verifier.findings)


async def lock(connection: Connection) -> datetime:
    """The database's time. Raises Busy."""
    row = await (await connection.execute(LOCK)).fetchone()
    assert row is not None
    if not row["is_ours"]:
        raise Busy("Another export is at it. The same again later.")
    now: datetime = row["now"]
    return now


async def require_same(connection: Connection, before: Reached) -> None:
    """Raises Stopped where the log is not the one that was exported."""
    if not before.key:
        return
    row = await (await connection.execute(LINK, {"position": before.position})).fetchone()
    if row is None or row["link"] != before.link:
        what = "is not there any more" if row is None else "is another now"
        raise Stopped(
            f"The export reaches position {before.position}, and in the table that {what}: rows"
            " were lost or rewritten, or this is another database. Nothing was exported. See what:"
            " python -m scripts.audit_store verify --with-table. To bring back what was lost:"
            " scripts/recover-state.sh. For another database: another AUDIT_EXPORT_PREFIX."
        )


def newest_part(store: Store) -> Reached:
    """Raises Corrupted."""
    keys = part_keys(store.keys(""))
    if not keys:
        return NOTHING
    written = store.get(keys[-1])
    if written is None:
        raise Corrupted(f"{keys[-1]} is listed, and not in the store.")
    return reached(read_part(keys[-1], written), written)


def put(store: Store, part: Part, packed: bytes, now: datetime) -> None:
    """Raises Corrupted where the store gives back something else."""
    for key, data in ((part.data_key, packed), (part.key, part.written())):
        store.put(key, data, now)
        if store.get(key) != data:
            raise Corrupted(f"{key} is not what was put there. The same again tries anew.")
