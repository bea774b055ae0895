"""What may happen to a release: healthy in ordinary and odd ways, and broken in several."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from random import Random

from benchmarks.simulation import (
    WRITES,
    Ours,
    Rate,
    Slice,
    added,
    fired,
    standard,
    visits,
)
from lib.health.baseline import ALL, Period, null_rates
from lib.health.evidence import BUCKET_SECONDS, Bucket, Policy, weigh_client
from lib.health.traffic import Traffic, seeded
from lib.health.watch import Release

HALF_HOUR = 30 * 60
HOUR = 60 * 60
#: A rule that has not decided in this many seconds does not.
PATIENCE = 2 * HOUR
HEALTHY_RATES = (0.005, 0.01, 0.02, 0.03, 0.04)
REQUESTS_PER_SECOND = (1.0, 3.0, 10.0, 30.0, 100.0)
POLICY = Policy()
USUAL = 0.01
CRITICAL = "GET /checkout"


def healthy(random: Random, speed: float, rate: float, seconds: int = HALF_HOUR) -> Iterator[Slice]:
    return visits(random, speed, lambda _: rate, seconds)


# --- odd, and healthy


def odd(runs: int) -> Iterator[tuple[str, float, Iterator[bool]]]:
    """What it is, its traffic, and of each release whether it was rolled back."""
    kinds: dict[str, Callable[[Random, float], bool]] = {
        "rate wanders around 2 %": wandering,
        "errors come in clumps, 2 %": clumped,
        "scanner, 5 errors/s for 10 min, over 4 %": lambda r, s: scanned(r, s, 5),
        "client retries twice a second, over 4 %": lambda r, s: scanned(r, s, 2),
        "offices of 5 requests/s each, 4 %": offices,
        "start-up burst of 10 s, 60 %": lambda r, s: burst_once(r, s, 10, POLICY),
        "start-up burst of 20 s, 60 %": lambda r, s: burst_once(r, s, 20, POLICY),
        "hour after a shared outage, 4 %": after_outage,
        "baseline of 30 requests, 4 %": lambda r, s: compared(r, s, 30, 0.04),
        "baseline of 1,200 requests, 8 % as before": lambda r, s: compared(r, s, 1200, 0.08),
        "baseline of 10,000 requests, 20 % as before": lambda r, s: compared(r, s, 10000, 0.20),
    }
    for what, once in kinds.items():
        for speed in (1.0, 10.0, 100.0):
            randoms = (seeded(f"{seed} {what} {speed}") for seed in range(runs))
            yield what, speed, (once(random, speed) for random in randoms)


def is_fired(slices: Iterator[Slice], release: Release | None = None) -> bool:
    return fired(Ours(release or standard(0)), slices) is not None


def wandering(random: Random, speed: float) -> bool:
    """Over-dispersed: the rate itself is a slow random walk, up to three times its mean."""
    level = 0.0

    def rate(_: float) -> float:
        nonlocal level
        level = 0.9 * level + random.gauss(0, 0.2)
        return min(round(0.02 * math.exp(level), 3), 0.5)

    return is_fired(visits(random, speed, rate, HALF_HOUR))


def clumped(random: Random, speed: float) -> bool:
    """Over-dispersed: what goes wrong goes wrong for five requests in the same moment."""
    clump = 5

    def slices() -> Iterator[Slice]:
        for part in visits(random, speed, lambda _: 0.02 / clump, HALF_HOUR):
            every, writes = part[ALL], part[WRITES]
            yield {ALL: clumps(every, clump), WRITES: clumps(writes, clump)}

    return is_fired(slices())


def clumps(bucket: Bucket, size: int) -> Bucket:
    more = bucket.k * (size - 1)
    clients = frozenset(f"{client} {i}" for client in bucket.clients for i in range(size))
    return Bucket(bucket.start, bucket.n + more, bucket.k + more, clients)


def scanned(random: Random, speed: float, errors_per_second: int) -> bool:
    errors = errors_per_second * BUCKET_SECONDS
    n, k = weigh_client(errors, errors, POLICY)

    def slices() -> Iterator[Slice]:
        for part in healthy(random, speed, 0.04):
            start = part[ALL].start
            here = 300 <= start < 900
            one = Bucket(start, n, k, frozenset({"scanner"})) if here else Bucket(start, 0, 0)
            yield {ALL: added(part[ALL], one), WRITES: added(part[WRITES], one)}

    return is_fired(slices())


def offices(random: Random, speed: float) -> bool:
    """All visitors come through a few addresses: the limits of a client must not raise the rate."""
    office = Traffic(5, lambda _: 0.04)
    many = max(round(speed / 5), 1)

    def slices() -> Iterator[Slice]:
        streams = [office.buckets(random, 0, HALF_HOUR) for _ in range(many)]
        for buckets in zip(*streams, strict=True):
            whole = Bucket(buckets[0].start, 0, 0)
            for name, one in enumerate(buckets):
                n, k = weigh_client(int(one.n), int(one.k), POLICY)
                saw = frozenset({str(name)} if k else ())
                whole = added(whole, Bucket(one.start, n, k, saw))
            yield {ALL: whole, WRITES: Bucket(whole.start, 0, 0)}

    return is_fired(slices())


def burst_once(random: Random, speed: float, seconds: int, policy: Policy) -> bool:
    began = random.random() * BUCKET_SECONDS
    slices = visits(random, speed, since(0.6, began, began + seconds), HALF_HOUR)
    return is_fired(slices, standard(int(began), policy))


def burst(runs: int, speed: float, seconds: int, *, hold: int) -> int:
    policy = Policy(hard_hold_young=hold)
    randoms = (seeded(f"burst {seed} {speed} {seconds}") for seed in range(runs))
    return sum(burst_once(random, speed, seconds, policy) for random in randoms)


def since(rate: float, begins: float, ends: float = math.inf, usual: float = USUAL) -> Rate:
    """`rate` from one second to another, and the usual one before and after."""

    def of_bucket(second: float) -> float:
        inside = min(second + BUCKET_SECONDS, ends) - max(second, begins)
        part = min(max(inside / BUCKET_SECONDS, 0.0), 1.0)
        return round(part * rate + (1 - part) * usual, 3)

    return of_bucket


def after_outage(
    random: Random, speed: float, outage_seconds: int = 40, *, confirm: bool = True
) -> bool:
    """60 % of everything fail for a while: the gate refuses as long as it lasts, evidence is reset.

    A rollback that is decided when it is just over passes the gate. `confirm`: when all probes of
    the live version are well, the next bucket must say so as well.
    """
    begins = 600 + random.random() * BUCKET_SECONDS
    ends = begins + outage_seconds
    slices = list(visits(random, speed, since(0.6, begins, ends, usual=0.04), int(begins) + HOUR))
    judged_from: int | None = 0
    while judged_from is not None:
        ours = Ours(Release(0, dict.fromkeys((ALL, WRITES), POLICY.limit), POLICY, judged_from))
        parts = iter(slices)
        judged_from = fired(ours, parts)
        over = judged_from is not None and judged_from + POLICY.settling_seconds > ends
        if over and (not confirm or is_confirmed(ours, parts)):
            return True
        judged_from = None if over else judged_from
    return False


def is_confirmed(ours: Ours, parts: Iterator[Slice]) -> bool:
    """It has fired; does it ever do so twice in a row?"""
    fires = True
    for part in parts:
        before, fires = fires, ours.add(part) is not None
        if before and fires:
            return True
    return False


def outages(runs: int, speed: float, seconds: int, *, confirm: bool) -> int:
    randoms = (seeded(f"outage {seed} {speed} {seconds}") for seed in range(runs))
    return sum(after_outage(random, speed, seconds, confirm=confirm) for random in randoms)


def compared(random: Random, speed: float, requests: int, rate: float) -> bool:
    """Held against as many requests of the release before, which was no better."""
    seconds = math.ceil(requests / speed / BUCKET_SECONDS) * BUCKET_SECONDS
    start = -seconds
    before: dict[str, list[Bucket]] = {ALL: [], WRITES: []}
    for part in visits(random, speed, lambda _: rate, seconds, start):
        for stream, bucket in part.items():
            before[stream].append(bucket)
    period = Period("dpl_before", start, 0)
    p0 = null_rates(before, period, 0, streams=(ALL, WRITES), policy=POLICY)
    return is_fired(healthy(random, speed, rate), Release(0, p0, POLICY))


# --- broken


@dataclass(frozen=True, slots=True)
class Broken:
    what: str
    speed: float
    rate: float
    target: str = ""
    critical: float = 0.0  #: share of a critical route, which alone is broken

    def release(self, live_from: float) -> Release:
        streams = (ALL, WRITES, CRITICAL) if self.critical else (ALL, WRITES)
        return Release(int(live_from), dict.fromkeys(streams, POLICY.limit), POLICY)

    def slices(self, random: Random, first_bad: float, *, new: bool) -> Iterator[Slice]:
        """Until it must have been noticed; the first bad request is where it is said to be.

        `new`: nothing came before it, not even in the same bucket.
        """
        begin = int(first_bad // BUCKET_SECONDS) * BUCKET_SECONDS
        if new:
            part = round((begin + BUCKET_SECONDS - first_bad) / BUCKET_SECONDS, 2)
            slices = chain(
                self.traffic(random, begin, BUCKET_SECONDS, -math.inf, part),
                self.traffic(random, begin + BUCKET_SECONDS, PATIENCE, -math.inf),
            )
        else:
            slices = self.traffic(random, 0, begin + PATIENCE, first_bad)
        first = Bucket(begin, 1, 1, frozenset({"first"}))
        for one in slices:
            if one[ALL].start == begin:
                stream = CRITICAL if self.critical else ALL
                yield {**one, ALL: added(one[ALL], first), stream: added(one[stream], first)}
            else:
                yield one

    def traffic(
        self, random: Random, start: int, seconds: int, first_bad: float, part: float = 1.0
    ) -> Iterator[Slice]:
        """`part`: so much of the usual traffic."""
        speed = self.speed * part
        bad = since(self.rate, first_bad)
        route = Traffic(speed * self.critical, bad).buckets(random, start, seconds)
        rest = since(USUAL, first_bad) if self.critical else bad
        others = visits(random, speed * (1 - self.critical), rest, seconds, start)
        for one, critical in zip(others, route, strict=True):
            yield {**one, ALL: added(one[ALL], critical), CRITICAL: critical}


BROKEN = (
    Broken("50 % fail", 1, 0.5),
    Broken("50 % fail", 10, 0.5, "30 s"),
    Broken("50 % fail", 100, 0.5, "30 s"),
    Broken("10 % fail", 1, 0.1),
    Broken("10 % fail", 10, 0.1, "180 s"),
    Broken("10 % fail", 100, 0.1),
    Broken("a critical route (2 %) fails", 20, 1.0, "60 s", critical=0.02),
    Broken("everything fails", 4 / 60, 1.0, "180 s"),
)
