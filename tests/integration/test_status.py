"""Where a rollback stands: from Redis while its copy is current, and never something else."""

import json
from uuid import uuid4

import pytest

from dev.serving import serve
from dev.upstash import upstash_app
from dev.valkey import Valkey
from lib import errors
from lib.redis import RedisClient, RedisUnavailable
from lib.rollback.engine import LEASE
from lib.rollback.models import Status
from lib.rollback.progress import key
from lib.rollback.status import read_status
from lib.rollback.store import STANDBY_PATIENCE
from lib.rollback.view import view

TOKEN = "redis-token"


@pytest.fixture
async def rollback(services, order):
    return await services.engine.start(order)


@pytest.fixture
def status(services, rollback):
    async def status():
        shown, _ = await read_status(services.engine.store, services.engine.progress, rollback.id)
        return shown

    return status


@pytest.fixture
def forge(services, rollback):
    """Makes the copy tell itself apart, at the revision it has."""

    async def forge() -> None:
        copy = view(rollback).model_dump(mode="json") | {"reason": "from Redis"}
        await services.redis.run("HSET", key(rollback.id), "view", json.dumps(copy))

    return forge


async def test_a_current_copy_is_used(status, forge):
    await forge()

    assert (await status()).reason == "from Redis"


async def test_a_copy_of_another_revision_is_not_used(services, rollback, status, forge):
    await forge()
    await services.engine.store.claim(rollback.id, lease=LEASE)

    shown = await status()

    assert (shown.status, shown.reason) == (Status.IN_PROGRESS, "Page does not open")


async def test_the_two_never_contradict_each_other(services, rollback, work, status):
    for _ in range(3):
        claim = await services.engine.store.claim(rollback.id, lease=LEASE)
        await services.engine.advance(claim)

        assert await status() == view(await services.engine.store.get(rollback.id))


async def test_a_wiped_redis_loses_nothing(services, rollback, status, work):
    await services.redis.run("FLUSHALL")

    assert await status() == view(rollback)
    assert (await work(rollback)).status is Status.COMPLETED
    assert (await services.engine.progress.read(rollback.id)).view.status is Status.COMPLETED


@pytest.mark.parametrize("garbage", ["", "{", "null", "[]", '{"status": "completed"}'], ids=repr)
async def test_a_copy_that_cannot_be_read_is_not_used(services, rollback, status, garbage):
    await services.redis.run("HSET", key(rollback.id), "view", garbage)

    assert await status() == view(rollback)


async def test_a_key_of_another_kind_is_not_used(services, rollback, status):
    await services.redis.run("DEL", key(rollback.id))
    await services.redis.run("SET", key(rollback.id), "text")

    assert await status() == view(rollback)


async def test_an_older_copy_never_replaces_a_newer(services, rollback):
    claim = await services.engine.store.claim(rollback.id, lease=LEASE)
    newer = await services.engine.advance(claim)

    await services.engine.progress.write(rollback)  # by a worker that was slow

    assert (await services.engine.progress.read(rollback.id)).revision == newer.revision


async def test_a_rollback_that_nobody_knows_is_not_found_even_if_redis_does(services, rollback):
    unknown = uuid4()
    await services.redis.run("HSET", key(unknown), "revision", 0, "view", "{}")

    with pytest.raises(errors.NotFound):
        await read_status(services.engine.store, services.engine.progress, unknown)


async def test_whoever_asks_is_told_that_its_worker_has_left(services, rollback, pass_time):
    await services.engine.store.claim(rollback.id, lease=LEASE)
    _, left_at_once = await read_status(
        services.engine.store, services.engine.progress, rollback.id
    )
    await pass_time(LEASE + STANDBY_PATIENCE)
    _, left_later = await read_status(services.engine.store, services.engine.progress, rollback.id)

    assert (left_at_once, left_later) == (False, True)


async def test_nobody_has_left_a_rollback_that_has_ended(services, rollback, work, pass_time):
    await work(rollback)
    await pass_time(10 * LEASE)

    _, is_abandoned = await read_status(
        services.engine.store, services.engine.progress, rollback.id
    )
    assert not is_abandoned


class TestWithoutRedis:
    @pytest.fixture
    def variables(self, variables):
        return {name: value for name, value in variables.items() if "UPSTASH" not in name}

    async def test_postgres_alone_answers(self, services, rollback, status, work):
        assert services.redis is None
        assert await status() == view(rollback)
        assert (await work(rollback)).status is Status.COMPLETED


class TestRedisStops:
    @pytest.fixture
    def valkey(self):
        with Valkey.start(None) as valkey:
            yield valkey

    @pytest.fixture
    def redis_url(self, valkey):
        with serve(upstash_app(valkey.url, TOKEN)) as served:
            yield served.url

    async def test_in_the_middle_of_a_rollback_and_it_goes_on(
        self, services, rollback, valkey, status, work
    ):
        claim = await services.engine.store.claim(rollback.id, lease=LEASE)
        await services.engine.advance(claim)
        valkey.stop()

        ended = await work(rollback)

        assert ended.status is Status.COMPLETED, ended.error
        assert await status() == view(ended)


async def test_a_redis_that_hangs_up_or_refuses_is_unavailable(redis_url):
    wrong = RedisClient(redis_url, "another-token")

    with pytest.raises(RedisUnavailable) as raised:
        await wrong.run("PING")
    await wrong.close()

    assert "token" not in str(raised.value)
