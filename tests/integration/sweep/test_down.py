"""A live version that is down is gone back from: once, and only when it should."""

import asyncio
from datetime import timedelta

import pytest
from psycopg.types.json import Jsonb

from lib.automatic.decision import PER_DAY
from lib.automatic.models import Suspicion
from lib.health.rule import FAILURES
from lib.rollback.models import Environment, SwitchMethod

PRODUCTION = Environment.PRODUCTION
SECOND = timedelta(seconds=1)


async def test_a_live_version_that_is_down_is_rolled_back_to_the_last_stable(
    look, go_live, rollbacks, releases, alerts
):
    go_live(releases.v3)

    await look(FAILURES)

    assert await rollbacks() == [(releases.v3, releases.v2, True)]
    assert await alerts() == ["rollback_started"]


async def test_two_failures_are_not_enough(look, go_live, rollbacks, releases):
    go_live(releases.v3)

    await look(FAILURES - 1, every=15 * SECOND)

    assert await rollbacks() == []


async def test_three_failures_in_a_moment_are_not_enough(look, go_live, rollbacks, releases):
    go_live(releases.v3)

    await look(FAILURES, every=SECOND)

    assert await rollbacks() == []


async def test_a_version_that_is_well_again_is_left_alone(look, go_live, rollbacks, releases):
    go_live(releases.v3)
    await look(FAILURES - 1)
    go_live(releases.v2)

    await look(FAILURES)

    assert await rollbacks() == []


async def test_going_on_to_look_starts_no_second_rollback(look, go_live, rollbacks, releases):
    go_live(releases.v3)

    await look(FAILURES + 3)

    assert len(await rollbacks()) == 1


async def test_sweeps_that_decide_at_once_start_one_rollback(
    services, look, go_live, rollbacks, releases, platform
):
    go_live(releases.v3)
    await look(FAILURES - 1)
    await services.sweep.tick()
    suspicion = Suspicion(PRODUCTION, releases.v3, "probes", "it answers 500")

    await asyncio.gather(*(services.autopilot.decider.decide(suspicion) for _ in range(20)))

    assert len(await rollbacks()) == 1


async def test_a_decision_about_a_version_that_is_no_longer_live_is_dropped(
    services, rollbacks, releases, alerts
):
    """It was made before another sweep's rollback ended, and comes late."""
    suspicion = Suspicion(PRODUCTION, releases.v3, "probes", "it answers 500")

    assert await services.autopilot.decider.decide(suspicion) is None

    assert await rollbacks() == []
    assert await alerts() == []


async def test_the_same_version_is_rolled_back_again_when_it_comes_back_days_later(
    services, look, go_live, work, rollbacks, releases, pass_time
):
    go_live(releases.v3)
    await look(FAILURES)
    await work(await services.engine.store.get((await services.engine.store.unfinished())[0]))
    await pass_time(timedelta(days=2))
    go_live(releases.v3)

    await look(FAILURES)

    assert await rollbacks() == [(releases.v3, releases.v2, True)] * 2


async def test_the_target_is_found_behind_many_deployments_that_never_went_live(
    services, control, look, go_live, rollbacks, releases
):
    """After a rollback production is pinned: pushes are recorded and stay staged."""
    go_live(releases.v3)
    await look()
    await control.execute(
        "WITH history AS (INSERT INTO deployment_history"
        " (git_sha, vercel_deployment_id, db_migration_version, timestamp)"
        " SELECT md5(n::text), 'dpl_staged' || n, 'unknown', app_now()"
        "   FROM generate_series(1, 50) n RETURNING id, vercel_deployment_id)"
        " INSERT INTO deployment_details (id, environment, vercel_deployment_id, recorded_by)"
        " SELECT id, 'production', vercel_deployment_id, 'ci' FROM history"
    )

    await look(FAILURES)

    assert await rollbacks() == [(releases.v3, releases.v2, True)]


