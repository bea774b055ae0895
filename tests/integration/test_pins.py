"""The pin that a rollback leaves: kept as it was before, and lifted once a good version follows."""

import asyncio

import pytest

from lib import errors
from lib.access.models import Caller, Role
from lib.operations.models import OPERATION, Result
from lib.rollback.engine import LEASE
from lib.rollback.models import Environment, Status, SwitchMethod
from lib.rollback.steps import find

PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING
AT_ONCE = 8


@pytest.fixture
def roll_back(services, order, work):
    async def roll_back(**facts):
        ended = await work(await services.engine.start(order.model_copy(update=facts)))
        assert ended.status is Status.COMPLETED, ended.error
        return ended

    return roll_back


@pytest.fixture
def go_live(services, platform):
    """A deployment goes live without us, and the sweep looks."""

    async def go_live(deployment_id: str, *, look: bool = True) -> None:
        platform.move_alias(platform.config.aliases.production, deployment_id)
        if look:
            await services.tracker.reconcile(PRODUCTION)

    return go_live


@pytest.fixture
def pins(control):
    async def pins() -> list[tuple[object, ...]]:
        query = "SELECT environment, before, rollback_id FROM pins ORDER BY environment"
        return [tuple(row.values()) for row in await (await control.execute(query)).fetchall()]

    return pins


@pytest.fixture
def lifts(control):
    """Who lifted it, and what auto-assignment was set to."""

    async def lifts() -> list[tuple[str, str]]:
        query = "SELECT actor, result FROM audit WHERE action = 'pin.lift' ORDER BY id"
        return [tuple(row.values()) for row in await (await control.execute(query)).fetchall()]

    return lifts


@pytest.fixture
def auto_assign(platform):
    return lambda: platform.state()["auto_assign"]


@pytest.fixture
def set_auto_assign(services):
    async def set_auto_assign(*, on: bool) -> None:
        await services.tracker.vercel.set_auto_assign(on=on)

    return set_auto_assign


@pytest.fixture
def lift(services):
    async def lift() -> Result:
        body = {"action": "lift_pin", "environment": PRODUCTION, "reason": "The fix is in"}
        caller = Caller(name="Ada", role=Role.OPERATOR)
        return await services.operations.carry_out(OPERATION.validate_python(body), caller)

    return lift


METHODS = pytest.mark.parametrize("method", [*SwitchMethod])


class TestKept:
    @METHODS
    async def test_a_rollback_leaves_a_pin_with_what_was_before(
        self, roll_back, pins, auto_assign, method
    ):
        rollback = await roll_back(switch_method=method)

        assert await pins() == [("production", True, rollback.id)]
        assert auto_assign() is False

    @METHODS
    async def test_what_was_off_before_is_remembered_as_off(
        self, roll_back, pins, set_auto_assign, method
    ):
        await set_auto_assign(on=False)

        rollback = await roll_back(switch_method=method)

        assert await pins() == [("production", False, rollback.id)]

    async def test_a_second_rollback_keeps_what_was_before_the_first(
        self, roll_back, pins, go_live, releases
    ):
        await roll_back()
        await go_live(releases.v2)

        second = await roll_back()

        assert await pins() == [("production", True, second.id)]

    async def test_the_switch_twice_is_one_pin(self, services, order, pass_time, pins):
        rollback = await services.engine.start(order)
        while (claim := await services.engine.store.claim(rollback.id, lease=LEASE)) is not None:
            if claim.step == "switch":
                break
            await services.engine.advance(claim)
        await find("switch").run(claim, services.engine.tools)
        await pass_time(2 * LEASE)
        again = await services.engine.store.claim(rollback.id, lease=LEASE)
        await find("switch").run(again, services.engine.tools)

        assert await pins() == [("production", True, rollback.id)]

    async def test_a_worker_that_comes_late_pins_nothing(self, services, roll_back, lift, pins):
        """Its rollback has ended, and the pin was lifted since."""
        ended = await roll_back()
        await lift()

        await services.tracker.pins.keep(ended.id, ended.fence, before=True)

        assert await pins() == []

    async def test_where_the_platform_did_nothing_nothing_is_pinned(
        self, services, order, work, pins, platform
    ):
        instant = order.model_copy(update={"switch_method": SwitchMethod.INSTANT})
        platform.fault("429", call="rollback", times=1000)
        rollback = await services.engine.start(instant)

        ended = await work(rollback)

        assert ended.status is Status.FAILED
        assert await pins() == []


