"""Told as soon as the app's database is another one, before anybody wants to roll back."""

import pytest

from lib.access.models import Caller, Role
from lib.migrations.watch import READ_EVERY
from lib.operations.models import AcceptDatabase
from lib.rollback.models import Environment, Status

PRODUCTION = Environment.PRODUCTION
FORGET_ALL = "UPDATE app_databases SET identity = gen_random_uuid()"
CONFLICT = """
INSERT INTO _rollback.conflicts (run_id, table_name, key, column_name, writer, why)
SELECT run_id, 'shots', '{}', 'minutes', 'older', 'required' FROM _rollback.runs
"""


@pytest.fixture
async def first(release, services, order, work, releases):
    """A rollback took the database back, and is known here."""
    left = await release("adds-required")
    newer = order.model_copy(update={"from_deployment": left, "target": releases.v2})
    ended = await work(await services.engine.start(newer))
    assert ended.status is Status.COMPLETED, ended.error
    return ended


@pytest.fixture
def look(services, pass_time):
    async def look() -> None:
        await pass_time(READ_EVERY)
        await services.sweep.ledger.look()

    return look


@pytest.fixture
def told(services):
    """What the page shows of it."""

    async def told() -> list[str]:
        shown = await services.overview.build(PRODUCTION, Caller(name="Ada", role=Role.OPERATOR))
        return [alert.sentence for alert in shown.alerts if alert.kind == "other_database"]

    return told


async def test_the_one_that_is_known_is_no_news(first, look, told):
    await look()

    assert await told() == []


async def test_another_one_is_told_once_with_what_to_do(first, look, told, control):
    await control.execute(FORGET_ALL)
    await look()
    await look()

    [sentence] = await told()

    assert sentence.startswith("The app's database is not the one that production knows: this is")
    assert "accept_database" in sentence


async def test_it_is_over_once_it_is_the_known_one_again(first, look, told, control):
    [before] = await (await control.execute("SELECT identity FROM app_databases")).fetchall()
    await control.execute(FORGET_ALL)
    await look()
    await control.execute("UPDATE app_databases SET identity = %s", [before["identity"]])
    await look()

    assert await told() == []


async def test_it_is_over_at_once_when_a_person_accepts_it(first, look, told, control, services):
    await control.execute(FORGET_ALL)
    await look()
    operation = AcceptDatabase(
        action="accept_database", environment=PRODUCTION, reason="Restored on purpose"
    )
    await services.operations.carry_out(operation, Caller(name="Ada", role=Role.ADMIN))
    at_once = await told()
    await look()

    assert (at_once, await told()) == ([], [])


async def test_where_nothing_was_ever_taken_back_no_database_is_another(look, told, app):
    await look()

    assert await told() == []


async def test_what_one_release_wrote_and_the_other_could_not_see_is_counted(
    first, look, services, app
):
    async def counted() -> int:
        return (await services.overview.standing.read(PRODUCTION)).conflicts

    await look()
    before = await counted()
    app.execute(CONFLICT)
    unread = await counted()
    await look()

    assert (before, unread, await counted()) == (0, 0, 1)
