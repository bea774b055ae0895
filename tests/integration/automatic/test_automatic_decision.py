"""What follows from evidence: a rollback, or a sentence that says why not; once, whoever asks."""

import asyncio
import time
from datetime import timedelta

import pytest

from lib.automatic.decision import PER_DAY, WATCH
from lib.automatic.gate import PAIRS
from lib.automatic.models import Suspicion
from lib.health import rule as probes
from lib.health.probe import Health, Look
from lib.health.watch import Path
from lib.rollback.models import Environment, Status
from lib.settings import load
from lib.wiring import build

PRODUCTION = Environment.PRODUCTION
TOLD = "SELECT sentence FROM alerts WHERE kind = 'automatic_refused'"


@pytest.fixture
def failing(visits, live_since):
    """A release whose visitors get errors; whether looks do, is the version's own business."""

    async def failing(deployment_id, rate=0.5, **how):
        await live_since(deployment_id, 400)
        await visits(deployment_id, ago=100, seconds=95, per_second=5, rate=rate, **how)

    return failing


@pytest.fixture
def changes(platform):
    before = len(platform.calls())

    def changes():
        """That were asked of the platform since the test began."""
        return [call for call in platform.calls()[before:] if call["method"] != "GET"]

    return changes


@pytest.fixture
def not_well(control, releases):
    """These versions' own addresses answer with errors."""

    async def not_well(*deployment_ids):
        await control.execute(
            "UPDATE deployment_details SET url ="
            " (SELECT url FROM deployment_details WHERE vercel_deployment_id = %s)"
            " WHERE vercel_deployment_id = ANY(%s)",
            [releases.v3, [*deployment_ids]],
        )

    return not_well


@pytest.fixture
def protected(platform, monkeypatch):
    monkeypatch.setattr(platform.config, "protection_bypass_secret", "bypass")


@pytest.fixture
def mode(control):
    async def mode(word):
        await control.execute("UPDATE environments SET mode = %s", [word])

    return mode


async def test_errors_of_visitors_roll_a_release_back(
    failing, act, rollbacks, releases, alerts, decisions, rows
):
    await failing(releases.v3)

    await act()

    assert await rollbacks() == [(releases.v3, releases.v2, True)]
    assert await alerts() == ["rollback_started"]
    assert await decisions() == ["rolled_back"]
    [row] = await rows("SELECT reason, evidence FROM rollbacks")
    assert row["reason"].startswith("Requests fail: 50 % of the newest")
    assert row["evidence"]["path"] == Path.HARD
    assert row["evidence"]["gate"][0]["pairs"] == PAIRS
    [left] = await rows(
        "SELECT health_check_status AS health FROM deployment_history"
        " WHERE vercel_deployment_id = %s",
        releases.v3,
    )
    assert left["health"] == "failing"


async def test_three_percent_of_errors_roll_nothing_back(
    visits, live_since, act, rollbacks, releases, alerts
):
    await live_since(releases.v2, 700)
    await visits(releases.v2, ago=690, seconds=680, per_second=4, rate=0.03)

    await act()

    assert (await rollbacks(), await alerts()) == ([], [])


async def test_many_instances_that_decide_at_once_start_one_rollback(
    variables, failing, rollbacks, releases
):
    await failing(releases.v3)
    instances = [build(load(variables)) for _ in range(6)]
    for one in instances:
        one.autopilot.decider.gate.span_seconds = 0.1

    stop_at = time.monotonic() + 60
    await asyncio.gather(*(one.autopilot.look(stop_at=stop_at) for one in instances))
    for one in instances:
        await one.close()

    assert len(await rollbacks()) == 1


async def test_errors_that_no_look_sees_are_acted_on_when_the_next_bucket_says_so_too(
    services, failing, act, rollbacks, releases, decisions
):
    """They may have ended a moment ago."""
    await failing(releases.v2)
    await act()
    await act()
    at_first = (await rollbacks(), await decisions())
    later = Suspicion(
        PRODUCTION, releases.v2, "traffic", "50 % fail", Path.HARD, int(time.time()) + 60
    )

    await services.autopilot.decider.decide(later)

    assert at_first == ([], ["confirming", "confirming"])
    assert await rollbacks() == [(releases.v2, releases.v1, True)]


