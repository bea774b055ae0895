"""When a release has proved itself, and that it is then gone back to before all others."""

from datetime import timedelta

import pytest

from lib.deployments.eligibility import candidates, last_stable
from lib.deployments.proof import PROOF
from lib.rollback.models import Environment, Status

PRODUCTION = Environment.PRODUCTION
SECOND = timedelta(seconds=1)
LIVE, LOOKS = PROOF["live"], PROOF["good_looks"]


@pytest.fixture
def look(services, pass_time):
    async def look(times: int, *, over: timedelta) -> None:
        for _ in range(times):
            await pass_time(over / times)
            await services.sweep.tick()

    return look


@pytest.fixture
def seen(control):
    """The sweep has looked at it before."""

    async def seen(deployment_id: str, times: int, *, live: str = "ok") -> None:
        await control.execute(
            "INSERT INTO probes (environment, deployment, live, detail)"
            " SELECT 'production', %s, %s, '' FROM generate_series(1, %s)",
            [deployment_id, live, times],
        )

    return seen


@pytest.fixture
def go_live(services, platform):
    async def go_live(deployment_id: str) -> None:
        platform.move_alias(platform.config.aliases.production, deployment_id)
        await services.tracker.reconcile(PRODUCTION)

    return go_live


@pytest.fixture
def row(services):
    async def row(deployment_id: str):
        [found] = await services.deployments.history(PRODUCTION, only=[deployment_id])
        return found

    return row


async def test_enough_good_looks_over_half_an_hour_prove_it(look, row, releases):
    await look(LOOKS, over=LIVE)

    assert (await row(releases.v2)).is_proven


async def test_a_good_look_too_few_does_not(look, seen, row, releases):
    await seen(releases.v2, LOOKS - 2)

    await look(1, over=LIVE)

    assert not (await row(releases.v2)).is_proven


async def test_half_an_hour_too_short_does_not(look, seen, row, releases):
    await seen(releases.v2, 2 * LOOKS)

    await look(1, over=LIVE - 20 * SECOND)

    assert not (await row(releases.v2)).is_proven


async def test_bad_looks_do_not_count(look, seen, row, releases):
    await seen(releases.v2, LOOKS, live="failed")
    await seen(releases.v2, LOOKS, live="unknown")

    await look(2, over=LIVE)

    assert (await row(releases.v2)).is_passing
    assert not (await row(releases.v2)).is_proven


async def test_one_that_fails_now_is_not_proved(look, seen, row, go_live, releases):
    await go_live(releases.v3)
    await seen(releases.v3, LOOKS)

    await look(1, over=LIVE)

    assert not (await row(releases.v3)).is_proven


async def test_looks_at_another_version_do_not_count(look, seen, row, releases):
    await seen(releases.v1, LOOKS)

    await look(2, over=LIVE)

    assert not (await row(releases.v2)).is_proven


async def test_its_times_are_added_up(look, seen, row, go_live, releases):
    await seen(releases.v2, LOOKS)
    await look(1, over=LIVE / 2)
    await go_live(releases.v1)
    await look(1, over=timedelta(hours=1))
    await go_live(releases.v2)
    before = (await row(releases.v2)).is_proven

    await look(2, over=LIVE / 2)

    assert not before
    assert (await row(releases.v2)).is_proven


async def test_it_stays_proved_when_its_looks_are_forgotten(
    look, seen, row, go_live, releases, pass_time, control
):
    await seen(releases.v2, LOOKS)
    await look(1, over=LIVE)
    await go_live(releases.v3)
    await pass_time(timedelta(days=90))
    await look(2, over=20 * SECOND)

    left = await control.execute("SELECT 1 FROM probes WHERE deployment = %s", [releases.v2])
    assert await left.fetchall() == []
    assert (await row(releases.v2)).is_proven


class TestRequests:
    async def test_enough_of_them_prove_it_without_a_look(self, services, row, pass_time, releases):
        await pass_time(LIVE)

        is_news = await services.deployments.prove(PRODUCTION, releases.v2, requests=1000)

        assert is_news
        assert (await row(releases.v2)).is_proven

    async def test_it_is_news_once(self, services, pass_time, releases):
        await pass_time(LIVE)
        await services.deployments.prove(PRODUCTION, releases.v2, requests=1000)

        assert not await services.deployments.prove(PRODUCTION, releases.v2, requests=2000)

    async def test_too_few_do_not(self, services, row, pass_time, releases):
        await pass_time(LIVE)

        assert not await services.deployments.prove(PRODUCTION, releases.v2, requests=999)
        assert not (await row(releases.v2)).is_proven

    async def test_they_prove_none_that_fails(self, services, pass_time, releases):
        await pass_time(LIVE)
        await services.deployments.set_health(PRODUCTION, releases.v2, is_passing=False)

        assert not await services.deployments.prove(PRODUCTION, releases.v2, requests=1000)


async def test_a_proven_version_is_gone_back_to_before_a_newer_one(
    services, look, seen, go_live, releases
):
    await go_live(releases.v1)
    await seen(releases.v1, LOOKS)
    await look(1, over=LIVE)
    await go_live(releases.v2)
    await go_live(releases.v3)

    rows = await services.deployments.history(PRODUCTION)

    assert [row.deployment_id for row in candidates(rows)] == [releases.v1, releases.v2]
    assert last_stable(rows).deployment_id == releases.v1


class TestTheRecordStep:
    async def test_says_of_an_unproven_target_that_it_is(self, services, order, work):
        ended = await work(await services.engine.start(order))

        assert ended.status is Status.COMPLETED
        assert "never proved itself here" in ended.find("record").message

    async def test_says_nothing_of_a_proven_one(self, services, order, work, control):
        await control.execute("UPDATE deployment_details SET proven_at = app_now()")

        ended = await work(await services.engine.start(order))

        assert "proved" not in ended.find("record").message
