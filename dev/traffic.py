"""Visitors of the sample app, reading its pages through the edge at a steady rate."""

import asyncio
import itertools
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import httpx

#: What a visitor of a wedding's timeline looks at.
PAGES = ("/", "/api/timeline", "/api/vendors")
PATIENCE_SECONDS = 15
#: The verdict asks for several: what one client sees decides nothing.
VISITORS = [f"198.51.100.{number}" for number in range(1, 255)]
SERVER_ERROR = 500


@dataclass(frozen=True)
class Plan:
    edge: str
    host: str
    rps: float
    seconds: float


async def send(plan: Plan, tell: Callable[[str], None]) -> Counter[bool]:
    """Send it, telling each second how it went. Counts by whether a request was answered well."""
    total: Counter[bool] = Counter()
    lately: Counter[bool] = Counter()

    async def visit(client: httpx.AsyncClient, page: str) -> None:
        answered = await is_answered(client, page)
        total[answered] += 1
        lately[answered] += 1

    async def tell_each_second() -> None:
        for second in itertools.count(1):
            await asyncio.sleep(1)
            tell(f"{second:4} s  {in_words(lately)}")
            lately.clear()

    telling = asyncio.create_task(tell_each_second())
    async with client_of(plan) as client, asyncio.TaskGroup() as visitors:
        await pace(plan, lambda page: visitors.create_task(visit(client, page)))
    telling.cancel()
    return total


def client_of(plan: Plan) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=plan.edge,
        headers={"host": plan.host},
        timeout=PATIENCE_SECONDS,
        limits=httpx.Limits(max_connections=None),
        trust_env=False,
    )


async def pace(plan: Plan, visit: Callable[[str], object]) -> None:
    """Start each visit at its own time, however long those before it take."""
    start = time.monotonic()
    pages = itertools.cycle(PAGES)
    for number in range(round(plan.rps * plan.seconds)):
        await asyncio.sleep(start + number / plan.rps - time.monotonic())
        visit(next(pages))


async def is_answered(client: httpx.AsyncClient, page: str) -> bool:
    try:
        headers = {"x-forwarded-for": secrets.choice(VISITORS)}
        return (await client.get(page, headers=headers)).status_code < SERVER_ERROR
    except httpx.TransportError:
        return False


def in_words(counts: Counter[bool]) -> str:
    failed, all_ = counts[False], counts.total()
    share = f" ({failed / all_:.0%})" if all_ else ""
    return f"{counts[True]} ok, {failed} failed{share}"
