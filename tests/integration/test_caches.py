"""The caches step removes what the bad version cached, nothing else, and never fails a rollback."""

import pytest

from dev.ports import LOOPBACK, free_port
from lib import changes
from lib.rollback.models import Status, StepState

#: Patterns to Redis, plain text to us.
PREFIX = "app[1]*:"
OURS = {f"{PREFIX}{n}": "old" for n in range(1200)}
OTHERS = {"app1x:kept": "1", "app[1]": "1", "other:app[1]*:kept": "1", "app[1]x:kept": "1"}


@pytest.fixture
def variables(variables, redis_url):
    return variables | {
        "APP_CACHE_PREFIX": PREFIX,
        "APP_REDIS_REST_URL": redis_url,
        "APP_REDIS_REST_TOKEN": variables["UPSTASH_REDIS_REST_TOKEN"],
    }


@pytest.fixture
async def filled(services):
    await services.redis.run("FLUSHALL")
    pairs = [part for pair in (OURS | OTHERS).items() for part in pair]
    await services.redis.run("MSET", *pairs)
    return services.redis


async def test_the_apps_keys_are_removed_and_all_others_kept(services, order, work, filled):
    rollback = await services.engine.start(order)

    ended = await work(rollback)

    left = set(await filled.run("KEYS", "*")) - {changes.KEY}
    assert left == {*OTHERS, f"rollback:{rollback.id}"}
    assert ended.find("caches").message.endswith(f"and {len(OURS)} of the app's keys.")


async def test_the_platforms_caches_are_cleared_once_each(services, order, work, platform, filled):
    before = len(platform.state()["purges"])

    await work(await services.engine.start(order))

    purged = platform.state()["purges"][before:]
    assert sorted(purge["cache"] for purge in purged) == ["data", "edge"]


class TestWithoutCredentialsOfItsOwn:
    @pytest.fixture
    def variables(self, variables):
        return {name: value for name, value in variables.items() if "APP_REDIS" not in name}

    async def test_no_key_is_touched(self, services, order, work, filled):
        rollback = await services.engine.start(order)

        ended = await work(rollback)

        left = set(await filled.run("KEYS", "*")) - {changes.KEY}
        assert left == {*OURS, *OTHERS, f"rollback:{rollback.id}"}
        assert ended.find("caches").state is StepState.OK


class TestAnAppRedisThatIsAway:
    @pytest.fixture
    def variables(self, variables):
        return variables | {"APP_REDIS_REST_URL": f"http://{LOOPBACK}:{free_port()}"}

    async def test_is_a_warning_and_the_platforms_caches_are_cleared_once(
        self, services, order, work, platform
    ):
        before = len(platform.state()["purges"])

        ended = await work(await services.engine.start(order))

        assert ended.status is Status.COMPLETED
        assert ended.find("caches").state is StepState.OK
        assert "keys are still there" in ended.find("caches").message
        assert len(platform.state()["purges"]) - before == 2
