"""Postgres restarts under connections that are open: who asks next gets an answer, not an error."""

import asyncio

import pytest

from dev.postgres import Postgres
from lib.postgres import POOL_SIZE, Database


@pytest.fixture
def own_postgres(tmp_path):
    with Postgres.start(tmp_path, durable=False) as started:
        yield started


async def test_a_full_pool_of_broken_connections_costs_nobody_an_error(own_postgres):
    database = Database(own_postgres.url("postgres"))
    await asyncio.gather(*(database.execute("SELECT pg_sleep(0.2)") for _ in range(POOL_SIZE)))

    await asyncio.to_thread(own_postgres.restart, immediate=True)

    assert await database.one("SELECT 1 AS one") == {"one": 1}
    await database.close()