async def test_what_was_asked_to_be_confirmed_a_while_ago_is_asked_again(
    services, releases, rollbacks, pass_time, decisions
):
    first = Suspicion(PRODUCTION, releases.v2, "traffic", "it fails", Path.HARD, until=1000)
    later = Suspicion(PRODUCTION, releases.v2, "traffic", "it fails", Path.HARD, until=1120)
    await services.autopilot.decider.decide(first)
    await pass_time(timedelta(minutes=2))

    await services.autopilot.decider.decide(later)

    assert await rollbacks() == []
    assert await decisions() == ["confirming", "confirming"]


async def test_a_new_reason_why_nothing_is_done_takes_the_place_of_the_old_one(
    services, control, mode, releases, rows
):
    """What the page says must be so now: the mode is no longer what holds it up."""
    traffic = Suspicion(PRODUCTION, releases.v2, "traffic", "it fails", Path.HARD, 1000)
    looks = Suspicion(PRODUCTION, releases.v2, "probes", "it answers 500")
    await mode("off")
    for _ in range(2):
        await services.autopilot.decider.decide(traffic)
        await services.autopilot.decider.decide(looks)
    await mode("automatic")
    await control.execute("UPDATE live_periods SET live_from = live_from - interval '2 days'")

    await services.autopilot.decider.decide(traffic)

    said = [row["sentence"] for row in await rows("SELECT sentence FROM decisions ORDER BY id")]
    assert len(said) == 3
    assert "switched off" in said[0]
    assert "live for long" in said[-1]


class TestTheGate:
    async def test_a_shared_cause_moves_nothing_says_why_and_starts_counting_anew(
        self, failing, act, judge, not_well, rollbacks, changes, releases, rows
    ):
        await failing(releases.v3)
        await not_well(releases.v1, releases.v2)

        await act()

        assert await rollbacks() == []
        assert changes() == []
        [alert] = await rows("SELECT kind, sentence FROM alerts")
        assert alert["kind"] == "gate_refused"
        assert "the cause is shared" in alert["sentence"]
        assert (await judge()).state != "rollback"

    async def test_the_next_known_good_one_is_asked_if_the_best_is_not_well(
        self, failing, act, not_well, rollbacks, releases, rows
    ):
        await failing(releases.v3)
        await not_well(releases.v2)

        await act()

        assert await rollbacks() == [(releases.v3, releases.v1, True)]
        [row] = await rows("SELECT gate FROM decisions")
        assert [one["answer"] for one in row["gate"]] == ["fails", "helps"]

    async def test_one_that_was_deleted_is_passed_over(
        self, services, failing, act, rollbacks, releases
    ):
        """By retention, for instance: to go back to it would only fail, three times a day."""
        await failing(releases.v3)
        await services.http.delete(f"/v13/deployments/{releases.v2}")

        await act()

        assert await rollbacks() == [(releases.v3, releases.v1, True)]

    async def test_a_protected_target_is_gone_back_to_on_the_hard_path_and_that_is_said(
        self, failing, act, protected, rollbacks, releases, rows
    ):
        await failing(releases.v3)

        await act()

        assert await rollbacks() == [(releases.v3, releases.v2, True)]
        [row] = await rows("SELECT reason FROM rollbacks")
        assert "could not be asked (/api/health answers 401)" in row["reason"]

    async def test_a_protected_target_leaves_the_soft_path_to_a_person(
        self, services, failing, protected, rollbacks, releases, alerts
    ):
        await failing(releases.v3)
        soft = Suspicion(PRODUCTION, releases.v3, "traffic", "8 % fail", Path.SOFT, 1000)

        await services.autopilot.decider.decide(soft)

        assert await rollbacks() == []
        assert await alerts() == ["automatic_refused"]

    async def test_who_dies_in_the_gate_is_followed_by_the_next(
        self, services, failing, act, rollbacks, releases, pass_time
    ):
        await failing(releases.v3)
        assert await services.autopilot.decider.store.claim_gate(PRODUCTION)  # and dies
        await act()
        held = await rollbacks()
        await pass_time(timedelta(seconds=21))

        await act()

        assert held == []
        assert len(await rollbacks()) == 1

    async def test_what_went_live_meanwhile_is_not_rolled_back_for_what_was_before(
        self, failing, act, platform, rollbacks, releases, decisions
    ):
        """Somebody shipped the mend, and its webhook is not here yet."""
        await failing(releases.v3)
        platform.move_alias(platform.config.aliases.production, releases.v1)

        await act()

        assert (await rollbacks(), await decisions()) == ([], [])

    async def test_a_mode_that_is_changed_while_the_gate_is_asked_holds(
        self, services, failing, act, mode, rows, rollbacks, releases
    ):
        await failing(releases.v3)
        services.autopilot.decider.gate.span_seconds = 1.0

        acting = asyncio.create_task(act())
        while not await rows("SELECT 1 FROM environments WHERE gate_free_at > app_now()"):
            assert not acting.done()
        await mode("off")
        await acting

        assert await rollbacks() == []

    async def test_a_sweep_that_is_about_to_end_leaves_it_to_the_next(
        self, services, failing, rollbacks, releases
    ):
        await failing(releases.v3)

        await services.autopilot.look(stop_at=time.monotonic() + 1)

        assert await rollbacks() == []


