"""Tells every instance that what a page shows may be another by now: a mark in Redis.

It is read before a page is built and set after what changed it was committed, so a page that is
kept with a mark never hides a change that the mark was set for.
"""

import asyncio
import logging
from dataclasses import dataclass
from uuid import uuid4

from lib.redis import RedisClient, RedisUnavailable

log = logging.getLogger(__name__)

KEY = "overview:changed"
#: A page waits no longer to find out whether it may be kept.
READ_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Changes:
    """`redis` None: not configured."""

    redis: RedisClient | None

    async def tell(self) -> None:
        """After the COMMIT. Lost, pages are late by as long as they are kept."""
        if self.redis is None:
            return
        try:
            await self.redis.run("SET", KEY, new_mark())
        except RedisUnavailable as error:
            log.warning("change_not_told", extra={"why": str(error)})

    async def mark(self) -> str | None:
        """None: nobody can tell whether anything has changed."""
        if self.redis is None:
            return None
        try:
            async with asyncio.timeout(READ_SECONDS):
                return str(await self.redis.run("GET", KEY) or "")
        except (RedisUnavailable, TimeoutError):
            return None


def new_mark() -> str:
    """Never one that was there before, also where Redis has lost its keys."""
    return uuid4().hex
