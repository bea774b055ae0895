"""What people can do beside rolling back, over HTTP: who may, what is answered, what goes on."""

from tests.story.world import World
from tests.waiting import wait_until

REASON = {"environment": "production", "reason": "I looked at it"}


def operate(world: World, role: str = "operator", **body: object):
    return world.as_role(role).post("/api/operations", json={**REASON, **body})


def fail(world: World) -> str:
    """The id of a rollback that could not begin: its target was never built."""
    broken = world.release("good", live=False, builds=False)["id"]
    rollback_id = world.start(deployment_id=broken, note="To see it fail")
    assert world.follow(rollback_id)["status"] == "failed"
    return rollback_id


def who_took_care(world: World) -> set[str | None]:
    return {alert["acknowledged_by"] for alert in world.overview()["alerts"]}


def test_a_failed_rollback_is_alerted_taken_care_of_and_tried_again(world):
    failed = fail(world)
    [alert] = wait_until(lambda: world.overview()["alerts"], what="the alert on the page")

    taken = operate(world, action="acknowledge", subject=str(alert["id"]))
    again = operate(world, action="retry", subject=failed)

    assert (taken.status_code, taken.json()["changed"]) == (200, True)
    wait_until(lambda: "Olga Operator" in who_took_care(world), what="her name on the page")
    assert again.status_code == 202, again.text
    rollback_id = again.json()["rollback_id"]
    assert again.headers["location"] == f"/api/rollback/status/{rollback_id}"
    step = wait_until(
        lambda: world.step(rollback_id, "record")["state"] == "bad", what="work after the answer"
    )
    assert step
    repeated = operate(world, action="retry", subject=failed)
    assert (repeated.status_code, repeated.json()["changed"]) == (200, False)
    assert repeated.headers["location"] == again.headers["location"]


def test_the_mode_is_an_admins_and_stands_on_the_page(world):
    refused = operate(world, action="set_mode", subject="off")
    done = operate(world, "admin", action="set_mode", subject="off")

    assert (refused.status_code, done.status_code) == (403, 200)
    assert done.json()["changed"] is True
    wait_until(lambda: world.overview()["mode"] == "off", what="the mode on the page")


def test_what_cannot_be_read_is_pointed_at(world):
    refused = operate(world, "admin", action="set_mode", subject="on")

    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == ["#/subject"]


def test_who_only_reads_may_do_none(world):
    assert operate(world, "viewer", action="unlock").status_code == 403
    assert operate(world, "recorder", action="unlock").status_code == 403
