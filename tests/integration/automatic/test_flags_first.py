"""One feature's switch before a whole release: when, once, and what follows from it."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace

import pytest
from psycopg.types.json import Jsonb

from lib.access.models import Caller, Role
from lib.automatic.flags_first import ERRORS_LEAST, Watched
from lib.automatic.models import Suspicion
from lib.automatic.trials import WATCH
from lib.deployments.models import Release
from lib.health.baseline import ALL
from lib.health.evidence import Bucket, Policy
from lib.health.watch import Path
from lib.operations.models import Suspect
from lib.redis import RedisClient, RedisUnavailable
from lib.rollback.models import Environment
from lib.settings import load
from lib.traffic.streams import WRITES
from lib.traffic.suspects import Suspects
from lib.wiring import build
from tests.integration.automatic.conftest import tally
from tests.integration.flags.conftest import FLAGS, read

PRODUCTION = Environment.PRODUCTION
INSTANCES = 6
TRIALS = "SELECT flag, outcome FROM flag_trials ORDER BY id"
OFF = "SELECT feature_name, rolled_back_by, reason FROM feature_rollbacks WHERE restored_at IS NULL"
AUDITED = "SELECT actor, subject, facts FROM audit WHERE action = 'flag.off'"
#: Requests are counted by Redis's own clock, which nobody moves: the trial began so long ago.
LOCK = "UPDATE environments SET locked_by = %s WHERE environment = 'production'"
AGE = "UPDATE flag_trials SET at = at - %s * interval '1 s'"
#: As if it had been named when something else was live.
NAMED_BEFORE = "UPDATE suspect_flags SET period = (SELECT min(id) FROM live_periods)"
SOFT = {"ago": 200, "seconds": 195, "per_second": 6, "rate": 0.13}
#: Up to now: ten seconds without any would end it.
HARD = {"ago": 100, "seconds": 100, "per_second": 5, "rate": 0.5}


@pytest.fixture
async def services(services):
    """With switches, as the app's CI told of them."""
    await services.flags.change(read({"flags": FLAGS}), Caller(name="CI", role=Role.RECORDER))
    return services


@pytest.fixture
def requests(services, releases, live_since):
    """A release whose visitors get errors; of those, every so many had switches on.

    `good`: the share of the good requests that had a switch on.
    """

    async def requests(
        *flags: str,
        share: float = 1.0,
        how=SOFT,
        live=True,
        good: Mapping[str, float] | None = None,
    ) -> None:
        if live:
            await live_since(releases.v3, 400)
        found = tally(releases.v3, **how)
        failed = [id_ for id_, one in found.requests.items() if one.failed]
        well = [id_ for id_, one in found.requests.items() if not one.failed]
        for id_ in failed[: round(len(failed) * share)]:
            found.flags[id_] = [*flags]
        for flag, part in (good or {}).items():
            for i, id_ in enumerate(well):
                if int((i + 1) * part) > int(i * part):
                    found.flags.setdefault(id_, []).append(flag)
        await Suspects(services.redis).note(found)
        await services.counts.count(found)

    return requests


@pytest.fixture
def left(rollbacks):
    """What was rolled back by itself. To which version, the gate's own tests say."""

    async def left() -> list[str]:
        return [row[0] for row in await rollbacks() if row[2]]

    return left


@pytest.fixture
def turn(services):
    async def turn(key: str, state: str) -> None:
        body = {"environment": "production", "key": key, "state": state, "reason": "I looked"}
        await services.flags.change(read(body), Caller(name="Grace", role=Role.OPERATOR))

    return turn


@pytest.fixture
def trials(rows):
    async def trials():
        return [tuple(row.values()) for row in await rows(TRIALS)]

    return trials


@pytest.fixture
def pass_seconds(control):
    async def pass_seconds(seconds: float) -> None:
        await control.execute(AGE, [seconds])

    return pass_seconds


async def test_the_switch_that_explains_the_errors_is_turned_off_and_code_stays(
    requests, act, rows, rollbacks, decisions, alerts, trials
):
    await requests("rsvp-emails")

    await act()
    await act()

    assert await rollbacks() == []
    assert await trials() == [("rsvp-emails", None)]
    [off] = await rows(OFF)
    assert (off["feature_name"], off["rolled_back_by"]) == ("rsvp-emails", "automatic")
    [entry] = await rows(AUDITED)
    assert (entry["actor"], entry["subject"]) == ("automatic", "rsvp-emails")
    assert await decisions() == ["turned_off"]
    assert await alerts() == ["feature_turned_off"]
    [alert] = await rows("SELECT sentence FROM alerts")
    assert alert["sentence"].endswith(
        "100% of the failed requests had RSVP e-mails on, so it was turned off first. Guests do"
        " not get confirmation mails."
    )


