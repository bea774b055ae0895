"""What is live is judged by what was counted: the same by every instance, kept, and explained."""

import asyncio
import os
import subprocess
import sys
import time
from datetime import timedelta
from itertools import pairwise

import pytest

from lib.automatic.store import RECORDINGS, RESETS, read_recording, reset_evidence
from lib.health.backtest import replay
from lib.health.baseline import ALL
from lib.health.evidence import Policy
from lib.health.recording import read
from lib.health.verdict import State
from lib.rollback.models import Environment
from lib.settings import load
from lib.traffic.counts import DRAIN_KEY
from lib.traffic.tally import Tally
from lib.wiring import build

PRODUCTION = Environment.PRODUCTION


async def test_no_requests_say_nothing(services, judge):
    assert (await judge()).state is State.INCONCLUSIVE


async def test_a_release_whose_requests_are_answered_is_healthy(
    visits, live_since, judge, releases
):
    await live_since(releases.v2, 400)
    await visits(releases.v2, ago=400, seconds=380, per_second=3, rate=0.01)

    verdict = await judge()

    assert verdict.state is State.HEALTHY
    assert "not clearly more than 5 %" in verdict.sentence


async def test_a_release_that_fails_every_second_request_is_to_be_rolled_back(
    visits, live_since, judge, releases
):
    await live_since(releases.v2, 400)
    await visits(releases.v2, ago=100, seconds=95, per_second=5, rate=0.5)

    verdict = await judge()

    assert (verdict.state, verdict.path) == (State.ROLLBACK, "hard")


async def test_what_was_so_before_raises_the_bar(visits, live_since, judge, releases, rows):
    """The release before failed every eighth request too: not this one's fault."""
    await live_since(releases.v3, 300)
    await visits(releases.v2, ago=700, seconds=390, per_second=4, rate=0.125)
    await visits(releases.v3, ago=300, seconds=290, per_second=4, rate=0.125)

    verdict = await judge()

    [row] = await rows("SELECT p0 FROM baselines")
    assert row["p0"][ALL] > 0.125
    assert verdict.state is not State.ROLLBACK


async def test_a_baseline_stays_as_it_was_first_worked_out(
    visits, live_since, judge, releases, rows
):
    await live_since(releases.v3, 300)
    await judge()
    await visits(releases.v2, ago=700, seconds=390, per_second=4, rate=0.4)

    await judge()

    [row] = await rows("SELECT p0 FROM baselines")
    assert row["p0"][ALL] == Policy().limit


async def test_a_verdict_is_written_down_when_it_changes_and_only_then(
    visits, live_since, judge, releases, rows
):
    await live_since(releases.v2, 400)
    for _ in range(3):
        await judge()
    await visits(releases.v2, ago=100, seconds=95, per_second=5, rate=0.5)
    for _ in range(3):
        await judge()

    found = await rows("SELECT state, path FROM verdicts ORDER BY id")
    assert all(one != after for one, after in pairwise(found))
    assert list(dict.fromkeys(row["state"] for row in found)) == ["inconclusive", "rollback"]


async def test_whoever_sees_what_is_known_already_writes_nothing(
    services, visits, live_since, releases, rows
):
    """Of many that look at the same bucket."""
    await live_since(releases.v3, 60)
    await visits(releases.v2, ago=75, seconds=70, per_second=2)
    judging = services.autopilot.judging
    questions = await judging.ask()
    counted = await judging.counts.count(Tally(), questions.asks)

    async def written():
        return await rows(
            "SELECT tableoid::regclass::text, ctid::text, xmax::text FROM baselines UNION ALL"
            " SELECT tableoid::regclass::text, ctid::text, xmax::text FROM environments"
        )

    await judging.conclude(questions, counted.readings)
    once = await written()
    await judging.conclude(questions, counted.readings)

    assert await written() == once
    [live] = [one for one in (await judging.ask()).releases if one.environment is PRODUCTION]
    assert live.stragglers.deployment_id == releases.v2


