"""A preflight is run once an hour, bounded, beside the sweep; what fails is told once."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial

import psycopg
import pytest

from dev.ports import LOOPBACK
from lib.access.models import Caller, Role
from lib.migrations.migrate import apply_pending
from lib.preflight.checks import CHECKS, Check
from lib.preflight.kit import failed, ok, unknown
from lib.preflight.models import State
from lib.preflight.preflight import EVERY, EVERY_WHILE_FAILING, LEASE
from lib.rollback.models import Environment
from lib.settings import load
from lib.wiring import build
from tests.integration.ending import end

PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING
SECOND = timedelta(seconds=1)
#: Far more than anything here takes.
SOON = 60.0
#: For what never answers.
QUICK_SECONDS = 0.2


class Say:
    """A check that finds what it is told to, and counts how often it is asked."""

    def __init__(self) -> None:
        self.finding = ok("All is well.")
        self.asked = 0

    async def __call__(self, kit, environment):
        self.asked += 1
        await asyncio.sleep(0)
        return self.finding


@pytest.fixture
def own() -> Say:
    return Say()


@pytest.fixture
def shared() -> Say:
    return Say()


@pytest.fixture
def preflight(services, own, shared):
    checks = (Check("own", own, is_shared=False), Check("shared", shared))
    return replace(services.preflight, checks=checks)


@pytest.fixture
async def due(control):
    await control.execute("UPDATE environments SET next_preflight_at = app_now()")


@pytest.fixture
def rows(control):
    async def rows():
        query = "SELECT environment, is_armed, checks FROM preflights ORDER BY id"
        return await (await control.execute(query)).fetchall()

    return rows


async def test_what_is_found_is_stored_with_its_sentences(preflight, rows, own):
    own.finding = failed("The token is old. Make a new one.")

    found = await preflight.run(PRODUCTION, force=True)

    assert not found.is_armed
    (row,) = await rows()
    assert (row["environment"], row["is_armed"]) == ("production", False)
    assert row["checks"] == [
        {"name": "own", "state": "failed", "sentence": "The token is old. Make a new one."},
        {"name": "shared", "state": "ok", "sentence": "All is well."},
    ]


async def test_only_a_change_of_state_is_a_new_row(preflight, rows, own, pass_time):
    for finding in (ok("a"), ok("b"), failed("c"), failed("d"), ok("e")):
        own.finding = finding
        await preflight.run(PRODUCTION, force=True)
        await pass_time(SECOND)

    sentences = [row["checks"][0]["sentence"] for row in await rows()]
    assert sentences == ["b", "d", "e"]


async def test_what_is_not_known_does_not_disarm(preflight, own):
    own.finding = unknown("No answer.")

    assert (await preflight.run(PRODUCTION, force=True)).is_armed


async def test_it_is_due_again_after_an_hour(preflight, own, due, pass_time):
    assert await preflight.run(PRODUCTION, force=False) is not None
    await pass_time(EVERY - SECOND)
    assert await preflight.run(PRODUCTION, force=False) is None
    await pass_time(SECOND)
    assert await preflight.run(PRODUCTION, force=False) is not None


async def test_while_something_fails_it_is_due_sooner(preflight, own, due, pass_time):
    own.finding = failed("No.")
    await preflight.run(PRODUCTION, force=False)
    await pass_time(EVERY_WHILE_FAILING)

    assert await preflight.run(PRODUCTION, force=False) is not None


async def test_a_new_installation_is_left_to_settle(postgres):
    """What it has seen of cron and drain in its first minutes says nothing."""
    postgres.create_database("new")
    await apply_pending(load({"DATABASE_URL": postgres.url("new")}))

    query = "SELECT extract(minutes FROM next_preflight_at - app_now() + '1 s') FROM environments"
    with psycopg.connect(postgres.url("new")) as connection:
        assert connection.execute(query).fetchall() == [(5,), (5,)]
    postgres.drop_database("new")


async def test_one_that_is_not_due_is_not_run(preflight, own):
    assert await preflight.run(PRODUCTION, force=False) is None
    assert own.asked == 0


async def test_one_that_dies_is_followed(preflight, kit, due, pass_time):
    await kit.store.claim(PRODUCTION, lease=LEASE, force=False)  # and dies
    assert await preflight.run(PRODUCTION, force=False) is None

    await pass_time(LEASE)

    assert await preflight.run(PRODUCTION, force=False) is not None


async def test_two_sweeps_at_once_run_it_once(services, preflight, own, due):
    sweep = replace(services.sweep, preflight=preflight)
    stop_at = time.monotonic() + SOON

    async with asyncio.timeout(SOON):
        await asyncio.gather(*(one_glance(sweep, stop_at) for _ in range(5)))

    assert own.asked == len(Environment)


async def one_glance(sweep, stop_at) -> None:
    async with sweep.preflight.beside(stop_at=stop_at, is_scheduled=False):
        await sweep.tick()


async def test_a_late_result_does_not_cover_a_newer_one(preflight, kit, rows, own, pass_time):
    began = asyncio.Event()
    goes_on = asyncio.Event()

    async def slow(kit, environment):
        began.set()
        await goes_on.wait()
        return failed("It was so a while ago.")

    slow_one = replace(preflight, checks=(Check("own", slow, is_shared=False),))
    late = asyncio.create_task(slow_one.run(PRODUCTION, force=True))
    await began.wait()
    await pass_time(SECOND)
    await preflight.run(PRODUCTION, force=True)

    goes_on.set()
    await late

    assert [row["is_armed"] for row in await rows()] == [True]


class TestAlerts:
    async def test_a_failure_is_told_once_and_is_over_when_the_check_passes(
        self, preflight, own, alerts
    ):
        own.finding = failed("The target is gone.")
        await preflight.run(PRODUCTION, force=True)
        await preflight.run(PRODUCTION, force=True)
        assert await alerts() == [("not_armed", "not_armed:production:own", False)]

        own.finding = ok("It is there.")
        await preflight.run(PRODUCTION, force=True)

        assert await alerts() == [("not_armed", "not_armed:production:own", True)]

    async def test_the_same_failure_later_is_told_again(self, preflight, own, alerts):
        for finding in (failed("Gone."), ok("There."), failed("Gone.")):
            own.finding = finding
            await preflight.run(PRODUCTION, force=True)

        assert [is_over for _, _, is_over in await alerts()] == [True, False]

    async def test_each_check_has_an_alert_of_its_own(self, preflight, own, shared, alerts):
        own.finding = shared.finding = failed("No.")
        await preflight.run(PRODUCTION, force=True)
        own.finding = ok("Yes.")
        await preflight.run(PRODUCTION, force=True)

        assert await alerts() == [
            ("not_armed", "not_armed:production:own", True),
            ("not_armed", "not_armed:production:shared", False),
        ]

    async def test_what_is_not_known_leaves_an_alert_open(self, preflight, own, alerts):
        own.finding = failed("Gone.")
        await preflight.run(PRODUCTION, force=True)
        own.finding = unknown("No answer.")
        await preflight.run(PRODUCTION, force=True)

        assert [is_over for _, _, is_over in await alerts()] == [False]

    async def test_what_environments_share_is_told_for_production_only(
        self, preflight, own, shared, alerts
    ):
        own.finding = shared.finding = failed("No.")

        found = await preflight.run(STAGING, force=True)

        assert [check.name for check in found.failed] == ["own", "shared"]
        assert await alerts() == [("not_armed", "not_armed:staging:own", False)]

    async def test_two_at_once_tell_once(self, preflight, own, alerts):
        own.finding = failed("Gone.")

        await asyncio.gather(*(preflight.run(PRODUCTION, force=True) for _ in range(5)))

        assert len(await alerts()) == 1

    async def test_it_wakes_a_person_and_says_so_in_the_outbox(self, preflight, own, control):
        await control.execute("INSERT INTO notify_channels VALUES ('pagerduty', true)")
        own.finding = failed("Gone.")

        await preflight.run(PRODUCTION, force=True)

        outbox = await (await control.execute("SELECT channel, event FROM outbox")).fetchall()
        assert [tuple(row.values()) for row in outbox] == [("pagerduty", "raised")]


class TestHanging:
    """A server that accepts and never answers, in place of each dependency."""

    async def states(self, preflight, *hang: str) -> dict[str, State]:
        """Those that hang are given up on; the others have all the time that they need."""
        seconds = {check.name: QUICK_SECONDS if check.name in hang else SOON for check in CHECKS}
        checks = tuple(replace(check, timeout_seconds=seconds[check.name]) for check in CHECKS)
        async with asyncio.timeout(SOON):
            found = await replace(preflight, checks=checks).run(PRODUCTION, force=True)
        return found.states

    async def test_the_platform(self, services, silent_port):
        services.http.base_url = f"http://{LOOPBACK}:{silent_port}"
        services.http.timeout = None

        states = await self.states(services.preflight, "token", "target")

        assert (states["token"], states["target"]) == (State.UNKNOWN, State.UNKNOWN)
        assert states["database_rights"] is State.OK

    async def test_the_apps_hosts(self, services, silent_port):
        kit = services.preflight.kit
        prober = replace(kit.prober, edge_url=f"http://{LOOPBACK}:{silent_port}")
        preflight = replace(services.preflight, kit=replace(kit, prober=prober))

        states = await self.states(preflight, "bypass", "target")

        assert (states["bypass"], states["target"]) == (State.UNKNOWN, State.UNKNOWN)
        assert states["token"] is State.OK

    class TestOthers:
        @pytest.fixture
        def variables(self, variables, silent_port):
            return variables | {
                "APP_DATABASE_URL": f"postgresql://app@{LOOPBACK}:{silent_port}/app",
                "UPSTASH_REDIS_REST_URL": f"http://{LOOPBACK}:{silent_port}",
            }

        @pytest.fixture
        async def services(self, settings):
            """It has seen nothing yet: reading the ledger would take its own time."""
            services = build(settings)
            yield services
            await services.close()

        async def test_the_apps_database_and_redis(self, services):
            names = ("database_rights", "blockers", "separate_servers", "drain")

            states = await TestHanging().states(services.preflight, *names)

            assert states["redis"] is State.WARNING
            assert {states[name] for name in names} == {State.UNKNOWN}
            assert states["token"] is State.OK


async def test_looks_and_rollbacks_do_not_wait_for_it(
    services, preflight, order, due, control, live_moves, releases
):
    goes_on = asyncio.Event()

    async def hangs(kit, environment):
        await goes_on.wait()
        return ok("At last.")

    hanging = replace(preflight, checks=(Check("hangs", hangs, timeout_seconds=SOON),))
    rollback = await services.engine.start(order)
    sweep = replace(services.sweep, preflight=hanging)
    sweeping = asyncio.create_task(sweep.run(stop_at=time.monotonic() + SOON))
    await until(partial(ended, services, rollback))

    assert live_moves() == [releases.v1]
    assert await count(control, "probes") > 0
    assert await count(control, "preflights") == 0
    goes_on.set()
    await until(partial(count, control, "preflights"))
    await end(sweeping)


async def ended(services, rollback) -> bool:
    return (await services.engine.store.get(rollback.id)).is_final


async def count(control, table: str) -> int:
    (row,) = await (await control.execute(f"SELECT count(*) AS n FROM {table}")).fetchall()
    return row["n"]


async def until(condition) -> None:
    deadline = time.monotonic() + SOON
    while not await condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.02)


async def test_our_own_database_that_hangs_does_not_hold_up_the_sweep(
    services, silent_port, monkeypatch
):
    """Not even for as long as a preflight may last."""
    monkeypatch.setattr("lib.preflight.preflight.WHOLE_SECONDS", 2 * SOON)
    services.database.timeout_seconds = QUICK_SECONDS
    services.database.url = f"postgresql://us@{LOOPBACK}:{silent_port}/us"
    await services.database.close()

    async with asyncio.timeout(SOON):
        stop_at = time.monotonic() + 2 * SOON
        async with services.preflight.beside(stop_at=stop_at, is_scheduled=True):
            pass


async def test_a_check_that_breaks_is_not_known_and_the_others_are_done(preflight, own):
    async def breaks(kit, environment):
        raise RuntimeError("not expected")

    found = await replace(preflight, checks=(Check("odd", breaks), *preflight.checks)).run(
        PRODUCTION, force=True
    )

    assert [check.state for check in found.checks] == [State.UNKNOWN, State.OK, State.OK]
    assert "RuntimeError" in found.checks[0].sentence


async def test_a_sweep_with_little_time_left_leaves_it_to_the_next(preflight, own, due):
    async with preflight.beside(stop_at=time.monotonic() + 5, is_scheduled=False):
        pass

    assert own.asked == 0
    assert await preflight.run(PRODUCTION, force=False) is not None


async def test_only_scheduled_sweeps_count_for_the_schedulers_pace(services, kit):
    await services.sweep.run(stop_at=time.monotonic() + 1)
    assert (await kit.store.pace()).runs == 0

    await services.sweep.run_scheduled(stop_at=time.monotonic() + 1)
    assert (await kit.store.pace()).runs == 1


async def test_everything_that_works_is_armed(services, kit):
    for _ in range(3):
        await kit.store.note_scheduled_run()

    found = await services.preflight.run(PRODUCTION, force=True)

    assert found.is_armed, found.failed


class TestOverview:
    @pytest.fixture
    def page(self, services):
        async def page():
            return await services.overview.build(PRODUCTION, Caller(name="Ada", role=Role.VIEWER))

        return page

    async def test_before_the_first_it_says_nothing(self, page):
        assert (await page()).armed is None

    async def test_it_shows_what_is_not_well_failures_first(self, page, preflight, own, shared):
        own.finding, shared.finding = unknown("No answer."), failed("Gone.")
        found = await preflight.run(PRODUCTION, force=True)

        shown = (await page()).armed

        assert (shown.is_armed, shown.checked_at) == (False, found.checked_at)
        assert [check.sentence for check in shown.checks] == ["Gone.", "No answer."]

    async def test_what_is_well_is_left_out(self, page, preflight):
        await preflight.run(PRODUCTION, force=True)

        shown = (await page()).armed

        assert (shown.is_armed, shown.checks) == (True, [])
