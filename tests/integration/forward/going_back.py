"""A rollback that takes the app's database back, for tests of the way forward."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from dev.sample_app.migrate import down_text, up_text
from dev.sample_app.versions import VERSIONS
from lib.access.models import Caller, Role
from lib.deployments.models import Release
from lib.migrations.texts import MigrationText
from lib.rollback.engine import LEASE
from lib.rollback.machine import Next
from lib.rollback.models import Environment, Order, Rollback, StepState
from lib.schema.executor import Executor
from lib.schema.models import Down, Migration
from lib.schema.planner import Facts, plan
from lib.wiring import Services

PRODUCTION = Environment.PRODUCTION
CI = Caller(name="CI", role=Role.ADMIN)
GLANCE, GLANCES = timedelta(seconds=0.5), 400


def query(url: str, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode(), arguments or None)
        return cursor.fetchall() if cursor.description else []


def applied(url: str) -> tuple[str, ...]:
    return tuple(row[0] for row in query(url, "SELECT version FROM schema_migrations ORDER BY 1"))


async def record(services: Services, deployment_id: str, sha: str, *versions: str) -> None:
    """As the app's CI does: the release with its migrations, texts included."""
    texts = [
        MigrationText(version=one, name=one, up=up_text(one), down=down_text(one))
        for one in versions
    ]
    release = Release(
        environment=PRODUCTION,
        git_sha=sha,
        vercel_deployment_id=deployment_id,
        versions=list(versions),
        migrations=texts,
    )
    await services.recorder.record(release, CI)


async def take_back(url: str, run_id: UUID, to: tuple[str, ...]) -> None:
    """The engine alone: what the newer migrations did rests, for a release that contains `to`."""
    executor = Executor(url)
    catalogue, standing = await executor.look()
    everything = {one for version in VERSIONS.values() for one in version.migrations}
    found = plan(
        Facts(
            applied=applied(url),
            target=to,
            texts={one: Migration.of(one, up_text(one), down_text(one)) for one in everything},
            catalogue=catalogue,
            rolled_back=standing.rolled_back,
            standing=standing.fingerprint,
            returning=standing.returning,
        )
    )
    assert isinstance(found, Down), found
    outcome = await executor.run(run_id, found)
    assert outcome.state == "done", outcome


async def roll_back(
    services: Services,
    order: Order,
    url: str,
    to: tuple[str, ...],
    pass_time: Callable[[timedelta], Awaitable[None]],
) -> Rollback:
    """To its end, with the database's part done by the engine."""
    rollback = await services.engine.start(order)
    for _ in range(GLANCES):
        claim = await services.engine.store.claim(rollback.id, lease=LEASE)
        if claim is None:
            await pass_time(GLANCE)
            continue
        if claim.step == "database":
            await take_back(url, rollback.id, to)
            change = Next(StepState.OK, "Goes back one step.", claim.rollback.after("database"))
            rollback = await services.engine.store.record(claim, change)
        else:
            rollback = await services.engine.advance(claim)
        if rollback.is_final:
            return rollback
    raise AssertionError(rollback)