@pytest.mark.parametrize("how", [SOFT, HARD])
async def test_errors_that_carry_no_switch_send_code_back_at_once(
    requests, act, left, releases, trials, how
):
    await requests(how=how)

    await act()

    assert await left() == [releases.v3]
    assert await trials() == []


@pytest.mark.parametrize(
    ("flags", "share", "how"),
    [
        (["rsvp-emails"], 0.7, SOFT),  # it explains too few of them
        (["rsvp-emails"], 1.0, HARD),  # too many fail to wait for anything
        (["timeline"], 1.0, SOFT),  # it cannot be turned off
        (["seating"], 1.0, SOFT),  # it is off already
        (["unheard-of"], 1.0, SOFT),
    ],
)
async def test_where_no_switch_would_do_code_goes_back_at_once(
    requests, act, left, releases, trials, flags, share, how
):
    await requests(*flags, share=share, how=how)

    await act()

    assert await left() == [releases.v3]
    assert await trials() == []


async def test_of_several_one_that_may_be_turned_off_is_and_what_the_release_names_first(
    requests, act, trials, services, releases, turn
):
    await turn("seating", "on")
    await services.recorder.record(
        Release(
            environment=PRODUCTION,
            git_sha="a1b2c3d",
            vercel_deployment_id=releases.v3,
            suspect_flags=["seating"],
        ),
        Caller(name="CI", role=Role.RECORDER),
    )
    await requests("timeline", "rsvp-emails", "seating")

    await act()

    assert await trials() == [("seating", None)]


@pytest.mark.parametrize("is_live_still", [True, False])
async def test_of_two_that_look_alike_the_one_that_an_alert_names_is_turned_off_while_it_is_live(
    requests, act, trials, left, releases, services, turn, control, is_live_still
):
    await turn("seating", "on")
    await requests("rsvp-emails", "seating")
    operation = Suspect(
        action="suspect", environment=PRODUCTION, subject="seating", reason="Errors in /seating"
    )
    await services.operations.carry_out(operation, Caller(name="Watch", role=Role.OPERATOR))
    if not is_live_still:
        await control.execute(NAMED_BEFORE)

    await act()

    assert await trials() == ([("seating", None)] if is_live_still else [])
    assert await left() == ([] if is_live_still else [releases.v3])


async def test_a_switch_that_is_on_nearly_everywhere_explains_nothing(
    requests, act, left, releases, trials
):
    """What went without it fails as often."""
    await requests("rsvp-emails", share=0.9, good={"rsvp-emails": 0.9})

    await act()

    assert await left() == [releases.v3]
    assert await trials() == []


async def test_of_two_that_every_failed_request_had_on_the_rarer_one_is_turned_off(
    requests, act, trials, turn
):
    await turn("seating", "on")
    await requests("rsvp-emails", "seating", good={"rsvp-emails": 1.0, "seating": 0.2})

    await act()

    assert await trials() == [("seating", None)]


@pytest.mark.parametrize("good", [{}, {"rsvp-emails": 1.0, "seating": 1.0}])
async def test_where_two_look_exactly_as_guilty_nobody_guesses(
    requests, act, left, releases, trials, turn, good
):
    await turn("seating", "on")
    await requests("rsvp-emails", "seating", good=good)

    await act()

    assert await left() == [releases.v3]
    assert await trials() == []


async def test_many_that_look_at_once_turn_it_off_once(variables, requests, rows, trials):
    await requests("rsvp-emails")
    instances = [build(load(variables)) for _ in range(INSTANCES)]

    stop_at = time.monotonic() + 60
    await asyncio.gather(*(one.autopilot.look(stop_at=stop_at) for one in instances))
    for one in instances:
        await one.close()

    assert await trials() == [("rsvp-emails", None)]
    assert len(await rows(OFF)) == len(await rows(AUDITED)) == 1


