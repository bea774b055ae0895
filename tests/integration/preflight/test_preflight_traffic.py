"""Drain, cron, Redis and channels: what must go on coming, and whom it is told."""

import re
from datetime import timedelta

import pytest

from lib.health.probe import Health, Look
from lib.preflight.models import State
from lib.rollback.models import Environment
from lib.traffic.counts import DRAIN_KEY

PRODUCTION = Environment.PRODUCTION
FAILED, OK, UNKNOWN = State.FAILED, State.OK, State.UNKNOWN
MINUTE = timedelta(minutes=1)
PROMISE = "only an outage that probes see is rolled back"


@pytest.fixture(autouse=True)
async def no_batch_yet(services):
    if services.redis is not None:
        await services.redis.run("DEL", DRAIN_KEY)


@pytest.fixture
def batch(services):
    """The newest batch of the drain came so long ago, by the clock of Redis."""

    async def batch(ago: timedelta) -> None:
        seconds, microseconds = await services.redis.run("TIME")
        now_ms = int(seconds) * 1000 + int(microseconds) // 1000
        at_ms = now_ms - int(ago.total_seconds() * 1000)
        await services.redis.run("HSET", DRAIN_KEY, "at_ms", at_ms)

    return batch


@pytest.fixture
def looked(services, releases):
    """Our looks reached production."""

    async def looked(times: int, health: Health = Health.OK) -> None:
        for _ in range(times):
            await services.health.record(
                PRODUCTION,
                deployment=releases.v2,
                live=Look(health, "it answers"),
                target=None,
                target_health=None,
                rollback_id=None,
            )

    return looked


class TestDrain:
    async def test_a_young_batch_is_well(self, find, batch):
        await batch(9 * MINUTE)

        assert (await find("drain"))[0] is OK

    async def test_silence_though_we_looked_fails(self, find, batch, looked):
        await batch(11 * MINUTE)
        await looked(2)

        state, sentence = await find("drain")

        assert state is FAILED
        assert "The last one is 11 minutes old." in sentence
        assert PROMISE in sentence

    async def test_none_ever_though_we_looked_fails(self, find, looked):
        await looked(2)

        state, sentence = await find("drain")

        assert state is FAILED
        assert "None ever came." in sentence

    async def test_silence_when_nobody_looked_is_not_known(self, find, batch, looked, pass_time):
        await looked(5)
        await pass_time(11 * MINUTE)
        await batch(11 * MINUTE)

        assert (await find("drain"))[0] is UNKNOWN

    async def test_looks_that_did_not_reach_the_app_make_no_entries(self, find, looked):
        await looked(5, Health.UNKNOWN)

        assert (await find("drain"))[0] is UNKNOWN

    async def test_reading_it_is_one_command_and_changes_nothing(self, find, batch, services):
        await batch(MINUTE)
        before = await services.redis.run("HGETALL", DRAIN_KEY)

        await find("drain")

        assert await services.redis.run("HGETALL", DRAIN_KEY) == before

    class TestWithoutSecret:
        @pytest.fixture
        def variables(self, variables):
            return variables | {"DRAIN_SECRET": ""}

        async def test_it_is_not_used_and_says_what_is_promised_then(self, find):
            state, sentence = await find("drain")

            assert state is State.NOT_USED
            assert PROMISE in sentence

    class TestWithoutRedis:
        @pytest.fixture
        def variables(self, variables):
            return variables | {"UPSTASH_REDIS_REST_URL": ""}

        async def test_nothing_is_counted_and_progress_is_in_postgres(self, find):
            state, sentence = await find("drain")

            assert state is State.NOT_USED
            assert PROMISE in sentence
            assert (await find("redis"))[0] is State.NOT_USED

    class TestRedisAway:
        @pytest.fixture
        def variables(self, variables):
            return variables | {"UPSTASH_REDIS_REST_TOKEN": "wrong"}

        @pytest.fixture
        def no_batch_yet(self):
            """It cannot be reached."""

        async def test_the_drain_is_not_known_and_redis_is_a_warning(self, find):
            assert (await find("drain"))[0] is UNKNOWN
            assert (await find("redis"))[0] is State.WARNING


async def test_a_redis_that_answers_is_well(find):
    assert (await find("redis"))[0] is OK


class TestCron:
    @pytest.fixture
    def sweeps(self, kit, pass_time):
        """The scheduler calls, and so much time passes after each."""

        async def sweeps(times: int, *, every: timedelta) -> None:
            for _ in range(times):
                await kit.store.note_scheduled_run()
                await pass_time(every)

        return sweeps

    async def test_once_a_minute_is_well(self, find, sweeps):
        await sweeps(12, every=MINUTE)

        state, sentence = await find("cron")

        assert state is OK
        # With what the sweeps themselves took.
        assert re.fullmatch(r"Scheduled sweeps come every 6\d seconds\.", sentence)

    async def test_once_a_day_fails_and_says_what_is_promised_then(self, find, sweeps, kit):
        await sweeps(3, every=24 * 60 * MINUTE)
        await kit.store.note_scheduled_run()

        state, sentence = await find("cron")

        assert state is FAILED
        assert "Scheduled sweeps come every 24 hours only." in sentence
        assert "an outage without traffic is not noticed" in sentence

    async def test_a_scheduler_that_stopped_fails(self, find, sweeps):
        await sweeps(12, every=MINUTE)
        await sweeps(1, every=4 * MINUTE)

        state, sentence = await find("cron")

        assert state is FAILED
        assert "The last scheduled sweep was 4 minutes ago" in sentence

    async def test_one_that_never_called_fails(self, find):
        state, sentence = await find("cron")

        assert state is FAILED
        assert "No scheduled sweep has come yet." in sentence

    async def test_one_that_has_only_begun_is_not_known(self, find, sweeps):
        await sweeps(2, every=MINUTE)

        assert (await find("cron"))[0] is UNKNOWN

    async def test_a_run_that_was_missed_and_one_that_was_doubled_are_no_trouble(
        self, find, sweeps
    ):
        await sweeps(4, every=MINUTE)
        await sweeps(1, every=3 * MINUTE)
        await sweeps(1, every=timedelta(0))
        await sweeps(4, every=MINUTE)

        assert (await find("cron"))[0] is OK

    async def test_only_the_newest_runs_are_kept(self, sweeps, control):
        await sweeps(30, every=timedelta(0))

        (row,) = await (
            await control.execute("SELECT count(*) AS kept FROM scheduled_sweeps")
        ).fetchall()
        assert row["kept"] == 20


class TestChannels:
    async def test_none_is_a_warning_in_words(self, find):
        state, sentence = await find("alert_channel")

        assert state is State.WARNING
        assert "PAGERDUTY_ROUTING_KEY" in sentence
        assert "DEADMAN_URL" in sentence

    class TestSet:
        @pytest.fixture
        def variables(self, variables):
            more = {"PAGERDUTY_ROUTING_KEY": "key", "DEADMAN_URL": "https://hc.example/ping"}
            return variables | more

        async def test_one_that_pages_and_a_sign_of_life_are_well(self, find):
            assert (await find("alert_channel"))[0] is OK
