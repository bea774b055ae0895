"""The platform's events over HTTP: replays and old ones are answered 200, and not acted on."""

import hashlib
import hmac
import json
import time
from importlib import import_module

import httpx
import pytest

SECRET = "webhook-secret"
HOUR = 3600
function = import_module("api.webhooks.vercel")
caches = (import_module("lib.settings").settings, import_module("lib.wiring").services)


@pytest.fixture
async def send(variables, services, monkeypatch, platform):
    """Sends an event as the platform does; the answer's status, and how often it was asked then."""
    for name, value in (variables | {"WEBHOOK_SECRET": SECRET}).items():
        monkeypatch.setenv(name, value)
    for cache in caches:
        cache.cache_clear()

    async def send(body: bytes, secret: str = SECRET) -> tuple[int, int]:
        platform.clear_calls()
        signature = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
        transport = httpx.ASGITransport(function.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://control") as http:
            answer = await http.post(
                "/api/webhooks/vercel", content=body, headers={"x-vercel-signature": signature}
            )
        return answer.status_code, len(platform.calls())

    yield send
    await caches[1]().close()
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def event(platform):
    def event(id_: str = "evt_1", age: float = 0) -> bytes:
        created = int((time.time() - age) * 1000)
        payload = {"project": {"id": platform.config.project_id}}
        told = {"id": id_, "type": "deployment.promoted", "createdAt": created, "payload": payload}
        return json.dumps(told).encode()

    return event


async def test_the_platform_is_asked_what_is_live(send, event):
    status, asked = await send(event())

    assert status == 200
    assert asked


async def test_a_replay_is_answered_and_not_acted_on(send, event):
    body = event()
    await send(body)

    assert await send(body) == (200, 0)


@pytest.mark.parametrize("age", [25 * HOUR + 60, -HOUR], ids=["old", "ahead"])
async def test_one_of_another_time_is_answered_logged_and_not_acted_on(send, event, caplog, age):
    assert await send(event(age=age)) == (200, 0)
    assert "event_not_acted_on" in [record.getMessage() for record in caplog.records]


async def test_a_tampered_one_is_refused(send, event):
    assert await send(event(), secret="another") == (401, 0)
