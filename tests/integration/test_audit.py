"""The audit log as people read it: newest first, a page at a time, by who and what."""

from datetime import UTC, datetime, timedelta

import pytest

from lib.access.models import Caller, Role
from lib.audit.models import Question
from lib.audit.paging import PAGE_SIZE
from lib.audit.store import write_audit

ADA = Caller(name="Ada", role=Role.VIEWER)
NAMES = ("one", "two", "three")


@pytest.fixture
def write(services):
    async def write(actor: str = "Ada", action: str = "rollback.start", **more) -> None:
        async with services.database.transaction() as connection:
            await write_audit(connection, actor=actor, action=action, result="ok", **more)

    return write


@pytest.fixture
def read(services):
    async def read(**asked) -> list[str]:
        page = await services.audit.page(Question(**asked), ADA)
        return [entry.subject for entry in page.entries if entry.subject]

    return read


@pytest.fixture
async def three(write):
    await write("Ada", "rollback.start", environment="production", subject="one")
    await write("Grace", "rollback.end", environment="production", subject="two")
    await write("Ada", "operation.set_mode", environment="staging", subject="three")


async def test_an_entry_says_who_what_when_why_and_what_came_of_it(services, write):
    facts = {"from": "dpl_2", "undoes": None}
    await write(environment="production", subject="dpl_1", reason="It is slow", facts=facts)

    entry = (await services.audit.page(Question(), ADA)).entries[0]

    assert (entry.actor, entry.action, entry.environment) == ("Ada", "rollback.start", "production")
    assert (entry.subject, entry.reason, entry.result) == ("dpl_1", "It is slow", "ok")
    assert entry.facts == facts
    assert entry.at.tzinfo is UTC


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"actor": "Ada"}, ["three", "one"]),
        ({"actor": "ada' OR true"}, []),
        ({"action": "rollback"}, ["two", "one"]),
        ({"action": "rollback.end"}, ["two"]),
        ({"action": "roll"}, []),
        ({"action": "%"}, []),
        ({"environment": "staging"}, ["three"]),
        ({"actor": "Ada", "environment": "production"}, ["one"]),
    ],
    ids=str,
)
async def test_it_is_asked_by_who_what_and_where(read, three, asked, found):
    assert [subject for subject in await read(**asked) if subject in NAMES] == found


async def test_it_is_asked_until_a_moment(services, read, three, write, pass_time):
    await pass_time(timedelta(days=1))
    tomorrow = (await services.audit.page(Question(), ADA)).now
    await write(subject="four")

    assert (await read(until=tomorrow))[0] == "three"
    assert (await read())[0] == "four"
    assert await read(until=datetime(2020, 1, 1, tzinfo=UTC)) == []


async def test_page_by_page_each_entry_is_read_once(services, write):
    for number in range(PAGE_SIZE * 2):
        await write("Grace", subject=str(number))

    first = await services.audit.page(Question(actor="Grace"), ADA)
    await write("Grace", subject="meanwhile")
    second = await services.audit.page(Question(actor="Grace", before=first.older), ADA)

    read = [entry.subject for entry in (*first.entries, *second.entries)]
    assert read == [str(number) for number in reversed(range(PAGE_SIZE * 2))]
    assert second.older is None
