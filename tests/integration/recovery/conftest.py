"""scripts.recover_state on a control plane whose state was lost in parts."""

import asyncio
from collections.abc import Callable

import psycopg
import pytest

from dev.ports import LOOPBACK
from lib.audit.witness import KEY
from lib.redis import RedisClient
from tests.conftest import REDIS_TOKEN
from tests.integration.archive.conftest import bucket, client, locked_bucket, middle, storage
from tests.integration.archive.forked import Command
from tests.integration.audit.conftest import SECRET, rows, tamper

__all__ = ["bucket", "client", "locked_bucket", "middle", "rows", "storage", "tamper"]


@pytest.fixture
def variables(variables) -> dict[str, str]:
    return variables | {"AUDIT_KEYS": f"now:{SECRET}", "NO_PROXY": LOOPBACK}


@pytest.fixture
def recover(variables) -> Command:
    return Command(variables, "scripts.recover_state")


@pytest.fixture
def audit(variables) -> Command:
    return Command(variables, "scripts.audit")


@pytest.fixture
def redis(redis_url) -> Callable[..., object]:
    """Runs a command there."""

    async def run(*words: str | int) -> object:
        client = RedisClient(redis_url, REDIS_TOKEN)
        try:
            return await client.run(*words)
        finally:
            await client.close()

    return lambda *words: asyncio.run(run(*words))


@pytest.fixture(autouse=True)
def heads_of_this_log_only(redis_url) -> None:
    """Other tests' logs noted theirs."""

    async def forget() -> None:
        client = RedisClient(redis_url, REDIS_TOKEN)
        await client.run("DEL", KEY)
        await client.close()

    asyncio.run(forget())


@pytest.fixture
def log(database_url, audit) -> Callable[[int], None]:
    """So many more rows, sealed and signed."""

    def log(count: int) -> None:
        with psycopg.connect(database_url) as connection:
            connection.execute(
                "INSERT INTO audit (actor, action, result, facts)"
                " SELECT 'Ada', 'test', 'ok', '{\"a\": [1.50, null]}' FROM generate_series(1, %s)",
                [count],
            )
        assert audit("seal")[0] == 0

    return log
