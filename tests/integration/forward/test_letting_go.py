"""Values stay in step while open pages of the older release write, and not for ever."""

from datetime import timedelta

import pytest

from lib.migrations.rolled_back import KEPT_IN_STEP_SECONDS
from lib.migrations.watch import READ_EVERY
from tests.integration.forward.going_back import query

TRIGGERS = "SELECT count(*) FROM pg_trigger WHERE tgname LIKE '~rollback%%'"
LATER = "UPDATE _rollback.runs SET went_forward_at = went_forward_at - %s::interval"
LONG_ENOUGH = timedelta(seconds=KEPT_IN_STEP_SECONDS + 1)


@pytest.fixture
def kept(url):
    return lambda: query(url, TRIGGERS)[0][0] > 0


@pytest.fixture
def look(services, pass_time):
    """As the sweep does every half minute."""

    async def look() -> None:
        await services.sweep.ledger.look()
        await pass_time(READ_EVERY)

    return look


async def test_it_ends_ten_minutes_after_the_release_is_back(undone, roll_forward, kept, look, url):
    await roll_forward()
    await look()
    assert kept()

    query(url, LATER, LONG_ENOUGH)
    await look()
    assert not kept()
    await look()


async def test_it_goes_on_while_an_older_release_is_live(undone, operate, kept, look, url):
    await operate("database_forward")
    query(url, LATER, LONG_ENOUGH)
    await look()
    assert kept()


async def test_it_goes_on_while_the_database_is_back(undone, kept, look):
    await look()
    assert kept()
