"""How often one caller may ask one instance: an app that asks in a loop does not starve others."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

#: Callers are few: tokens of apps, and people.
MOST_CALLERS = 256


@dataclass(slots=True)
class Bucket:
    left: float
    #: By the clock.
    at: float


@dataclass(slots=True)
class Limiter:
    """A bucket of tokens for each caller: a second's worth at once, and then at the rate."""

    per_second: int
    #: Seconds that only grow.
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, Bucket] = field(default_factory=dict)

    def admits(self, caller: str) -> bool:
        now = self.clock()
        bucket = self._buckets.get(caller)
        if bucket is None:
            if len(self._buckets) >= MOST_CALLERS:
                self._buckets.clear()
            bucket = self._buckets[caller] = Bucket(self.per_second, now)
        bucket.left = min(self.per_second, bucket.left + (now - bucket.at) * self.per_second)
        bucket.at = now
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True
