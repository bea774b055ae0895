"""Events: signed, sent until they are accepted, and with the platform's payloads."""

import hashlib
import hmac
import json

SECRET = b"hook-secret"


def events(receiver):
    return [json.loads(body) for _, body in receiver.received]


def of_kind(receiver, kind):
    return [event for event in events(receiver) if event["type"] == kind]


def test_a_release_tells_of_itself_four_times(platform, receiver, eventually):
    v2 = platform.release("good-2")

    eventually(lambda: len(receiver.received) == 4)
    assert {event["type"] for event in events(receiver)} == {
        "deployment.created",
        "deployment.succeeded",
        "deployment.ready",
        "deployment.promoted",
    }
    assert {event["payload"]["deployment"]["id"] for event in events(receiver)} == {v2["id"]}


def test_an_event_says_which_deployment_of_which_project(platform, receiver, eventually):
    v2 = platform.release("good-2")
    eventually(lambda: of_kind(receiver, "deployment.ready"))

    event = of_kind(receiver, "deployment.ready")[0]
    assert event["id"]
    assert event["createdAt"] > 1_700_000_000_000
    assert event["payload"]["project"] == {"id": "prj_wedsync"}
    assert event["payload"]["team"] == {"id": "team_wedsync"}
    assert event["payload"]["target"] == "production"
    assert event["payload"]["deployment"]["url"] == v2["url"]
    assert event["payload"]["deployment"]["meta"]["githubCommitSha"] == v2["sha"]


def test_events_are_signed(platform, receiver, eventually):
    platform.release("good-2")
    eventually(lambda: receiver.received)

    headers, body = receiver.received[0]
    assert headers["x-vercel-signature"] == hmac.new(SECRET, body, hashlib.sha1).hexdigest()


def test_an_event_that_is_refused_comes_again(platform, receiver, eventually):
    receiver.refuse = 3

    platform.release("good-2", live=False)

    eventually(lambda: platform.state()["undelivered"] == 0)
    ids = [event["id"] for event in events(receiver)]
    assert len(ids) == 6
    assert len(set(ids)) == 3


def test_a_rollback_has_an_event_of_its_own(platform, switch, v1, receiver, eventually):
    v2 = platform.release("good-2")
    switch.roll_back(v1)
    eventually(lambda: of_kind(receiver, "deployment.rollback"))
    switch.end()

    payload = of_kind(receiver, "deployment.rollback")[0]["payload"]
    promoted = of_kind(receiver, "deployment.promoted")
    assert (payload["fromDeploymentId"], payload["toDeploymentId"]) == (v2["id"], v1["id"])
    assert [event["payload"]["deployment"]["id"] for event in promoted] == [v2["id"]]


def test_a_promotion_tells_of_the_promoted(platform, switch, v1, receiver, eventually):
    staged = platform.release("good-2", live=False)
    switch.promote(staged)

    eventually(lambda: of_kind(receiver, "deployment.promoted"))
    event = of_kind(receiver, "deployment.promoted")[0]
    assert event["payload"]["deployment"]["id"] == staged["id"]
