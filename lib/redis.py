"""Redis over Upstash's REST protocol: never needed, never waited for long."""

import asyncio
from typing import Any

from upstash_redis.asyncio import Redis

#: Progress is a courtesy: a Redis slower than this is treated as gone.
TIMEOUT_SECONDS = 1.0


class RedisUnavailable(Exception):
    """Redis did not answer in time, or not sensibly. Go on without it."""


class RedisClient:
    """One per event loop: the vendor's client fails on a second one."""

    def __init__(self, url: str, token: str) -> None:
        # The vendor's default sleeps 3 s and repeats a write that may have been applied.
        self._redis = Redis(url, token, rest_retries=0, allow_telemetry=False)

    async def run(self, *command: str | int) -> Any:
        """Raises RedisUnavailable, whatever went wrong."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._redis.execute([*command])
        except Exception as error:
            # The vendor's client lets errors of every kind through, AttributeError among them.
            raise RedisUnavailable(type(error).__name__) from error

    async def close(self) -> None:
        await self._redis.close()
