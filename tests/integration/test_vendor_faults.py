"""The platform fails in every way it has: the rollback ends right, and says what to do."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from lib.rollback.engine import LEASE, RETRY_AFTER_LIMIT_SECONDS
from lib.rollback.models import Environment, Status, StepState, SwitchMethod
from lib.settings import load
from lib.wiring import build
from tests.integration.conftest import IMPATIENT_SECONDS

ALIAS, INSTANT = SwitchMethod.ALIAS, SwitchMethod.INSTANT
#: What each method asks the platform to do.
SWITCH = {ALIAS: "alias", INSTANT: "rollback"}
FOREVER = 1000
SECOND = timedelta(seconds=1)


@pytest.fixture(params=[ALIAS, INSTANT])
def method(request) -> SwitchMethod:
    return request.param


#: The method makes no difference.
only_alias = pytest.mark.parametrize("method", [ALIAS], indirect=True)
only_instant = pytest.mark.parametrize("method", [INSTANT], indirect=True)


@pytest.fixture
async def services(services, variables, method):
    """The same history, seen by a control plane that switches by this method."""
    services = build(load(variables | {"SWITCH_METHOD_PRODUCTION": method}))
    yield services
    await services.close()


@pytest.fixture
async def rollback(services, order, method):
    return await services.engine.start(order.model_copy(update={"switch_method": method}))


def accepted(platform, method) -> int:
    """How often the platform took the switch, whether or not it said so."""
    path = "/aliases" if method is ALIAS else "/rollback/"
    return sum(
        call["method"] == "POST" and path in call["path"] and call["status"] in (None, 200, 201)
        for call in platform.calls()
    )


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"name": "429", "retry_after": 3}, id="throttled"),
        pytest.param({"name": "500"}, id="fails-once"),
        pytest.param({"name": "500", "times": 6}, id="fails-for-a-while"),
        pytest.param({"name": "hang"}, id="hangs"),
        pytest.param({"name": "slow", "seconds": 0.1}, id="slow"),
        pytest.param({"name": "timeout-after-applying"}, id="applies-and-never-answers"),
    ],
)
async def test_the_switch_is_tried_again_and_moves_once(
    rollback, work, platform, method, fault, live_moves, releases, impatient, is_locked
):
    platform.fault(**fault, call=SWITCH[method])

    ended = await work(rollback)

    assert ended.status is Status.COMPLETED, ended.error
    assert live_moves() == [releases.v1]
    assert not await is_locked()


@only_alias
@pytest.mark.parametrize("call", ["project", "deployment", "env"])
@pytest.mark.parametrize("name", ["429", "500", "hang"])
async def test_a_read_that_fails_for_a_while_costs_time_only(
    rollback, work, platform, name, call, live_moves, releases, impatient
):
    platform.fault(name, call=call, times=3)

    ended = await work(rollback)

    assert ended.status is Status.COMPLETED, ended.error
    assert live_moves() == [releases.v1]


async def test_a_switch_that_took_effect_unheard_is_not_asked_for_again(
    rollback, work, platform, method, impatient
):
    platform.fault("timeout-after-applying", call=SWITCH[method])

    await work(rollback)

    assert accepted(platform, method) == 1


@pytest.fixture
def claim_of_switch(services, rollback):
    """The claim of the switch, when the step before it is done."""

    async def claim_of_switch():
        claim = await services.engine.store.claim(rollback.id, lease=LEASE)
        await services.engine.advance(claim)
        return await services.engine.store.claim(rollback.id, lease=LEASE)

    return claim_of_switch


async def test_throttling_is_waited_for_as_long_as_asked(
    services, platform, method, claim_of_switch, rows
):
    platform.fault("429", call=SWITCH[method], retry_after=7)
    claim = await claim_of_switch()

    [before] = await rows("SELECT app_now() AS at")
    waiting = await services.engine.advance(claim)
    [after] = await rows("SELECT app_now() AS at")

    assert waiting.status is Status.IN_PROGRESS
    [due] = await rows("SELECT wake_at AS at FROM rollbacks")
    assert before["at"] <= due["at"] - 7 * SECOND <= after["at"]


async def test_throttling_for_an_hour_is_not_waited_for(
    services, platform, method, claim_of_switch
):
    platform.fault("429", call=SWITCH[method], retry_after=3600)

    waiting = await services.engine.advance(await claim_of_switch())

    assert waiting.due_in <= timedelta(seconds=RETRY_AFTER_LIMIT_SECONDS)


@only_alias
async def test_another_change_of_the_project_is_waited_for(
    rollback, work, platform, live_moves, releases
):
    """As the platform is at the release that this rolls back."""
    platform.fault("409", call="update-project", times=3)

    ended = await work(rollback)

    assert ended.status is Status.COMPLETED, ended.error
    assert live_moves() == [releases.v1]


@only_alias
async def test_one_that_never_ends_has_changed_nothing(
    rollback, work, platform, live_moves, is_locked
):
    platform.fault("409", call="update-project", times=FOREVER)

    ended = await work(rollback)

    assert (ended.status, ended.step) == (Status.FAILED, "switch")
    assert "Another change is under way" in ended.error
    assert "Nothing was changed" in ended.visitors_get
    assert live_moves() == []
    assert not await is_locked()


async def test_a_platform_that_throttles_for_ever_has_changed_nothing(
    rollback, work, platform, method, live_moves, is_locked
):
    platform.fault("429", call=SWITCH[method], times=FOREVER)

    ended = await work(rollback)

    assert (ended.status, ended.step) == (Status.FAILED, "switch")
    assert "429" in ended.error
    assert "Nothing was changed" in ended.visitors_get
    assert ended.next_actions
    assert live_moves() == []
    assert not await is_locked()


@pytest.mark.parametrize("name", ["500", "hang"])
async def test_a_switch_that_may_yet_take_effect_locks(
    rollback, work, platform, method, name, live_moves, is_locked, impatient
):
    platform.fault(name, call=SWITCH[method], times=FOREVER)

    ended = await work(rollback)

    assert (ended.status, ended.step) == (Status.FAILED, "switch")
    assert "not certain which" in ended.visitors_get
    assert any("which version it shows" in action for action in ended.next_actions)
    assert live_moves() == []
    assert await is_locked()


@only_alias
@pytest.mark.parametrize("name", ["429", "500", "hang"])
async def test_a_platform_that_is_down_changes_nothing_and_locks_nothing(
    rollback, work, platform, name, live_moves, is_locked, impatient
):
    platform.fault(name, times=FOREVER)

    ended = await work(rollback)

    assert (ended.status, ended.step) == (Status.FAILED, "record")
    assert "Nothing was changed" in ended.visitors_get
    assert ended.next_actions
    assert live_moves() == []
    assert not await is_locked()


@only_alias
async def test_a_token_that_was_revoked_changes_nothing_and_says_so(
    rollback, work, services, live_moves, is_locked
):
    services.http.headers["authorization"] = "Bearer revoked"

    ended = await work(rollback)

    assert (ended.status, ended.step) == (Status.FAILED, "record")
    assert "403" in ended.error
    assert any("token" in action for action in ended.next_actions)
    assert live_moves() == []
    assert not await is_locked()


async def test_a_refused_switch_changes_nothing(
    services, rollback, work, platform, live_moves, is_locked
):
    """The token loses its rights between the two steps."""
    claim = await services.engine.store.claim(rollback.id, lease=LEASE)
    await services.engine.advance(claim)
    services.http.headers["authorization"] = "Bearer revoked"

    ended = await work(rollback)

    assert (ended.status, ended.step) == (Status.FAILED, "switch")
    assert "Nothing was changed" in ended.visitors_get
    assert not await is_locked()


async def test_a_switch_of_which_we_may_not_learn_more_is_not_called_unchanged(
    services, rollback, platform, method, work, is_locked, claim_of_switch
):
    """It was accepted, its answer never came, and then we lost our rights."""
    platform.fault("timeout-after-applying", call=SWITCH[method])
    claim = await claim_of_switch()
    services.http.timeout = httpx.Timeout(IMPATIENT_SECONDS)
    await services.engine.advance(claim)
    services.http.headers["authorization"] = "Bearer revoked"

    ended = await work(rollback)

    assert (ended.status, ended.step) == (Status.FAILED, "switch")
    assert "not certain which" in ended.visitors_get
    assert await is_locked()


@only_alias
async def test_caches_that_are_not_cleared_are_a_warning(rollback, work, platform):
    platform.fault("500", call="purge-edge", times=FOREVER)

    ended = await work(rollback)

    assert ended.status is Status.COMPLETED
    assert ended.find("caches").state is StepState.OK
    assert ended.find("caches").message.startswith("Warning: ")


async def test_old_content_is_not_taken_for_the_target(
    services, rollback, platform, pass_time, releases
):
    """The platform says that it moved; visitors still get the old deployment."""
    platform.fault("old-content", seconds=600)
    while (claim := await services.engine.store.claim(rollback.id, lease=LEASE)) is None or (
        await services.engine.advance(claim)
    ).step != "verify":
        await pass_time(SECOND)

    looked = await services.engine.advance(
        await services.engine.store.claim(rollback.id, lease=LEASE)
    )

    assert looked.status is Status.IN_PROGRESS
    assert releases.v2 in looked.find("verify").message


async def test_old_content_that_goes_away_is_waited_for(
    services, rollback, work, platform, pass_time
):
    platform.fault("old-content", seconds=600)
    while rollback.find("verify").message is None:
        claim = await services.engine.store.claim(rollback.id, lease=LEASE)
        if claim is None:
            await pass_time(SECOND)
        else:
            rollback = await services.engine.advance(claim)
    assert not rollback.is_final
    platform.clear_faults()

    ended = await work(rollback)

    assert ended.status is Status.COMPLETED, ended.error


@only_alias
async def test_old_content_that_stays_fails_and_locks(rollback, work, platform, is_locked):
    platform.fault("old-content", seconds=600)

    ended = await work(rollback)

    assert (ended.status, ended.step) == (Status.FAILED, "verify")
    assert "not certain which" in ended.visitors_get
    assert ended.next_actions
    assert await is_locked()


@only_alias
async def test_a_target_that_turns_out_ill_fails_and_locks(
    services, order, work, releases, platform, is_locked
):
    for release in (releases.v3, releases.v2):
        platform.move_alias(platform.config.aliases.production, release)
        await services.tracker.reconcile(Environment.PRODUCTION)

    ended = await work(
        await services.engine.start(order.model_copy(update={"target": releases.v3}))
    )

    assert (ended.status, ended.step) == (Status.FAILED, "verify")
    assert "not proved to be well" in ended.visitors_get
    assert any("another version" in action for action in ended.next_actions)
    assert await is_locked()


class TestOneBadAnswerOfThePlatform:
    """When traffic has moved, and all that is left is to see that it is well."""

    @pytest.fixture
    def look(self, services, rollback, pass_time):
        """Works on it until its last step has looked once more."""

        async def look(times: int = 1):
            while times:
                claim = await services.engine.store.claim(rollback.id, lease=LEASE)
                if claim is None:
                    await pass_time(SECOND)
                    continue
                looked = await services.engine.advance(claim)
                times -= claim.step == "verify"
            return looked

        return look

    @pytest.fixture(autouse=True)
    async def verifying(self, services, rollback, pass_time):
        while (await services.engine.store.get(rollback.id)).step != "verify":
            claim = await services.engine.store.claim(rollback.id, lease=LEASE)
            await (services.engine.advance(claim) if claim else pass_time(SECOND))

    @only_alias
    async def test_an_old_one_is_no_sign_that_somebody_has_moved_it(
        self, look, rollback, work, platform, releases
    ):
        for _ in range(2):
            platform.move_alias(platform.config.aliases.production, releases.v2)
            looked = await look(times=4)
            assert looked.status is Status.IN_PROGRESS, looked.error
            platform.fault("old-content", seconds=600)
            platform.move_alias(platform.config.aliases.production, releases.v1)
            assert (await look()).status is Status.IN_PROGRESS
            platform.clear_faults()

        ended = await work(rollback)

        assert ended.status is Status.COMPLETED, ended.error

    async def test_a_refusal_is_asked_about_again(self, look, services, rollback, work):
        right = services.http.headers["authorization"]
        services.http.headers["authorization"] = "Bearer revoked"
        looked = await look()
        assert looked.status is Status.IN_PROGRESS, looked.error
        services.http.headers["authorization"] = right

        ended = await work(rollback)

        assert ended.status is Status.COMPLETED, ended.error

    async def test_a_token_that_stays_revoked_is_said_in_the_end(
        self, services, rollback, work, is_locked
    ):
        services.http.headers["authorization"] = "Bearer revoked"

        ended = await work(rollback)

        assert (ended.status, ended.step) == (Status.FAILED, "verify")
        assert any("token" in action for action in ended.next_actions)
        assert "not proved to be well" in ended.visitors_get
        assert await is_locked()


@only_instant
class TestInstantRollback:
    """What only the platform's own job can do wrong."""

    @pytest.mark.parametrize("name", ["job-failed", "job-skipped"])
    async def test_a_job_that_moved_nothing_fails_and_locks_nothing(
        self, rollback, work, platform, name, live_moves, is_locked
    ):
        platform.fault(name)

        ended = await work(rollback)

        assert (ended.status, ended.step) == (Status.FAILED, "switch")
        assert f"job {name.removeprefix('job-')}" in ended.error
        assert "what they got before" in ended.visitors_get
        assert ended.next_actions
        assert live_moves() == []
        assert not await is_locked()

    async def test_a_host_that_does_not_move_is_named_with_what_to_do(
        self, rollback, work, platform, is_locked, releases
    ):
        host = platform.config.aliases.production
        platform.fault("domain-failed", domain=host)

        ended = await work(rollback)

        assert (ended.status, ended.step) == (Status.FAILED, "switch")
        assert host in ended.error
        assert "not certain which" in ended.visitors_get
        assert any(host in action and "once more" in action for action in ended.next_actions)
        assert await is_locked()

    async def test_going_back_once_more_moves_the_hosts_that_did_not(
        self, services, rollback, work, platform, order
    ):
        platform.fault("domain-failed", domain=platform.config.aliases.production)
        await work(rollback)

        instant = order.model_copy(update={"switch_method": INSTANT})
        again = await work(await services.engine.start(instant))

        assert again.status is Status.COMPLETED, again.error

    async def test_a_job_of_somebody_else_is_waited_for(
        self, services, rollback, work, platform, releases
    ):
        """A promotion is under way when we ask: the platform refuses a second job with 409."""
        claim = await services.engine.store.claim(rollback.id, lease=LEASE)
        await services.engine.advance(claim)
        path = f"/v10/projects/{platform.config.project_id}/promote/{releases.v3}"
        (await services.http.post(path)).raise_for_status()

        ended = await work(rollback)

        assert ended.status is Status.COMPLETED, ended.error
        assert platform.state()["production_id"] == releases.v1

    async def test_what_somebody_promotes_after_that_is_not_taken_back(
        self, services, rollback, platform, work, releases
    ):
        """Ours has ended, and our worker died before it looked again."""
        while "asked" not in rollback.find("switch").facts:
            claim = await services.engine.store.claim(rollback.id, lease=LEASE)
            rollback = await services.engine.advance(claim)
        await live_is(platform, releases.v1)
        path = f"/v10/projects/{platform.config.project_id}/promote/{releases.v3}"
        (await services.http.post(path)).raise_for_status()
        await live_is(platform, releases.v3)

        ended = await work(rollback)

        assert (ended.status, ended.step) == (Status.FAILED, "switch")
        assert "Somebody else moved production" in ended.error
        assert platform.state()["production_id"] == releases.v3


async def live_is(platform, deployment) -> None:
    """The platform's job has ended."""
    async with asyncio.timeout(60):
        while True:
            if platform.state()["production_id"] == deployment:
                return
            await asyncio.sleep(0.02)


@only_alias
async def test_staging_keeps_its_own_method(services):
    assert services.settings.switch_method(Environment.STAGING) is ALIAS
