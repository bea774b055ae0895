"""While a release rolls out it is the live one: shown, looked at, judged and taken back as such."""

import asyncio
import time

import pytest

from lib.access.models import Caller, Role
from lib.automatic.models import Suspicion
from lib.rollback.models import Environment, RollbackRequest, Status, SwitchMethod
from tests.integration.automatic.conftest import AGE, tally

PRODUCTION = Environment.PRODUCTION
GATE = {
    "enabled": True,
    "dryRun": False,
    "action": "rollback",
    "checks": [{"type": "error-rate-5xx", "minSampleSize": 2}],
    "failureThreshold": 2,
    "windowSize": 3,
}
pytestmark = pytest.mark.parametrize("method", [SwitchMethod.ALIAS], indirect=True)


@pytest.fixture
def page(services):
    async def page():
        return await services.overview.build(PRODUCTION, Caller(name="Ada", role=Role.OPERATOR))

    return page


@pytest.fixture
def fails(services, control, releases):
    """Half of what the new version answers is an error, before now and for a while after."""

    async def fails():
        await services.redis.run("FLUSHALL")
        await control.execute(AGE, {"ago": 300})
        for release, rate in ((releases.v2, 0.0), (releases.v3, 0.5)):
            counted = tally(release, ago=240, seconds=270, per_second=5, rate=rate)
            await services.counts.count(counted)

    return fails


async def test_the_page_says_who_gets_what(page, rolling, releases, services):
    shown = await page()

    assert shown.live.deployment_id == releases.v3
    assert (shown.rolling["from"], shown.rolling["to"]) == (releases.v2, releases.v3)
    assert (shown.rolling["percent"], shown.rolling["stage"]) == (20, 1)
    assert "20 % of visitors get it" in shown.rolling["sentence"]
    assert shown.recommended == releases.v2
    assert '"from":' in shown.model_dump_json()


async def test_the_page_says_nothing_once_it_is_over(page, rolling, api, releases, services):
    body = {"canaryDeploymentId": releases.v3}
    api.post("/v1/projects/prj_wedsync/rolling-release/complete", json=body)
    await services.tracker.reconcile(PRODUCTION)

    shown = await page()
    assert shown.rolling is None
    assert shown.live.deployment_id == releases.v3


async def test_it_is_looked_at_where_it_answers_itself(services, rolling, control, releases):
    await control.execute("UPDATE environments SET next_look_at = '-infinity'")
    await services.sweep.take_looks()

    query = "SELECT deployment, live FROM probes WHERE environment = 'production'"
    assert [tuple(r.values()) for r in await (await control.execute(query)).fetchall()] == [
        (releases.v3, "failed")
    ]


async def test_last_stable_is_what_the_others_get_even_if_another_has_proved_itself(
    services, rolling, control, releases
):
    await control.execute(
        "UPDATE deployment_details SET proven_at = app_now() WHERE vercel_deployment_id = %s",
        [releases.v1],
    )
    request = RollbackRequest(
        deployment_id="last-stable", reason="Page does not open", environment=PRODUCTION
    )

    rollback = await services.intake.start(request, requested_by="Ada", idempotency_key=None)

    assert (rollback.from_deployment, rollback.target) == (releases.v3, releases.v2)


async def test_its_errors_count_for_it_and_it_is_taken_back_by_itself(
    services, rolling, fails, work, state, asked, control, releases
):
    await fails()
    stop_at = time.monotonic() + 60
    await asyncio.gather(*(services.autopilot.look(stop_at=stop_at) for _ in range(2)))

    [row] = await (await control.execute("SELECT id, automatic FROM rollbacks")).fetchall()
    ended = await work(await services.engine.store.get(row["id"]))
    assert row["automatic"]
    assert ended.status is Status.COMPLETED, ended.error
    assert (ended.from_deployment, ended.target) == (releases.v3, releases.v2)
    assert (state(), asked()) == ("ABORTED", 1)


@pytest.mark.parametrize("gate", [GATE])
async def test_where_the_platforms_gate_was_faster_nothing_is_started(
    services, begin, visits, state, eventually, control, releases, gate
):
    begin()
    await services.tracker.reconcile(PRODUCTION)
    visits(40)
    await eventually(lambda: state() == "ABORTED")

    suspicion = Suspicion(PRODUCTION, releases.v3, "probes", "it answers 500")
    assert await services.autopilot.decider.decide(suspicion) is None
    await services.tracker.reconcile(PRODUCTION)

    [newest, *_] = await services.deployments.history(PRODUCTION)
    assert (newest.deployment_id, newest.how) == (releases.v2, "rolled_back_elsewhere")
    assert await (await control.execute("SELECT 1 FROM rollbacks")).fetchone() is None
