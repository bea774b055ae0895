"""The product's rooms on a real Postgres, a real Redis and the simulated platform.

Before each test: v1 (good) was live, v2 (good-2) is live, v3 (crash) is ready and not live.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import psycopg
import pytest

from dev.platform import Config, Platform
from dev.recording import contained
from lib.access.models import Caller, Role
from lib.deployments.models import Release
from lib.migrations.collect import newest_texts
from lib.migrations.migrate import apply_pending
from lib.rollback.engine import LEASE
from lib.rollback.models import Environment, Order, Rollback, SwitchMethod
from lib.settings import Settings, load
from lib.wiring import Services, build
from tests.integration.roles import NAME, Limited, make

REDIS_TOKEN = "redis-token"
PRODUCTION = Environment.PRODUCTION
#: A step that waits looks again after this; time passes as fast as that.
GLANCE = timedelta(seconds=0.5)
#: Far more than any rollback takes.
GLANCES = 400
#: Twenty pairs of looks need not be spread here: nothing changes meanwhile.
GATE_SECONDS = 0.2
#: For tests in which the platform does not answer; what it does answer gets no longer either.
IMPATIENT_SECONDS = 0.5
number = count()


@dataclass(frozen=True)
class Releases:
    """Ids of the deployments."""

    v1: str
    v2: str
    v3: str


@pytest.fixture(scope="session")
def template(postgres) -> str:
    postgres.create_database("migrated")
    asyncio.run(apply_pending(load({"DATABASE_URL": postgres.url("migrated")})))
    with psycopg.connect(postgres.url("migrated"), autocommit=True) as connection:
        # Else one would take part in whatever test sweeps five minutes from now.
        connection.execute("UPDATE environments SET next_preflight_at = 'infinity'")
    make(postgres.url("migrated"))
    return "migrated"


@pytest.fixture
def database_url(postgres, template) -> Iterator[str]:
    """An empty migrated database, copied from a template."""
    name = f"control_{next(number)}"
    postgres.create_database(name, template)
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def running(postgres) -> Iterator[tuple[Platform, Releases]]:
    postgres.create_database("wedding_app")
    config = Config(
        app_database_url=postgres.url("wedding_app"), function_seconds=2, job_step_seconds=0.05
    )
    with Platform(config) as platform:
        v1 = platform.release("good")["id"]
        v2 = platform.release("good-2")["id"]
        v3 = platform.release("crash", live=False)["id"]
        platform.snapshot("start")
        yield platform, Releases(v1, v2, v3)


@pytest.fixture
def platform(running) -> Platform:
    running[0].restore("start")
    return running[0]


@pytest.fixture
def releases(running) -> Releases:
    return running[1]


@pytest.fixture
def variables(database_url, redis_url, platform) -> dict[str, str]:
    """The environment of a control plane; tests change it before they ask for `services`."""
    return {
        "DATABASE_URL": database_url,
        "APP_DATABASE_URL": platform.config.app_database_url,
        "UPSTASH_REDIS_REST_URL": redis_url,
        "UPSTASH_REDIS_REST_TOKEN": REDIS_TOKEN,
        "VERCEL_API_URL": platform.api_url,
        "VERCEL_TOKEN": platform.config.token,
        "VERCEL_TEAM_ID": platform.config.team_id,
        "APP_PROJECT_ID": platform.config.project_id,
        "EDGE_URL": platform.edge_url,
    }


@pytest.fixture
def settings(variables) -> Settings:
    return load(variables)


@pytest.fixture
async def services(settings, platform, releases) -> AsyncIterator[Services]:
    """The control plane, which has seen v1 and then v2 go live, both healthy."""
    services = build(settings)
    services.autopilot.decider.gate.span_seconds = GATE_SECONDS
    try:
        for release in (releases.v1, releases.v2):
            platform.move_alias(platform.config.aliases.production, release)
            await services.tracker.reconcile(PRODUCTION)
            await services.deployments.set_health(PRODUCTION, release, is_passing=True)
        yield services
    finally:
        await services.close()


@pytest.fixture
def order(releases) -> Order:
    return Order(
        environment=PRODUCTION,
        switch_method=SwitchMethod.ALIAS,
        target=releases.v1,
        from_deployment=releases.v2,
        requested_by="Ada",
        reason="Page does not open",
    )


@pytest.fixture
async def control(database_url) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """A connection to look into the control plane's database."""
    async with await psycopg.AsyncConnection.connect(
        database_url, autocommit=True, row_factory=psycopg.rows.dict_row
    ) as connection:
        yield connection