async def test_verdicts_that_go_to_and_fro_keep_few_recordings(
    control, visits, live_since, judge, releases, rows
):
    await live_since(releases.v2, 400)
    insert = (
        "INSERT INTO verdicts"
        " (environment, period, until, state, sentence, findings, recording, at)"
        " SELECT 'production', max(id), app_now(), %s, '', '{}', 'x', app_now() - %s"
        "   FROM live_periods, generate_series(1, %s) GROUP BY generate_series"
    )
    await control.execute(insert, ["healthy", timedelta(days=8), 3])
    await control.execute(insert, ["rollback", timedelta(days=8), 1])
    await control.execute(insert, ["rollback", timedelta(days=91), 1])
    await control.execute(insert, ["healthy", timedelta(), RECORDINGS + 5])

    await judge()

    kept = await rows(
        "SELECT state, count(*) AS rows, count(recording) AS recordings FROM verdicts"
        " GROUP BY state ORDER BY state"
    )
    assert [tuple(row.values()) for row in kept] == [
        ("healthy", RECORDINGS + 5, RECORDINGS - 1),
        ("inconclusive", 1, 1),
        ("rollback", 1, 0),
    ]


async def test_a_route_that_settings_name_later_is_judged_as_well(
    variables, visits, live_since, judge, releases
):
    await live_since(releases.v2, 400)
    await judge()
    variables["CRITICAL_ROUTES"] = "POST /api/vendors"
    later = build(load(variables))

    judged = await later.autopilot.judging.read()
    await later.close()

    verdict = next(one.verdict for one in judged if one.live.environment is PRODUCTION)
    assert [one.stream for one in verdict.findings][-1] == "POST /api/vendors"


async def test_instances_that_judge_at_once_write_a_change_down_once(
    variables, visits, live_since, releases, rows
):
    await live_since(releases.v2, 400)
    await visits(releases.v2, ago=100, seconds=95, per_second=5, rate=0.5)
    instances = [build(load(variables)) for _ in range(6)]

    await asyncio.gather(*(one.autopilot.judging.read() for one in instances))
    for one in instances:
        await one.close()

    written = [tuple(row.values()) for row in await rows("SELECT state, path FROM verdicts")]
    assert written[0] == ("rollback", "hard")
    # Between two of them a bucket may have closed: what is written twice is no change.
    assert all(one != following for one, following in pairwise(written))


async def test_a_recorded_verdict_replays_to_the_same_numbers(
    services, visits, live_since, judge, releases, rows
):
    await live_since(releases.v2, 400)
    await visits(releases.v2, ago=390, seconds=290, per_second=3, rate=0.02)
    await visits(releases.v2, ago=100, seconds=95, per_second=5, rate=0.4, clients=4)

    live = await judge()

    [row] = await rows("SELECT recording, state FROM verdicts")
    replayed = list(replay(read(read_recording(row["recording"]), Policy())))[-1]
    assert replayed == live
    assert row["state"] == live.state


async def test_hashes_of_clients_are_not_kept_with_a_verdict(
    visits, live_since, judge, releases, rows
):
    await live_since(releases.v2, 400)
    await visits(releases.v2, ago=100, seconds=95, per_second=5, rate=0.5, clients=7)

    await judge()

    [row] = await rows("SELECT recording FROM verdicts")
    text = "\n".join(read_recording(row["recording"]))
    assert '"clients":["' in text
    assert "c0000" not in text


async def test_what_an_instance_remembers_does_not_change_its_verdict(
    variables, visits, live_since, judge, releases
):
    """It reads the newest buckets only; late entries may still change those."""
    await live_since(releases.v2, 800)
    await visits(releases.v2, ago=790, seconds=200, per_second=2, rate=0.01)
    await judge()
    await visits(releases.v2, ago=400, seconds=395, per_second=2, rate=0.06)
    warm = await judge()
    fresh = build(load(variables))

    [cold] = await fresh.autopilot.judging.read()
    await fresh.close()

    assert warm == cold.verdict


