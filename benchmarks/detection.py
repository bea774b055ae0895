"""`python -m benchmarks.detection`: is the verdict right, and how soon?

On the product's own verdict, with made-up traffic of fixed seeds, beside simpler counters. `--full`
judges 40,000 healthy releases and 300 days, and says how far it is.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks import scenarios
from benchmarks.scenarios import BROKEN, HEALTHY_RATES, REQUESTS_PER_SECOND, Broken
from benchmarks.simulation import Judge, Ours, argo_like, fired, flagger_like, naive, standard
from benchmarks.table import percentile, show
from lib.health.evidence import BUCKET_SECONDS, Policy
from lib.health.traffic import seeded

DAY = 24 * 60 * 60
TEN_MINUTES = 10 * 60
OTHERS: dict[str, Callable[[], Judge]] = {
    "naive minute": naive,
    "Argo-like": argo_like,
    "Flagger-like": flagger_like,
}
#: What our verdicts may be misled by, of all healthy releases: 1 in 10,000.
MOST_MISLED = 1e-4


@dataclass(frozen=True, slots=True)
class Size:
    healthy: int  #: releases for each of 25 kinds
    days: int  #: for each of 4 kinds
    odd: int  #: releases for each odd kind
    broken: int  #: releases for each kind


NORMAL = Size(healthy=100, days=5, odd=30, broken=150)
FULL = Size(healthy=1600, days=75, odd=100, broken=200)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="40,000 healthy releases, 300 days")
    size = FULL if parser.parse_args().full else NORMAL
    began = time.monotonic()
    misled = healthy(size)
    for table in (days, odd, detection, bursts, outages):
        table(size)
    print(f"\n{time.monotonic() - began:.0f} s")
    return int(misled > MOST_MISLED * size.healthy * 25)


def heading(text: str) -> None:
    print(f"\n{text}\n", flush=True)


def tell(done: int, whole: int, what: str) -> None:
    print(f"\r{done:,} of {whole:,} {what} ", end="", file=sys.stderr, flush=True)


def share(count: int, whole: int) -> str:
    return f"{count} ({percent(count / whole)})" if count else "0"


def percent(part: float) -> str:
    return f"{part * 100:.3g} %"


def healthy(size: Size) -> int:
    """Releases at 0.5 to 4 %: whoever rolls one back is wrong."""
    heading(f"Healthy releases rolled back within 30 min, {size.healthy} of each kind")
    judges: dict[str, Callable[[], Judge]] = {"ours": lambda: Ours(standard(0)), **OTHERS}
    rows: list[Sequence[str]] = [("requests/s", "errors", *judges)]
    kinds = [(speed, rate) for speed in REQUESTS_PER_SECOND for rate in HEALTHY_RATES]
    totals = dict.fromkeys(judges, 0)
    for number, (speed, rate) in enumerate(kinds):
        wrong = dict.fromkeys(judges, 0)
        for seed in range(size.healthy):
            slices = list(scenarios.healthy(seeded(f"{seed} {speed} {rate}"), speed, rate))
            for judge, make in judges.items():
                wrong[judge] += fired(make(), slices) is not None
        for judge, count in wrong.items():
            totals[judge] += count
        rows.append(
            (f"{speed:g}", percent(rate), *(share(n, size.healthy) for n in wrong.values()))
        )
        tell((number + 1) * size.healthy, len(kinds) * size.healthy, "releases")
    whole = len(kinds) * size.healthy
    rows.append(("all", f"{whole:,}", *(share(count, whole) for count in totals.values())))
    print(file=sys.stderr)
    show(rows)
    return totals["ours"]


def days(size: Size) -> None:
    heading(f"Days with a false alarm, {size.days} of each kind")
    rows: list[Sequence[str]] = [("requests/s", "errors", "ours")]
    for speed in (1, 10):
        for rate in (0.04, 0.05):
            wrong = 0
            for seed in range(size.days):
                slices = scenarios.healthy(seeded(f"day {seed} {speed} {rate}"), speed, rate, DAY)
                wrong += fired(Ours(standard(0)), slices) is not None
                tell(seed + 1, size.days, f"days at {speed} requests/s and {percent(rate)}")
            rows.append((str(speed), percent(rate), share(wrong, size.days)))
    print(file=sys.stderr)
    show(rows)


def odd(size: Size) -> None:
    heading(f"Odd but healthy releases rolled back, {size.odd} of each kind")
    rows: list[Sequence[str]] = [("what", "requests/s", "ours")]
    for what, speed, runs in scenarios.odd(size.odd):
        wrong = sum(runs)
        rows.append((what, f"{speed:g}", share(wrong, size.odd)))
        tell(size.odd, size.odd, f"releases: {what} ")
    print(file=sys.stderr)
    show(rows)


def detection(size: Size) -> None:
    heading(f"Seconds from the first bad request to decided: median / 95 % ({size.broken} runs)")
    rows: list[Sequence[str]] = [
        ("what", "requests/s", "broken from", "ours", *OTHERS, "target (95 %)"),
    ]
    for broken in BROKEN:
        for new in (True, False):
            when = "go-live" if new else "10 min later"
            cells = [spread(one) for one in zip(*times(broken, size.broken, new=new), strict=True)]
            rows.append((broken.what, f"{broken.speed:.3g}", when, *cells, broken.target))
        tell(size.broken, size.broken, f"runs: {broken.what} at {broken.speed:.3g} requests/s ")
    print(file=sys.stderr)
    show(rows)


def times(broken: Broken, runs: int, *, new: bool) -> Iterator[list[float]]:
    """Of each run: ours, and those of the others on the same traffic; never is infinite."""
    settling = Policy().settling_seconds
    for seed in range(runs):
        random = seeded(f"broken {seed} {broken.what} {broken.speed} {new}")
        first_bad = (0 if new else TEN_MINUTES) + random.random() * BUCKET_SECONDS
        slices = list(broken.slices(random, first_bad, new=new))
        judges = [
            Ours(broken.release(first_bad if new else 0)),
            *(make() for make in OTHERS.values()),
        ]
        ends = [fired(judge, slices) for judge in judges]
        yield [math.inf if end is None else end + settling - first_bad for end in ends]


def spread(seconds: Sequence[float]) -> str:
    return " / ".join(
        "never" if math.isinf(one) else f"{one:.0f}"
        for one in (statistics.median(seconds), percentile(seconds, 0.95))
    )


def bursts(size: Size) -> None:
    """The price of waiting for a cold start: which hold survives how long a burst."""
    heading(
        "Start-up bursts, 60 % errors at first: rolled back, by buckets held in the first minute"
    )
    holds = (2, 3, 4)
    rows: list[Sequence[str]] = [("burst", "requests/s", *(f"{hold} buckets" for hold in holds))]
    for seconds in (5, 10, 15, 20, 30, 40):
        for speed in (10, 100):
            wrong = [scenarios.burst(size.odd, speed, seconds, hold=hold) for hold in holds]
            rows.append((f"{seconds} s", str(speed), *(share(n, size.odd) for n in wrong)))
    show(rows)


def outages(size: Size) -> None:
    """Decided when it is just over, the gate cannot see it any more."""
    heading("Shared outages, 60 % errors in both versions: rolled back, although the gate is asked")
    kinds = [(speed, confirm) for confirm in (False, True) for speed in (1, 10, 100)]
    asked = {False: "", True: ", one more bucket"}
    rows: list[Sequence[str]] = [("outage", *(f"{speed}/s{asked[more]}" for speed, more in kinds))]
    for seconds in (5, 10, 15, 20, 30, 40, 60, 120):
        wrong = [
            scenarios.outages(size.odd, speed, seconds, confirm=confirm) for speed, confirm in kinds
        ]
        rows.append((f"{seconds} s", *(share(n, size.odd) for n in wrong)))
    show(rows)


if __name__ == "__main__":
    sys.exit(main())
