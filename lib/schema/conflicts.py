"""What one release's code wrote and the other's could not see, or lost: listed in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from lib.schema import journal

#: More are not read at once: a release that writes what the other cannot hold writes a lot.
MAX_LISTED = 10_000

OF_RUN: LiteralString = """
SELECT run_id, at, table_name, key, column_name, writer, why, kept, written
FROM _rollback.conflicts WHERE %(run_id)s::uuid IS NULL OR run_id = %(run_id)s
ORDER BY number DESC LIMIT %(limit)s
"""
SENTENCES = {
    "superseded": "the {writer} code wrote {written} and replaced {kept}, which it could not see",
    "not_converted": "the {writer} code wrote {written}, which is no value of it; {kept} stayed",
    "not_followed": "the {writer} code wrote {written}; nothing follows from it, so {kept} stayed",
    "required": "the {writer} code wrote {written}, from which nothing follows; {kept} stayed",
}


@dataclass(frozen=True, slots=True)
class Conflict:
    """`kept`, `written`: as text. Superseded, `kept` is only here; else the column still has it."""

    run_id: str
    at: datetime
    table: str
    key: dict[str, Any]
    column: str
    #: Whose code wrote: the `older` release's or the `newer`'s.
    writer: str
    why: str
    kept: str | None
    written: str | None

    @property
    def sentence(self) -> str:
        row = ", ".join(f"{name}={value}" for name, value in self.key.items())
        said = SENTENCES[self.why].format(
            written=shown(self.written), kept=shown(self.kept), writer=self.writer
        )
        return f"{self.table} {row}: {self.column}: {said}."


def shown(value: str | None) -> str:
    return "nothing" if value is None else f"'{value}'"


async def read(connection: AsyncConnection[DictRow], run_id: UUID | None) -> list[Conflict]:
    """Of one run, or of all; the newest first, at most MAX_LISTED."""
    if not await journal.is_there(connection):
        return []
    cursor = await connection.execute(OF_RUN, {"run_id": run_id, "limit": MAX_LISTED})
    return [
        Conflict(
            run_id=str(row["run_id"]),
            at=row["at"],
            table=row["table_name"],
            key=row["key"],
            column=row["column_name"],
            writer=row["writer"],
            why=row["why"],
            kept=row["kept"],
            written=row["written"],
        )
        for row in await cursor.fetchall()
    ]