async def test_a_reset_drops_what_was_counted_before(
    services, visits, live_since, judge, releases, control
):
    await live_since(releases.v2, 400)
    await visits(releases.v2, ago=100, seconds=95, per_second=5, rate=0.5)
    assert (await judge()).state is State.ROLLBACK

    await control.execute("UPDATE baselines SET resets = ARRAY[now()]")

    assert (await judge()).state is not State.ROLLBACK


async def test_an_outage_of_a_day_does_not_pile_resets_up(
    services, control, live_since, judge, releases, rows
):
    await live_since(releases.v2, 400)
    await judge()
    [row] = await rows("SELECT period FROM baselines")

    async with services.database.transaction() as connection:
        for _ in range(RESETS + 5):
            await reset_evidence(connection, row["period"])

    [row] = await rows(
        "SELECT resets, app_now() - resets[cardinality(resets)] AS age FROM baselines"
    )
    assert len(row["resets"]) == RESETS
    assert row["age"] < timedelta(minutes=1)


async def test_a_drain_that_is_silent_for_half_an_hour_is_told_once_and_rolls_nothing_back(
    variables, visits, live_since, releases, pass_time, alerts, rollbacks, rows
):
    variables["DRAIN_SECRET"] = "drain"
    services = build(load(variables))
    await live_since(releases.v2, 400)
    await visits(releases.v2, ago=100, seconds=95, per_second=5, rate=0.5)
    await pass_time(timedelta(minutes=30))

    for _ in range(4):
        await services.autopilot.look(stop_at=time.monotonic() + 60)
        await pass_time(timedelta(seconds=10))
    await services.close()

    [row] = await rows("SELECT newest FROM baselines")
    assert row["newest"]["state"] == "inconclusive"
    assert await alerts() == ["drain_silent"]
    assert await rollbacks() == []


async def test_a_drain_that_speaks_again_ends_its_alert(
    variables, visits, releases, pass_time, rows
):
    variables["DRAIN_SECRET"] = "drain"
    services = build(load(variables))
    await visits(releases.v2, ago=20, seconds=10, per_second=1)
    await pass_time(timedelta(minutes=30))
    await services.autopilot.judging.read()

    in_half_an_hour = int(time.time() + 30 * 60) * 1000
    await services.redis.run("HSET", DRAIN_KEY, "at_ms", in_half_an_hour)
    await services.autopilot.judging.read()
    await services.close()

    [alert] = await rows("SELECT kind, resolved_at FROM alerts")
    assert alert["kind"] == "drain_silent"
    assert alert["resolved_at"] is not None


class TestWithoutRedis:
    @pytest.fixture
    def variables(self, variables):
        variables["UPSTASH_REDIS_REST_URL"] = "http://127.0.0.1:9"
        return variables

    async def test_nothing_is_known_and_one_alert_says_so(self, services, act, alerts, rollbacks):
        for _ in range(3):
            await act()

        assert await alerts() == ["evidence_lost"]
        assert await rollbacks() == []

    async def test_a_verdict_that_was_known_becomes_inconclusive(
        self, services, control, act, rows
    ):
        await control.execute(
            "INSERT INTO baselines (period, p0, newest, newest_until)"
            """ SELECT id, '{"all requests": 0.05}', '{"state": "healthy"}', to_timestamp(0)
                  FROM live_periods WHERE live_until IS NULL"""
        )

        await act()

        [row] = await rows("SELECT newest FROM baselines")
        assert row["newest"]["state"] == "inconclusive"


async def test_counting_goes_on_by_itself_when_redis_is_back(
    services, variables, visits, live_since, judge, releases, rows
):
    await live_since(releases.v2, 400)
    await services.autopilot.judging.outage.begin()
    await visits(releases.v2, ago=100, seconds=95, per_second=5)

    verdict = await judge()

    assert verdict.requests > 0
    [alert] = await rows("SELECT kind, resolved_at FROM alerts")
    assert alert["resolved_at"] is not None


