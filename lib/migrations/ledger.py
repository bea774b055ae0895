"""The app's migration ledger: read where its own tool keeps it, never written.

What a rollback takes back stays in it, so that the tool does not run it again; the journal of
rollbacks, in the same database, says what that is.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

#: The app's database may be what the bad release broke: a rollback does not wait for it.
TIMEOUT_SECONDS = 3.0

#: Ledger table -> its applied versions, in order. The first table that exists is the ledger.
LEDGERS: dict[str, LiteralString] = {
    "_prisma_migrations": "SELECT migration_name FROM _prisma_migrations"
    " WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY 1",
    "drizzle.__drizzle_migrations": "SELECT created_at::text FROM drizzle.__drizzle_migrations"
    " ORDER BY __drizzle_migrations.created_at",
    "supabase_migrations.schema_migrations": "SELECT version"
    " FROM supabase_migrations.schema_migrations ORDER BY 1",
    "schema_migrations": "SELECT version FROM schema_migrations ORDER BY 1",
}

RUNS: LiteralString = "_rollback.runs"
ROLLED_BACK: LiteralString = (
    "SELECT unnest(versions) FROM _rollback.runs WHERE state <> 'forward' ORDER BY number"
)

#: A release that writes what the other cannot hold writes a lot: from here on it is "many".
CONFLICTS_COUNTED = 1000
CONFLICTS: LiteralString = "_rollback.conflicts"
COUNT_CONFLICTS: LiteralString = (
    "SELECT count(*) FROM (SELECT FROM _rollback.conflicts LIMIT 1000) counted"
)


@dataclass(frozen=True, slots=True)
class Ledger:
    """`rolled_back`: of what was applied, what is taken back at present. `conflicts`: how much of
    what one release wrote the other's code could not see, CONFLICTS_COUNTED at most."""

    applied: tuple[str, ...] = ()
    rolled_back: tuple[str, ...] = ()
    conflicts: int = 0


async def read_whole_ledger(url: str) -> Ledger | None:
    """None when the database does not answer in time.

    A database without a ledger has no migrations: none are applied.
    """
    try:
        return await asyncio.wait_for(read(url), TIMEOUT_SECONDS)
    except (TimeoutError, psycopg.Error):
        return None


async def read(url: str) -> Ledger:
    async with await psycopg.AsyncConnection.connect(
        url, autocommit=True, connect_timeout=int(TIMEOUT_SECONDS)
    ) as connection:
        applied: list[str] = []
        for table, query in LEDGERS.items():
            if await exists(connection, table):
                applied = await column(connection, query)
                break
        taken_back = await column(connection, ROLLED_BACK) if await exists(connection, RUNS) else []
        conflicts = ["0"]
        if await exists(connection, CONFLICTS):
            conflicts = await column(connection, COUNT_CONFLICTS)
        return Ledger(tuple(applied), tuple(taken_back), int(conflicts[0]))


async def exists(connection: psycopg.AsyncConnection[Any], table: str) -> bool:
    row = await (await connection.execute("SELECT to_regclass(%s)", [table])).fetchone()
    return row is not None and row[0] is not None


async def column(connection: psycopg.AsyncConnection[Any], query: LiteralString) -> list[str]:
    return [str(value) for (value,) in await (await connection.execute(query)).fetchall()]
