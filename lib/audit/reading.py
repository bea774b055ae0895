"""The audit log as `verify` reads it: from the tables in one snapshot, or from an export of them.

An export is JSON lines: the places in order, after each the checkpoints that end there, what has
no place yet, and `{"kind": "end"}`.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from datetime import timedelta
from typing import Any, LiteralString

from psycopg.rows import DictRow

from lib.audit.chain import Checkpoint, Place, Span
from lib.audit.sealer import COLUMNS, SIGNED, TIME
from lib.audit.verify import End, Entry, Unplaced, Unreadable
from lib.postgres import Connection, Database

BIGINT = 2**63
EVERYTHING = Span((-BIGINT, BIGINT - 1), (-BIGINT, BIGINT - 1))
#: Rows that are read at a time.
BATCH = 1000
#: Sweeps come every minute: a row that is older was left out, or nobody seals.
LATE = timedelta(minutes=10)

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
PLACE_COLUMNS = ("position", "audit_id", "row_sha256", "link_sha256")
PLACES: LiteralString = f"""
SELECT c.position, c.audit_id, c.row_sha256, c.link_sha256, {COLUMNS}
  FROM audit_chain c LEFT JOIN audit a ON a.id = c.audit_id
 WHERE c.position > %(after)s AND c.position <= %(until)s ORDER BY c.position LIMIT %(batch)s
"""  # noqa: S608 - of constants
#: By number: one whose position was changed stands out where it stands.
CHECKPOINTS: LiteralString = f"""
SELECT number, position, link_sha256 AS link, {TIME.format("at")} AS at, key_id,
       hmac_sha256 AS hmac
  FROM audit_checkpoints WHERE number > %(after)s AND number <= %(until)s
 ORDER BY number LIMIT %(batch)s
"""  # noqa: S608
#: In the log without a place, and waiting for one without being in the log.
UNPLACED = """
SELECT a.id, q.audit_id IS NOT NULL AS is_queued, true AS is_there,
       a.at NOT BETWEEN app_now() - %(late)s AND app_now() + interval '1 minute' AS is_late
  FROM audit a LEFT JOIN audit_chain c ON c.audit_id = a.id
  LEFT JOIN audit_unsealed q ON q.audit_id = a.id
 WHERE c.audit_id IS NULL
UNION ALL
SELECT q.audit_id, true, false, false FROM audit_unsealed q
 WHERE NOT EXISTS (SELECT FROM audit a WHERE a.id = q.audit_id)
 ORDER BY id
"""


async def read_tables(database: Database) -> AsyncGenerator[Entry]:
    """Raises DatabaseUnavailable; give it a database that waits long enough for the whole log."""
    async with database.transaction() as connection:
        await connection.execute(SNAPSHOT)
        async for entry in read_span(connection, EVERYTHING):
            yield entry
        cursor = await connection.execute(UNPLACED, {"late": LATE})
        for row in await cursor.fetchall():
            yield Unplaced(row["id"], why_unplaced(row))
    yield End()


async def read_span(connection: Connection, span: Span) -> AsyncIterator[Place | Checkpoint]:
    """After each place the checkpoints that end there."""
    checkpoints = keyset(connection, CHECKPOINTS, span.checkpoints, by="number")
    checkpoint = await anext(checkpoints, None)
    async for row in keyset(connection, PLACES, span.places, by="position"):
        while checkpoint and checkpoint["position"] < row["position"]:
            yield Checkpoint(**checkpoint)
            checkpoint = await anext(checkpoints, None)
        yield as_place(row)
    while checkpoint:
        yield Checkpoint(**checkpoint)
        checkpoint = await anext(checkpoints, None)


async def keyset(
    connection: Connection, query: LiteralString, span: tuple[int, int], *, by: str
) -> AsyncIterator[DictRow]:
    """A batch at a time: the log may be larger than memory."""
    after, until = span
    while True:
        cursor = await connection.execute(query, {"after": after, "until": until, "batch": BATCH})
        rows = await cursor.fetchall()
        for row in rows:
            yield row
        if len(rows) < BATCH:
            return
        after = rows[-1][by]


def as_place(found: DictRow) -> Place:
    row = {name: value for name, value in found.items() if name not in PLACE_COLUMNS}
    position, audit_id, row_sha256, link = (found[name] for name in PLACE_COLUMNS)
    return Place(position, audit_id, row_sha256, link, row if row["id"] is not None else None)


def why_unplaced(row: DictRow) -> str:
    if not row["is_there"]:
        return "was removed before it was sealed"
    if not row["is_queued"]:
        return "has no place in the chain and waits for none: it was inserted past it"
    if row["is_late"]:
        return "waits for its place too long: no sweep runs, or somebody keeps it from sealing"
    return ""


def as_line(entry: Entry) -> str | None:
    """None: it is not part of an export. A row that waits is in the next one."""
    match entry:
        case Place():
            told: dict[str, Any] = {
                "kind": "row",
                "position": entry.position,
                "id": entry.audit_id,
                "row_sha256": entry.row_sha256.hex(),
                "link_sha256": entry.link.hex(),
                "row": None if entry.row is None else present(entry.row.items()),
            }
        case Checkpoint():
            values = ((name, getattr(entry, name)) for name in SIGNED)
            told = {"kind": "checkpoint"} | {
                name: value.hex() if isinstance(value, bytes) else value for name, value in values
            }
        case End():
            told = {"kind": "end"}
        case Unplaced() | Unreadable():
            return None
    return json.dumps(told, separators=(",", ":"))


def present(fields: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    return {name: value for name, value in fields if value is not None}


def read_lines(lines: Iterable[str]) -> Iterator[Entry]:
    """What comes after the end was added to it."""
    has_ended = False
    for number, line in enumerate(lines, 1):
        entry = read_line(line)
        yield Unreadable(number) if entry is None or has_ended else entry
        has_ended = has_ended or isinstance(entry, End)


def read_line(line: str) -> Entry | None:
    """None: it is no line of an export."""
    try:
        told = json.loads(line)
        match told["kind"]:
            case "row":
                return Place(
                    a_number(told["position"]),
                    a_number(told["id"]),
                    bytes.fromhex(told["row_sha256"]),
                    bytes.fromhex(told["link_sha256"]),
                    told["row"] and {str(name): a_text(text) for name, text in told["row"].items()},
                )
            case "checkpoint":
                return Checkpoint(
                    number=a_number(told["number"]),
                    position=a_number(told["position"]),
                    link=bytes.fromhex(told["link"]),
                    at=a_text(told["at"]),
                    key_id=a_text(told["key_id"]),
                    hmac=bytes.fromhex(told["hmac"]),
                )
            case "end":
                return End()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        pass
    return None


def a_number(value: object) -> int:
    """Raises ValueError: it is none that a bigint holds."""
    if isinstance(value, int) and abs(value) < BIGINT:
        return value
    raise ValueError


def a_text(value: object) -> str:
    """Raises ValueError."""
    if isinstance(value, str):
        return value
    raise ValueError
