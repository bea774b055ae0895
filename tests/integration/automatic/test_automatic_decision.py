"""What follows from evidence: a rollback, or a sentence that says why not; once, whoever asks."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

from lib.automatic.decision import PER_DAY
from lib.automatic.gate import PAIRS
from lib.automatic.models import Suspicion, newest_suspicions
from lib.health.evidence import BUCKET_SECONDS
from lib.health.watch import Path
from lib.rollback.models import Environment
from lib.settings import load
from lib.wiring import build

PRODUCTION = Environment.PRODUCTION


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
    services, failing, rollbacks, releases, decisions
):
    """They may have ended a moment ago."""
    await failing(releases.v2)
    [first] = newest_suspicions(await services.autopilot.judging.read())
    for _ in range(2):
        await services.autopilot.decider.decide(first)
    at_first = (await rollbacks(), await decisions())

    await services.autopilot.decider.decide(replace(first, until=first.until + BUCKET_SECONDS))

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
