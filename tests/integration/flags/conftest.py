"""Switches that were told of, and functions as the platform calls them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from importlib import import_module

import httpx
import pytest

from lib.access.models import Caller, Role
from lib.flags.models import CHANGE, FlagChange
from lib.redis import RedisUnavailable
from lib.rollback.models import Environment

PRODUCTION = Environment.PRODUCTION
HOST = "http://control.example"
TOKEN, STAGING_TOKEN = "the-apps-secret", "the-apps-staging-secret"
RSVP = {
    "key": "rsvp-emails",
    "title": "RSVP e-mails",
    "loses": "Guests do not get confirmation mails.",
    "owner": "Guests team",
}
SEATING = {
    "key": "seating",
    "title": "Seating plan",
    "loses": "Couples cannot move guests between tables.",
    "owner": "Planning team",
    "safe_default": "off",
    "environments": ["production"],
}
TIMELINE = {
    "key": "timeline",
    "title": "Timeline",
    "loses": "Vendors do not see when anything happens.",
    "owner": "Day team",
    "stays_on_because": "Vendors would miss the ceremony.",
}
FLAGS = [RSVP, SEATING, TIMELINE]
ROWS = """
SELECT r.feature_name, r.previous_state, r.reason, r.rolled_back_by,
       r.restored_at IS NOT NULL AS restored, d.environment, d.restored_by
  FROM feature_rollbacks r JOIN feature_rollback_details d USING (id) ORDER BY r.rolled_back_at
"""
AUDITED = "SELECT actor, action, subject, reason FROM audit WHERE action LIKE 'flag%%' ORDER BY id"


@pytest.fixture
def variables(variables) -> dict[str, str]:
    return variables | {
        "FLAGS_TOKEN": f"an-older-secret, {TOKEN}",
        "FLAGS_TOKEN_STAGING": STAGING_TOKEN,
        "FLAG_SAFE_DEFAULTS": "rsvp-emails=on seating=off",
    }


@pytest.fixture
async def services(services):
    """Three switches, as the app's CI told of them; and an empty Redis."""
    with suppress(RedisUnavailable):
        await services.redis.run("FLUSHALL")
    await services.flags.change(read({"flags": FLAGS}), Caller(name="CI", role=Role.RECORDER))
    return services


def read(body: dict) -> object:
    return CHANGE.validate_python(body)


@pytest.fixture
def flip(services) -> Callable[..., Awaitable[FlagChange]]:
    async def flip(
        key: str, state: str, by: str = "Grace", role: Role = Role.OPERATOR, **more: object
    ) -> FlagChange:
        body = {"environment": "production", "reason": "Error rate is high"} | more
        change = read(body | {"key": key, "state": state})
        return await services.flags.change(change, Caller(name=by, role=role))

    return flip


@pytest.fixture
def states(services):
    """What apps are told, by switch."""

    async def states(environment: Environment = PRODUCTION) -> dict[str, str]:
        services.flags.switchboard.remember_seconds = 0
        known = await services.flags.switchboard.look(environment)
        return dict(known.snapshot.states)

    return states


@pytest.fixture
def rows(control):
    async def rows(query: str, *arguments: object) -> list[tuple[object, ...]]:
        cursor = await control.execute(query, arguments)
        return [tuple(row.values()) for row in await cursor.fetchall()]

    return rows


@pytest.fixture
async def ask(services, variables, monkeypatch) -> AsyncIterator[Callable[..., httpx.Response]]:
    """The function as the platform calls it: a rewrite keeps the path that was asked."""
    function = import_module("api.flags")
    for module in (function, import_module("lib.wiring")):
        monkeypatch.setattr(module, "services", lambda: services)
    transport = httpx.ASGITransport(function.app)
    async with httpx.AsyncClient(transport=transport, base_url=HOST) as http:
        yield http.request
