"""People who read the wedding's timeline through the edge, and what each of them got."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass
from typing import Self

import httpx

from dev.traffic import Plan, client_of, is_answered, pace

DAY_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Visit:
    """Times are seconds since 1970, as the database has them."""

    asked_at: float
    answered_at: float
    is_good: bool


class Visitors:
    """They come at a steady rate for as long as the body runs, from a thread of their own."""

    def __init__(self, edge: str, host: str, rps: float) -> None:
        self.visits: list[Visit] = []
        self._plan = Plan(edge, host, rps, DAY_SECONDS)
        self._over = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._come()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Those who wait for an answer still get it."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _come(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with client_of(self._plan) as client, asyncio.TaskGroup() as visits:
            coming = visits.create_task(
                pace(self._plan, lambda page: visits.create_task(self._visit(client, page)))
            )
            await self._over.wait()
            coming.cancel()

    async def _visit(self, client: httpx.AsyncClient, page: str) -> None:
        asked_at = time.time()
        is_good = await is_answered(client, page)
        self.visits.append(Visit(asked_at, time.time(), is_good))


@dataclass(frozen=True, slots=True)
class Outage:
    """From the first bad answer to the first good one after the last bad one."""

    first_bad: float
    traffic_back: float
    failed: int
    visits: int  #: in the same time, good ones included

    @property
    def seconds(self) -> float:
        return self.traffic_back - self.first_bad


def outage_of(visits: list[Visit]) -> Outage | None:
    """None: nobody got a bad answer, or nobody a good one after it."""
    bad = [visit for visit in visits if not visit.is_good]
    if not bad:
        return None
    first = min(visit.asked_at for visit in bad)
    last = max(visit.answered_at for visit in bad)
    good_again = [v.answered_at for v in visits if v.is_good and v.asked_at >= last]
    if not good_again:
        return None
    during = [visit for visit in visits if first <= visit.asked_at <= last]
    return Outage(first, min(good_again), len(bad), len(during))
