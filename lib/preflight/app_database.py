"""The app's own database: connections that are given up on soon, and what is said of those."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import LiteralString

import psycopg
from psycopg.rows import DictRow, dict_row

#: As long as a rollback would wait for it.
CONNECT_SECONDS = 3

AppConnection = psycopg.AsyncConnection[DictRow]


class Unreachable(Exception):
    """No connection, or it broke. The message names no address and no user."""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AppConnection]:
    """Each statement is a transaction of its own. Raises Unreachable."""
    try:
        async with await psycopg.AsyncConnection.connect(
            url,
            autocommit=True,
            prepare_threshold=None,
            row_factory=dict_row,
            connect_timeout=CONNECT_SECONDS,
        ) as connection:
            yield connection
    except psycopg.OperationalError as error:
        raise Unreachable(type(error).__name__) from error


async def one(connection: AppConnection, query: LiteralString, **arguments: object) -> DictRow:
    """The only row of a query of ours."""
    row = await (await connection.execute(query, arguments)).fetchone()
    assert row is not None
    return row
