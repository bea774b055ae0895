"""A control plane to ask whether it is armed, and parts that can be broken one by one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import psycopg
import pytest

from dev.ports import LOOPBACK
from lib.preflight.checks import CHECKS
from lib.preflight.models import State
from lib.rollback.models import Environment

PRODUCTION = Environment.PRODUCTION


@pytest.fixture
def variables(variables) -> dict[str, str]:
    return variables | {"DRAIN_SECRET": "drain-secret"}


@pytest.fixture
def kit(services):
    return services.preflight.kit


@pytest.fixture
def find(kit):
    """What the check of this name finds: its state, and its sentence."""

    async def find(name: str, environment=PRODUCTION, **changed: object) -> tuple[State, str]:
        (check,) = (check for check in CHECKS if check.name == name)
        found = await check.run(replace(kit, **changed), environment)
        return found.state, found.sentence

    return find


@pytest.fixture
async def silent_port() -> AsyncIterator[int]:
    """Of a server that accepts, and never answers."""
    gone = asyncio.Event()

    async def stay_silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(stay_silent, LOOPBACK, 0)
    yield server.sockets[0].getsockname()[1]
    gone.set()
    server.close()


@pytest.fixture
async def alerts(control):
    """Kind, `once`, and whether it is over; oldest first."""

    async def alerts() -> list[tuple[str, str, bool]]:
        query = "SELECT kind, once, resolved_at IS NOT NULL AS is_over FROM alerts ORDER BY id"
        rows = await (await control.execute(query)).fetchall()
        return [(row["kind"], row["once"].split("#")[0], row["is_over"]) for row in rows]

    return alerts


@pytest.fixture
def app_database(postgres):
    """An app's database of its own, and its owner, who is no superuser; yields its address."""
    postgres.create_database("apps_own")
    admin = postgres.url("apps_own")
    with psycopg.connect(admin, autocommit=True) as connection:
        for role in ("app_owner", "app_other"):
            connection.execute(f"CREATE ROLE {role} LOGIN")
        connection.execute("GRANT CREATE ON DATABASE apps_own TO app_owner")
        connection.execute("GRANT CREATE ON SCHEMA public TO app_owner")
        connection.execute("SET ROLE app_owner; CREATE TABLE guests (name text); RESET ROLE")
        yield admin.replace("postgres@", "app_owner@")
        postgres.drop_database("apps_own")
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP ROLE app_owner, app_other")
