"""The log drain's URL: signed batches are counted, an outage of Redis is told once and survived."""

import gzip
import hashlib
import hmac
import json
import time
from importlib import import_module

import httpx
import pytest

from dev.serving import serve
from dev.upstash import upstash_app
from dev.valkey import Valkey
from lib import errors
from lib.access.doors import DELIVERED_BYTES
from lib.settings import load
from lib.traffic.streams import ALL
from lib.wiring import build
from tests.conftest import REDIS_TOKEN

SECRET = "drain-secret"
APP = "prj_app"
DEPLOYMENT = "dpl_1"
drain_function = import_module("api.drains.logs")


def batch(*request_ids, status=200):
    now = int(time.time())
    start = now - now % 10 - 60
    return "\n".join(
        json.dumps(
            {
                "requestId": request_id,
                "deploymentId": DEPLOYMENT,
                "projectId": APP,
                "source": "lambda",
                "statusCode": status,
                "proxy": {"timestamp": start * 1000, "clientIp": request_id, "method": "GET"},
            }
        )
        for request_id in request_ids
    ).encode()


def signed(body, secret=SECRET):
    return {"x-vercel-signature": hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()}


async def take(services, body):
    return await services.drain.count(services.drain.read(body, ""))


@pytest.fixture
def valkey():
    with Valkey.start(None) as valkey:
        yield valkey


@pytest.fixture
def variables(database_url, valkey):
    with serve(upstash_app(valkey.url, REDIS_TOKEN)) as served:
        yield {
            "DATABASE_URL": database_url,
            "UPSTASH_REDIS_REST_URL": served.url,
            "UPSTASH_REDIS_REST_TOKEN": REDIS_TOKEN,
            "APP_PROJECT_ID": APP,
            "DRAIN_SECRET": SECRET,
            "DRAIN_VERIFY_TOKEN": "verify-me",
        }


@pytest.fixture
async def services(variables):
    services = build(load(variables))
    yield services
    await services.close()


@pytest.fixture
def requests(services):
    """How many requests are counted."""

    async def requests():
        now = int(time.time())
        reading = await services.counts.read(DEPLOYMENT, [ALL], now - 300, now)
        return sum(one.requests for one in reading.seen[ALL])

    return requests


@pytest.fixture
def alerts(control):
    async def alerts():
        cursor = await control.execute(
            "SELECT environment, resolved_at IS NOT NULL AS over FROM alerts"
            " WHERE kind = 'evidence_lost' ORDER BY id"
        )
        return [(row["environment"], row["over"]) for row in await cursor.fetchall()]

    return alerts


@pytest.fixture
async def ask(variables, monkeypatch):
    """The function as the platform calls it; its own settings come from the environment."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    drain_function.settings.cache_clear()
    drain_function.services.cache_clear()
    transport = httpx.ASGITransport(drain_function.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://control") as client:
        yield client
    await drain_function.services().close()
    drain_function.settings.cache_clear()
    drain_function.services.cache_clear()


async def test_a_signed_batch_is_counted_and_answered_with_the_token(ask, requests):
    body = batch("one", "two")
    answer = await ask.post("/api/drains/logs", content=body, headers=signed(body))

    assert (answer.status_code, answer.headers["x-vercel-verify"]) == (200, "verify-me")
    assert await requests() == 2


async def test_a_gzipped_batch_is_signed_as_it_is_sent(ask, requests):
    body = gzip.compress(batch("one", "two"))
    headers = {**signed(body), "content-encoding": "gzip"}
    answer = await ask.post("/api/drains/logs", content=body, headers=headers)

    assert (answer.status_code, await requests()) == (200, 2)


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-vercel-signature": "0" * 40}, signed(batch("one"), "other"), signed(b"another body")],
    ids=["missing", "wrong", "another secret", "another body"],
)
async def test_what_is_not_signed_is_refused_and_not_counted(ask, requests, headers):
    answer = await ask.post("/api/drains/logs", content=batch("one"), headers=headers)

    assert answer.status_code == 401
    assert answer.json()["type"].endswith("#bad-signature")
    assert await requests() == 0


async def test_a_body_that_is_too_large_is_refused(ask):
    body = b" " * (DELIVERED_BYTES + 1)
    answer = await ask.post("/api/drains/logs", content=body, headers=signed(body))

    assert answer.status_code == 422


async def test_a_bomb_is_refused_before_it_is_counted(ask, requests):
    body = gzip.compress(b" " * 60_000_000)
    answer = await ask.post("/api/drains/logs", content=body, headers=signed(body))

    assert (answer.status_code, await requests()) == (422, 0)


async def test_a_broken_line_costs_only_itself(services, requests):
    body = b"{oops}\n" + batch("one", "two")
    counted = await take(services, body)

    assert (counted.new, counted.drain.broken, await requests()) == (2, 1, 2)


async def test_the_platform_sees_that_the_address_is_ours(ask):
    answer = await ask.get("/api/drains/logs")

    assert (answer.status_code, answer.headers["x-vercel-verify"]) == (200, "verify-me")


async def test_a_batch_that_redis_did_not_count_should_come_again(ask, valkey, alerts):
    body = batch("one")
    valkey.stop()
    answers = [
        await ask.post("/api/drains/logs", content=body, headers=signed(body)) for _ in range(3)
    ]

    assert {answer.status_code for answer in answers} == {503}
    assert answers[0].json()["type"].endswith("#evidence-unavailable")
    assert await alerts() == [("production", False)]


async def test_counting_starts_again_by_itself(services, valkey, requests, alerts):
    body = batch("one", "two")
    valkey.stop()
    with pytest.raises(errors.EvidenceUnavailable):
        await take(services, body)
    valkey.restart()
    await take(services, body)

    assert await requests() == 2
    assert await alerts() == [("production", True)]


async def test_the_next_outage_is_told_again(services, valkey, alerts):
    body = batch("one")
    for _ in range(2):
        valkey.stop()
        with pytest.raises(errors.EvidenceUnavailable):
            await take(services, body)
        valkey.restart()
        await take(services, body)

    assert await alerts() == [("production", True)] * 2


async def test_several_instances_tell_of_one_outage_once(services, variables, valkey, alerts):
    body = batch("one")
    other = build(load(variables))
    valkey.stop()
    for each in (services, other, services):
        with pytest.raises(errors.EvidenceUnavailable):
            await take(each, body)
    await other.close()

    assert await alerts() == [("production", False)]


async def test_a_spent_quota_is_an_outage_too(variables, alerts):
    """Upstash answers an error to every command then."""

    async def spent(scope, receive, send):
        if scope["type"] == "lifespan":
            return
        start = {"type": "http.response.start", "status": 400}
        await send({**start, "headers": [(b"content-type", b"application/json")]})
        body = b'{"error": "ERR max requests limit exceeded. Limit: 500000, Usage: 500000."}'
        await send({"type": "http.response.body", "body": body})

    body = batch("one")
    with serve(spent) as served:
        services = build(load(variables | {"UPSTASH_REDIS_REST_URL": served.url}))
        with pytest.raises(errors.EvidenceUnavailable):
            await take(services, body)
        await services.close()

    assert await alerts() == [("production", False)]


async def test_an_outage_of_both_databases_is_survived(variables, valkey):
    services = build(load(variables | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}))
    body = batch("one")
    valkey.stop()
    with pytest.raises(errors.EvidenceUnavailable):
        await take(services, body)
    await services.close()


async def test_without_redis_nothing_can_be_counted(variables):
    without = {name: value for name, value in variables.items() if "REDIS" not in name}
    services = build(load(without))
    body = batch("one")

    assert await take(services, body) is None
    await services.close()