class TestWhatIsNotDoneByItself:
    """A person is told once, with the reason, and nothing moves."""

    @pytest.fixture(autouse=True)
    def down(self, services, go_live, releases):
        go_live(releases.v3)

    async def test_a_shared_cause(
        self, services, look, go_live, platform, live_moves, rollbacks, alerts, releases
    ):
        await look()
        await services.deployments.set_health(PRODUCTION, releases.v3, is_passing=True)
        go_live(platform.release("crash", live=False)["id"])
        before = live_moves()

        await look(FAILURES + 2)

        newest = (await services.deployments.history(PRODUCTION))[0]
        assert await rollbacks() == []
        assert live_moves() == before
        assert await alerts() == ["down_not_rolled_back"]
        assert newest.health == "unknown", "a shared cause is not its fault"

    async def test_nothing_to_go_back_to(self, control, look, rollbacks, alerts):
        await control.execute("UPDATE deployment_history SET health_check_status = 'failing'")

        await look(FAILURES + 2)

        assert await rollbacks() == []
        assert await alerts() == ["down_not_rolled_back"]

    async def test_a_locked_environment(
        self, services, control, look, order, work, rollbacks, alerts, releases
    ):
        failed = await services.engine.start(order.model_copy(update={"target": "dpl_none"}))
        await work(failed)
        await control.execute(
            "UPDATE environments SET locked_by = %s WHERE environment = 'production'", [failed.id]
        )

        await look(FAILURES + 2)

        assert len(await rollbacks()) == 1
        assert (await alerts())[1:] == ["automatic_refused"]

    async def test_a_version_that_has_been_live_for_long(self, look, pass_time, rollbacks, alerts):
        await look()
        await pass_time(timedelta(hours=24))

        await look(FAILURES + 2)

        assert await rollbacks() == []
        assert await alerts() == ["automatic_refused"]

    async def test_a_fourth_one_in_a_day(self, control, look, pass_time, rollbacks, alerts):
        await control.execute(
            "INSERT INTO rollbacks (environment, switch_method, target, requested_by, automatic,"
            " reason, deadline_at, status, step, finished_at)"
            " SELECT 'production', 'alias', 'dpl_x', 'automatic', true, '', app_now(), 'failed',"
            " 'record', app_now() FROM generate_series(1, %s)",
            [PER_DAY],
        )

        await look(FAILURES + 2)
        refused = await alerts()
        await pass_time(timedelta(days=1))

        assert len(await rollbacks()) == PER_DAY
        assert refused == ["automatic_refused"]


async def test_a_target_that_cannot_be_asked_leaves_it_to_a_person_who_is_told(
    look, go_live, control, rollbacks, releases, alerts
):
    await control.execute("UPDATE deployment_details SET url = 'nowhere.example'")
    go_live(releases.v3)
    await look(FAILURES)

    assert await rollbacks() == []
    assert await alerts() == ["down_not_rolled_back"]


async def test_an_automatic_rollback_goes_by_the_environments_method(
    services, look, go_live, releases, rows
):
    go_live(releases.v3)

    await look(FAILURES)

    [row] = await rows("SELECT switch_method, requested_by, reason, evidence FROM rollbacks")
    assert row["switch_method"] == SwitchMethod.ALIAS
    assert row["requested_by"] == "automatic"
    assert "500" in row["reason"]
    assert row["evidence"]["path"] == "probes"


class TestOurOwnNetwork:
    """Nobody answers any more, not even the platform's API: that says nothing about the app."""

    @pytest.fixture
    async def edge(self, variables):
        """Takes connections and closes them without an answer; then the API may be gone too."""
        gone = []

        async def closes(_, writer):
            for hang_up in gone:
                hang_up()
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(closes, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        variables["EDGE_URL"] = f"http://{host}:{port}"
        yield gone
        server.close()
        await server.wait_closed()

    async def test_that_is_out_is_no_failure_of_the_app(self, edge, services, look, rows, alerts):
        reachable = services.http.base_url

        def lose():
            services.http.base_url = "http://127.0.0.1:9"

        edge.append(lose)
        for _ in range(FAILURES + 1):
            await look()
            services.http.base_url = reachable

        looks = await rows("SELECT live, target_state, detail FROM probes")
        assert {(row["live"], row["target_state"]) for row in looks} == {("unknown", "unknown")}
        assert {row["detail"] for row in looks} == {"our own network is out"}
        assert await alerts() == []

    async def test_that_reaches_the_platform_leaves_it_a_failure(self, edge, services, look, rows):
        await look()

        [row] = await rows("SELECT live, target_state FROM probes")
        assert tuple(row.values()) == ("failed", "failed")


async def test_visitors_who_are_answered_overrule_our_own_looks(
    services, look, go_live, releases, rollbacks, alerts, control
):
    go_live(releases.v3)
    await look()
    await control.execute(
        "INSERT INTO baselines (period, p0, newest, newest_until)"
        """ SELECT id, '{"all requests": 0.05}', %s, app_now() + interval '5 min'"""
        " FROM live_periods WHERE live_until IS NULL",
        [Jsonb(verdict_of(releases.v3, "healthy"))],
    )

    await look(FAILURES)

    assert await rollbacks() == []
    assert await alerts() == ["down_not_rolled_back"]


async def test_visitors_who_stay_away_overrule_nothing(
    services, look, go_live, releases, rollbacks, control
):
    """They were answered well until a minute ago; now the version hangs, and nothing is counted."""
    go_live(releases.v3)
    await look()
    await control.execute(
        "INSERT INTO baselines (period, p0, newest, newest_until)"
        """ SELECT id, '{"all requests": 0.05}', %s, app_now() + interval '5 min'"""
        " FROM live_periods WHERE live_until IS NULL",
        [Jsonb(verdict_of(releases.v3, "healthy") | {"thins_out": True})],
    )

    await look(FAILURES)

    assert await rollbacks() == [(releases.v3, releases.v2, True)]


def verdict_of(deployment_id, state):
    return {
        "deployment_id": deployment_id,
        "state": state,
        "path": None,
        "sentence": "",
        "until": 0,
        "requests": 900,
        "rate": 0.0,
        "acts_in_seconds": None,
        "decidable": [],
        "streams": [],
    }
