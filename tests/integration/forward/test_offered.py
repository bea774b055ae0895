"""What is said of the database before anybody presses."""

import pytest

from lib.access.models import Caller, Role
from lib.overview.undo import STAYS
from tests.integration.forward.going_back import PRODUCTION


@pytest.fixture
def offered(services):
    async def offered() -> str:
        caller = Caller(name="Ada", role=Role.OPERATOR)
        return (await services.overview.build(PRODUCTION, caller)).undo.database_effect

    return offered


async def test_where_the_rollback_took_the_database_back_it_comes_forward(undone, offered):
    assert (await offered()).startswith("The database comes forward again")


async def test_where_it_did_not_the_database_stays(plain, offered):
    assert await offered() == STAYS
