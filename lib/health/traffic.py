"""Made-up traffic, the same for the same seed: for replaying days that never were."""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random

from lib.health.evidence import BUCKET_SECONDS, Bucket

#: Of those with errors, as many as a bucket keeps.
KEPT_CLIENTS = 8
#: Share of the probability that a table of it leaves out.
TAIL = 1e-12


def seeded(seed: str) -> Random:
    return Random(seed)


@cache
def poisson_table(mean: float) -> tuple[float, ...]:
    """The probabilities of at most 0, 1, 2 ... events."""
    most = int(mean + 12 * math.sqrt(mean) + 20)
    chances = (math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(most))
    return tuple(accumulate(chances))


def poisson(random: Random, mean: float) -> int:
    if mean <= 0:
        return 0
    return bisect_left(poisson_table(mean), random.random() - TAIL)


@dataclass(frozen=True, slots=True)
class Traffic:
    """`rate`: of errors, by the second since the start."""

    requests_per_second: float
    rate: Callable[[float], float]
    clients: int = 1000

    def buckets(self, random: Random, start: int, seconds: int) -> Iterator[Bucket]:
        mean = self.requests_per_second * BUCKET_SECONDS
        for offset in range(0, seconds, BUCKET_SECONDS):
            rate = self.rate(offset)
            k = poisson(random, mean * rate)
            n = k + poisson(random, mean * (1 - rate))
            yield Bucket(start + offset, n, k, self.some_clients(random, k))

    def some_clients(self, random: Random, errors: int) -> frozenset[str]:
        kept = min(errors, KEPT_CLIENTS)
        return frozenset(str(int(random.random() * self.clients)) for _ in range(kept))
