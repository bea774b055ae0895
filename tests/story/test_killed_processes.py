"""A rollback is completed, and its alias moved once, wherever the process that runs it is killed.

The process is the real one of the trigger function, ended by SIGKILL; what goes on in its place is
the function that answers for the status.
"""

from datetime import datetime, timedelta

import pytest

from tests.story.holding import Row, held_in
from tests.story.world import (
    FINAL,
    LEASE_IS_OVER,
    STATUS,
    STEPS,
    SWEEP,
    TRIGGER,
    World,
    platform_scheduler,
)
from tests.waiting import wait_until

NAMES = ("record", "switch", "database", "caches", "verify")
MOMENTS = ("before the call", "before the commit", "after the commit")
#: The platform did as it was asked, and its answer is still on the way.
APPLIED = {"switch": "alias", "caches": "purge-data"}
CASES = [
    *((step, moment) for step in NAMES for moment in MOMENTS),
    *((step, "before the answer") for step in APPLIED),
]
LIMIT = timedelta(seconds=60)
LEASE = timedelta(seconds=10)
TAKEN_OVER_WITHIN = timedelta(seconds=15)

CLAIMED = "SELECT fence, lease_until - interval '10 seconds' AS at FROM rollbacks WHERE id = %s"


def kill(world: World, step: str, moment: str) -> str:
    """The rollback whose worker was killed at this moment of this step."""
    match moment:
        case "before the call":
            with held_in(world, step, fault="hang") as held:
                world.kill(TRIGGER)
        case "before the answer":
            world.fault("timeout-after-applying", call=APPLIED[step])
            rollback_id = world.start()
            wait_until(world.unanswered_calls, what="the call")
            world.kill(TRIGGER)
            return rollback_id
        case "before the commit":
            with held_in(world, step) as held, Row(world, held.rollback_id) as row:
                held.obstacle.let_go()
                row.let_through_up_to_the_end_of_the_step()
                world.kill(TRIGGER)
        case _:
            with held_in(world, step) as held, Row(world, held.rollback_id) as row:
                held.obstacle.let_go()
                row.let_through_until(step)
                world.kill(TRIGGER)
    return held.rollback_id


def check(world: World, rollback_id: str, v1: str) -> timedelta:
    """It ended well, once. How long it took from initiation, by the times that were stored."""
    status = world.follow(rollback_id)
    assert status["status"] == "completed", status
    assert status["steps_completed"] == list(NAMES)
    assert [row["step"] for row in world.rows(STEPS, rollback_id)] == list(NAMES)
    assert world.moves() == [v1]
    audit = world.rows(
        "SELECT action, actor FROM audit WHERE subject = %s AND action LIKE 'rollback.%%'"
        " ORDER BY id",
        v1,
    )
    assert [tuple(row.values()) for row in audit] == [
        ("rollback.start", "Olga Operator"),
        ("rollback.end", "Olga Operator"),
    ]
    periods = world.rows("SELECT how FROM live_periods WHERE rollback_id = %s", rollback_id)
    assert [period["how"] for period in periods] == ["rollback"]
    took = timedelta(milliseconds=status["duration_ms"])
    assert took <= LIMIT
    return took


@pytest.mark.parametrize(("step", "moment"), CASES)
def test_a_rollback_whose_process_is_killed_is_completed_by_another(world, v1, tell, step, moment):
    """The clock of the database is moved, in place of waiting until the lease is over."""
    rollback_id = kill(world, step, moment)
    world.pass_time(LEASE_IS_OVER)

    took = check(world, rollback_id, v1)

    tell(f"killed in {step}, {moment}: completed after {took.total_seconds():.1f} s")


def test_the_next_sweep_goes_on_where_nobody_watches(world, v1):
    rollback_id = kill(world, "switch", "before the commit")
    world.pass_time(LEASE_IS_OVER)

    with platform_scheduler(world):
        wait_until(lambda: ended_in_postgres(world, rollback_id), what="the end")

    assert world.pid(SWEEP) is not None
    check(world, rollback_id, v1)


def ended_in_postgres(world: World, rollback_id: str) -> bool:
    (row,) = world.rows("SELECT status FROM rollbacks WHERE id = %s", rollback_id)
    return row["status"] in FINAL


def test_who_takes_over_may_be_killed_too(world, v1):
    """First the trigger's process, before the platform has moved anything; then the standby's."""
    rollback_id = kill(world, "switch", "before the call")
    world.fault("timeout-after-applying", call="alias")
    world.pass_time(LEASE_IS_OVER)
    world.status(rollback_id)
    wait_until(world.moves, what="the standby's switch")
    world.kill(STATUS)
    world.pass_time(LEASE_IS_OVER)

    check(world, rollback_id, v1)


def test_a_killed_process_is_replaced_without_anybody_moving_the_clock(world, v1, tell):
    in_real_time(world, v1, tell, "switch", "before the commit")


@pytest.mark.deep
@pytest.mark.parametrize(("step", "moment"), CASES)
def test_wherever_a_process_is_killed_it_is_replaced_within_fifteen_seconds(
    world, v1, tell, step, moment
):
    assert in_real_time(world, v1, tell, step, moment) <= TAKEN_OVER_WITHIN


def in_real_time(world, v1, tell, step, moment) -> timedelta:
    """How long nobody worked. Its successor waits until the lease is over, and no longer than that
    may last: of the rest, the machine has a share.
    """
    rollback_id = kill(world, step, moment)
    killed_at, left = now(world), world.rows(CLAIMED, rollback_id)[0]
    waited = timedelta(0)
    if (step, moment) != ("verify", "after the commit"):  # else there was nothing left to do
        claimed_at = claimed_after(world, rollback_id, left["fence"])
        waited = claimed_at - killed_at
        assert left["at"] <= killed_at
        assert claimed_at >= left["at"] + LEASE

    took = check(world, rollback_id, v1)

    tell(
        f"killed in {step}, {moment}: taken over after {waited.total_seconds():.1f} s, "
        f"completed {took.total_seconds():.1f} s after initiation"
    )
    return waited


def now(world: World) -> datetime:
    return world.rows("SELECT app_now() AS at")[0]["at"]


def claimed_after(world: World, rollback_id: str, fence: int) -> datetime:
    """When somebody took the rollback after this fence, while its status is polled."""

    def claimed():
        world.status(rollback_id)
        found = world.rows(CLAIMED, rollback_id)[0]
        return found if found["fence"] > fence else None

    return wait_until(claimed, what="a takeover")["at"]
