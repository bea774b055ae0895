"""The real OFREP providers, for Python, for Node and for browsers, read the stack's switches."""

import json
import subprocess
from contextlib import contextmanager

import pytest
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

from dev.ofrep import reader_command
from dev.serving import serve
from tests.waiting import PATIENCE_SECONDS, wait_until

RSVP, SEATING = "rsvp-emails", "seating-plan"


@pytest.fixture(scope="session")
def reader():
    """Node, with the providers that npm has."""
    with subprocess.Popen(
        reader_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def read(provider: str, url: str, headers: dict, *reads: dict) -> list[dict]:
            asked = {"provider": provider, "url": url, "headers": [*headers.items()]}
            process.stdin.write(json.dumps(asked | {"reads": [*reads]}) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield read
        process.kill()


@pytest.fixture(params=["python", "server", "web"])
def ask(request, world, reader):
    """One switch as a provider's user sees it."""
    app = {"Authorization": f"Bearer {world.stack['flags_token']}"}

    def ask(key=RSVP, *, default=False, context=None, url=None, headers=app):
        url = url or world.stack["control_plane"]
        if request.param != "python":
            one = {"key": key, "default": default, "context": context or {}}
            return reader(request.param, url, headers, one)[0]
        api.set_provider(
            OFREPProvider(url, headers_factory=lambda: headers, timeout=PATIENCE_SECONDS)
        )
        client, given = api.get_client(), EvaluationContext(**(context or {}))
        kind = client.get_string_details if isinstance(default, str) else client.get_boolean_details
        details = kind(key, default, given)
        return {
            "value": details.value,
            "reason": details.reason,
            "variant": details.variant,
            "errorCode": details.error_code,
        }

    ask.provider = request.param
    return ask


@contextmanager
def answering(status: int, headers: dict[str, str]):
    async def app(scope, receive, send):
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": b"{}"})

    with serve(app) as served:
        yield served.url


def turn(world, state, key=RSVP):
    body = {"environment": "production", "key": key, "state": state, "reason": "Error rate is high"}
    answer = world.api.put("/api/flags", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def is_turned(world, state):
    body = {"environment": "production", "key": RSVP, "state": state, "reason": "It is over"}
    return world.api.put("/api/flags", json=body).is_success


def test_a_switch_that_is_on_is_true(world, ask):
    told = ask()

    assert (told["value"], told["reason"], told["variant"]) == (True, "STATIC", "on")


def test_one_that_is_turned_off_is_false_for_everybody_soon_and_true_again(world, ask):
    assert turn(world, "off")["changed"]
    wait_until(lambda: ask(default=True)["value"] is False, "the change")
    off = ask(default=True)
    turn(world, "on")
    wait_until(lambda: ask()["value"] is True, "the change back")

    assert (off["reason"], off["variant"]) == ("DISABLED", "off")


def test_what_is_not_there_is_the_default_and_an_error_that_says_so(world, ask):
    told = ask("none", default=True)

    assert (told["value"], told["errorCode"]) == (True, "FLAG_NOT_FOUND")


def test_another_type_is_the_default_and_an_error_that_says_so(world, ask):
    told = ask(default="fallback")

    assert (told["value"], told["errorCode"]) == ("fallback", "TYPE_MISMATCH")


def test_a_context_is_taken_and_decides_nothing(world, ask):
    key = "targeting_key" if ask.provider == "python" else "targetingKey"
    assert ask(context={key: "guest-7"})["value"] is True


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_without_the_secret_it_is_the_default(world, ask, secret):
    told = ask(default=True, headers={"Authorization": f"Bearer {secret}"})

    assert told["value"] is True
    assert told["errorCode"] is not None


def test_where_nobody_answers_it_is_the_default(ask):
    assert ask(default=True, url="http://127.0.0.1:9")["value"] is True


def test_who_is_asked_to_wait_falls_back_on_the_default(ask):
    with answering(429, {"retry-after": "2", "content-type": "application/json"}) as url:
        assert ask(default=True, url=url)["value"] is True


def test_while_postgres_and_redis_are_away_what_was_last_seen_is_read(world, ask):
    turn(world, "off")
    wait_until(lambda: ask(default=True)["value"] is False, "the change")
    world.hold("valkey")
    world.hold("postgres")
    try:
        wait_until(lambda: ask(default=True)["reason"] == "STALE", "the outage")
        told = ask(default=True)
    finally:
        world.let_go("postgres")
        world.let_go("valkey")
        wait_until(lambda: is_turned(world, "on"), what="Postgres")

    assert (told["value"], told["reason"]) == (False, "STALE")


def test_a_web_page_is_told_once_and_then_only_what_changed(world, reader):
    headers = {"X-API-Key": world.stack["flags_token"]}
    reads = [{"key": key, "default": False, "context": {}} for key in (RSVP, SEATING)]
    *told, seen = reader("web", world.stack["control_plane"], headers, *reads)

    assert [one["value"] for one in told] == [True, True]
    assert seen["statuses"] == [200, 304]
