"""A rollback while a release rolls out: it is ended, once, and all visitors get the target."""

import asyncio
import time
from datetime import timedelta

import pytest

from lib.rollback.engine import LEASE
from lib.rollback.models import Environment, Status, SwitchMethod
from lib.rollback.steps import find
from lib.rollback.steps.record import IS_OVER
from lib.rollback.store import STANDBY_PATIENCE
from tests.integration.rolling.conftest import ROLLING

PRODUCTION = Environment.PRODUCTION
SECOND = timedelta(seconds=1)
GATE = {
    "enabled": True,
    "dryRun": False,
    "action": "rollback",
    "checks": [{"type": "error-rate-5xx", "minSampleSize": 2}],
    "failureThreshold": 2,
    "windowSize": 3,
}
only_alias = pytest.mark.parametrize("method", [SwitchMethod.ALIAS], indirect=True)


@pytest.fixture
def advance_to(services, pass_time):
    """A claim of the step, with those before it done."""

    async def advance_to(rollback, step):
        for _ in range(400):
            claim = await services.engine.store.claim(rollback.id, lease=LEASE)
            if claim is None:
                await pass_time(SECOND / 2)
            elif claim.step == step:
                return claim
            else:
                await services.engine.advance(claim)
        raise AssertionError(f"It does not come to {step}")

    return advance_to


async def test_it_ends_the_release_and_all_get_what_the_others_had(
    services, rolling, order, work, state, asked, platform, releases
):
    ended = await work(await services.engine.start(order))

    assert ended.status is Status.COMPLETED, ended.error
    assert (state(), asked()) == ("ABORTED", 1)
    assert platform.state()["production_id"] == releases.v2
    assert platform.state()["auto_assign"] is False
    rows = {r.deployment_id: r for r in await services.deployments.history(PRODUCTION)}
    assert rows[releases.v2].is_live
    assert rows[releases.v3].quarantined


@only_alias
async def test_it_can_go_further_back(services, rolling, order, work, state, live_moves, releases):
    further = order.model_copy(update={"target": releases.v1})

    ended = await work(await services.engine.start(further))

    assert ended.status is Status.COMPLETED, ended.error
    assert state() == "ABORTED"
    assert live_moves()[-1] == releases.v1


@pytest.mark.parametrize("step", ["record", "switch", "caches", "verify"])
async def test_killed_after_a_steps_effect_it_asks_once(
    services, rolling, order, advance_to, pass_time, state, asked, step
):
    rollback = await services.engine.start(order)
    claim = await advance_to(rollback, step)
    await find(step).run(claim, services.engine.tools)  # the process dies here

    await pass_time(LEASE + STANDBY_PATIENCE + SECOND)
    await services.engine.take_over(rollback.id, stop_at=time.monotonic() + 60)

    ended = await services.engine.store.get(rollback.id)
    assert ended.status is Status.COMPLETED, ended.error
    assert (state(), asked()) == ("ABORTED", 1)


async def test_an_answer_that_never_comes_is_not_asked_for_again(
    services, rolling, order, work, platform, impatient, state, asked
):
    platform.fault("timeout-after-applying", call="rollback")

    ended = await work(await services.engine.start(order))

    assert ended.status is Status.COMPLETED, ended.error
    assert (state(), asked()) == ("ABORTED", 1)


async def test_two_at_once_ask_once(services, rolling, order, state, asked):
    rollback = await services.engine.start(order)
    stop_at = time.monotonic() + 60
    await asyncio.gather(*(services.engine.run(rollback.id, stop_at=stop_at) for _ in range(3)))

    ended = await services.engine.store.get(rollback.id)
    assert ended.status is Status.COMPLETED, ended.error
    assert (state(), asked()) == ("ABORTED", 1)


@pytest.mark.parametrize("fault", ["job-failed", "job-skipped"])
async def test_a_job_that_ends_badly_leaves_it_rolling_and_says_so(
    services, rolling, order, work, platform, state, fault
):
    platform.fault(fault)

    ended = await work(await services.engine.start(order))

    assert ended.status is Status.FAILED
    assert ended.step == "switch"
    assert state() == "ACTIVE"


async def test_a_platform_that_refuses_is_quoted_and_nothing_is_locked(
    services, rolling, order, work, api, releases, is_locked, state
):
    """Before the switch, what is gone back to disappears."""
    rollback = await services.engine.start(order)
    claim = await services.engine.store.claim(rollback.id, lease=LEASE)
    await services.engine.advance(claim)
    api.delete(f"/v13/deployments/{releases.v2}")

    ended = await work(rollback)

    assert ended.status is Status.FAILED
    assert "404" in ended.error
    assert not await is_locked()


async def test_no_half_is_taken_for_the_whole(services, rolling, order, advance_to, platform):
    """Verify is not content with hosts that happen to answer with the target."""
    rollback = await services.engine.start(order)
    claim = await advance_to(rollback, "switch")

    outcome = await find("verify").run(claim, services.engine.tools)

    assert "moved production" in outcome.message


@pytest.mark.parametrize("gate", [GATE])
async def test_the_platforms_own_gate_was_faster(
    services, begin, order, work, visits, state, asked, eventually, gate
):
    begin()
    await services.tracker.reconcile(PRODUCTION)
    rollback = await services.engine.start(order)
    visits(40)
    await eventually(lambda: state() == "ABORTED")

    ended = await work(rollback)

    assert ended.status is Status.COMPLETED, ended.error
    assert IS_OVER in ended.find("record").message
    assert asked() == 0


@pytest.mark.parametrize("gate", [GATE])
async def test_the_platforms_own_gate_acts_at_the_same_moment(
    services, begin, order, advance_to, work, visits, state, asked, gate
):
    begin()
    await services.tracker.reconcile(PRODUCTION)
    rollback = await services.engine.start(order)
    claim = await advance_to(rollback, "switch")
    visits(40)
    await services.engine.advance(claim)

    ended = await work(rollback)

    assert ended.status is Status.COMPLETED, ended.error
    assert state() == "ABORTED"


async def test_a_release_that_somebody_rolls_out_after_that_is_left_alone(
    services, rolling, order, advance_to, work, api, platform, state, releases, eventually
):
    """We have ended one; whoever begins another meanwhile may be right."""
    rollback = await services.engine.start(order)
    claim = await advance_to(rollback, "switch")
    await find("switch").run(claim, services.engine.tools)
    await eventually(lambda: state() == "ABORTED")
    v4 = platform.release("good-2", live=False)["id"]
    api.post("/v1/projects/prj_wedsync/rolling-release/start", json={"canaryDeploymentId": v4})

    ended = await work(rollback)

    assert ended.status is Status.FAILED
    assert state() == "ACTIVE"


@pytest.mark.parametrize("is_asked", [False, True])
async def test_one_that_completes_by_itself_meanwhile_is_left_all_the_same(
    services, rolling, order, advance_to, work, api, platform, releases, is_asked
):
    """Its last stage came before our word did: all visitors get what was to be left."""
    rollback = await services.engine.start(order)
    claim = await advance_to(rollback, "switch")
    if is_asked:
        platform.fault("500", call="rollback")
        await services.engine.advance(claim)
    done = api.post(f"{ROLLING}/complete", json={"canaryDeploymentId": releases.v3})
    assert done.is_success, done.text

    ended = await work(rollback)

    assert ended.status is Status.COMPLETED, ended.error
    assert platform.state()["aliases"][platform.config.aliases.production] == releases.v2
