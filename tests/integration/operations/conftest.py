"""What people do, what was written of it, and what they find."""

import asyncio

import pytest

from lib.access.models import Caller, Role
from lib.alerts import raise_alert
from lib.operations.models import OPERATION, Result
from lib.rollback.models import Environment

PRODUCTION = Environment.PRODUCTION
AT_ONCE = 8


@pytest.fixture
def operate(services):
    async def operate(action: str, by: str = "Ada", role: Role = Role.ADMIN, **more) -> Result:
        body = {"environment": "production", "reason": "I looked at it"} | more
        operation = OPERATION.validate_python({"action": action} | body, strict=False)
        return await services.operations.carry_out(operation, Caller(name=by, role=role))

    return operate


@pytest.fixture
def operate_at_once(operate):
    async def operate_at_once(action: str, **more) -> list[Result]:
        results = await asyncio.gather(*(operate(action, **more) for _ in range(AT_ONCE)))
        return sorted(results, key=lambda result: not result.changed)

    return operate_at_once


@pytest.fixture
def audited(control):
    """What people did, and to what."""

    async def audited() -> list[tuple[str, str, str | None]]:
        rows = await control.execute(
            "SELECT actor, action, subject FROM audit"
            " WHERE action LIKE 'operation.%' OR action LIKE 'pin.%' ORDER BY id"
        )
        return [tuple(row.values()) for row in await rows.fetchall()]

    return audited


@pytest.fixture
async def failed(services, order, work):
    """It did not begin: the environment is not locked by it."""
    wrong = order.model_copy(update={"target": "dpl_none"})
    return await work(await services.engine.start(wrong))


@pytest.fixture
async def locked(control, failed):
    await control.execute(
        "UPDATE environments SET locked_by = %s WHERE environment = 'production'", [failed.id]
    )
    return failed


@pytest.fixture
async def rolled_back(services, order, work):
    """From v2 to v1: v2 is quarantined, and production is pinned."""
    return await work(await services.engine.start(order))


@pytest.fixture
async def alert(services) -> str:
    async with services.database.transaction() as connection:
        await raise_alert(
            connection, environment="production", kind="down", sentence="It is down.", once="1"
        )
    row = await services.database.one("SELECT max(id) AS id FROM alerts")
    return str(row["id"])


@pytest.fixture
def rows(services):
    async def rows(environment: Environment = PRODUCTION):
        found = await services.deployments.history(environment)
        return {row.deployment_id: row for row in found}

    return rows


@pytest.fixture
def standing(control):
    async def standing(column: str) -> object:
        rows = await control.execute(
            "SELECT mode, security_floor, locked_by FROM environments"
            " WHERE environment = 'production'"
        )
        return (await rows.fetchone())[column]

    return standing
