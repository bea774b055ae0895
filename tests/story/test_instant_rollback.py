"""The platform's own Instant Rollback: it accepts at once, and what it accepted may still fail."""

import pytest

from tests.story.canaries import planted_stack
from tests.story.conftest import is_well
from tests.story.world import LEASE_IS_OVER, TRIGGER, World
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def instant(tmp_path_factory):
    """A stack of its own, whose production is switched by Instant Rollback."""
    data = tmp_path_factory.mktemp("instant")
    env = {"SWITCH_METHOD_PRODUCTION": "instant"}
    with (
        planted_stack(data, env=env) as canaries,
        World(data, canaries.stack, canaries.search) as world,
    ):
        world.release("good-2")
        wait_until(lambda: is_well(world), what="the second version's good health")
        world.remember("v2")
        yield world


@pytest.fixture
def world(instant):
    instant.return_to("v2")
    yield instant
    instant.clear_faults()


@pytest.fixture
def v1(instant):
    return instant.ask_platform("GET", "alias_moves")[0]["to"]


def test_an_instant_rollback_waits_for_the_platforms_job(world, v1):
    ended = world.follow(world.start())

    assert ended["status"] == "completed", ended
    assert world.moves() == [v1]
    assert asked(world) == 1


def test_an_accepted_rollback_is_not_asked_for_again_when_its_process_is_killed(world, v1):
    world.fault("timeout-after-applying", call="rollback")
    rollback_id = world.start()
    wait_until(world.unanswered_calls, what="the call")

    world.kill(TRIGGER)
    world.pass_time(LEASE_IS_OVER)
    ended = world.follow(rollback_id)

    assert ended["status"] == "completed", ended
    assert world.moves() == [v1]
    assert asked(world) == 1


@pytest.mark.parametrize("fault", ["job-failed", "job-skipped", "domain-failed"])
def test_a_job_that_ends_badly_fails_the_rollback_and_says_what_to_do(world, tell, fault):
    before = world.live()
    world.fault(fault)

    rollback_id = world.start()
    wait_until(lambda: job_ended(world), what="the end of the platform's job")
    ended = world.follow_in_haste(rollback_id)

    assert ended["status"] == "failed"
    assert ended["current_step"] == "switch"
    assert ended["error"]
    assert ended["visitors_get"]
    assert ended["next_actions"]
    assert world.live() == before
    tell(f"{fault}: {ended['error']} {ended['visitors_get']} {' '.join(ended['next_actions'])}")


def job_ended(world: World) -> bool:
    job = world.ask_platform("GET", "state")["last_job"]
    return bool(job) and job["status"] not in ("pending", "in-progress")


def asked(world: World) -> int:
    calls = world.ask_platform("GET", "calls")
    return sum(call["method"] == "POST" and "/rollback/" in call["path"] for call in calls)