async def test_whoever_died_after_turning_it_off_is_followed_by_another(
    services, variables, requests, act, left, releases, trials, pass_seconds, rows
):
    """Code was to blame: it goes back, half a minute later than it would have."""
    await requests("rsvp-emails")
    await act()
    other = build(load(variables))
    other.autopilot.decider.gate.span_seconds = 0.1
    stop_at = time.monotonic() + 60
    await pass_seconds(5)
    due_in = await other.autopilot.look(stop_at=stop_at)
    too_soon = await left()
    await pass_seconds(due_in)
    await other.autopilot.look(stop_at=stop_at)
    await other.close()

    assert (too_soon, 0 < due_in <= WATCH.total_seconds() - 5) == ([], True)
    assert await left() == [releases.v3]
    assert await trials() == [("rsvp-emails", "did_not_help")]
    [row] = await rows("SELECT reason FROM rollbacks")
    assert "RSVP e-mails was turned off first, and that did not help." in row["reason"]


async def test_when_the_errors_stop_it_has_helped_and_code_stays(
    requests, act, rollbacks, trials, pass_seconds
):
    await requests("rsvp-emails")
    await act()
    await requests(how={"ago": 45, "seconds": 40, "per_second": 60}, live=False)
    await pass_seconds(30)

    await act()

    assert await rollbacks() == []
    assert await trials() == [("rsvp-emails", "helped")]


@pytest.mark.parametrize(
    ("good", "bad", "outcome"),
    [
        (0, 0, None),  # nobody came
        (1, 0, None),
        (34, 0, None),  # at the rate before, so many could be luck
        (35, 0, "helped"),
        (19, 1, None),  # at the bar, not above it
        (18, 1, "did_not_help"),
        (0, 1, "did_not_help"),
    ],
)
def test_what_follows_from_so_few_requests(good, bad, outcome):
    """13 % failed before, and 5 % is the bar."""
    before, after = Bucket(0, 100, 13), Bucket(70, good + bad, bad)

    assert Watched([before], [after], 0.05, Policy()).outcome == outcome


@pytest.mark.parametrize(("before", "needed"), [(0.5, 5), (0.08, 94)])
def test_the_less_it_failed_before_the_more_it_takes_to_see_that_it_helped(before, needed):
    outcomes = [
        Watched([Bucket(0, 100, 100 * before)], [Bucket(70, good, 0)], 0.05, Policy()).outcome
        for good in (needed - 1, needed)
    ]

    assert outcomes == [None, "helped"]


@pytest.mark.parametrize(
    ("later", "outcome"),
    [
        ({"ago": 20, "seconds": 15, "per_second": 0.2}, None),
        ({"ago": 20, "seconds": 15, "per_second": 40}, "helped"),
        ({"ago": 20, "seconds": 15, "per_second": 0.2, "rate": 1.0}, "did_not_help"),
    ],
)
async def test_with_few_visitors_code_waits_until_it_is_known_what_the_switch_did(
    services, requests, act, trials, left, releases, pass_seconds, later, outcome
):
    """Also where what was counted since is no reason to go back any more."""
    await requests("rsvp-emails")
    await act()
    await pass_seconds(60)
    await services.redis.run("FLUSHALL")
    await requests(how=SOFT | {"ago": 265}, live=False)
    await requests(how=later, live=False)
    until = int(time.time()) // 10 * 10 + 10
    suspicion = Suspicion(PRODUCTION, releases.v3, "traffic", "13 % fail", Path.SOFT, until)

    await services.autopilot.decider.decide(suspicion)

    assert await trials() == [("rsvp-emails", outcome)]
    assert await left() == ([releases.v3] if outcome == "did_not_help" else [])


async def test_a_few_good_requests_in_a_calm_environment_prove_nothing(
    services, variables, requests, act, trials, rollbacks, pass_seconds
):
    await requests("rsvp-emails")
    await act()
    await pass_seconds(60)
    await services.redis.run("FLUSHALL")
    await requests(how=SOFT | {"ago": 265}, live=False)
    outcomes = []
    for per_second in (0.2, 40):
        await requests(how={"ago": 20, "seconds": 15, "per_second": per_second}, live=False)
        fresh = build(load(variables))
        await fresh.autopilot.look(stop_at=time.monotonic() + 60)
        await fresh.close()
        outcomes += await trials()

    assert outcomes == [("rsvp-emails", None), ("rsvp-emails", "helped")]
    assert await rollbacks() == []