class TestLiftedByAGoodVersion:
    async def test_auto_assignment_is_what_it_was(
        self, roll_back, go_live, pins, lifts, auto_assign, platform
    ):
        await roll_back()

        await go_live(platform.release("good-2", live=False)["id"])

        assert await pins() == []
        assert auto_assign() is True
        assert await lifts() == [("automatic", "on")]

    async def test_what_was_off_is_off_again_though_a_promotion_turns_it_on(
        self, roll_back, go_live, pins, lifts, auto_assign, platform, set_auto_assign
    ):
        await set_auto_assign(on=False)
        await roll_back()
        await set_auto_assign(on=True)  # as a promotion does

        await go_live(platform.release("good-2", live=False)["id"])

        assert await pins() == []
        assert auto_assign() is False
        assert await lifts() == [("automatic", "off")]

    async def test_looks_at_once_lift_it_once(
        self, services, roll_back, go_live, pins, lifts, auto_assign, platform
    ):
        await roll_back()
        await go_live(platform.release("good-2", live=False)["id"], look=False)

        await asyncio.gather(*(services.tracker.reconcile(PRODUCTION) for _ in range(AT_ONCE)))

        assert await pins() == []
        assert auto_assign() is True
        assert len(await lifts()) == 1

    async def test_a_platform_that_fails_is_asked_again_by_the_next_look(
        self, services, roll_back, go_live, pins, lifts, auto_assign, platform
    ):
        await roll_back()
        fixed = platform.release("good-2", live=False)["id"]
        await go_live(fixed, look=False)
        platform.fault("500", call="update-project")

        await services.sweep.tick()
        still = await pins()
        seen = await services.deployments.live_deployment(PRODUCTION)
        await services.tracker.reconcile(PRODUCTION)

        assert seen == fixed, "the look went on"
        assert len(still) == 1
        assert (await pins(), auto_assign()) == ([], True)
        assert len(await lifts()) == 1

    async def test_who_died_after_setting_it_is_followed(
        self, services, roll_back, go_live, pins, platform, set_auto_assign
    ):
        await roll_back()
        await set_auto_assign(on=True)

        await go_live(platform.release("good-2", live=False)["id"])

        assert await pins() == []


class TestNotLifted:
    @pytest.fixture(autouse=True)
    async def rolled_back(self, roll_back):
        await roll_back()

    async def test_by_the_version_that_was_gone_back_to(self, go_live, pins, releases):
        await go_live(releases.v1)

        assert len(await pins()) == 1

    async def test_by_a_quarantined_one(self, go_live, pins, auto_assign, releases):
        await go_live(releases.v2)

        assert len(await pins()) == 1
        assert auto_assign() is False

    async def test_by_an_older_one(self, services, roll_back, go_live, pins, releases, lifts):
        """Somebody went back further."""
        await go_live(releases.v3)  # which lifts it
        await roll_back(target=releases.v2, from_deployment=releases.v3, note="I know")

        await go_live(releases.v1)

        assert len(await pins()) == 1

    async def test_by_what_somebody_rolled_back_to_in_the_platform(
        self, services, control, platform, go_live, pins, releases, auto_assign
    ):
        """It is newer, and the platform has pinned it by itself."""
        await control.execute("UPDATE quarantine SET lifted_at = app_now()")
        await services.tracker.vercel.roll_back(releases.v2, description="by hand")
        for _ in range(1200):
            if (await services.tracker.vercel.project()).live == releases.v2:
                break
            await asyncio.sleep(0.05)

        await go_live(releases.v2)

        assert await services.deployments.live_deployment(PRODUCTION) == releases.v2
        assert len(await pins()) == 1
        assert auto_assign() is False

    async def test_while_another_rollback_runs(
        self, services, order, go_live, pins, platform, auto_assign
    ):
        staging = order.model_copy(update={"environment": STAGING})
        await services.engine.start(staging)

        await go_live(platform.release("good-2", live=False)["id"])

        assert len(await pins()) == 1
        assert auto_assign() is False


