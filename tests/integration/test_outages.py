"""Postgres goes away under a rollback: nothing is lost, nothing is done twice."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from dev.postgres import Postgres
from lib import errors
from lib.migrations.migrate import apply_pending
from lib.rollback.engine import LEASE
from lib.rollback.models import Status
from lib.rollback.progress import key
from lib.rollback.status import read_status
from lib.settings import load
from tests.integration.ending import end

#: What a statement gets while nobody answers it; in production it is given more.
TIMEOUT_SECONDS = 0.5
STEPS = ["record", "switch", "database", "caches", "verify"]


@pytest.fixture(scope="module")
def other_thread() -> Iterator[ThreadPoolExecutor]:
    """One that lives as long as the server: a server ends with the thread that started it."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        yield thread


@pytest.fixture(scope="module")
def own_postgres(tmp_path_factory, other_thread) -> Iterator[Postgres]:
    """Durable: what it said it has, it has after a crash."""
    with Postgres.start(tmp_path_factory.mktemp("outages")) as started:
        started.create_database("migrated")
        asyncio.run(apply_pending(load({"DATABASE_URL": started.url("migrated")})))
        yield started


@pytest.fixture
def aside(other_thread):
    """Does something to the server while everything else goes on."""

    async def aside(action: Callable[..., None], **how: bool) -> None:
        await asyncio.get_running_loop().run_in_executor(other_thread, partial(action, **how))

    return aside


@pytest.fixture
def database_url(own_postgres) -> str:
    own_postgres.drop_database("control")
    own_postgres.create_database("control", "migrated")
    return own_postgres.url("control")


@pytest.fixture
async def rollback(services, order):
    return await services.engine.start(order)


async def reach(services, rollback, step: str):
    """The claim of that step, with everything before it done."""
    while (claim := await services.engine.store.claim(rollback.id, lease=LEASE)).step != step:
        await services.engine.advance(claim)
    return claim


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_during_which_postgres_restarts_is_done_once(
    services, rollback, own_postgres, aside, live_moves, releases, step
):
    claim = await reach(services, rollback, step)
    advancing = asyncio.create_task(services.engine.advance(claim))
    await aside(own_postgres.restart, immediate=True)
    await asyncio.gather(advancing, return_exceptions=True)

    await services.engine.run(rollback.id, stop_at=time.monotonic() + 60)

    ended = await services.engine.store.get(rollback.id)
    assert ended.status is Status.COMPLETED, ended.error
    assert live_moves() == [releases.v1]


async def test_a_worker_waits_for_postgres_to_come_back(
    services, rollback, own_postgres, aside, live_moves, releases
):
    await aside(own_postgres.stop, immediate=True)
    working = asyncio.create_task(services.engine.run(rollback.id, stop_at=time.monotonic() + 60))
    await aside(own_postgres.restart)
    await working

    ended = await services.engine.store.get(rollback.id)
    assert ended.status is Status.COMPLETED, ended.error
    assert live_moves() == [releases.v1]


async def test_a_sweep_outlasts_a_restart_of_postgres(services, rollback, own_postgres, aside):
    stop_at = time.monotonic() + 60
    sweeping = asyncio.create_task(services.sweep.run(stop_at=stop_at))
    await aside(own_postgres.restart, immediate=True)
    while time.monotonic() < stop_at:
        try:
            if (await services.engine.store.get(rollback.id)).is_final:
                break
        except errors.DatabaseUnavailable:
            continue
        await asyncio.sleep(0.05)

    is_sweeping = not sweeping.done()
    await end(sweeping)
    assert (await services.engine.store.get(rollback.id)).status is Status.COMPLETED
    assert is_sweeping


class TestAway:
    @pytest.fixture
    async def away(self, services, rollback, own_postgres, aside):
        """One copy of the rollback is in Redis, and Postgres does not answer."""
        await aside(own_postgres.stop, immediate=True)
        services.database.timeout_seconds = TIMEOUT_SECONDS
        yield
        await aside(own_postgres.restart)

    async def test_the_status_is_answered_from_redis(self, services, rollback, away):
        shown, is_abandoned = await read_status(
            services.engine.store, services.engine.progress, rollback.id
        )

        assert shown.rollback_id == rollback.id
        assert not is_abandoned

    async def test_without_a_copy_either_nobody_knows(self, services, rollback, away):
        await services.redis.run("DEL", key(rollback.id))

        with pytest.raises(errors.DatabaseUnavailable, match="Try again"):
            await read_status(services.engine.store, services.engine.progress, rollback.id)

    async def test_no_address_and_no_password_is_in_what_is_said(self, services, away):
        with pytest.raises(errors.DatabaseUnavailable) as raised:
            await services.engine.store.unfinished()

        assert "127.0.0.1" not in str(raised.value)
        assert "postgresql" not in repr(services.database)
