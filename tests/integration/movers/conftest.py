"""Somebody moves production in the platform; what is told of it, and what is shown."""

import time
from datetime import timedelta

import pytest

from lib.rollback.models import Environment
from lib.vercel.webhook import Event

PRODUCTION = Environment.PRODUCTION
SECOND = timedelta(seconds=1)


@pytest.fixture
def go_live(platform):
    """Somebody moves production's alias, and no webhook tells us."""

    def go_live(deployment: str, by: str = "grace") -> None:
        platform.move_alias(platform.config.aliases.production, deployment, by=by)

    return go_live


@pytest.fixture
def silent(platform) -> None:
    """The platform does not say who moved an alias."""
    platform.fault("500", call="aliases", times=1000)


@pytest.fixture
def follow(services):
    """A webhook comes in."""

    async def follow(incoming: Event) -> None:
        if await services.events.is_news(incoming):
            await services.arrivals.follow(incoming, stop_at=time.monotonic())

    return follow


@pytest.fixture
def look(services, pass_time):
    async def look(times: int = 1, *, every: timedelta = 10 * SECOND) -> None:
        for _ in range(times):
            await pass_time(every)
            await services.sweep.tick()

    return look


@pytest.fixture
def rows(control):
    async def rows(query: str) -> list[tuple[object, ...]]:
        return [tuple(row.values()) for row in await (await control.execute(query)).fetchall()]

    return rows


@pytest.fixture
def audits(rows, control):
    """What was written of moves since the test began."""

    async def audits() -> list[tuple[object, ...]]:
        return await rows(
            "SELECT actor, action, subject, result FROM audit"
            " WHERE action LIKE 'deployment.%' ORDER BY id OFFSET 2"
        )

    return audits


@pytest.fixture
def alerts(rows):
    async def alerts(kind: str) -> list[str]:
        told = await rows(f"SELECT sentence FROM alerts WHERE kind = '{kind}' ORDER BY id")
        return [str(sentence) for (sentence,) in told]

    return alerts


@pytest.fixture
def newest(services):
    """What is live, as it is shown: how it came about, and who did it."""

    async def newest() -> tuple[str, str, str | None]:
        views = await services.listing.all(PRODUCTION)
        (live,) = [view for view in views if view.is_live]
        return live.deployment_id, live.how, live.by

    return newest
