"""The audit log's table held against its export, part by part. Changes nothing."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lib.archive.log_parts import Reached
from lib.archive.log_reading import LogReading
from lib.audit.chain import Checkpoint, Place, hash_row
from lib.audit.reading import SNAPSHOT, read_span
from lib.audit.verify import called, named
from lib.postgres import Connection, Database

NOTED = "SELECT position FROM audit_exported"


class Kind(StrEnum):
    NO_ROW = "no row"
    NO_PLACE = "no place"
    OTHER_ROW = "other row"
    OTHER_PLACE = "other place"
    NO_CHECKPOINT = "no checkpoint"
    OTHER_CHECKPOINT = "other checkpoint"
    NOT_EXPORTED = "not exported"


#: What can be brought back: nothing stands in its place.
LOST = {Kind.NO_ROW, Kind.NO_PLACE, Kind.NO_CHECKPOINT}
WORDS = {
    Kind.NO_ROW: "in the export, and not in the table",
    Kind.NO_PLACE: "in the export, and not in the table's chain",
    Kind.OTHER_ROW: "not in the table as exported: changed there",
    Kind.OTHER_PLACE: "not in the table's chain as exported: rewritten there",
    Kind.NO_CHECKPOINT: "in the export, and not in the table",
    Kind.OTHER_CHECKPOINT: "not in the table as exported: changed there",
    Kind.NOT_EXPORTED: "in the table's chain, and not in the export that reaches past it",
}


@dataclass(frozen=True, slots=True)
class Difference:
    kind: Kind
    #: As exported; what is not in the export, as it is in the table.
    entry: Place | Checkpoint

    @property
    def number(self) -> int:
        return self.entry.number if isinstance(self.entry, Checkpoint) else self.entry.position


async def differences(database: Database, reading: LogReading) -> AsyncIterator[Difference]:
    """In order, in one snapshot of the table. Raises Stopped, DatabaseUnavailable."""
    async with database.transaction() as connection:
        await connection.execute(SNAPSHOT)
        for part, before in reading.parts():
            exported = [
                entry for entry in reading.entries(part) if isinstance(entry, Place | Checkpoint)
            ]
            for difference in await of_part(
                connection, exported, before, (part.last, part.checkpoint)
            ):
                yield difference


async def of_part(
    connection: Connection,
    exported: Sequence[Place | Checkpoint],
    before: Reached,
    end: tuple[int, int],
) -> list[Difference]:
    table = {key(entry): entry async for entry in read_span(connection, before.until(*end))}
    found = [
        Difference(kind, entry)
        for entry in exported
        if (kind := difference_of(entry, table.pop(key(entry), None))) is not None
    ]
    left = [Difference(Kind.NOT_EXPORTED, entry) for entry in table.values()]
    return found + [one for one in left if isinstance(one.entry, Place)]


def key(entry: Place | Checkpoint) -> tuple[bool, int]:
    is_place = isinstance(entry, Place)
    return is_place, entry.position if isinstance(entry, Place) else entry.number


def difference_of(exported: Place | Checkpoint, there: Place | Checkpoint | None) -> Kind | None:
    if isinstance(exported, Checkpoint):
        if there is None:
            return Kind.NO_CHECKPOINT
        return None if there == exported else Kind.OTHER_CHECKPOINT
    if not isinstance(there, Place):
        return Kind.NO_PLACE
    if (there.audit_id, there.row_sha256, there.link) != (
        exported.audit_id,
        exported.row_sha256,
        exported.link,
    ):
        return Kind.OTHER_PLACE
    if there.row is None:
        return Kind.NO_ROW
    return None if hash_row(there.row) == exported.row_sha256 else Kind.OTHER_ROW


def sentences(found: Sequence[Difference]) -> list[str]:
    """One for each run of neighbours of a kind."""
    runs: list[list[Difference]] = []
    for one in found:
        last = runs[-1][-1] if runs else None
        if last and (last.kind, last.number + 1) == (one.kind, one.number):
            runs[-1].append(one)
        else:
            runs.append([one])
    return [sentence(run) for run in runs]


def sentence(run: Sequence[Difference]) -> str:
    first = run[0]
    if len(run) == 1 and isinstance(first.entry, Place):
        return f"{called(first.entry)} is {WORDS[first.kind]}."
    what = "Checkpoint" if isinstance(first.entry, Checkpoint) else "Position"
    return (
        f"{named(what, range(first.number, run[-1].number + 1), were='are')} {WORDS[first.kind]}."
    )


async def cut_off(database: Database, reading: LogReading) -> str | None:
    """Whether the export once reached further, as its job noted; once all of it was read."""
    row = await database.one(NOTED)
    if row is None or row["position"] <= reading.reached.position:
        return None
    return (
        f"The export once reached position {row['position']}, and ends at"
        f" {reading.reached.position}: parts of it were removed."
    )
