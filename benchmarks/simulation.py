"""Releases that never were, judged by the product's own verdict and by simpler counters."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from lib.health.baseline import ALL
from lib.health.evidence import BUCKET_SECONDS, Bucket, Policy
from lib.health.traffic import Traffic
from lib.health.watch import Path, Release, Watch

WRITES = "writes"
WRITE_SHARE = 0.2
MINUTE = 60

Rate = Callable[[float], float]
#: The buckets of ten seconds, by stream.
Slice = Mapping[str, Bucket]


def standard(live_from: int, policy: Policy | None = None, p0: float = 0.05) -> Release:
    """The two streams that every app has."""
    return Release(live_from, {ALL: p0, WRITES: p0}, policy or Policy())


def added(a: Bucket, b: Bucket) -> Bucket:
    return Bucket(a.start, a.n + b.n, a.k + b.k, a.clients | b.clients)


def visits(
    random: Random, requests_per_second: float, rate: Rate, seconds: int, start: int = 0
) -> Iterator[Slice]:
    """A fifth of all requests are writes."""
    reads = Traffic(requests_per_second * (1 - WRITE_SHARE), rate)
    writes = Traffic(requests_per_second * WRITE_SHARE, rate)
    both = zip(
        reads.buckets(random, start, seconds), writes.buckets(random, start, seconds), strict=True
    )
    for read, write in both:
        yield {ALL: added(read, write), WRITES: write}


@dataclass
class Ours:
    release: Release
    watches: dict[str, Watch] = field(init=False)

    def __post_init__(self) -> None:
        self.watches = {stream: Watch(self.release, stream) for stream in self.release.p0}

    def add(self, part: Slice) -> Path | None:
        """The path, once it is time to act."""
        for stream, watch in self.watches.items():
            watch.add(part[stream])
        paths = (watch.path() for watch in self.watches.values())
        return next((path for path in paths if path is not None), None)


@dataclass
class Minutes:
    """Counters of bad minutes, looked at every `every` seconds: those of simpler tools."""

    bad: int  #: so many bad minutes, in all
    every: int = MINUTE
    limit: float = 0.05
    seen: int = 0
    minute: deque[Bucket] = field(default_factory=lambda: deque(maxlen=MINUTE // BUCKET_SECONDS))

    def add(self, part: Slice) -> bool:
        bucket = part[ALL]
        self.minute.append(bucket)
        if bucket.end % self.every == 0:
            n = sum(one.n for one in self.minute)
            self.seen += sum(one.k for one in self.minute) > self.limit * n
        return self.seen >= self.bad


def naive() -> Minutes:
    """The last minute was above 5 %."""
    return Minutes(bad=1, every=BUCKET_SECONDS)


def argo_like() -> Minutes:
    """A measurement a minute, failureLimit 3."""
    return Minutes(bad=4)


def flagger_like() -> Minutes:
    """An interval of a minute, threshold 5."""
    return Minutes(bad=5)


Judge = Ours | Minutes


def fired(judge: Judge, slices: Iterable[Slice]) -> int | None:
    """When, as the end of the bucket that did it."""
    for part in slices:
        if judge.add(part):
            return part[ALL].end
    return None