class TestModes:
    async def test_shadow_says_what_it_would_have_done_and_changes_nothing(
        self, failing, act, mode, changes, rollbacks, releases, alerts, decisions, live_moves
    ):
        await mode("shadow")
        await failing(releases.v3)
        before = live_moves()

        for _ in range(3):
            await act()

        assert await decisions() == ["would_roll_back"]
        assert await alerts() == ["would_roll_back"]
        assert await rollbacks() == []
        assert live_moves() == before
        assert changes() == []

    async def test_off_tells_a_person(self, failing, act, mode, rollbacks, releases, alerts, rows):
        await mode("off")
        await failing(releases.v3)

        for _ in range(3):
            await act()

        assert await rollbacks() == []
        [alert] = await rows("SELECT kind, sentence FROM alerts")
        assert alert["kind"] == "automatic_refused"
        assert "switched off" in alert["sentence"]


class TestWhatGoesLiveBeforeTheSwitch:
    async def test_is_left_alone_by_an_automatic_rollback(
        self, services, failing, act, work, platform, releases, is_locked
    ):
        """It may be the mend: what spoke against the one before says nothing about it."""
        host = platform.config.aliases.production
        await failing(releases.v3)
        await act()
        platform.move_alias(host, releases.v1)
        [rollback_id] = await services.engine.store.unfinished()

        ended = await work(await services.engine.store.get(rollback_id))

        assert ended.status is Status.FAILED
        assert "went live after" in ended.visitors_get
        assert platform.state()["aliases"][host] == releases.v1
        assert not await is_locked()

    async def test_is_gone_back_from_where_a_person_says_so(
        self, services, order, work, platform, releases
    ):
        host = platform.config.aliases.production
        rollback = await services.engine.start(order)
        platform.move_alias(host, releases.v3)

        ended = await work(rollback)

        assert ended.status is Status.COMPLETED
        assert platform.state()["aliases"][host] == releases.v1


