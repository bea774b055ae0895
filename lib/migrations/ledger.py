"""The app's migration ledger: read where its own tool keeps it, never written."""

import asyncio
from typing import LiteralString

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


async def read_ledger(url: str) -> list[str] | None:
    """The applied versions in order; None when the database does not answer in time.

    A database without a ledger has no migrations: an empty list.
    """
    try:
        return await asyncio.wait_for(applied(url), TIMEOUT_SECONDS)
    except (TimeoutError, psycopg.Error):
        return None


async def applied(url: str) -> list[str]:
    async with await psycopg.AsyncConnection.connect(
        url, autocommit=True, connect_timeout=int(TIMEOUT_SECONDS)
    ) as connection:
        for table, query in LEDGERS.items():
            cursor = await connection.execute("SELECT to_regclass(%s)", [table])
            row = await cursor.fetchone()
            if row and row[0] is not None:
                return [
                    str(version)
                    for (version,) in await (await connection.execute(query)).fetchall()
                ]
        return []
