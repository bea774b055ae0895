"""Refusals counted, by address and by whoever was refused. What is let in is never counted and
never held up: whoever is known goes on, whatever others do at the same address.

In Redis, so that all instances count together; where it is away, each for itself. An instance that
has counted enough asks Redis no more: a flood costs it no commands.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from lib import errors
from lib.access.store import digest
from lib.audit.denials import subscriber
from lib.redis import RedisClient, RedisUnavailable

#: Of one instance and window; the oldest goes.
MOST_COUNTED = 1000
SUBJECT_BYTES = 8

#: How often each was refused in this window, this time too.
COUNT = """
local counts = {}
for number, key in ipairs(KEYS) do
  counts[number] = redis.call('INCR', key)
  if counts[number] == 1 then redis.call('EXPIRE', key, ARGV[1]) end
end
return counts
"""


@dataclass(slots=True)
class Limits:
    redis: RedisClient | None
    window: timedelta
    per_address: int
    per_subject: int
    #: Seconds since 1970: instances have to mean the same window.
    clock: Callable[[], float] = time.time
    _counted: OrderedDict[str, int] = field(default_factory=OrderedDict)

    async def refused(
        self, *, address: str | None, subject: str | None, is_shared: bool = True
    ) -> None:
        """`subject`: a name, or what was shown in place of one, if anything was. `is_shared`: worth
        telling the other instances. Raises RefusedTooOften once it is too often.
        """
        seconds = self.window.total_seconds()
        window, into = divmod(self.clock(), seconds)
        limits = {f"refused:{int(window)}:address:{subscriber(address)}": self.per_address}
        if subject:
            limits[f"refused:{int(window)}:subject:{hashed(subject)}"] = self.per_subject
        counts = {key: self._count(key) for key in limits}
        if is_shared and all(counts[key] <= limits[key] for key in limits):
            counts = await self._count_together(counts)
        if any(counts[key] > limits[key] for key in limits):
            raise errors.RefusedTooOften(
                "Refused too often. Wait a moment; whoever has a valid sign-in goes on meanwhile.",
                retry_after=int(seconds - into) + 1,
            )

    def _count(self, key: str) -> int:
        count = self._counted.pop(key, 0) + 1
        while len(self._counted) >= MOST_COUNTED:
            self._counted.popitem(last=False)
        self._counted[key] = count
        return count

    async def _count_together(self, counts: dict[str, int]) -> dict[str, int]:
        """At least what this instance has counted."""
        if self.redis is None:
            return counts
        keep_seconds = int(self.window.total_seconds()) + 1
        try:
            shared = await self.redis.run("EVAL", COUNT, len(counts), *counts, keep_seconds)
        except RedisUnavailable:
            return counts
        pairs = zip(counts.items(), shared, strict=True)
        return {key: max(own, int(everybodys)) for (key, own), everybodys in pairs}


def hashed(subject: str) -> str:
    """It may be somebody's secret, mistyped."""
    return digest(subject)[:SUBJECT_BYTES].hex()
