"""Evaluation over HTTP, as the platform's rewrite brings it: who may, and what is answered."""

import pytest

from lib.access.models import Role
from lib.access.store import AccessStore
from lib.flags.limiter import Limiter
from lib.redis import RedisClient
from tests.integration.flags.conftest import STAGING_TOKEN, TOKEN

ALL = "/ofrep/v1/evaluate/flags"
ONE = f"{ALL}/rsvp-emails"
APP = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def mint(services):
    async def mint(role: Role) -> dict[str, str]:
        access = AccessStore(services.database)
        token = await access.mint(name=f"a {role}", role=role, by="test", lifetime=None)
        return {"authorization": f"Bearer {token}"}

    return mint


async def test_one_switch_is_told(ask):
    answer = await ask("POST", ONE, headers=APP, json={"context": {"targetingKey": "guest-7"}})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "key": "rsvp-emails",
        "value": True,
        "reason": "STATIC",
        "variant": "on",
        "metadata": {},
    }


async def test_all_are_told_once_and_then_only_when_something_changed(ask, flip):
    first = await ask("POST", ALL, headers=APP)
    tag = first.headers["etag"]
    same = await ask("POST", ALL, headers=APP | {"if-none-match": f'"other", W/{tag}'})
    await flip("rsvp-emails", "off")
    changed = await ask("POST", ALL, headers=APP | {"if-none-match": tag})

    assert {one["key"]: one["value"] for one in first.json()["flags"]} == {
        "rsvp-emails": True,
        "seating": False,
        "timeline": True,
    }
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert changed.status_code == 200
    [off] = [one for one in changed.json()["flags"] if one["key"] == "rsvp-emails"]
    assert (off["value"], off["reason"]) == (False, "DISABLED")


async def test_an_environment_is_known_by_its_secret(ask, flip):
    await flip("rsvp-emails", "off", environment="staging")
    staging = await ask("POST", ONE, headers={"x-api-key": STAGING_TOKEN})
    production = await ask("POST", ONE, headers={"x-api-key": TOKEN})
    elsewhere = await ask("POST", f"{ALL}/seating", headers={"x-api-key": STAGING_TOKEN})

    assert (staging.json()["value"], production.json()["value"]) == (False, True)
    assert (elsewhere.status_code, elsewhere.json()["errorCode"]) == (404, "FLAG_NOT_FOUND")


@pytest.mark.parametrize("header", ["Bearer an-older-secret", f"bearer {TOKEN}"])
async def test_two_secrets_are_good_while_one_is_replaced(ask, header):
    assert (await ask("POST", ONE, headers={"authorization": header})).status_code == 200


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer "}, {"x-api-key": "wrong"}, {"x-api-key": "é"}]
)
async def test_nobody_else_is_let_in(ask, headers):
    encoded = {name: value.encode() for name, value in headers.items()}
    assert (await ask("POST", ONE, headers=encoded)).status_code == 401


async def test_a_viewer_may_look_and_a_recorder_may_not(ask, mint):
    viewer = await ask("POST", f"{ONE}?environment=staging", headers=await mint(Role.VIEWER))
    recorder = await ask("POST", ONE, headers=await mint(Role.RECORDER))

    assert viewer.json()["value"] is True
    assert recorder.status_code == 403


async def test_an_unset_secret_lets_nobody_in(ask, services):
    services.flags.door.secrets.clear()

    for given in ("", TOKEN):
        answer = await ask("POST", ONE, headers={"authorization": f"Bearer {given}"})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (f"{ALL}/none", b"", 404, "FLAG_NOT_FOUND"),
        (f"{ALL}/a%2Fb", b"", 404, "FLAG_NOT_FOUND"),
        (ONE, b"{", 400, "PARSE_ERROR"),
        (ONE, b'{"context": 7}', 400, "INVALID_CONTEXT"),
        (ONE, b'{"context": {"targetingKey": null}}', 400, "TARGETING_KEY_MISSING"),
        (ALL, b"[1]", 400, "PARSE_ERROR"),
    ],
)
async def test_errors_are_the_protocols_own(ask, path, body, status, code):
    answer = await ask("POST", path, headers=APP, content=body)

    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)
    assert answer.json()["errorDetails"]


async def test_who_asks_too_often_is_told_when_to_come_back(ask, services, mint):
    limiter = Limiter(per_second=1, clock=lambda: 0.0)
    object.__setattr__(services.flags.door, "limiter", limiter)
    await ask("POST", ONE, headers=APP)
    answer = await ask("POST", ONE, headers=APP)
    other = await ask("POST", ONE, headers=await mint(Role.VIEWER))

    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert other.status_code == 200


async def test_the_apps_way_in_is_open_while_postgres_and_redis_are_away(ask, services):
    await ask("POST", ALL, headers=APP)
    services.flags.switchboard.remember_seconds = 0
    services.flags.switchboard.copies = type(services.flags.switchboard.copies)(
        RedisClient("http://127.0.0.1:9", "x")
    )
    services.database.url = "postgresql://127.0.0.1:9/none"
    await services.database.close()
    answer = await ask("POST", ONE, headers=APP)

    assert (answer.status_code, answer.json()["reason"]) == (200, "STALE")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_evaluation_is_a_post(ask, method):
    assert (await ask(method, ONE, headers=APP)).status_code == 405


async def test_people_list_and_turn_switches(ask, mint):
    viewer, operator = await mint(Role.VIEWER), await mint(Role.OPERATOR)
    body = {
        "environment": "production",
        "key": "rsvp-emails",
        "state": "off",
        "reason": "Error rate is high",
    }
    refused = await ask("PUT", "/api/flags", headers=viewer, json=body)
    turned = await ask("PUT", "/api/flags", headers=operator, json=body)
    listed = await ask("GET", "/api/flags", headers=viewer)
    stays = await ask("PUT", "/api/flags", headers=operator, json=body | {"key": "timeline"})
    unread = await ask("PUT", "/api/flags", headers=operator, json=body | {"state": "half"})
    nobody = await ask("PUT", "/api/flags", json=body)

    assert (refused.status_code, nobody.status_code) == (403, 401)
    assert turned.json()["changed"] is True
    [first, *_] = listed.json()["flags"]
    assert (first["key"], first["state"], first["changed_by"]) == (
        *("rsvp-emails", "off"),
        "a operator",
    )
    assert listed.json()["can_turn"] is False
    assert (stays.status_code, stays.json()["type"].partition("#")[2]) == (422, "cannot-turn-off")
    assert unread.json()["errors"][0]["pointer"] == "#/state"
