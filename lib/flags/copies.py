"""A copy of each environment's switches in Redis: not every instance need ask Postgres.

It carries a revision, and when somebody last read the same in Postgres, by Redis's clock: a copy
that nobody could write, or that outlived a restored database, is noticed within seconds.
"""

import json
import logging
from dataclasses import dataclass

from lib.flags.models import Snapshot, read_states
from lib.redis import RedisClient, RedisUnavailable
from lib.rollback.models import Environment

log = logging.getLogger(__name__)

#: After this Postgres is asked whether the copy is still right.
CONFIRMED_SECONDS = 5
#: A newer copy that nobody has confirmed for so long is of a database that was put back.
BELIEVED_SECONDS = 15

READ = """
local copy = redis.call('HMGET', KEYS[1], 'revision', 'states', 'at')
if not copy[1] then return {} end
local now = tonumber(redis.call('TIME')[1])
return {copy[1], copy[2], now - tonumber(copy[3])}
"""

WRITE = """
local now = tonumber(redis.call('TIME')[1])
local copy = redis.call('HMGET', KEYS[1], 'revision', 'at')
if copy[1] and tonumber(copy[1]) > tonumber(ARGV[1]) and now - tonumber(copy[2]) < tonumber(ARGV[3])
  then return 0 end
redis.call('HSET', KEYS[1], 'revision', ARGV[1], 'states', ARGV[2], 'at', now)
return 1
"""


@dataclass(frozen=True, slots=True)
class Copy:
    snapshot: Snapshot
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class FlagCopies:
    """`redis` None: not configured; Postgres alone answers."""

    redis: RedisClient | None

    async def read(self, environment: Environment) -> Copy | None:
        """None: there is none, or none that can be read."""
        if self.redis is None:
            return None
        try:
            revision, states, age = await self.redis.run("EVAL", READ, 1, key(environment))
            snapshot = Snapshot(int(revision), read_states(json.loads(states)))
            return Copy(snapshot, int(age) < CONFIRMED_SECONDS)
        except (RedisUnavailable, ValueError, TypeError, AttributeError):
            return None

    async def write(self, environment: Environment, snapshot: Snapshot) -> None:
        """What was just read in Postgres."""
        if self.redis is None:
            return
        states = json.dumps(snapshot.states)
        try:
            await self.redis.run(
                *("EVAL", WRITE, 1, key(environment)),
                *(snapshot.revision, states, BELIEVED_SECONDS),
            )
        except RedisUnavailable as error:
            log.warning("flags_not_copied", extra={"why": str(error)})


def key(environment: Environment) -> str:
    return f"flags:{environment}"
