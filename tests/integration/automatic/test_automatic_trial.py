"""`ON_REFUSE`: a version of which nobody can tell whether it runs on the database as it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dev.sample_app.versions import SHOTS_LEFT
from lib import errors
from lib.automatic.gate import PAIRS
from lib.automatic.models import Suspicion
from lib.health.watch import Path
from lib.rollback.engine import LEASE
from lib.rollback.models import (
    DATABASE_FIRST,
    Environment,
    OnRefuse,
    Status,
    StepState,
    Trial,
)
from lib.rollback.steps import database
from lib.settings import load

PRODUCTION = Environment.PRODUCTION
SHOWN = f"it answered {PAIRS} of {PAIRS} paired probes on it, while the live version failed"
TOLD = "SELECT sentence FROM alerts WHERE kind = 'automatic_refused'"
AUDITED = "SELECT actor, subject, facts FROM audit WHERE action = 'database.left'"


@pytest.fixture
def variables(variables):
    return variables | {"ON_REFUSE": "switch_if_proven", "PROBE_PATHS": "/api/timeline"}


@pytest.fixture
def decide(services):
    """By our own looks, unless a path says that requests were counted."""

    async def decide(deployment, path=None, decider=services.autopilot.decider):
        source = "traffic" if path else "probes"
        return await decider.decide(Suspicion(PRODUCTION, deployment, source, "it fails", path))

    return decide


@pytest.fixture
async def plan(services, releases):
    """Of going back to v2 at this moment."""

    async def plan():
        return await services.engine.tools.planner.plan(PRODUCTION, releases.v2)

    return plan


async def test_traffic_moves_where_the_target_answers_on_the_present_schema(
    release, decide, work, rows, releases, live_moves, app
):
    bad = await release("counts-and-crashes")
    before = live_moves()

    rollback = await decide(bad)
    ended = await work(rollback)

    assert ended.status is Status.COMPLETED, ended.error
    assert live_moves() == [*before, releases.v2]
    assert f"answered {PAIRS} of {PAIRS} paired probes" in ended.reason
    assert ended.evidence["gate"][0]["is_proof"]
    assert [step.step for step in ended.steps] == list(DATABASE_FIRST)
    step = ended.find("database")
    assert step.state is StepState.SKIPPED
    assert SHOTS_LEFT in step.message
    assert SHOWN in step.message
    assert step.facts["pairs"] == PAIRS
    [entry] = await rows(AUDITED)
    assert (entry["actor"], entry["subject"]) == ("automatic", releases.v2)
    assert SHOTS_LEFT in entry["facts"]["refused"]
    assert app.execute("SELECT to_regclass('_rollback.runs') AS it").fetchone()["it"] is None


async def test_the_hard_path_of_counted_requests_may_do_it_too(release, decide):
    assert await decide(await release("counts-and-crashes"), Path.HARD) is not None


async def test_the_default_is_to_ask_a_person(release, decide, services, rows, variables):
    del variables["ON_REFUSE"]
    bad = await release("counts-and-crashes")

    assert (
        await decide(bad, decider=replace(services.autopilot.decider, settings=load(variables)))
        is None
    )

    [told] = await rows(TOLD)
    assert SHOTS_LEFT in told["sentence"]


async def test_the_soft_path_asks_a_person(release, decide, rollbacks, rows):
    bad = await release("counts-and-crashes")

    assert await decide(bad, Path.SOFT) is None

    assert len(await rows(TOLD)) == 1


async def test_where_the_live_version_answers_nothing_is_proven(release, decide, rows, decisions):
    bad = await release("counts")

    for _ in range(2):
        assert await decide(bad, Path.HARD) is None

    [told] = await rows(TOLD)
    assert "trying did not show it" in told["sentence"]
    assert SHOTS_LEFT in told["sentence"]


@pytest.mark.parametrize("version", ["drops-column", "opaque", "renames-table"])
async def test_what_was_destroyed_cannot_be_read_or_is_known_to_break_is_never_tried(
    release, decide, rows, version
):
    bad = await release(version)

    assert await decide(bad) is None

    [told] = await rows(TOLD)
    assert "a person's decision" in told["sentence"]


async def test_one_that_the_database_fits_is_asked_first(release, decide, control, releases):
    """v2 was live with a ledger that v1 was never live with."""
    bad = await release("counts-and-crashes")
    await control.execute(
        "UPDATE live_periods SET ledger ="
        " (SELECT ledger FROM live_periods WHERE live_until IS NULL)"
        " WHERE deployment = (SELECT id FROM deployment_history WHERE vercel_deployment_id = %s)",
        [releases.v1],
    )

    rollback = await decide(bad)

    assert rollback.target == releases.v1
    assert rollback.trial is None


class TestTheStep:
    @pytest.fixture
    def back(self, services, order, releases):
        async def back(left, refused, **more):
            trial = Trial(refused=refused, pairs=PAIRS)
            made = order.model_copy(
                update={
                    "from_deployment": left,
                    "target": releases.v2,
                    "automatic": True,
                    "evidence": {"trial": trial.model_dump()},
                    **more,
                }
            )
            return await services.engine.start(made)

        return back

    async def test_what_is_refused_for_another_reason_by_now_stops_it(
        self, release, back, plan, work, live_moves
    ):
        bad = await release("counts-and-crashes")
        found = await plan()
        before = live_moves()

        assert found.is_only_unproven
        ended = await work(await back(bad, found.sentence.replace(SHOTS_LEFT, "0041")))

        assert (ended.status, ended.step) == (Status.FAILED, "database")
        assert ended.error == found.sentence
        assert live_moves() == before

    async def test_what_has_been_destroyed_since_stops_it(
        self, release, back, plan, work, live_moves, app
    ):
        bad = await release("counts-and-crashes")
        found = await plan()
        rollback = await back(bad, found.sentence)
        await release("drops-column")
        before = live_moves()

        ended = await work(rollback)

        assert (ended.status, ended.step) == (Status.FAILED, "database")
        assert "weddings.venue" in ended.error
        assert live_moves() == before

    async def test_a_persons_rollback_rests_on_no_trial(
        self, release, back, plan, work, live_moves
    ):
        bad = await release("counts-and-crashes")
        found = await plan()
        before = live_moves()

        ended = await work(await back(bad, found.sentence, automatic=False))

        assert (ended.status, ended.step) == (Status.FAILED, "database")
        assert found.remedy in " ".join(ended.next_actions)
        assert live_moves() == before

    async def test_whoever_takes_over_audits_it_once(
        self, release, back, plan, work, services, pass_time, rows
    ):
        rollback = await back(await release("counts-and-crashes"), (await plan()).sentence)
        while (claim := await services.engine.store.claim(rollback.id, lease=LEASE)).step != (
            "database"
        ):
            await services.engine.advance(claim)
        await database.run(claim, services.engine.tools)
        await pass_time(LEASE + timedelta(seconds=1))

        ended = await work(rollback)

        assert ended.status is Status.COMPLETED, ended.error
        assert ended.find("database").state is StepState.SKIPPED
        assert len(await rows(AUDITED)) == 1


def test_it_needs_pages_to_prove_it_by(variables):
    with pytest.raises(errors.BadSettings, match="set PROBE_PATHS too"):
        load(variables | {"PROBE_PATHS": ""})
    assert load(variables).on_refuse is OnRefuse.SWITCH_IF_PROVEN
