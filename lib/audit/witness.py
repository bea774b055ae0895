"""Where the chain ended, kept outside of the database: in Redis.

Whoever can write every table can cut off the end at a checkpoint, and have what he puts there
sealed anew. Nothing in the tables speaks against that; a head that was noted does. Losing Redis
loses the witness and nothing else.
"""

import logging
from dataclasses import dataclass

from lib.redis import RedisClient, RedisUnavailable

log = logging.getLogger(__name__)

#: By position. Without an end of its own.
KEY = "audit:heads"
#: The newest of them.
KEPT = 1000


@dataclass(frozen=True, slots=True)
class Witness:
    """`redis` None: not configured; the log lines are all there is."""

    redis: RedisClient | None

    async def note(self, position: int, link: bytes) -> None:
        log.info("audit_sealed", extra={"head": f"{position}:{link.hex()}"})
        if self.redis is None:
            return
        try:
            await self.redis.run("ZADD", KEY, position, link.hex())
            await self.redis.run("ZREMRANGEBYRANK", KEY, 0, -KEPT - 1)
        except RedisUnavailable as error:
            log.warning("audit_head_not_noted", extra={"why": str(error)})

    async def heads(self) -> list[tuple[int, bytes]]:
        """Raises RedisUnavailable."""
        if self.redis is None:
            return []
        found = await self.redis.run("ZRANGE", KEY, 0, -1, "WITHSCORES")
        return [(int(float(score)), bytes.fromhex(link)) for link, score in found]
