"""Rows of a kept table, between the app's database and the store: never all of them in memory."""

import asyncio
from collections.abc import Callable, Iterable, Iterator

import psycopg

from lib.archive.models import Column
from lib.commands import Stopped
from lib.schema.session import Session

BLOCK_BYTES = 256 * 2**10
COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null
FROM pg_attribute a
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
#: Of the rows themselves, in whatever order, by the server: fast, and no client to wait for.
FINGERPRINT = """
SELECT count(*) || ':' || coalesce(sum(hashtextextended((kept.*)::text COLLATE "C", 0)), 0) AS it
FROM ONLY {table} AS kept
"""
#: Reads a type as the server does, and nothing else: what a manifest says is no SQL of ours.
KNOWN_TYPE = "SELECT to_regtype(%s) IS NOT NULL AS it"


async def columns(session: Session, table: str) -> tuple[Column, ...]:
    """Of the table as it is now; `table` is SQL, as everywhere here."""
    return tuple(Column(**row) for row in await session.all(COLUMNS, table))


async def require_types(session: Session, columns: Iterable[Column]) -> None:
    """Raises Stopped for a type that the database does not have."""
    for column in columns:
        try:
            known = await session.one(KNOWN_TYPE, column.type)
        except psycopg.errors.SyntaxError:
            known = None
        if not (known and known["it"]):
            raise Stopped(
                f"its column {column.name} has the type {column.type}, which the database does not"
                " have. Make the type, then try again."
            )


async def fingerprint(session: Session, table: str) -> str:
    row = await session.one(FINGERPRINT.format(table=table))
    assert row
    return str(row["it"])


async def copy_out(session: Session, query: str, take: Callable[[bytes], object]) -> None:
    """`take` gets the rows in blocks, in a thread: it may wait for the store."""
    statement = f"COPY ({query}) TO STDOUT".encode()
    async with session.connection.cursor() as cursor, cursor.copy(statement) as copy:
        block = bytearray()
        async for row in copy:
            block += row
            if len(block) >= BLOCK_BYTES:
                await asyncio.to_thread(take, bytes(block))
                block.clear()
        await asyncio.to_thread(take, bytes(block))


async def copy_in(session: Session, table: str, blocks: Iterator[bytes]) -> None:
    """`blocks` are made in a thread: they may come from the store."""
    statement = f"COPY {table} FROM STDIN".encode()
    async with session.connection.cursor() as cursor, cursor.copy(statement) as copy:
        while block := await asyncio.to_thread(next, blocks, b""):
            await copy.write(block)
