"""Postgres: connections that outlive a request, transactions, and one error for 'it is away'.

Nothing here survives a transaction (no prepared statement, no session lock, no SET), so the
pooled address of an integration works.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from lib import errors

#: One instance serves many requests at once; a serverless database counts connections.
POOL_SIZE = 8
#: A statement of ours takes milliseconds. One that takes this long will not come back in time.
TIMEOUT_SECONDS = 5.0
#: libpq's smallest effective connect time-out is 2 s.
CONNECT_TIMEOUT_SECONDS = 3

Connection = AsyncConnection[DictRow]


@dataclass(slots=True)
class Database:
    """`url` may hold a password: it is never logged and in no message."""

    url: str = field(repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS
    _pool: AsyncConnectionPool[Connection] | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Raises DatabaseUnavailable when Postgres is away, hangs or restarts.

        After such an error the transaction may or may not have been committed: read, then act.
        """
        try:
            async with asyncio.timeout(self.timeout_seconds):
                pool = await self._opened()
                async with pool.connection() as connection:
                    yield connection
        except (TimeoutError, PoolTimeout, psycopg.OperationalError) as error:
            raise errors.DatabaseUnavailable(
                "Postgres did not answer. Try again in a few seconds."
            ) from error

    async def one(self, query: LiteralString, **arguments: object) -> DictRow | None:
        async with self.transaction() as connection:
            return await (await connection.execute(query, arguments)).fetchone()

    async def all(self, query: LiteralString, **arguments: object) -> list[DictRow]:
        async with self.transaction() as connection:
            return await (await connection.execute(query, arguments)).fetchall()

    async def execute(self, query: LiteralString, **arguments: object) -> None:
        async with self.transaction() as connection:
            await connection.execute(query, arguments)

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def _opened(self) -> AsyncConnectionPool[Connection]:
        async with self._opening:
            if self._pool is None:
                pool = make_pool(self.url)
                await pool.open(wait=False)
                self._pool = pool
            return self._pool


def make_pool(url: str) -> AsyncConnectionPool[Connection]:
    async def check(connection: Connection) -> None:
        """An instance may have been frozen since, and Postgres restarted.

        Where one connection is broken the others are too: the pool itself would try them one by
        one with growing pauses, which together last longer than anybody waits.
        """
        try:
            await AsyncConnectionPool.check_connection(connection)
        except psycopg.Error:
            await pool.drain()
            raise

    pool = AsyncConnectionPool(
        url,
        connection_class=AsyncConnection[DictRow],
        kwargs={
            "row_factory": dict_row,
            "prepare_threshold": None,
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        },
        min_size=0,
        max_size=POOL_SIZE,
        timeout=TIMEOUT_SECONDS,
        # Its pauses between two attempts grow for as long as this, Postgres being back or not.
        reconnect_timeout=TIMEOUT_SECONDS,
        check=check,
        open=False,
    )
    return pool
