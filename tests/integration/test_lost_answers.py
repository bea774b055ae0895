"""Postgres did what we asked and its answer was lost: doing it again changes nothing."""

from datetime import timedelta

import pytest

from lib import errors
from lib.rollback.engine import LEASE
from lib.rollback.machine import Again, Next, Stop, Traffic
from lib.rollback.models import Status, StepState
from lib.rollback.steps import find
from lib.rollback.store import ABANDONED_AFTER

SECOND = timedelta(seconds=1)


@pytest.fixture
def store(services):
    return services.engine.store


@pytest.fixture
async def rollback(services, order):
    return await services.engine.start(order)


@pytest.fixture
async def claim(store, rollback):
    return await store.claim(rollback.id, lease=LEASE)


@pytest.mark.parametrize("costs_attempt", [True, False])
async def test_a_wait_written_twice_counts_once(store, claim, costs_attempt):
    change = Again(timedelta(0), "moving", costs_attempt=costs_attempt)
    once = await store.record(claim, change)
    twice = await store.record(claim, change)

    assert once.find("record").attempt == twice.find("record").attempt == int(costs_attempt)


async def test_a_step_written_twice_goes_on_once(store, claim):
    change = Next(StepState.OK, "done", "switch")
    await store.record(claim, change)

    assert (await store.record(claim, change)).step == "switch"


async def test_an_end_written_twice_is_written_once(store, claim, control):
    change = Stop("broken", Traffic.UNKNOWN, "")
    await store.record(claim, change)

    with pytest.raises(errors.StaleLease):
        await store.record(claim, change)

    cursor = await control.execute("SELECT id FROM audit WHERE action = 'rollback.end'")
    assert len(await cursor.fetchall()) == 1


async def test_what_was_written_is_not_written_over_once_somebody_went_on(store, rollback, claim):
    change = Next(StepState.OK, "done", "switch")
    await store.record(claim, change)
    await store.claim(rollback.id, lease=LEASE)

    with pytest.raises(errors.StaleLease):
        await store.record(claim, change)


async def test_a_claim_whose_answer_was_lost_is_free_again_when_its_lease_ends(
    store, rollback, claim, pass_time
):
    taken = await store.claim(rollback.id, lease=LEASE)
    await pass_time(LEASE)
    free = await store.claim(rollback.id, lease=LEASE)

    assert taken is None
    assert free.attempt == claim.attempt + 1


async def test_what_a_step_remembers_outlives_its_worker(store, rollback, claim, pass_time):
    await store.remember(claim, asked=True)
    await pass_time(LEASE)

    assert (await store.claim(rollback.id, lease=LEASE)).facts == {"asked": True}


async def test_a_step_left_alone_gets_its_time_anew(store, rollback, claim, pass_time):
    await pass_time(LEASE + ABANDONED_AFTER + find("record").budget)

    again = await store.claim(rollback.id, lease=LEASE)

    assert not await store.is_past_deadline(again)


async def test_a_step_that_is_worked_on_does_not(store, rollback, claim, pass_time):
    await pass_time(find("record").budget)

    assert await store.is_past_deadline(claim)


@pytest.mark.parametrize(
    ("facts", "locks"), [({}, False), ({"asked": True}, True)], ids=["before", "after"]
)
async def test_a_switch_that_kills_its_workers_locks_if_it_had_asked(
    services, store, rollback, pass_time, work, is_locked, facts, locks
):
    while (claim := await store.claim(rollback.id, lease=LEASE)).step != "switch":
        await services.engine.advance(claim)
    await store.remember(claim, **facts)
    for _ in range(find("switch").attempts):
        await pass_time(LEASE)
        claim = await store.claim(rollback.id, lease=LEASE)  # and dies
    await services.engine.advance(claim)

    ended = await store.get(rollback.id)
    assert (ended.status, ended.error) == (Status.FAILED, "The step never reported back.")
    assert await is_locked() is locks
