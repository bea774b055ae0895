"""The platform asks before it promotes: what was rolled back, or comes in a freeze, is refused."""

import asyncio
import time
from datetime import timedelta

import httpx
import pytest

from lib.deployments.check import NAME, QUARANTINED
from lib.rollback.models import Environment
from lib.settings import load
from lib.vercel.webhook import Event
from lib.wiring import build
from tests.integration.conftest import IMPATIENT_SECONDS

PRODUCTION = Environment.PRODUCTION
MILLISECONDS = 1000
CONFLICT, CREATED = 409, 201
SOON_SECONDS = 60.0
GLANCES = 3000


@pytest.fixture
async def check_id(services) -> str:
    made = services.tracker.vercel.create_check(NAME, webhook_id=None, timeout_seconds=300)
    return (await made).id


@pytest.fixture
def variables(variables, platform):
    return variables | {"CONTROL_PLANE_URL": "https://control.example"}


@pytest.fixture
async def guarded(services, variables, check_id):
    """The control plane with the check set up."""
    built = build(load(variables | {"DEPLOYMENT_CHECK_ID": check_id}))
    yield built
    await built.close()


@pytest.fixture
def told(guarded):
    """The webhook that announces a run."""

    async def told(deployment: str, kind: str = "deployment.checkrun.start") -> None:
        event = Event(
            id=f"evt_{time.monotonic_ns()}",
            type=kind,
            created_at=int(time.time() * MILLISECONDS),
            payload={"deployment": {"id": deployment}},
        )
        assert await guarded.events.is_news(event)
        await guarded.arrivals.follow(event, stop_at=time.monotonic())

    return told


@pytest.fixture
def runs(platform):
    """What the platform knows of our runs on a deployment: status, conclusion, text."""

    def runs(deployment: str) -> list[tuple[str, str | None, str | None]]:
        return [
            (run["status"], run["conclusion"], run["text"])
            for run in platform.state()["check_runs"]
            if run["deployment_id"] == deployment
        ]

    return runs


@pytest.fixture
def promote(platform):
    """A person promotes in the platform's own dashboard; its answer."""

    async def promote(deployment: str) -> int:
        config = platform.config
        async with httpx.AsyncClient(base_url=platform.api_url) as person:
            answer = await person.post(
                f"/v10/projects/{config.project_id}/promote/{deployment}",
                params={"teamId": config.team_id, "_by": "grace"},
                headers={"authorization": f"Bearer {config.token}"},
            )
        if answer.status_code == CREATED:
            await moved_to(platform, deployment)
        return answer.status_code

    return promote


async def moved_to(platform, deployment: str) -> None:
    """The platform's job takes a moment."""
    for _ in range(GLANCES):
        if live(platform) == deployment:
            return
        await asyncio.sleep(SOON_SECONDS / GLANCES)
    raise AssertionError(f"The platform has not moved to {deployment}.")


def live(platform) -> str:
    return platform.state()["aliases"][platform.config.aliases.production]


def patches(platform) -> int:
    return sum(call["method"] == "PATCH" for call in platform.calls())


class TestWithoutACheck:
    async def test_nothing_is_asked(self, services, platform, releases):
        platform.clear_calls()

        await services.check.judge(releases.v3)
        await services.check.review()

        assert platform.calls() == []


class TestJudging:
    async def test_a_new_release_passes_and_goes_live(self, guarded, told, platform, runs):
        new = platform.release("good-2")["id"]
        waited = live(platform) != new

        await told(new)

        assert waited
        assert runs(new)[0][:2] == ("completed", "succeeded")
        assert live(platform) == new

    @pytest.mark.parametrize(
        "kind", ["deployment.created", "deployment.succeeded", "deployment.ready"]
    )
    async def test_any_event_about_a_deployment_will_do(self, told, platform, runs, kind):
        new = platform.release("good-2", live=False)["id"]

        await told(new, kind)

        assert runs(new)[0][:2] == ("completed", "succeeded")

    async def test_a_lost_event_is_made_up_for_by_the_sweep(self, guarded, platform, runs):
        new = platform.release("good-2", live=False)["id"]

        await guarded.sweep.run_scheduled(stop_at=time.monotonic())

        assert runs(new)[0][:2] == ("completed", "succeeded")

    async def test_the_same_event_and_a_sweep_at_once_come_to_the_same(
        self, guarded, told, platform, runs
    ):
        new = platform.release("good-2", live=False)["id"]

        await asyncio.gather(told(new), told(new), guarded.check.review(), guarded.check.review())

        assert runs(new)[0][:2] == ("completed", "succeeded")

    async def test_what_is_said_already_is_not_said_again(self, guarded, told, platform):
        new = platform.release("good-2", live=False)["id"]
        await told(new)
        platform.clear_calls()

        await told(new)
        await guarded.check.review()

        assert patches(platform) == 0

    async def test_a_deployment_without_our_check_costs_one_call(self, told, platform, releases):
        platform.clear_calls()

        await told(releases.v3)

        assert [call["path"] for call in platform.calls()] == [
            f"/v2/deployments/{releases.v3}/check-runs"
        ]

    async def test_what_the_platform_did_not_take_is_said_again_by_the_next_sweep(
        self, guarded, platform, runs
    ):
        one, other = (platform.release("good-2", live=False)["id"] for _ in range(2))
        platform.fault("500", call="update-check-run", times=1)

        await guarded.check.review()
        await guarded.check.review()

        assert runs(one)[0][:2] == runs(other)[0][:2] == ("completed", "succeeded")

    async def test_a_platform_that_hangs_does_not_hold_up_what_went_live(
        self, guarded, told, platform, releases
    ):
        guarded.http.timeout = httpx.Timeout(IMPATIENT_SECONDS)
        platform.fault("hang", call="check-runs", times=1000, seconds=SOON_SECONDS)
        platform.move_alias(platform.config.aliases.production, releases.v3)

        async with asyncio.timeout(SOON_SECONDS):
            await told(releases.v3, "deployment.succeeded")

        assert await guarded.deployments.live_deployment(PRODUCTION) == releases.v3

    async def test_a_sweep_whose_review_fails_is_a_good_sweep(self, guarded, platform):
        platform.fault("500", call="check-runs", times=1000)

        async with asyncio.timeout(SOON_SECONDS):
            await guarded.sweep.run_scheduled(stop_at=time.monotonic())

        assert await guarded.health.last(PRODUCTION) is not None


