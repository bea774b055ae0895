"""Requests that were counted, and releases that have been live for a while.

Counting goes by Redis's own clock, so these tests write into the last minutes as they really were.
"""

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count

import pytest

from lib.redis import RedisUnavailable
from lib.rollback.models import Environment
from lib.traffic.streams import Streams
from lib.traffic.tally import Group, Request, Tally

PRODUCTION = Environment.PRODUCTION
NO_ROUTES = Streams()
number = count()

AGE = """
WITH open AS (SELECT * FROM live_periods WHERE environment = 'production' AND live_until IS NULL)
UPDATE live_periods p
   SET live_from = CASE WHEN p.id = (SELECT id FROM open) THEN now() - %(ago)s * interval '1 s'
                        ELSE now() - interval '2 hours' END,
       live_until = CASE WHEN p.id = (SELECT id FROM open) THEN NULL
                         ELSE now() - %(ago)s * interval '1 s' END
 WHERE p.environment = 'production'
"""


def tally(
    deployment_id: str,
    *,
    ago: int,
    seconds: int,
    per_second: float,
    rate: float = 0.0,
    clients: int = 40,
    refused: float = 0.0,
) -> Tally:
    """Requests from `ago` seconds before now on; every 1/rate-th fails, evenly spread."""
    found = Tally()
    begin = time.time() - ago
    for i in range(round(seconds * per_second)):
        at = begin + i / per_second
        failed = int((i + 1) * rate) > int(i * rate)
        is_refused = int((i + 1) * refused) > int(i * refused)
        found.requests[f"{deployment_id}{next(number)}"] = Request(
            Group(deployment_id, int(at) // 10 * 10),
            f"c{i % clients:05}",
            NO_ROUTES.refused if is_refused else 0,
            at * 1000,
            failed,
        )
    found.entries = len(found.requests)
    return found


@pytest.fixture
async def services(services):
    """With a Redis in which nothing was counted yet."""
    with suppress(RedisUnavailable):
        await services.redis.run("FLUSHALL")
    return services


@pytest.fixture
def visits(services) -> Callable[..., Awaitable[None]]:
    """Requests that the drain delivered."""

    async def visits(deployment_id: str, **how: float) -> None:
        await services.counts.count(tally(deployment_id, **how))

    return visits


@pytest.fixture
def live_since(services, control, platform) -> Callable[..., Awaitable[None]]:
    """The release is live, for as many seconds; what was live before it, for two hours."""

    async def live_since(deployment_id: str, ago: int) -> None:
        platform.move_alias(platform.config.aliases.production, deployment_id)
        await services.tracker.reconcile(PRODUCTION)
        await control.execute(AGE, {"ago": ago})

    return live_since


@pytest.fixture
def judge(services):
    """The newest verdict on production, as the sweep sees it."""

    async def judge():
        judged = await services.autopilot.judging.read()
        return next(one.verdict for one in judged if one.live.environment is PRODUCTION)

    return judge


@pytest.fixture
def act(services):
    """One look of the sweep at what was counted, with what follows from it."""

    async def act() -> None:
        await services.autopilot.look(stop_at=time.monotonic() + 60)

    return act


@pytest.fixture
def decisions(rows):
    async def decisions() -> list[str]:
        return [row["outcome"] for row in await rows("SELECT outcome FROM decisions ORDER BY id")]

    return decisions


@pytest.fixture
def failing(visits, live_since):
    """A release whose visitors get errors; whether looks do, is the version's own business."""

    async def failing(deployment_id, rate=0.5, **how):
        await live_since(deployment_id, 400)
        # Up to now: ten seconds without any would end what is badly broken.
        await visits(deployment_id, ago=100, seconds=100, per_second=5, rate=rate, **how)

    return failing


@pytest.fixture
def changes(platform):
    before = len(platform.calls())

    def changes():
        """That were asked of the platform since the test began."""
        return [call for call in platform.calls()[before:] if call["method"] != "GET"]

    return changes


@pytest.fixture
def not_well(control, releases):
    """These versions' own addresses answer with errors."""

    async def not_well(*deployment_ids):
        await control.execute(
            "UPDATE deployment_details SET url ="
            " (SELECT url FROM deployment_details WHERE vercel_deployment_id = %s)"
            " WHERE vercel_deployment_id = ANY(%s)",
            [releases.v3, [*deployment_ids]],
        )

    return not_well


@pytest.fixture
def protected(platform, monkeypatch):
    monkeypatch.setattr(platform.config, "protection_bypass_secret", "bypass")


@pytest.fixture
def mode(control):
    async def mode(word):
        await control.execute("UPDATE environments SET mode = %s", [word])

    return mode
