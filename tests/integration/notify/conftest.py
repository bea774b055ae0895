"""A control plane that tells people, and the vendors that it tells, on a server of their own."""

import base64
from collections.abc import AsyncIterator, Iterator

import pytest

from dev.serving import Served, serve
from dev.vendors import Vendors
from lib.alerts import raise_alert
from lib.notify.sender import Notifier
from lib.postgres import Database
from lib.settings import load
from lib.wiring import make_notifier

SECRET = "hunter2"


@pytest.fixture
def vendors() -> Vendors:
    return Vendors()


@pytest.fixture
def served(vendors) -> Iterator[Served]:
    with serve(vendors.app) as served:
        yield served


@pytest.fixture
def addresses(served) -> dict[str, str]:
    """The settings that name every channel."""
    return {
        "SLACK_WEBHOOK_URL": f"{served.url}/slack/{SECRET}",
        "PAGERDUTY_ROUTING_KEY": SECRET,
        "PAGERDUTY_EVENTS_URL": f"{served.url}/pagerduty",
        "ALERT_WEBHOOK_URL": f"{served.url}/webhook/{SECRET}",
        "ALERT_WEBHOOK_SECRET": "whsec_" + base64.b64encode(SECRET.encode()).decode(),
        "CONTROL_PLANE_URL": "https://control.example",
    }


@pytest.fixture
async def database(database_url) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def make(database, database_url):
    """A notifier, whose channels the database knows."""

    async def make(variables: dict[str, str]) -> Notifier:
        notifier = make_notifier(load({"DATABASE_URL": database_url} | variables), database)
        await notifier.store.keep_channels(notifier.channels)
        return notifier

    return make


@pytest.fixture
async def notifier(make, addresses) -> Notifier:
    return await make(addresses)


@pytest.fixture
async def slack_only(make, addresses) -> Notifier:
    return await make({"SLACK_WEBHOOK_URL": addresses["SLACK_WEBHOOK_URL"]})


@pytest.fixture
async def pagerduty_only(make, addresses) -> Notifier:
    return await make({name: addresses[name] for name in addresses if name.startswith("PAGER")})


@pytest.fixture
def alert(database):
    async def alert(
        once: str = "failed:1", kind: str = "rollback_failed", environment: str = "production"
    ) -> bool:
        async with database.transaction() as connection:
            return await raise_alert(
                connection,
                environment=environment,
                kind=kind,
                sentence="The rollback failed.",
                once=once,
            )

    return alert


@pytest.fixture
def rows(database):
    async def rows(query: str) -> list[tuple[object, ...]]:
        return [tuple(row.values()) for row in await database.all(query)]

    return rows
