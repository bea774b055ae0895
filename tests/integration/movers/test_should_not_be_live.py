"""What should not go live is told when it does: quarantined, or in a freeze."""

from datetime import timedelta

import pytest

from lib.rollback.engine import LEASE
from lib.rollback.models import Environment, Status
from lib.settings import load
from lib.wiring import build
from tests.integration.movers.elsewhere import promoted, rolled_back

PRODUCTION = Environment.PRODUCTION
SECOND = timedelta(seconds=1)
MILLISECONDS = 1000
LEFT_AT = """
SELECT to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD" at "HH24:MI') FROM rollbacks
"""


class TestQuarantined:
    @pytest.fixture
    async def left(self, services, order, work) -> str:
        """v2 was rolled back."""
        await work(await services.engine.start(order))
        return str(order.from_deployment)

    async def test_it_is_told_with_why_it_was_left_and_what_to_do(
        self, follow, go_live, alerts, platform, left, rows
    ):
        go_live(left)

        await follow(promoted(left))

        (told,) = await alerts("quarantined_went_live")
        [(left_at,)] = await rows(LEFT_AT)
        sha = next(one["sha"] for one in platform.state()["deployments"] if one["id"] == left)
        assert told.startswith(f"Usr_grace let {sha[:7]} go live in production, which was rolled")
        assert f"on {left_at} UTC" in told
        assert "by Ada: Page does not open." in told
        assert "lift its quarantine" in told

    async def test_it_is_told_once_for_each_time_it_is_live(
        self, services, go_live, look, alerts, follow, left, releases
    ):
        go_live(left)
        await look(3)
        await follow(promoted(left))
        once = len(await alerts("quarantined_went_live"))
        go_live(releases.v1)
        await look()
        go_live(left)
        await look()

        assert once == 1
        assert len(await alerts("quarantined_went_live")) == 2

    async def test_a_new_deployment_of_the_same_commit_is_told_as_well(
        self, platform, go_live, look, alerts, left
    ):
        sha = next(one["sha"] for one in platform.state()["deployments"] if one["id"] == left)
        again = platform.release("good-2", live=False, sha=sha)["id"]
        go_live(again)

        await look()

        assert len(await alerts("quarantined_went_live")) == 1

    async def test_one_that_was_lifted_may_come_back(self, control, go_live, look, alerts, left):
        await control.execute("UPDATE quarantine SET lifted_at = app_now()")
        go_live(left)

        await look()

        assert await alerts("quarantined_went_live") == []

    async def test_the_live_row_says_that_it_came_back(self, services, go_live, look, left):
        async def came_back() -> list[str]:
            rows = await services.deployments.history(PRODUCTION)
            return [row.deployment_id for row in rows if row.came_back]

        before = await came_back()
        go_live(left)
        await look()

        assert before == []
        assert await came_back() == [left]


class TestFreeze:
    @pytest.fixture
    async def tomorrow(self, variables, services, control):
        """A control plane for which tomorrow is frozen."""
        row = await (await control.execute("SELECT app_now() AT TIME ZONE 'UTC' AS now")).fetchone()
        day = f"{row['now'] + timedelta(days=1):%Y-%m-%d}"
        variables["FREEZE_WINDOWS"] = f"{day} 00:00 - {day} 24:00 UTC"
        built = build(load(variables))
        yield built
        await built.close()

    async def test_what_goes_live_in_a_window_is_told(
        self, tomorrow, go_live, alerts, pass_time, releases
    ):
        go_live(releases.v3)
        await tomorrow.tracker.reconcile(PRODUCTION)
        before = await alerts("promoted_in_freeze")
        await pass_time(timedelta(days=1))
        go_live(releases.v2)
        await tomorrow.tracker.reconcile(PRODUCTION)

        assert before == []
        (told,) = await alerts("promoted_in_freeze")
        assert tomorrow.settings.freeze_windows[0].text in told

    async def test_a_rollback_is_never_frozen(
        self, tomorrow, order, alerts, pass_time, services, work
    ):
        await pass_time(timedelta(days=1))
        rollback = await tomorrow.engine.start(order)
        while not rollback.is_final:
            claim = await tomorrow.engine.store.claim(rollback.id, lease=LEASE)
            if claim is None:
                await pass_time(SECOND)
                continue
            rollback = await tomorrow.engine.advance(claim)

        assert rollback.status is Status.COMPLETED
        assert await alerts("promoted_in_freeze") == []

    async def test_nor_is_somebody_elses(self, tomorrow, go_live, alerts, pass_time, releases):
        await pass_time(timedelta(days=1))
        later = rolled_back(releases.v2, releases.v1)
        moment = int(timedelta(days=1).total_seconds() * MILLISECONDS)
        go_live(releases.v1)
        event = later.model_copy(update={"created_at": later.created_at + moment})
        await tomorrow.events.is_news(event)
        await tomorrow.tracker.reconcile(PRODUCTION)

        assert await alerts("promoted_in_freeze") == []
        assert len(await alerts("rolled_back_elsewhere")) == 1
