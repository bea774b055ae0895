"""The sweep looks at what is live, and acts when it is down: once, and only when it should."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from psycopg.types.json import Jsonb

from lib.automatic.decision import PER_DAY, WATCH
from lib.automatic.models import Suspicion
from lib.health.rule import FAILURES
from lib.health.sweep import WATCH_EVERY
from lib.rollback.engine import LEASE
from lib.rollback.models import Environment, Status, SwitchMethod
from lib.web.deadline import MARGIN_SECONDS
from tests.integration.ending import end

PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING
SECOND = timedelta(seconds=1)
#: Three of them span exactly 15 s.
BETWEEN_LOOKS = 7.5 * SECOND
SOON = 20.0


@pytest.fixture
def go_live(platform):
    """A release goes live, and nobody tells us."""

    def go_live(deployment_id: str) -> None:
        platform.move_alias(platform.config.aliases.production, deployment_id)

    return go_live


@pytest.fixture
def look(services, pass_time):
    """Looks as often as said; a little time passes after each."""

    async def look(times: int = 1, *, every: timedelta = BETWEEN_LOOKS) -> None:
        for _ in range(times):
            await services.sweep.tick()
            await pass_time(every)

    return look


@pytest.fixture
def rows(control):
    """Everything in a table, oldest first."""

    async def rows(query: str) -> list[dict[str, object]]:
        return await (await control.execute(query)).fetchall()

    return rows


@pytest.fixture
def alerts(rows):
    async def alerts() -> list[str]:
        return [alert["kind"] for alert in await rows("SELECT kind FROM alerts ORDER BY id")]

    return alerts


@pytest.fixture
def rollbacks(rows):
    async def rollbacks() -> list[tuple[object, ...]]:
        query = "SELECT from_deployment, target, automatic FROM rollbacks ORDER BY requested_at"
        return [tuple(row.values()) for row in await rows(query)]

    return rollbacks


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

    await look(FAILURES, every=5 * SECOND)

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


async def test_sweeps_that_overlap_take_one_look(services, rows):
    await asyncio.gather(*(services.sweep.tick() for _ in range(8)))

    assert len(await rows("SELECT id FROM probes")) == 1


async def test_a_look_whose_worker_died_is_taken_again(services, rows, pass_time):
    await services.health.claim_look(PRODUCTION, every=10 * SECOND)  # and dies
    await pass_time(10 * SECOND)

    await services.sweep.tick()

    assert len(await rows("SELECT id FROM probes")) == 1


async def test_a_release_nobody_told_us_of_is_found(services, look, go_live, releases):
    go_live(releases.v3)

    await look()

    assert await services.deployments.live_deployment(PRODUCTION) == releases.v3


async def test_what_was_rolled_back_to_is_looked_at_every_30_s_for_15_minutes(
    services, order, work, look, rows
):
    done = await work(await services.engine.start(order))
    ticks = int((WATCH + timedelta(minutes=1)) / WATCH_EVERY)

    await look(ticks, every=WATCH_EVERY)

    watched = await rows("SELECT rollback_id, at, live FROM probes WHERE rollback_id IS NOT NULL")
    assert {row["rollback_id"] for row in watched} == {done.id}
    assert len(watched) == WATCH // WATCH_EVERY
    assert {row["live"] for row in watched} == {"ok"}


async def test_the_watch_of_a_second_rollback_is_not_that_of_the_first(
    services, order, work, look, rows, releases, control
):
    """Back, and forward again within the quarter of an hour."""
    first = await work(await services.engine.start(order))
    forward = order.model_copy(
        update={"target": releases.v2, "from_deployment": releases.v1, "note": "It was not it."}
    )
    second = await work(await services.engine.start(forward))
    assert second.status is Status.COMPLETED
    await control.execute("UPDATE rollbacks SET next_watch_at = app_now()")
    both_due = await rows("SELECT next_watch_at FROM rollbacks ORDER BY requested_at")

    await look(4, every=WATCH_EVERY)

    watched = await rows("SELECT rollback_id FROM probes WHERE rollback_id IS NOT NULL")
    assert [row["rollback_id"] for row in watched] == [second.id] * 4
    [over, _] = await rows("SELECT id, next_watch_at FROM rollbacks ORDER BY requested_at")
    assert (over["id"], over["next_watch_at"]) == (first.id, both_due[0]["next_watch_at"])


async def test_looks_in_between_do_not_count_as_the_watch(services, order, work, look, rows):
    await work(await services.engine.start(order))

    await look(6, every=10 * SECOND)

    assert len(await rows("SELECT id FROM probes WHERE rollback_id IS NOT NULL")) == 2


async def test_who_moves_production_after_a_rollback_is_told_of_once(
    services, order, work, look, go_live, releases, alerts, rollbacks
):
    await work(await services.engine.start(order))
    go_live(releases.v2)

    await look(3)

    assert sorted(await alerts()) == ["moved_after_rollback", "quarantined_went_live"]
    assert len(await rollbacks()) == 1


async def test_what_was_moved_after_a_rollback_is_over_when_it_has_been_well_for_as_long(
    services, order, work, look, go_live, releases, rows
):
    await work(await services.engine.start(order))
    go_live(releases.v2)
    await look(2)

    await look(4, every=WATCH / 2)

    moved = await rows("SELECT resolved_at FROM alerts WHERE kind = 'moved_after_rollback'")
    assert [row["resolved_at"] is None for row in moved] == [False]


async def sweep_until(services, rollback_id) -> None:
    """It ends, or SOON is over; the sweep itself would go on to watch."""
    stop_at = time.monotonic() + SOON
    sweeping = asyncio.create_task(services.sweep.run(stop_at=stop_at))
    while time.monotonic() < stop_at:
        if (await services.engine.store.get(rollback_id)).is_final:
            break
        await asyncio.sleep(0.05)
    await end(sweeping)


async def test_a_dead_workers_rollback_is_taken_up(
    services, order, pass_time, live_moves, releases
):
    rollback = await services.engine.start(order)
    await services.engine.store.claim(rollback.id, lease=LEASE)  # and dies
    await pass_time(LEASE)

    await sweep_until(services, rollback.id)

    assert (await services.engine.store.get(rollback.id)).status is Status.COMPLETED
    assert live_moves() == [releases.v1]


async def test_staging_that_is_stuck_does_not_stop_production(services, order):
    stuck = await services.engine.start(order.model_copy(update={"environment": STAGING}))
    await services.engine.store.claim(stuck.id, lease=timedelta(hours=1))
    rollback = await services.engine.start(order)

    await sweep_until(services, rollback.id)

    assert (await services.engine.store.get(rollback.id)).status is Status.COMPLETED
    assert not (await services.engine.store.get(stuck.id)).is_final


async def test_staging_is_looked_at_beside_production(services, platform, rows):
    staging = platform.release("hang", environment="staging")["id"]

    await services.sweep.tick()

    looks = await rows("SELECT environment, deployment, live FROM probes ORDER BY environment")
    assert looks[1] == {"environment": "staging", "deployment": staging, "live": "failed"}
    assert looks[0]["live"] == "ok"


async def test_what_nobody_expects_in_one_environment_leaves_the_other_alone(
    services, platform, control, rows
):
    platform.release("good", environment="staging")
    await control.execute(
        "CREATE FUNCTION refuse_staging() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF new.environment = 'staging' THEN RAISE 'unexpected'; END IF; RETURN new; END $$;"
        " CREATE TRIGGER refuse_staging BEFORE INSERT ON probes"
        " FOR EACH ROW EXECUTE FUNCTION refuse_staging()"
    )

    unfinished = await services.sweep.tick()

    assert unfinished == []
    assert [row["environment"] for row in await rows("SELECT environment FROM probes")] == [
        "production"
    ]


async def test_a_platform_that_is_down_does_not_end_the_sweep(
    services, order, platform, impatient, pass_time
):
    rollback = await services.engine.start(order)
    platform.fault("500", times=4)

    await sweep_until(services, rollback.id)

    assert (await services.engine.store.get(rollback.id)).status is Status.COMPLETED


async def test_a_platform_that_hangs_does_not_keep_a_sweep_beyond_its_end(services):
    taken = []

    async def hangs(_, writer):
        taken.append(writer)

    server = await asyncio.start_server(hangs, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    services.http.base_url = f"http://{host}:{port}"

    began = time.monotonic()
    is_good = await replace(services.sweep, one_glance_seconds=0).run(stop_at=began + 1)

    assert time.monotonic() - began < MARGIN_SECONDS
    assert not is_good
    assert taken
    for writer in taken:
        writer.close()
        await writer.wait_closed()
    server.close()


async def test_a_calm_sweep_ends_at_once(services, pass_time):
    await pass_time(timedelta(hours=1))
    await services.sweep.tick()

    async with asyncio.timeout(SOON):
        await services.sweep.run(stop_at=time.monotonic() + 1000)


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


async def test_a_worker_does_not_sleep_past_its_own_end(services, order, platform):
    """The platform asks for a quarter of a minute, and the invocation has less left."""
    rollback = await services.engine.start(order)
    platform.fault("429", times=1000, retry_after=3600)

    async with asyncio.timeout(SOON / 2):
        await services.engine.run(rollback.id, stop_at=time.monotonic() + 0.2)


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
