"""A release that made a column required was live, and was left with the database taken back."""

from uuid import UUID, uuid4

import pytest

from dev.sample_app.versions import SHOT_MINUTES, SHOT_ONCE, TIMELINE
from lib.access.models import Caller, Role
from lib.operations.models import OPERATION, Result
from lib.rollback.models import Order, Status
from tests.integration.forward.going_back import PRODUCTION, query, record, roll_back

BY_B = "INSERT INTO shots (id, event_id, subject, minutes) VALUES ('by-b', 'dinner', 'Toast', 12)"
BY_A = "UPDATE events SET starts_at = '16:30' WHERE id = 'ceremony'"
CONTRADICTS = """
INSERT INTO shots (id, event_id, subject) VALUES ('by-a', 'dinner', 'The band');
UPDATE shots SET minutes = NULL WHERE id = 'by-a'
"""
IS_REQUIRED = """
SELECT attnotnull FROM pg_attribute WHERE attrelid = 'shots'::regclass AND attname = 'minutes'
"""
AS_IT_WAS = (
    "DROP SCHEMA IF EXISTS _rollback CASCADE",
    "DELETE FROM shots WHERE id IN ('by-a', 'by-b') OR id LIKE 'many-%'",
    "ALTER TABLE shots DROP COLUMN IF EXISTS minutes",
    "ALTER TABLE shots DROP CONSTRAINT IF EXISTS shots_once",
    "UPDATE events SET starts_at = '16:00' WHERE id = 'ceremony'",
    f"DELETE FROM schema_migrations WHERE version IN ('{SHOT_MINUTES}', '{SHOT_ONCE}')",
)


@pytest.fixture
def url(platform):
    return platform.config.app_database_url


@pytest.fixture
async def bad(services, platform, releases, url):
    """A release that made a column required is live, and has written to it."""
    deployment = platform.release("adds-required")
    await services.tracker.reconcile(PRODUCTION)
    v2 = (await services.deployments.history(PRODUCTION, only=[releases.v2]))[0]
    await record(services, releases.v2, v2.git_sha, TIMELINE)
    await record(services, deployment["id"], deployment["sha"], TIMELINE, SHOT_MINUTES)
    query(url, BY_B)
    yield deployment["id"]
    for statement in AS_IT_WAS:
        query(url, statement)


@pytest.fixture
def away(order, bad, releases) -> Order:
    return order.model_copy(update={"from_deployment": bad, "target": releases.v2})


@pytest.fixture
async def undone(services, away, url, pass_time):
    """From it to v2, with the database; and v2 has written."""
    ended = await roll_back(services, away, url, (TIMELINE,), pass_time)
    assert ended.status is Status.COMPLETED, ended.error
    assert query(url, IS_REQUIRED) == [(False,)]
    query(url, BY_A)
    return ended


@pytest.fixture
async def plain(services, order, work):
    """From v2 to v1; the database fits both."""
    ended = await work(await services.engine.start(order))
    assert ended.status is Status.COMPLETED, ended.error
    return ended


@pytest.fixture
def operate(services):
    async def operate(action: str = "roll_forward", by: str = "Grace", **more) -> Result:
        body = {"environment": "production", "reason": "It was the provider"} | more
        operation = OPERATION.validate_python({"action": action} | body, strict=False)
        caller = Caller(name=by, role=Role.OPERATOR)
        return await services.operations.carry_out(operation, caller)

    return operate


@pytest.fixture
def roll_forward(operate, work):
    async def roll_forward(**more):
        result = await operate(**more)
        assert result.changed
        return await work(result.rollback)

    return roll_forward


@pytest.fixture
def rollbacks(control):
    async def rollbacks() -> int:
        rows = await control.execute("SELECT count(*) AS n FROM rollbacks")
        return (await rows.fetchone())["n"]

    return rollbacks


@pytest.fixture
def go_live(services, platform):
    async def go_live(deployment_id: str) -> None:
        platform.move_alias(platform.config.aliases.production, deployment_id)
        await services.tracker.reconcile(PRODUCTION)

    return go_live


@pytest.fixture
def state(url):
    """Of the journal's runs, the oldest first."""
    return lambda: [
        row[0] for row in query(url, "SELECT state FROM _rollback.runs ORDER BY number")
    ]


@pytest.fixture
def is_required(url):
    """Whether the newer release's column is."""
    return lambda: query(url, IS_REQUIRED)[0][0]


@pytest.fixture
def contradict(url):
    """The older release's people write what the newer one does not allow."""
    return lambda: query(url, CONTRADICTS)


@pytest.fixture
def run_id() -> UUID:
    return uuid4()