@pytest.fixture
def pass_time(control) -> Callable[[timedelta], Awaitable[None]]:
    """Moves the clock of the whole database, for every process that uses it."""

    async def pass_time(ahead: timedelta) -> None:
        await control.execute(
            "INSERT INTO clock_offset (ahead) VALUES (%s)"
            " ON CONFLICT (only_row) DO UPDATE SET ahead = clock_offset.ahead + excluded.ahead",
            [ahead],
        )

    return pass_time


@pytest.fixture
def limited(database_url) -> Limited:
    """The role that the functions should have: its name and its address."""
    return Limited(NAME, database_url.replace("postgres@", f"{NAME}@"))


@pytest.fixture
def live_moves(platform) -> Callable[[], list[str]]:
    """Where production's alias was moved to since the test began."""
    host = platform.config.aliases.production
    before = len(platform.alias_moves())

    def live_moves() -> list[str]:
        moves = platform.alias_moves()[before:]
        return [move["to"] for move in moves if move["alias"] == host]

    return live_moves


@pytest.fixture
def work(services, pass_time) -> Callable[[Rollback], Awaitable[Rollback]]:
    """Works on a rollback until it is final; while it waits, the clock is moved."""

    async def work(rollback: Rollback) -> Rollback:
        for _ in range(GLANCES):
            claim = await services.engine.store.claim(rollback.id, lease=LEASE)
            if claim is None:
                await pass_time(GLANCE)
                continue
            rollback = await services.engine.advance(claim)
            if rollback.is_final:
                return rollback
        raise AssertionError(f"It does not end: {rollback.step}")

    return work


@pytest.fixture
def impatient(services) -> None:
    """The platform's API is given up on soon."""
    services.http.timeout = httpx.Timeout(IMPATIENT_SECONDS)


@pytest.fixture
def rows(control) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    """What a query of the control plane's database finds."""

    async def rows(query: str, *arguments: object) -> list[dict[str, Any]]:
        return await (await control.execute(query, arguments)).fetchall()

    return rows


@pytest.fixture
def alerts(rows) -> Callable[[], Awaitable[list[str]]]:
    """Their kinds, oldest first."""

    async def alerts() -> list[str]:
        return [row["kind"] for row in await rows("SELECT kind FROM alerts ORDER BY id")]

    return alerts


@pytest.fixture
def rollbacks(rows) -> Callable[[], Awaitable[list[tuple[object, ...]]]]:
    """From where, to where, and whether by itself; oldest first."""

    async def rollbacks() -> list[tuple[object, ...]]:
        query = "SELECT from_deployment, target, automatic FROM rollbacks ORDER BY requested_at"
        return [tuple(row.values()) for row in await rows(query)]

    return rollbacks


@pytest.fixture
def is_locked(control) -> Callable[[], Awaitable[bool]]:
    async def is_locked() -> bool:
        cursor = await control.execute(
            "SELECT locked_by FROM environments WHERE environment = 'production'"
        )
        return (await cursor.fetchone())["locked_by"] is not None

    return is_locked


@pytest.fixture
def app(postgres, platform) -> Iterator[psycopg.Connection[Any]]:
    """The app's database, which is as it was before when the test has ended."""
    name = platform.config.app_database_url.rpartition("/")[2]
    postgres.create_database("app_before", name)
    connection = psycopg.connect(
        platform.config.app_database_url, autocommit=True, row_factory=psycopg.rows.dict_row
    )
    yield connection
    connection.close()
    postgres.drop_database(name)
    postgres.create_database(name, "app_before")
    postgres.drop_database("app_before")


@pytest.fixture
def release(services, platform, app) -> Callable[[str], Awaitable[str]]:
    """Lets a version go live, recorded as its CI would."""

    async def release(version: str) -> str:
        deployment = platform.release(version)
        if not deployment["live"]:  # an earlier rollback has pinned what is live
            platform.move_alias(platform.config.aliases.production, deployment["id"])
        collection = contained(version)
        await services.recorder.record(
            Release(
                environment=PRODUCTION,
                git_sha=deployment["sha"],
                vercel_deployment_id=deployment["id"],
                versions=collection.versions,
                migrations=newest_texts(collection.migrations),
            ),
            Caller(name="CI", role=Role.ADMIN),
        )
        await services.tracker.reconcile(PRODUCTION)
        return deployment["id"]

    return release
