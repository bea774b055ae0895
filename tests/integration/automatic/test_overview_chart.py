"""The error rate of the last hour, from what was really counted."""

from dataclasses import replace

import pytest

from dev.ports import LOOPBACK, free_port
from lib.health.probe import Health, Look
from lib.overview.chart import MINUTES
from lib.redis import RedisClient
from lib.rollback.models import Environment

PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING


@pytest.fixture
def chart(services):
    async def chart(environment=PRODUCTION):
        return await services.pages.charts.build(environment)

    return chart


async def test_each_minute_has_its_requests_and_errors(chart, visits, live_since, releases):
    await live_since(releases.v2, 1800)
    await visits(releases.v2, ago=600, seconds=300, per_second=2, rate=0.1)

    shown = await chart()

    assert (shown.source, shown.limit) == ("traffic", 0.05)
    assert len(shown.requests) == len(shown.errors) == MINUTES
    assert (sum(shown.requests), sum(shown.errors)) == (600, 60)
    counted = [index for index, requests in enumerate(shown.requests) if requests]
    assert counted == [*range(counted[0], counted[-1] + 1)]
    assert counted[-1] <= MINUTES - 5


async def test_of_each_release_only_while_it_was_live(chart, visits, live_since, releases):
    """What stragglers get is not what visitors get."""
    await live_since(releases.v2, 300)
    await visits(releases.v1, ago=800, seconds=700, per_second=1, rate=0.5)
    await visits(releases.v2, ago=290, seconds=200, per_second=1)

    shown = await chart()

    assert sum(shown.requests) == pytest.approx(700, abs=20)
    assert sum(shown.errors) == pytest.approx(250, abs=10)


async def test_what_went_live_is_marked_and_what_was_live_before_is_not(
    chart, live_since, releases
):
    await live_since(releases.v2, 600)

    [marker] = (await chart()).markers

    assert (marker.deployment_id, marker.how) == (releases.v2, "observed")


async def test_sampled_requests_are_scaled(services, visits, live_since, releases):
    await live_since(releases.v2, 1800)
    await visits(releases.v2, ago=600, seconds=100, per_second=1)
    sampled = replace(services.pages.charts, sampling=0.5)

    assert sum((await sampled.build(PRODUCTION)).requests) == 200


async def looked(services, releases, *states: Health) -> None:
    for state in states:
        await services.health.record(
            PRODUCTION,
            deployment=releases.v2,
            live=Look(state, "it answers 500"),
            target=None,
            target_health=None,
            rollback_id=None,
        )


async def test_without_counted_requests_the_looks_are_shown(chart, services, releases):
    await looked(services, releases, Health.OK, Health.FAILED, Health.UNKNOWN, Health.FAILED)

    shown = await chart()

    assert shown.source == "looks"
    assert (sum(shown.requests), sum(shown.errors)) == (3, 2)


async def test_a_redis_that_is_away_leaves_the_looks(services, releases):
    await looked(services, releases, Health.FAILED)
    nowhere = RedisClient(f"http://{LOOPBACK}:{free_port()}", "none")
    charts = services.pages.charts
    shown = await replace(charts, counts=replace(charts.counts, redis=nowhere)).build(PRODUCTION)

    assert (shown.source, sum(shown.errors)) == ("looks", 1)


async def test_where_nothing_was_ever_live_it_is_empty(chart):
    shown = await chart(STAGING)

    assert (shown.since, shown.markers, sum(shown.requests)) == (None, [], 0)
