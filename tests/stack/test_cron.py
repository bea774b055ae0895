"""Crons are fired as the platform fires them."""

import queue
from datetime import UTC, datetime

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from dev.cron import CronTable, is_due, seconds_to_next_minute
from dev.serving import serve
from dev.vercel_json import Cron
from tests.waiting import PATIENCE_SECONDS

SUNDAY = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "schedule",
    ["* * * * *", "30 16 * * *", "*/10 * * * *", "0,30 * 22 11 0", "0-45/15 16 * * *"],
)
def test_a_schedule_names_its_minutes(schedule):
    assert is_due(schedule, SUNDAY)


@pytest.mark.parametrize(
    "schedule", ["31 * * * *", "*/7 * * * *", "30 17 * * *", "* * * * 1-6", "* * 1 * *"]
)
def test_a_schedule_names_no_other_minute(schedule):
    assert not is_due(schedule, SUNDAY)


def test_the_next_minute_is_waited_for():
    assert seconds_to_next_minute(SUNDAY.replace(second=59, microsecond=500_000)) == 0.5
    assert seconds_to_next_minute(SUNDAY) == 60


@pytest.fixture
def calls():
    return queue.Queue()


@pytest.fixture
def project(calls):
    async def sweep(request):
        calls.put((request.method, request.url.path, dict(request.headers)))
        return PlainTextResponse("busy", 503)

    with serve(Starlette(routes=[Route("/api/cron/sweep", sweep)])) as served:
        yield served


@pytest.fixture
def said():
    return queue.Queue()


@pytest.fixture
def table(project, said):
    crons = [Cron("/api/cron/sweep", "* * * * *")]
    table = CronTable(crons, project.url, "the-secret", said.put)
    table.start()
    yield table
    table.stop()


def test_a_cron_is_called_with_the_platforms_headers(table, calls):
    method, path, headers = calls.get(timeout=PATIENCE_SECONDS)

    assert (method, path) == ("GET", "/api/cron/sweep")
    assert headers["authorization"] == "Bearer the-secret"
    assert headers["user-agent"] == "vercel-cron/1.0"
    assert headers["x-vercel-cron-schedule"] == "* * * * *"


def test_a_cron_that_fails_is_told(table, said):
    assert said.get(timeout=PATIENCE_SECONDS) == "cron /api/cron/sweep failed: 503 busy"