async def test_what_is_left_on_an_older_release_is_counted(
    services, visits, live_since, judge, releases, rows
):
    await live_since(releases.v3, 60)
    await visits(releases.v2, ago=75, seconds=70, per_second=2)

    await judge()

    [row] = await rows("SELECT stragglers FROM environments WHERE environment = 'production'")
    assert row["stragglers"]["deployment_id"] == releases.v2
    assert row["stragglers"]["per_minute"] == pytest.approx(120, abs=25)


async def test_what_was_counted_on_an_older_release_long_ago_is_not_shown(services, control):
    """Counting stopped since: nobody knows how many are left."""
    await control.execute(
        "UPDATE environments SET stragglers = jsonb_build_object('deployment_id', 'dpl_old',"
        " 'per_minute', 312, 'until', floor(extract(epoch FROM app_now() - interval '5 min')))"
    )

    assert (await services.autopilot.judging.store.traffic(PRODUCTION)).stragglers is None


async def test_requests_from_before_the_switch_are_no_stragglers(
    services, visits, live_since, judge, releases, rows
):
    await live_since(releases.v3, 30)
    await visits(releases.v2, ago=90, seconds=59, per_second=5)

    await judge()

    [row] = await rows("SELECT stragglers FROM environments WHERE environment = 'production'")
    assert row["stragglers"] is None


async def test_nobody_left_on_an_older_release_is_nothing_to_show(
    services, visits, live_since, judge, releases, rows
):
    await live_since(releases.v3, 60)

    await judge()

    [row] = await rows("SELECT stragglers FROM environments WHERE environment = 'production'")
    assert row["stragglers"] is None


async def test_batches_ask_for_a_verdict_once_per_bucket(services):
    judging = services.autopilot.judging

    asked = [bool((await judging.questions()).asks) for _ in range(5)]

    assert asked == [True, False, False, False, False]


class TestRefusedRequests:
    """Answers of 4xx: told when many more of them come, and never a reason to go back."""

    async def test_many_more_than_before_are_told_once(
        self, visits, live_since, judge, releases, alerts, rollbacks
    ):
        await live_since(releases.v3, 250)
        await visits(releases.v2, ago=800, seconds=500, per_second=3, refused=0.05)
        await visits(releases.v3, ago=240, seconds=230, per_second=3, refused=0.4)

        for _ in range(3):
            await judge()

        assert await alerts() == ["more_refused"]
        assert await rollbacks() == []

    async def test_as_many_as_before_are_no_news(self, visits, live_since, judge, releases, alerts):
        await live_since(releases.v3, 250)
        await visits(releases.v2, ago=800, seconds=500, per_second=3, refused=0.4)
        await visits(releases.v3, ago=240, seconds=230, per_second=3, refused=0.4)

        await judge()

        assert await alerts() == []

    async def test_of_too_few_requests_nothing_is_said(
        self, visits, live_since, judge, releases, alerts
    ):
        await live_since(releases.v3, 250)
        await visits(releases.v2, ago=800, seconds=500, per_second=1, refused=0.05)
        await visits(releases.v3, ago=240, seconds=230, per_second=3, refused=0.4)

        await judge()

        assert await alerts() == []


async def run(variables, *arguments):
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "scripts.verdicts", *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_the_command_lists_verdicts_and_prints_what_one_was_reached_by(
    variables, visits, live_since, judge, releases, rows
):
    await live_since(releases.v2, 400)
    await visits(releases.v2, ago=100, seconds=95, per_second=5, rate=0.5)
    verdict = await judge()
    [newest] = await rows(
        "SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS at FROM verdicts"
    )

    listed = await run(variables | {"PGTZ": "Pacific/Kiritimati"})
    printed = await run(variables, "1")
    missing = await run(variables, "999")

    assert "rollback" in listed.stdout
    assert f"{newest['at']} UTC" in listed.stdout
    assert verdict.sentence in listed.stdout
    replayed = list(replay(read(printed.stdout.splitlines(), Policy())))[-1]
    assert replayed == verdict
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "No verdict has this number" in missing.stderr
