"""What a rollback needs goes away while it runs: it ends in the right state all the same.

Where it cannot end well, it says what visitors get now and what a person can do.
"""

import os
import signal

import pytest

from tests.story.holding import held_in
from tests.story.world import STATUS, World
from tests.waiting import PATIENCE_SECONDS, wait_until

NOTE = "The platform is back; this goes on where the last one ended."


@pytest.fixture
def without_redis(world):
    """Stops Redis when called; it is back after the test."""
    yield lambda: world.hold("valkey")
    world.let_go("valkey")


def test_a_rollback_ends_well_when_redis_stops_in_the_middle(world, v1, without_redis):
    with held_in(world, "switch") as held:
        without_redis()
        seen = world.status(held.rollback_id)
        held.obstacle.let_go()
        ended = world.follow(held.rollback_id)

    assert (seen["status"], seen["current_step"]) == ("in_progress", "switch")
    assert_completed(world, ended, v1)


def test_a_rollback_ends_well_when_redis_is_wiped_in_the_middle(world, v1):
    with held_in(world, "switch") as held:
        before = world.status(held.rollback_id)
        wipe_redis(world)
        after = world.status(held.rollback_id)
        held.obstacle.let_go()
        ended = world.follow(held.rollback_id)

    assert before == after
    assert_completed(world, ended, v1)


def test_a_rollback_ends_well_when_postgres_restarts_in_the_middle(world, v1, tell):
    with held_in(world, "switch") as held:
        restart_postgres(world)
        held.obstacle.let_go()
        ended = world.follow(held.rollback_id)

    assert_completed(world, ended, v1)
    tell(f"Postgres restarted during the switch: {ended['duration_ms'] / 1000:.1f} s")


def test_the_status_is_answered_while_postgres_is_away(world, v1):
    with held_in(world, "switch") as held:
        # Who is admitted anew stays so for a quarter of a minute: the page's next look needs no
        # Postgres. Whom an earlier test let in may have to be looked up just then.
        world.kill(STATUS)
        before = world.status(held.rollback_id)
        world.hold("postgres")
        during = world.status(held.rollback_id)
        world.let_go("postgres")
        held.obstacle.let_go()
        ended = world.follow(held.rollback_id)

    assert where(during) == where(before) == ("in_progress", "switch", ["record"])
    assert_completed(world, ended, v1)


@pytest.mark.parametrize(
    "fault",
    [
        {"name": "429", "times": 2, "retry_after": 1},
        {"name": "500", "times": 2},
        {"name": "hang", "times": 1},
        {"name": "timeout-after-applying", "times": 1},
    ],
    ids=lambda fault: fault["name"],
)
def test_a_rollback_gets_past_a_platform_that_fails_for_a_while(world, v1, tell, fault):
    world.fault(**fault, call="alias")

    ended = world.follow(world.start())

    assert_completed(world, ended, v1)
    tell(f"Platform's {fault['name']} x {fault['times']}: {ended['duration_ms'] / 1000:.1f} s")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param({"name": "500"}, "500", id="500"),
        pytest.param({"name": "429", "retry_after": 1}, "429", id="429"),
    ],
)
def test_a_platform_that_does_not_recover_fails_the_rollback_and_says_what_to_do(
    world, tell, fault, said
):
    before = world.live()
    world.fault(**fault, call="alias", times=99)

    ended = world.follow_in_haste(world.start())

    assert ended["status"] == "failed"
    assert ended["current_step"] == "switch"
    assert said in ended["error"]
    assert ended["visitors_get"]
    assert ended["next_actions"]
    assert world.live() == before
    assert world.moves() == []
    tell(in_words(ended))


@pytest.mark.deep
def test_a_platform_that_never_answers_fails_the_rollback_in_the_end(world, tell):
    world.fault("hang", call="alias", times=99)

    ended = world.follow(world.start())

    assert (ended["status"], ended["current_step"]) == ("failed", "switch")
    assert "did not answer" in ended["error"]
    assert world.moves() == []
    tell(in_words(ended))


def test_after_a_failure_another_rollback_wants_a_note_and_ends_well(world, v1):
    world.fault("500", call="alias", times=99)
    failed = world.follow_in_haste(world.start())
    world.clear_faults()

    refused = world.trigger()
    ended = world.follow(world.start(note=NOTE))

    assert failed["status"] == "failed"
    assert refused.status_code == 409
    assert "note" in refused.json()["detail"]
    assert_completed(world, ended, v1)
    assert world.rows("SELECT locked_by FROM environments WHERE locked_by IS NOT NULL") == []


def test_a_platform_that_fails_before_anything_was_done_locks_nothing(world, tell):
    world.fault("500", call="deployment", times=99)

    ended = world.follow_in_haste(world.start())

    assert ended["status"] == "failed"
    assert ended["current_step"] == "record"
    assert "Nothing was changed" in ended["visitors_get"]
    assert world.rows("SELECT locked_by FROM environments WHERE locked_by IS NOT NULL") == []
    tell(in_words(ended))


def test_caches_that_cannot_be_purged_are_a_warning(world, v1):
    world.fault("500", call="purge-edge", times=99)

    ended = world.follow(world.start())

    caches = next(step for step in ended["steps"] if step["name"] == "caches")
    assert_completed(world, ended, v1)
    assert caches["message"].startswith("Warning")


def test_an_edge_that_is_late_is_waited_for(world, v1, tell):
    left = world.live()
    world.fault("old-content", seconds=PATIENCE_SECONDS)

    rollback_id = world.start()
    wait_until(lambda: left in (world.step(rollback_id, "verify")["message"] or ""), what="a look")
    seen = world.status(rollback_id)
    world.clear_faults()
    ended = world.follow(rollback_id)

    assert (seen["status"], seen["current_step"]) == ("in_progress", "verify")
    assert_completed(world, ended, v1)
    tell(f"Old content until it was seen: verified after {ended['duration_ms'] / 1000:.1f} s")


def assert_completed(world: World, ended, target: str) -> None:
    assert ended["status"] == "completed", ended
    assert world.moves() == [target]
    assert world.visitor.get("/api/health").json()["deployment_id"] == target


def where(status) -> tuple[str, str, list[str]]:
    """The worker goes on trying: what it says of that may change from one look to the next."""
    return status["status"], status["current_step"], status["steps_completed"]


def wipe_redis(world: World) -> None:
    assert world.redis("FLUSHALL") == "OK"


def restart_postgres(world: World) -> None:
    """As a crash ends it; the stack starts it again."""
    before = world.pid("postgres")
    os.kill(before, signal.SIGQUIT)
    wait_until(lambda: world.pid("postgres") not in (None, before), what="Postgres")


def in_words(ended) -> str:
    actions = " ".join(ended["next_actions"])
    return (
        f"Failed at {ended['current_step']}: {ended['error']}\n"
        f"  Now: {ended['visitors_get']}\n  Next: {actions}"
    )