class TestAfterARollback:
    @pytest.fixture
    async def restored(self, services, act, failing, work, releases):
        """v3 was rolled back to v2 by itself."""
        await failing(releases.v3)
        await act()
        [rollback_id] = await services.engine.store.unfinished()
        done = await work(await services.engine.store.get(rollback_id))
        assert done.status is Status.COMPLETED

    async def test_a_restored_version_that_fails_too_is_told_and_left(
        self, services, restored, rollbacks, releases, alerts, live_moves
    ):
        before = live_moves()
        suspicion = Suspicion(PRODUCTION, releases.v2, "traffic", "it fails", Path.HARD, 1000)

        for _ in range(3):
            await services.autopilot.decider.decide(suspicion)

        assert len(await rollbacks()) == 1
        assert (await alerts())[-1] == "rollback_did_not_help"
        assert live_moves() == before

    @pytest.mark.parametrize("verdict", [probes.Verdict.ALONE, probes.Verdict.SHARED])
    async def test_that_is_told_by_our_own_looks_though_nothing_better_is_left(
        self, services, restored, releases, alerts, rows, verdict
    ):
        down = Look(Health.FAILED, "it answers 500")

        for _ in range(2):
            await services.sweep.act(PRODUCTION, releases.v2, down, None, verdict)

        assert (await alerts())[-1] == "rollback_did_not_help"
        assert "down_not_rolled_back" not in await alerts()

    async def test_the_version_that_was_left_is_never_gone_back_to(
        self, services, restored, rollbacks, releases, pass_time
    ):
        """Neither A to B nor, later, B to A: it is quarantined."""
        await pass_time(WATCH + timedelta(minutes=1))
        suspicion = Suspicion(PRODUCTION, releases.v2, "probes", "it answers 500")

        await services.autopilot.decider.decide(suspicion)

        assert (await rollbacks())[1:] == [(releases.v2, releases.v1, True)]

    async def test_its_own_earlier_days_are_its_baseline(
        self, restored, visits, judge, releases, rows
    ):
        """The bad release's 50 % would blind the watch."""
        await judge()

        [row] = await rows("SELECT p0 FROM baselines ORDER BY period DESC LIMIT 1")
        assert set(row["p0"].values()) == {0.05}


async def test_after_three_in_a_day_a_person_decides(
    failing, act, control, rollbacks, releases, alerts
):
    await control.execute(
        "INSERT INTO rollbacks (environment, switch_method, target, requested_by, automatic,"
        " reason, deadline_at, status, step, finished_at)"
        " SELECT 'production', 'alias', 'dpl_x', 'automatic', true, '', app_now(), 'failed',"
        " 'record', app_now() FROM generate_series(1, %s)",
        [PER_DAY],
    )
    await failing(releases.v3)

    await act()

    assert len(await rollbacks()) == PER_DAY
    assert await alerts() == ["automatic_refused"]


async def test_a_rollback_that_runs_is_left_to_run(
    services, failing, act, order, rollbacks, releases
):
    await services.engine.start(order)
    await failing(releases.v3)

    await act()

    assert len(await rollbacks()) == 1


async def test_one_noisy_client_rolls_nothing_back(visits, live_since, act, rollbacks, releases):
    await live_since(releases.v3, 400)
    await visits(releases.v3, ago=300, seconds=290, per_second=1, rate=0.0)
    await visits(releases.v3, ago=150, seconds=145, per_second=5, rate=1.0, clients=1)

    await act()

    assert await rollbacks() == []


class TestWhatAPersonDidInThePlatform:
    @pytest.fixture
    async def came_back(self, services, act, failing, work, releases, live_since):
        """v3 was rolled back by itself, and is live again."""
        await failing(releases.v3)
        await act()
        [rollback_id] = await services.engine.store.unfinished()
        await work(await services.engine.store.get(rollback_id))
        await live_since(releases.v3, 200)

    async def test_a_promotion_of_what_was_rolled_back_is_not_fought(
        self, services, came_back, control, rollbacks, releases, alerts, live_moves
    ):
        await control.execute("UPDATE live_periods SET how = 'promote' WHERE live_until IS NULL")
        before = live_moves()
        suspicion = Suspicion(PRODUCTION, releases.v3, "probes", "it answers 500")

        for _ in range(3):
            await services.autopilot.decider.decide(suspicion)

        assert len(await rollbacks()) == 1
        assert "automatic_refused" in await alerts()
        assert live_moves() == before

    async def test_a_push_that_brings_it_back_is_rolled_back_again(
        self, services, came_back, rollbacks, releases
    ):
        suspicion = Suspicion(PRODUCTION, releases.v3, "probes", "it answers 500")

        await services.autopilot.decider.decide(suspicion)

        assert await rollbacks() == [(releases.v3, releases.v2, True)] * 2

    async def test_somebody_elses_rollback_that_did_not_help_is_told(
        self, services, control, rollbacks, releases, alerts
    ):
        await control.execute(
            "UPDATE live_periods SET how = 'rolled_back_elsewhere' WHERE live_until IS NULL"
        )
        suspicion = Suspicion(PRODUCTION, releases.v2, "probes", "it answers 500")

        await services.autopilot.decider.decide(suspicion)

        assert await rollbacks() == []
        assert await alerts() == ["rollback_did_not_help"]


