"""The story by hand, through the API alone: what an operator sends, and what a monitor sees."""

from concurrent.futures import ThreadPoolExecutor

from tests.story.world import FINAL, World
from tests.waiting import wait_until

KEY = "the-bride-is-waiting"
HEALTH_KEYS = {"api", "database", "redis", "stripe", "timestamp", "deployment_id"}


def test_an_operator_takes_a_wrong_page_back_and_sees_every_step(young_world, v1, tell):
    """Its health is good, so nobody but a person can know."""
    world = young_world
    bad = world.release("wrong-content")["id"]
    wait_until(lambda: world.live_in_overview() == bad, what="the news of the release")
    wrong = world.visitor.get("/").text

    accepted = world.trigger(KEY, expected_current=bad, reason="The page shows another wedding")

    assert accepted.status_code == 202, accepted.text
    assert accepted.json()["success"] is True
    assert accepted.headers["location"] == f"/api/rollback/status/{accepted.json()['rollback_id']}"
    seen = [world.api.get(accepted.headers["location"]).json()]
    while seen[-1]["status"] not in FINAL:
        seen.append(world.api.get(accepted.headers["location"]).json())
    ended = seen[-1]
    assert ended["status"] == "completed", ended
    assert ended["steps_completed"] == ["record", "switch", "database", "caches", "verify"]
    assert ended["current_step"] == "verify"
    assert ended["target"]["deployment_id"] == v1
    assert ended["from_deployment"]["deployment_id"] == bad
    assert ended["requested_by"] == "Olga Operator"
    assert in_order([len(status["steps_completed"]) for status in seen])
    assert world.visitor.get("/").text != wrong
    assert world.visitor.get("/api/health").json()["deployment_id"] == v1
    tell(f"By hand: {ended['duration_ms'] / 1000:.2f} s, " + in_words(ended))


def test_the_same_key_is_the_same_rollback_also_when_it_has_ended(world):
    first = world.trigger(KEY)
    world.follow(first.json()["rollback_id"])

    again = world.trigger(KEY)

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["rollback_id"] == first.json()["rollback_id"]


def test_the_same_key_with_another_body_is_refused(world):
    world.follow(world.trigger(KEY).json()["rollback_id"])

    refused = world.trigger(KEY, reason="Something else")

    assert refused.status_code == 422
    assert "Idempotency-Key" in refused.json()["detail"]


def test_a_monitor_sees_a_healthy_control_plane_all_the_while(world):
    with ThreadPoolExecutor(1) as pool:
        rollback = pool.submit(lambda: world.follow(world.start()))
        answers = [monitor(world)]
        while not rollback.done():
            answers.append(monitor(world))

    assert rollback.result()["status"] == "completed"
    # What has not answered within a fraction of a second is unknown to it, on a busy machine.
    assert {state for answer in answers for state in states(answer)} <= {"healthy", "unknown"}
    wait_until(lambda: monitor(world).status_code == 200, what="its good health")
    assert {frozenset(answer.json()) for answer in answers} == {frozenset(HEALTH_KEYS)}
    assert {answer.json()["deployment_id"] for answer in answers} == {"dpl_control_plane"}
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


def test_a_viewer_may_watch_and_not_press(world):
    viewer = world.as_role("viewer")
    body = {"deployment_id": "last-stable", "reason": "I may not", "environment": "production"}

    refused = viewer.post("/api/rollback/trigger", json=body)
    rollback_id = world.start()

    assert refused.status_code == 403
    assert viewer.get(f"/api/rollback/status/{rollback_id}").status_code == 200
    assert world.follow(rollback_id)["status"] == "completed"


def states(answer) -> list[str]:
    return [answer.json()[name] for name in ("api", "database", "redis", "stripe")]


def monitor(world: World):
    """An external monitor: nobody we know."""
    return world.anybody(world.api.base_url.netloc.decode()).get("/api/health")


def in_order(numbers: list[int]) -> bool:
    return numbers == sorted(numbers)


def in_words(status) -> str:
    return ", ".join(f"{s['name']} {(s['duration_ms'] or 0) / 1000:.2f} s" for s in status["steps"])
