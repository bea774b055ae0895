"""A release that answers, and fails half of its visitors: their errors send it back.

And the same day without Redis: nothing is counted then, and looks of our own decide.
"""

import pytest

from dev.visitors import Visitors, outage_of
from tests.story.world import World, platform_scheduler
from tests.waiting import wait_until

RPS = 10
#: Pages that were opened before the rollback, and stay with the version they came from.
OPEN_TABS_RPS = 2
#: Before the bad release, so that it is one among good answers.
GOOD_VISITS = 30
FIRST, MOVED = "16:00", "16:30"

ROLLBACKS = "SELECT id::text, evidence FROM rollbacks"
DECISIONS = "SELECT outcome, source, gate FROM decisions ORDER BY id"
VERDICTS = """
SELECT v.state, length(v.recording) AS recorded
  FROM verdicts v JOIN live_periods p ON p.id = v.period
  JOIN deployment_history h ON h.id = p.deployment
 WHERE h.vercel_deployment_id = %s ORDER BY v.id
"""
STRAGGLERS = "SELECT stragglers FROM environments WHERE environment = 'production'"
LOST = "SELECT resolved_at FROM alerts WHERE kind = 'evidence_lost'"


@pytest.fixture
def visitors(young_world):
    """They come all the time, and the coordinator has just moved the ceremony."""
    edge = young_world.stack["edge"]
    for starts_at in (FIRST, MOVED):
        young_world.visitor.put(
            "/api/events/ceremony", json={"starts_at": starts_at}
        ).raise_for_status()
    with (
        platform_scheduler(young_world),
        Visitors(edge["address"], edge["hosts"]["production"], RPS) as visitors,
    ):
        wait_until(lambda: len(visitors.visits) >= GOOD_VISITS, what="the first visitors")
        yield visitors


@pytest.fixture
def without_redis(young_world):
    young_world.hold("valkey")
    yield
    young_world.let_go("valkey")


def test_visitors_errors_send_a_release_back_and_nothing_written_is_lost(
    young_world, v1, visitors, tell
):
    world = young_world
    released = world.release("errors-50")
    bad = released["id"]
    rollback, evidence = went_back(world, bad, v1)
    wait_until(lambda: outage_of(visitors.visits), what="a page for the visitors")
    at_once = left(world)
    with Visitors(world.stack["edge"]["address"], released["url"], OPEN_TABS_RPS):
        wait_until(lambda: left(world) == bad, what="the requests on the version that was left")

    assert rollback["automatic"]
    assert at_once is None
    assert starts_of_the_ceremony(world) == MOVED
    assert evidence["detail"]
    assert evidence["gate"][-1]["answer"] == "helps"
    assert evidence["gate"][-1]["target"] == v1
    decided = world.rows(DECISIONS)[-1]
    assert decided["outcome"] == "rolled_back"
    assert decided["gate"] == evidence["gate"]
    states = {row["state"] for row in world.rows(VERDICTS, bad) if row["recorded"]}
    assert states & {"suspect", "rollback"}
    tell(account("errors-50", evidence, rollback, visitors))


def test_without_redis_looks_decide_and_counting_begins_again_by_itself(
    young_world, v1, visitors, without_redis, tell
):
    world = young_world
    bad = world.release("crash")["id"]
    rollback, evidence = went_back(world, bad, v1)
    wait_until(lambda: outage_of(visitors.visits), what="a page for the visitors")
    without = world.rows(LOST)
    world.let_go("valkey")
    wait_until(lambda: world.rows(LOST)[0]["resolved_at"], what="counting again")

    assert rollback["automatic"]
    assert evidence["source"] == "probes"
    assert starts_of_the_ceremony(world) == MOVED
    assert without == [{"resolved_at": None}]
    tell(account("crash, without Redis", evidence, rollback, visitors))


def went_back(world: World, bad: str, good: str) -> tuple[dict, dict]:
    """By itself, once; as its status shows it, and the evidence that was stored."""
    wait_until(lambda: world.moves() == [bad, good], what="the way back")
    (row,) = world.rows(ROLLBACKS)
    rollback = world.follow(row["id"])
    assert rollback["status"] == "completed", rollback
    assert world.live() == good
    return rollback, row["evidence"]


def left(world: World) -> str | None:
    found = world.rows(STRAGGLERS)[0]["stragglers"]
    return found and found["deployment_id"]


def starts_of_the_ceremony(world: World) -> str:
    events = world.visitor.get("/api/timeline").json()["events"]
    return next(event["starts_at"] for event in events if event["id"] == "ceremony")


def account(what: str, evidence: dict, rollback: dict, visitors: Visitors) -> str:
    outage = outage_of(visitors.visits)
    return (
        f"{what}: {outage.seconds:.1f} s from the first bad answer to the first good one after the"
        f" last bad one, {outage.failed} of {outage.visits} visits failed; by"
        f" {evidence['source']} ({evidence['path']}), rolled back in"
        f" {rollback['duration_ms'] / 1000:.1f} s"
    )
