"""What is said of the database before anybody presses."""

import pytest

from lib.access.models import Caller, Role
from lib.audit.store import write_audit
from lib.overview.undo import IS_FORWARD, STAYS
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


async def test_where_it_has_come_forward_alone_it_stays(undone, offered, operate):
    await operate("database_forward")

    assert await offered() == IS_FORWARD


async def test_where_somebody_brought_it_forward_by_hand_it_stays(undone, offered, services):
    async with services.database.transaction() as connection:
        await write_audit(
            connection,
            actor="Grace",
            action="database.forward",
            environment=PRODUCTION,
            result="done",
            facts={"run_id": str(undone.id)},
        )

    assert await offered() == IS_FORWARD
