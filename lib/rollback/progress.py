"""Progress in Redis, written as it happens and never needed.

A copy carries the revision of the row it was made from. Whoever reads it holds it against the
row's own, so that the two cannot contradict each other; an older copy never replaces a newer. The
same command tells that pages show something else by now.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, ValidationError

from lib.changes import KEY, new_mark
from lib.redis import RedisClient, RedisUnavailable
from lib.rollback.models import Rollback, RollbackStatusResponse
from lib.rollback.view import view

log = logging.getLogger(__name__)

#: Housekeeping only: nothing is decided by a key being there or not.
KEEP_SECONDS = 7 * 24 * 3600

SET_IF_NEWER = """
local known = redis.call('HGET', KEYS[1], 'revision')
if known and tonumber(known) >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'revision', ARGV[1], 'view', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('SET', KEYS[2], ARGV[4])
return 1
"""


class Copy(BaseModel):
    revision: int
    view: RollbackStatusResponse


@dataclass(frozen=True, slots=True)
class Progress:
    """`redis` None: not configured; Postgres alone answers."""

    redis: RedisClient | None

    async def write(self, rollback: Rollback) -> None:
        if self.redis is None:
            return
        try:
            await self._set(self.redis, rollback)
        except RedisUnavailable as error:
            log.warning(
                "progress_not_written", extra={"rollback_id": rollback.id, "why": str(error)}
            )

    async def rebuild(self, rollback_id: UUID, read: Callable[[UUID], Awaitable[Rollback]]) -> None:
        """Also over a copy that claims to be newer, as one of before a backup was restored.

        `read` asks Postgres once the copy is gone: what a worker writes from then on is no older,
        and stays. Raises RedisUnavailable.
        """
        if self.redis is not None:
            await self.redis.run("DEL", key(rollback_id))
            await self._set(self.redis, await read(rollback_id))

    async def _set(self, redis: RedisClient, rollback: Rollback) -> None:
        body = view(rollback).model_dump_json()
        await redis.run(
            "EVAL",
            SET_IF_NEWER,
            2,
            *(key(rollback.id), KEY),
            *(rollback.revision, body, KEEP_SECONDS, new_mark()),
        )

    async def revision(self, rollback_id: UUID) -> str | None:
        """Of the copy. Raises RedisUnavailable."""
        assert self.redis is not None
        found: str | None = await self.redis.run("HGET", key(rollback_id), "revision")
        return found

    async def read(self, rollback_id: UUID) -> Copy | None:
        """None: there is no copy, or none that can be read."""
        if self.redis is None:
            return None
        try:
            revision, body = await self.redis.run("HMGET", key(rollback_id), "revision", "view")
            return Copy.model_validate({"revision": revision, "view": json.loads(body)})
        except (RedisUnavailable, ValidationError, ValueError, TypeError):
            return None


def key(rollback_id: UUID) -> str:
    return f"rollback:{rollback_id}"