async def test_a_database_that_moved_under_the_live_code_is_not_its_fault(
    services, failing, act, rollbacks, releases, alerts, rows, pass_time
):
    """A migration runs before its release goes live, and breaks what is live."""
    ledger = services.ledger_events
    every = timedelta(seconds=30)
    await failing(releases.v3)
    await ledger.note(await ledger.claim(every=every), ["0041"])
    await pass_time(every)
    await ledger.note(await ledger.claim(every=every), ["0041", "0042"])

    for _ in range(3):
        await act()

    assert await rollbacks() == []
    assert await alerts() == ["database_moved"]
    [alert] = await rows("SELECT sentence FROM alerts")
    assert "0042 was applied" in alert["sentence"]
    assert await rows("SELECT 1 FROM quarantine") == []


async def test_a_gate_that_nobody_answered_moves_nothing_and_is_asked_again(
    variables, services, failing, judge, rollbacks, releases, decisions, control
):
    """Perhaps it was us who could not ask: what was counted stays evidence."""
    await failing(releases.v3)

    async def closes(_, writer):
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(closes, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    deaf = build(load(variables | {"EDGE_URL": f"http://127.0.0.1:{port}"}))
    deaf.autopilot.decider.gate.span_seconds = 0.1
    await deaf.autopilot.look(stop_at=time.monotonic() + 60)
    await deaf.close()
    server.close()
    await server.wait_closed()

    assert await rollbacks() == []
    assert await decisions() == ["gate_refused"]
    assert (await judge()).state == "rollback"
    await services.autopilot.look(stop_at=time.monotonic() + 60)
    assert len(await rollbacks()) == 1


class TestTheDatabase:
    """What a version to go back to would need of it, asked before the gate is."""

    @pytest.fixture
    def decide(self, services):
        """Our own looks say that it is down."""

        async def decide(deployment):
            down = Suspicion(PRODUCTION, deployment, "probes", "it answers 500")
            return await services.autopilot.decider.decide(down)

        return decide

    async def test_goes_back_by_itself_for_what_both_versions_run_on(
        self, release, decide, releases
    ):
        bad = await release("adds-required")

        rollback = await decide(bad)

        assert (rollback.target, rollback.automatic) == (releases.v2, True)

    @pytest.mark.parametrize(
        ("version", "why"),
        [
            ("renames-table", "People still on the newer version will see errors."),
            ("drops-column", "weddings.venue"),
        ],
    )
    async def test_that_stops_a_version_or_cannot_go_back_is_a_persons_decision(
        self, release, decide, rows, version, why
    ):
        bad = await release(version)

        assert await decide(bad) is None

        [told] = await rows(TOLD)
        assert why in told["sentence"]
        assert "a person's decision" in told["sentence"]

    async def test_that_does_not_fit_one_version_leads_to_the_next(
        self, release, decide, control, releases
    ):
        """v2 knew a ledger that nothing leads back to."""
        bad = await release("adds-required")
        await control.execute(
            "UPDATE live_periods SET ledger = '{20200101000000}' WHERE deployment ="
            " (SELECT id FROM deployment_history WHERE vercel_deployment_id = %s)",
            [releases.v2],
        )

        rollback = await decide(bad)

        assert rollback.target == releases.v1
