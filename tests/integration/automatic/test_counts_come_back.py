"""What Redis had counted and lost comes back from the verdict that was reached by it."""

from datetime import timedelta

import pytest

from lib.recovery.copies import CountedRequests
from lib.traffic.counts import IDS_KEPT_SECONDS

HALF_AN_HOUR = 1800
LATELY = {"ago": 390, "seconds": 300, "per_second": 2, "rate": 0.2}
#: What the platform may deliver a second time is left to the drain until then.
SETTLED = timedelta(seconds=IDS_KEPT_SECONDS)


@pytest.fixture
def room(services) -> CountedRequests:
    return CountedRequests(services.database, services.counts)


@pytest.fixture
def counted(services):
    """Every bucket there is, by key and field: how many requests and errors, what they weigh.

    Which clients saw the errors is not kept with a verdict, only that they were several.
    """

    async def counted() -> dict[tuple[str, str], str]:
        found = {}
        for key in await services.redis.run("KEYS", "traffic:counts:*"):
            buckets = await services.redis.run("HGETALL", key)
            found |= {(key, field): value.rpartition(" ")[0] for field, value in buckets.items()}
        return found

    return counted


async def test_counts_that_were_lost_come_back_as_they_were(
    services, room, counted, live_since, visits, judge, releases, pass_time
):
    await live_since(releases.v2, HALF_AN_HOUR)
    await visits(releases.v2, **LATELY)
    await judge()
    await pass_time(SETTLED)
    before = await counted()
    await services.redis.run("FLUSHALL")

    looked = await room.look()
    said = await room.mend()
    twice = await room.mend()

    assert looked.to_do == [f"{len(before)} buckets that verdicts were reached by are missing."]
    assert said == [f"{len(before)} buckets were written."]
    assert twice == ["0 buckets were written."]
    assert await counted() == before
    assert (await room.look()).to_do == []


async def test_what_was_counted_since_is_left_as_it_is(
    services, room, counted, live_since, visits, judge, releases, pass_time
):
    await live_since(releases.v2, HALF_AN_HOUR)
    await visits(releases.v2, **LATELY)
    await judge()
    await pass_time(SETTLED)
    (key, field), *_ = before = await counted()
    await services.redis.run("HSET", key, field, "99 1 99000000 1000000 c1")

    await room.mend()

    assert await counted() == before | {(key, field): "99 1 99000000 1000000"}