class TestATrialThatIsOpen:
    """A minute later, with little that was counted since."""

    @pytest.fixture(autouse=True)
    async def opened(self, services, requests, act, pass_seconds):
        await requests("rsvp-emails")
        await act()
        await pass_seconds(60)
        await services.redis.run("FLUSHALL")

    @pytest.fixture
    def decide(self, services, releases):
        async def decide(stream: str = ALL) -> None:
            until = int(time.time()) // 10 * 10 + 10
            facts = {"stream": stream}
            about = ("traffic", "13 % fail", Path.SOFT, until, facts)
            await services.autopilot.decider.decide(Suspicion(PRODUCTION, releases.v3, *about))

        return decide

    async def test_counts_that_cannot_be_read_send_nothing_back(
        self, decide, requests, trials, left, releases, monkeypatch
    ):
        async def away(*_: object) -> None:
            raise RedisUnavailable

        await requests(how={"ago": 20, "seconds": 15, "per_second": 1, "rate": 1.0}, live=False)
        with monkeypatch.context() as unplugged:
            unplugged.setattr(RedisClient, "run", away)
            await decide()
        assert (await trials(), await left()) == ([("rsvp-emails", None)], [])

        await decide()

        assert await trials() == [("rsvp-emails", "did_not_help")]
        assert await left() == [releases.v3]

    async def test_a_stream_that_was_named_since_has_the_bar_of_all_requests(
        self, services, decide, trials, left, releases, control
    ):
        """As its verdict has it: errors of 15 % are below a bar of 20 %."""
        await control.execute("UPDATE baselines SET p0 = %s", [Jsonb({ALL: 0.2})])
        found = tally(releases.v3, ago=20, seconds=15, per_second=6, rate=0.15)
        for id_, one in found.requests.items():
            found.requests[id_] = replace(one, streams=2)
        await services.counts.count(found)

        await decide(WRITES)

        assert (await trials(), await left()) == ([("rsvp-emails", None)], [])

    async def test_it_reads_no_more_than_a_verdict_does(
        self, services, decide, trials, left, releases, pass_seconds
    ):
        """What was counted longer ago than that decides nothing any more."""
        hours = 3600
        await pass_seconds(5 * hours)
        before = int(time.time()) // 10 * 10 - 4 * hours
        old = [Bucket(before, 50, 50, frozenset({"c00001", "c00002"}))]
        assert await services.counts.restore(releases.v3, ALL, old, for_real=True) == 1

        await decide()

        assert (await trials(), await left()) == ([("rsvp-emails", None)], [])


async def test_so_many_errors_that_nothing_is_waited_for_end_the_watch(
    requests, act, left, releases, trials
):
    await requests("rsvp-emails")
    await act()
    await requests(how=HARD | {"per_second": 20, "rate": 0.9}, live=False)

    await act()

    assert await left() == [releases.v3]
    assert await trials() == [("rsvp-emails", "overtaken")]


async def test_a_person_who_turns_it_on_again_ends_the_watch_and_it_is_not_said_to_have_failed(
    requests, act, turn, left, releases, trials, rows
):
    await requests("rsvp-emails")
    await act()
    await turn("rsvp-emails", "on")

    await act()

    assert await trials() == [("rsvp-emails", "overtaken")]
    assert await left() == [releases.v3]
    [row] = await rows("SELECT reason FROM rollbacks")
    assert "did not help" not in row["reason"]


async def test_a_person_who_turns_it_on_again_when_errors_have_stopped_ends_the_watch(
    requests, act, turn, rollbacks, trials, pass_seconds
):
    await requests("rsvp-emails")
    await act()
    await requests(how={"ago": 45, "seconds": 40, "per_second": 60}, live=False)
    await turn("rsvp-emails", "on")
    await pass_seconds(30)

    await act()

    assert await trials() == [("rsvp-emails", "overtaken")]
    assert await rollbacks() == []


async def test_what_somebody_turned_on_again_is_theirs(
    requests, act, left, releases, trials, turn, pass_seconds, rows
):
    await requests("rsvp-emails")
    await act()
    await turn("rsvp-emails", "on")
    await pass_seconds(30)

    await act()

    assert await left() == [releases.v3]
    assert await rows(OFF) == []
    [alert] = await rows("SELECT resolved_at FROM alerts WHERE kind = 'feature_turned_off'")
    assert alert["resolved_at"] is not None


async def test_in_shadow_it_is_only_written_down(
    requests, act, rollbacks, decisions, trials, control, rows, alerts
):
    await control.execute("UPDATE environments SET mode = 'shadow'")
    await requests("rsvp-emails")

    for _ in range(3):
        await act()

    assert (await trials(), await rows(OFF), await rollbacks()) == ([], [], [])
    assert await decisions() == ["would_turn_off", "would_roll_back"]
    assert await alerts() == ["would_turn_off", "would_roll_back"]


