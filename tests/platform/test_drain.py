"""The log drain: real traffic, several entries per request, signed, sent until accepted."""

import hashlib
import hmac
import json

import httpx
import pytest

from dev.platform import Config, Endpoint, Platform
from tests.waiting import PATIENCE_SECONDS

PRODUCTION = "production-wedsync.vercel.app"


@pytest.fixture(scope="module")
def drained(receiver_at, database_url):
    """A platform of its own, which drains to the receiver."""
    config = Config(
        app_database_url=database_url,
        drains=[Endpoint(url=receiver_at[1] + "/", secret="drain-secret")],
        drain_seconds=0.02,
        redelivery_seconds=0.02,
        function_seconds=PATIENCE_SECONDS,
    )
    with Platform(config) as platform:
        platform.release("good")
        platform.snapshot()
        yield platform


@pytest.fixture
def visit(drained, receiver):
    drained.restore()

    def visit(path, host=PRODUCTION):
        headers = {"host": host, "user-agent": "guest"}
        return httpx.get(
            drained.edge_url + path, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False
        )

    return visit


def entries(receiver):
    return [json.loads(line) for _, body in receiver.received for line in body.splitlines()]


def test_one_request_gives_several_entries_that_share_its_id(drained, visit, receiver, eventually):
    answer = visit("/api/vendors")
    eventually(lambda: len(entries(receiver)) == 2)

    drained_entries = entries(receiver)
    assert {entry["requestId"] for entry in drained_entries} == {answer.headers["x-vercel-id"]}
    assert len({entry["id"] for entry in drained_entries}) == 2


def test_an_entry_says_what_was_asked_of_which_deployment(drained, visit, receiver, eventually):
    visit("/api/vendors?from=page")
    eventually(lambda: entries(receiver))

    entry = entries(receiver)[0]
    assert entry["deploymentId"] == drained.state()["deployments"][0]["id"]
    assert (entry["projectId"], entry["environment"]) == ("prj_wedsync", "production")
    assert (entry["source"], entry["statusCode"], entry["level"]) == ("lambda", 200, "info")
    assert entry["proxy"]["host"] == PRODUCTION
    assert entry["proxy"]["path"] == "/api/vendors"
    assert entry["proxy"]["userAgent"] == ["guest"]


def test_a_crash_is_minus_one_behind_a_500(drained, visit, receiver, eventually):
    drained.release("crash")
    visit("/")
    eventually(lambda: len(entries(receiver)) == 3)

    assert {entry["statusCode"] for entry in entries(receiver)} == {-1}
    assert {entry["proxy"]["statusCode"] for entry in entries(receiver)} == {500}
    assert "error" in {entry["level"] for entry in entries(receiver)}


def test_batches_are_signed_ndjson(visit, receiver, eventually):
    visit("/")
    eventually(lambda: receiver.received)

    headers, body = receiver.received[0]
    signed = hmac.new(b"drain-secret", body, hashlib.sha1).hexdigest()
    assert headers["x-vercel-signature"] == signed
    assert headers["content-type"] == "application/x-ndjson"
    assert headers["user-agent"] == "VercelDrain/1.0"


def test_a_batch_that_is_refused_comes_again_whole(visit, receiver, eventually):
    receiver.refuse = 2
    visit("/")

    eventually(lambda: len(receiver.received) == 3)
    bodies = [body for _, body in receiver.received]
    assert bodies[0] == bodies[1] == bodies[2]


def test_what_reaches_no_deployment_is_not_drained(visit, receiver, eventually):
    visit("/", host="nowhere.vercel.app")
    visit("/api/vendors")
    eventually(lambda: entries(receiver))

    assert {entry["host"] for entry in entries(receiver)} == {PRODUCTION}
