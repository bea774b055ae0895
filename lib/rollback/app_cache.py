"""The app's own keys in Redis, removed by prefix in bounded time."""

import asyncio
from dataclasses import dataclass
from typing import cast

from lib.redis import RedisClient

#: The caches step may not eat the rollback's minute.
TIMEOUT_SECONDS = 4.0
KEYS_PER_SCAN = 500


@dataclass(frozen=True, slots=True)
class AppCache:
    redis: RedisClient
    prefix: str

    async def clear(self) -> tuple[int, bool]:
        """How many keys were removed, and whether all were. Raises RedisUnavailable."""
        removed, cursor = 0, "0"
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                while True:
                    cursor, keys = await self._scan(cursor)
                    if keys:
                        removed += int(await self.redis.run("UNLINK", *keys))
                    if cursor == "0":
                        return removed, True
        except TimeoutError:
            return removed, False

    async def _scan(self, cursor: str) -> tuple[str, list[str]]:
        pattern = escape(self.prefix) + "*"
        answer = await self.redis.run("SCAN", cursor, "MATCH", pattern, "COUNT", KEYS_PER_SCAN)
        following, keys = cast("tuple[object, list[str]]", answer)
        return str(following), list(keys)


def escape(prefix: str) -> str:
    """A prefix is text, not a pattern: `[`, `*`, `?` and `\\` mean themselves."""
    return "".join(f"\\{character}" if character in "[]*?\\" else character for character in prefix)