class TestQuarantined:
    async def test_the_story(
        self, guarded, told, platform, runs, promote, order, work, control, releases
    ):
        """Released, rolled back, refused, lifted, promoted."""
        bad = platform.release("good-2")["id"]
        await told(bad)
        await guarded.tracker.reconcile(PRODUCTION)
        assert live(platform) == bad
        ordered = order.model_copy(update={"from_deployment": bad, "target": releases.v2})
        await work(await guarded.engine.start(ordered))
        assert live(platform) == releases.v2

        await guarded.sweep.run_scheduled(stop_at=time.monotonic())

        assert runs(bad) == [("completed", "failed", QUARANTINED)]
        assert await promote(bad) == CONFLICT
        assert live(platform) == releases.v2

        await control.execute("UPDATE quarantine SET lifted_at = app_now()")
        await guarded.sweep.run_scheduled(stop_at=time.monotonic())

        assert await promote(bad) == CREATED
        assert live(platform) == bad
        audit = await control.execute(
            "SELECT actor, subject, result FROM audit WHERE action = 'deployment.check' ORDER BY id"
        )
        assert [tuple(row.values()) for row in await audit.fetchall()] == [
            ("automatic", bad, "failed"),
            ("automatic", bad, "succeeded"),
        ]

    async def test_one_that_is_gone_leaves_the_others_alone(self, guarded, platform, runs):
        """Deployments are deleted by retention; their runs are still listed."""
        gone, new = (platform.release("good-2", live=False)["id"] for _ in range(2))
        listed = await guarded.tracker.vercel.runs_of_check(guarded.check.check_id)
        strange = [
            run.model_copy(update={"deployment_id": "dpl_gone"})
            if run.deployment_id == gone
            else run
            for run in listed
        ]

        await guarded.check.conclude(strange)

        assert runs(new)[0][:2] == ("completed", "succeeded")
        assert runs(gone)[0][:2] == ("queued", None)

    async def test_a_new_deployment_of_the_same_commit_is_refused(
        self, guarded, told, platform, runs, promote, order, work, releases
    ):
        await work(await guarded.engine.start(order))
        sha = next(
            one["sha"] for one in platform.state()["deployments"] if one["id"] == releases.v2
        )
        again = platform.release("good-2", sha=sha)["id"]

        await told(again)

        assert runs(again) == [("completed", "failed", QUARANTINED)]
        assert await promote(again) == CONFLICT
        assert live(platform) == releases.v1

    async def test_the_fix_is_not_refused(self, guarded, told, platform, promote, order, work):
        await work(await guarded.engine.start(order))
        fix = platform.release("good-2", live=False)["id"]

        await told(fix)

        assert await promote(fix) == CREATED

    async def test_a_rollback_is_not_refused(self, guarded, told, platform, order, work, releases):
        """Going back moves an alias; no check stands in its way."""
        bad = platform.release("good-2")["id"]
        await told(bad)
        await guarded.tracker.reconcile(PRODUCTION)
        await work(await guarded.engine.start(order.model_copy(update={"from_deployment": bad})))

        assert live(platform) == releases.v1

    async def test_a_run_leads_to_the_dashboard(self, guarded, told, platform):
        new = platform.release("good-2", live=False)["id"]

        await told(new)

        (run,) = platform.state()["check_runs"]
        assert run["url"] == "https://control.example/admin/deployments"


class TestFreeze:
    @pytest.fixture
    async def frozen(self, variables, services, check_id, control):
        """Now is frozen, and nothing new may go live."""
        row = await (await control.execute("SELECT app_now() AT TIME ZONE 'UTC' AS now")).fetchone()
        variables["FREEZE_WINDOWS"] = (
            f"{row['now']:%Y-%m-%d} 00:00 - {row['now']:%Y-%m-%d} 24:00 UTC"
        )
        variables["DEPLOYMENT_CHECK_ID"] = check_id
        variables["FREEZE_POLICY"] = "refuse"
        built = build(load(variables))
        yield built
        await built.close()

    async def test_it_is_refused_until_the_window_ends(
        self, frozen, platform, runs, promote, pass_time
    ):
        new = platform.release("good-2", live=False)["id"]
        await frozen.check.judge(new)
        refused = await promote(new)
        await pass_time(timedelta(days=1))

        await frozen.check.review()

        assert refused == CONFLICT
        assert await promote(new) == CREATED

    async def test_a_window_that_begins_refuses_what_had_passed(
        self, guarded, frozen, platform, runs
    ):
        new = platform.release("good-2", live=False)["id"]
        await guarded.check.judge(new)
        passed = runs(new)[0][1]

        await frozen.check.review()

        assert passed == "succeeded"
        assert runs(new)[0][1] == "failed"
        assert "freeze" in str(runs(new)[0][2])

    async def test_to_warn_is_not_to_refuse(self, frozen, variables, platform, promote):
        warning = build(load(variables | {"FREEZE_POLICY": "warn"}))
        new = platform.release("good-2", live=False)["id"]

        await warning.check.judge(new)
        await warning.close()

        assert await promote(new) == CREATED
