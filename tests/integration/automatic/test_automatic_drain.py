"""A batch of the log drain is counted, answered, and judged at once: nobody waits for a sweep."""

import asyncio
import hashlib
import hmac
import json
import time
from importlib import import_module

import httpx
import pytest

from lib.health.baseline import ALL

SECRET = "drain-secret"
PROJECT = "prj_wedsync"
drain_function = import_module("api.drains.logs")


@pytest.fixture
def variables(variables, monkeypatch):
    """The function has its settings from the environment, as on the platform."""
    variables |= {"DRAIN_SECRET": SECRET}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
async def deliver(services):
    """As the platform calls the function; what goes on after the answer is waited for."""
    drain_function.settings.cache_clear()
    drain_function.services.cache_clear()
    function = drain_function.services()
    function.autopilot.decider.gate.span_seconds = 0.1
    transport = httpx.ASGITransport(drain_function.app)

    async def deliver(body):
        digest = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
        headers = {"x-vercel-signature": digest}
        return await client.post("/api/drains/logs", content=body, headers=headers)

    async with httpx.AsyncClient(transport=transport, base_url="http://control") as client:
        yield deliver
    await function.close()
    drain_function.settings.cache_clear()
    drain_function.services.cache_clear()


def batch(deployment_id, *, ago=100, seconds=90, per_second=5):
    """Every second request fails; each entry is repeated, as the platform does."""
    begin = time.time() - ago
    entries = [
        {
            "requestId": f"r{i}",
            "deploymentId": deployment_id,
            "projectId": PROJECT,
            "source": "lambda",
            "statusCode": 500 if i % 2 else 200,
            "proxy": {
                "timestamp": (begin + i / per_second) * 1000,
                "clientIp": f"198.51.100.{i % 50}",
                "method": "GET",
                "path": "/",
            },
        }
        for i in range(seconds * per_second)
    ]
    return json.dumps(entries * 2).encode()


async def test_a_batch_that_shows_a_broken_release_takes_production_back(
    deliver, live_since, releases, rollbacks, rows, live_moves
):
    await live_since(releases.v3, 400)

    answer = await deliver(batch(releases.v3))

    assert answer.status_code == 200
    assert await rollbacks() == [(releases.v3, releases.v2, True)]
    assert live_moves()[-1] == releases.v2
    [row] = await rows("SELECT status FROM rollbacks")
    assert row["status"] == "completed"


async def test_the_same_batch_from_several_at_once_is_one_rollback(
    deliver, live_since, releases, rollbacks, rows
):
    await live_since(releases.v3, 400)
    body = batch(releases.v3)

    answers = await asyncio.gather(*(deliver(body) for _ in range(5)))

    assert {answer.status_code for answer in answers} == {200}
    assert len(await rollbacks()) == 1
    verdicts = await rows("SELECT findings FROM verdicts WHERE state = 'rollback'")
    streams = [s for verdict in verdicts for s in verdict["findings"]["streams"]]
    rates = {round(s["rate"], 1) for s in streams if s["stream"] == ALL}
    assert rates == {0.5}


async def test_a_batch_is_counted_while_postgres_is_away(deliver, services, releases, monkeypatch):
    function = drain_function.services()
    await function.database.close()
    monkeypatch.setattr(function.database, "url", "postgresql://127.0.0.1:9/none")

    answer = await deliver(batch(releases.v3, seconds=2))

    now = int(time.time())
    reading = await services.counts.read(releases.v3, [ALL], now - 300, now)
    assert answer.status_code == 200
    assert sum(one.requests for one in reading.seen[ALL]) == 10
