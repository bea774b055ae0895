"""`python -m benchmarks.redis_commands`: how many commands Redis is sent, as its vendor bills them.

One app, production and staging, a release that has been live for two hours, sweeps each minute: at
rest, where only our own looks come through the log drain, and with visitors. The drain is the
simulator's, which sends what has come each second; what the platform sends at once may be more.
"""

from __future__ import annotations

import argparse
import sys
import time

from benchmarks.incidents import DRAIN, Stage, stage, tell
from benchmarks.table import show
from dev.visitors import Visitors
from tests.story.world import platform_scheduler

MINUTES_A_MONTH = 31 * 24 * 60
AT_MOST_A_MONTH = 300_000
SETTLING_SECONDS = 20
HEAD = ("requests/s", "sent", "minutes", "commands/min", "a month", "at most")

#: A release that is young is looked at all the time; this one is not.
AGE = """
UPDATE live_periods SET live_from = live_from - interval '2 hours',
                        live_until = live_until - interval '2 hours'
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=5, help="at rest; with visitors, two")
    parser.add_argument("--rps", type=int, nargs="*", default=[10, 100], help="visitors' rates")
    arguments = parser.parse_args()
    with stage() as on:
        at_rest = measure(on, 0, arguments.minutes)
        rows = [HEAD, at_rest, *(measure(on, rps, 2) for rps in arguments.rps)]
    show(rows)
    sys.exit(0 if int(at_rest[4].replace(",", "")) <= AT_MOST_A_MONTH else 1)


def measure(on: Stage, rps: int, minutes: int) -> tuple[str, ...]:
    tell(f"{rps} requests/s, {minutes} minutes")
    on.world.return_to("start")
    on.world.rows(AGE)
    on.world.kill(DRAIN)
    on.redis.empty()
    with platform_scheduler(on.world):
        sent = with_visitors(on, rps, minutes) if rps else wait(on, minutes)
    each = on.redis.commands.total() / minutes
    tell("  " + ", ".join(f"{name} {count}" for name, count in on.redis.commands.most_common()))
    month = f"{each * MINUTES_A_MONTH:,.0f}"
    at_most = f"{AT_MOST_A_MONTH:,}" if not rps else ""
    return (str(rps), f"{sent / minutes / 60:.1f}", str(minutes), f"{each:.1f}", month, at_most)


def with_visitors(on: Stage, rps: int, minutes: int) -> int:
    edge = on.world.stack["edge"]
    with Visitors(edge["address"], edge["hosts"]["production"], rps) as visitors:
        return wait(on, minutes, visitors)


def wait(on: Stage, minutes: int, visitors: Visitors | None = None) -> int:
    """Visits that were answered meanwhile."""
    time.sleep(SETTLING_SECONDS)
    on.redis.commands.clear()
    before = len(visitors.visits) if visitors else 0
    time.sleep(minutes * 60)
    return len(visitors.visits) - before if visitors else 0


if __name__ == "__main__":
    main()