async def test_switched_off_nothing_is_turned_off(requests, act, trials, control, alerts):
    await control.execute("UPDATE environments SET mode = 'off'")
    await requests("rsvp-emails")

    await act()

    assert await trials() == []
    assert await alerts() == ["automatic_refused"]


async def test_where_a_person_is_waited_for_nothing_is_turned_off(
    services, requests, act, trials, control, alerts, rows, order, work
):
    unclear = await services.engine.start(order.model_copy(update={"target": "dpl_none"}))
    failed = await work(unclear)
    await control.execute(LOCK, [failed.id])
    await requests("rsvp-emails")

    await act()

    assert (await trials(), await rows(OFF)) == ([], [])
    assert "automatic_refused" in await alerts()


async def test_counts_that_are_away_are_no_sign_that_it_has_helped(
    services, requests, act, left, releases, trials, pass_seconds, monkeypatch
):
    async def away(*_: object) -> None:
        raise RedisUnavailable

    await requests("rsvp-emails")
    await act()
    await pass_seconds(31)
    with monkeypatch.context() as unplugged:
        unplugged.setattr(RedisClient, "run", away)
        await act()
    while_away = await trials()

    await act()

    assert while_away == [("rsvp-emails", None)]
    assert await trials() == [("rsvp-emails", "did_not_help")]
    assert await left() == [releases.v3]


async def test_a_feature_can_be_turned_off_where_there_is_nothing_to_go_back_to(
    requests, act, trials, control, rollbacks
):
    await control.execute("UPDATE deployment_history SET health_check_status = 'failing'")
    await requests("rsvp-emails")

    await act()

    assert await trials() == [("rsvp-emails", None)]


async def test_what_cannot_be_read_explains_nothing(
    requests, act, left, releases, trials, monkeypatch
):
    async def away(*_: object) -> None:
        raise RedisUnavailable

    await requests("rsvp-emails")
    monkeypatch.setattr(Suspects, "read", away)

    await act()

    assert await left() == [releases.v3]
    assert await trials() == []


async def test_an_error_is_counted_once_however_often_its_batch_comes(services, releases):
    found = tally(releases.v3, ago=30, seconds=20, per_second=ERRORS_LEAST, rate=1.0)
    found.flags = {id_: ["rsvp-emails"] for id_ in found.requests}
    suspects, until = Suspects(services.redis), int(time.time()) // 10 * 10 + 10
    for _ in range(3):
        await suspects.note(found)
    more = {id_: ["seating", "rsvp-emails"] for id_ in found.requests}
    found.flags = more
    await suspects.note(found)

    counted = await suspects.read(releases.v3, until - 60, until)
    assert counted.failed == {"rsvp-emails": len(more), "seating": len(more)}


class TestTold:
    """Whoever is called hears which switches explain the errors."""

    async def test_with_a_rollback(self, requests, act, rows):
        await requests("rsvp-emails", how=HARD)

        await act()

        [row] = await rows("SELECT reason FROM rollbacks")
        [alert] = await rows("SELECT sentence FROM alerts WHERE kind = 'rollback_started'")
        assert "100% of the failed requests had RSVP e-mails on." in row["reason"]
        assert row["reason"] in alert["sentence"]

    async def test_with_what_would_have_been_done(self, requests, act, rows, control):
        await control.execute("UPDATE environments SET mode = 'shadow'")
        await requests("rsvp-emails", "timeline", how=HARD)

        await act()

        [alert] = await rows("SELECT sentence FROM alerts")
        assert " had RSVP e-mails on, 100% Timeline. It would" in alert["sentence"]

    async def test_with_what_is_a_persons_decision_and_asked_for_once(
        self, requests, act, rows, control, monkeypatch
    ):
        await control.execute("UPDATE environments SET mode = 'off'")
        await requests("rsvp-emails")
        await act()
        asked = []
        monkeypatch.setattr(Suspects, "read", lambda *about: asked.append(about))

        await act()

        [alert] = await rows("SELECT sentence FROM alerts")
        assert "100% of the failed requests had RSVP e-mails on. Automatic" in alert["sentence"]
        assert asked == []

    async def test_nothing_where_no_switch_explains_them(self, requests, act, rows):
        await requests("rsvp-emails", share=0.5, how=HARD)

        await act()

        [row] = await rows("SELECT reason FROM rollbacks")
        assert "of the failed requests had" not in row["reason"]
