"""The control plane's own health, in bounded time whatever its dependencies do."""

import asyncio
import logging
from datetime import UTC, datetime
from http import HTTPStatus

from lib.health.checks import CHECKS, Check
from lib.health.models import HealthResponse, State
from lib.settings import Settings

log = logging.getLogger(__name__)

#: The answer is promised within 500 ms; the rest is for the runtime around it, and for the turn
#: of each of the requests that are served at once (benchmarks/health.py).
TIMEOUT_SECONDS = 0.3

#: The check that is under way, per dependency. A dependency that hangs costs one task and one
#: connection per instance, however many requests ask.
_under_way: dict[str, asyncio.Task[None]] = {}


async def report(settings: Settings) -> tuple[HealthResponse, HTTPStatus]:
    """503 if anything is unhealthy, or configured and silent."""
    configured = [check for check in CHECKS if check.is_configured(settings)]
    tasks = {check.name: ask(check, settings) for check in configured}
    if tasks:
        await asyncio.wait(tasks.values(), timeout=TIMEOUT_SECONDS)
    states = {name: state(task) for name, task in tasks.items()}
    body = HealthResponse(
        api="healthy",
        database=states.get("database", "unknown"),
        redis=states.get("redis", "unknown"),
        stripe=states.get("stripe", "unknown"),
        timestamp=datetime.now(UTC),
        deployment_id=settings.deployment_id,
    )
    well = all(value == "healthy" for value in states.values())
    return body, HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE


def ask(check: Check, settings: Settings) -> asyncio.Task[None]:
    """Join the check that is under way, or start one. It is never waited for to end."""
    task = _under_way.get(check.name)
    if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
        task = asyncio.create_task(check.run(settings), name=check.name)
        task.add_done_callback(tell)
        _under_way[check.name] = task
    return task


def state(task: asyncio.Task[None]) -> State:
    """Whatever error a client lets through, the dependency is not well."""
    if not task.done():
        return "unknown"
    return "unhealthy" if task.exception() else "healthy"


def tell(task: asyncio.Task[None]) -> None:
    """Also for a check that ends when nobody waits for it any more."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.warning("check_failed", extra={"check": task.get_name(), "why": type(error).__name__})