class TestBothEnvironments:
    """The setting is the project's."""

    @pytest.fixture(autouse=True)
    async def both(self, services, platform, roll_back, releases):
        first = platform.release("good", environment="staging")["id"]
        await services.tracker.reconcile(STAGING)
        second = platform.release("good-2", environment="staging")["id"]
        await services.tracker.reconcile(STAGING)
        await roll_back(environment=STAGING, target=first, from_deployment=second)
        await roll_back()

    async def test_the_second_remembers_what_was_before_the_first(self, pins):
        assert [(name, before) for name, before, _ in await pins()] == [
            ("production", True),
            ("staging", True),
        ]

    async def test_it_stays_off_until_neither_is_pinned(
        self, services, go_live, platform, pins, auto_assign
    ):
        await go_live(platform.release("good-2", live=False)["id"])
        one = (len(await pins()), auto_assign())
        platform.release("good", environment="staging")
        await services.tracker.reconcile(STAGING)

        assert one == (1, False)
        assert (await pins(), auto_assign()) == ([], True)


class TestLiftedByAPerson:
    async def test_auto_assignment_is_what_it_was(self, roll_back, lift, lifts, auto_assign):
        await roll_back()

        result = await lift()

        assert (result.changed, result.message) == (
            True,
            "New releases go live by themselves again.",
        )
        assert auto_assign() is True
        assert await lifts() == [("Ada", "on")]

    async def test_what_was_off_stays_off_and_that_is_said(
        self, roll_back, lift, auto_assign, set_auto_assign
    ):
        await set_auto_assign(on=False)
        await roll_back()

        result = await lift()

        assert result.message.endswith("they did not before the rollback.")
        assert auto_assign() is False

    async def test_twice_it_is_so_already(self, roll_back, lift, lifts):
        await roll_back()
        await lift()

        again = await lift()

        assert (again.changed, again.message) == (False, "Production is not pinned.")
        assert len(await lifts()) == 1

    async def test_at_once_it_is_one_change(self, roll_back, lift, lifts):
        await roll_back()

        results = await asyncio.gather(*(lift() for _ in range(AT_ONCE)))

        assert sum(result.changed for result in results) == 1
        assert len(await lifts()) == 1

    async def test_while_a_rollback_runs_it_is_refused(
        self, services, roll_back, order, lift, pins
    ):
        await roll_back()
        await services.engine.start(order.model_copy(update={"environment": STAGING}))

        with pytest.raises(errors.Conflict, match="A rollback is running"):
            await lift()

        assert len(await pins()) == 1

    async def test_a_rollback_that_pinned_meanwhile_keeps_its_pin(
        self, services, roll_back, order, pins, auto_assign
    ):
        """It began after we looked, and had pinned before we set it back."""
        await roll_back()
        seen = await services.tracker.pins.find(PRODUCTION)
        await services.engine.start(order.model_copy(update={"environment": STAGING}))

        is_lifted = await services.tracker.pins.lift(PRODUCTION, seen, by="Ada", reason="Late")

        assert not is_lifted
        assert len(await pins()) == 1
        assert auto_assign() is False

    async def test_a_platform_that_refuses_leaves_it(self, roll_back, lift, pins, platform):
        await roll_back()
        platform.fault("500", call="update-project")

        with pytest.raises(errors.VercelUnavailable):
            await lift()

        assert len(await pins()) == 1
