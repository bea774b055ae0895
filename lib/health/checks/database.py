"""Our Postgres answers. A connection of its own: a full pool is not a sick database."""

import psycopg

from lib.settings import Settings


def is_configured(settings: Settings) -> bool:
    return bool(settings.database_url.get_secret_value())


async def check(settings: Settings) -> None:
    async with await psycopg.AsyncConnection.connect(
        settings.database_url.get_secret_value(), autocommit=True, connect_timeout=2
    ) as connection:
        await connection.execute("SELECT id FROM health_check LIMIT 1")
