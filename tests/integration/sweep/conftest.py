"""A release goes live unannounced, the sweep looks, and what came of it."""

from datetime import timedelta

import pytest

SECOND = timedelta(seconds=1)
#: Three of them span exactly 15 s.
BETWEEN_LOOKS = 7.5 * SECOND


@pytest.fixture
def go_live(platform):
    """A release goes live, and nobody tells us."""

    def go_live(deployment_id: str) -> None:
        platform.move_alias(platform.config.aliases.production, deployment_id)

    return go_live


@pytest.fixture
def look(services, pass_time):
    """Looks as often as said; a little time passes after each."""

    async def look(times: int = 1, *, every: timedelta = BETWEEN_LOOKS) -> None:
        for _ in range(times):
            await services.sweep.tick()
            await pass_time(every)

    return look
