"""When probes alone say that the live deployment is down. Pure: no I/O and no clock.

Three failures in a row over at least 15 s, each paired with a look at the rollback target in the
same second that succeeded. If the target fails as well, the cause is shared and going back would
not help. A look that got no answer from the deployment says nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lib.health.probe import Health

FAILURES = 3
SPAN = timedelta(seconds=15)
#: Good looks in a row after which a deployment counts as well again.
RECOVERED = 2


class Verdict(StrEnum):
    WELL = "well"
    DOWN = "down"  #: and the target answers: going back would help
    SHARED = "shared"  #: the target fails as well: going back would not help
    ALONE = "alone"  #: down, and there is nothing to compare with
    UNASKED = "unasked"  #: down, and the target says nothing: it is protected, or gone
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Pair:
    """One look: the live deployment and, in the same second, the rollback target (if any)."""

    at: datetime
    live: Health
    target: Health | None


def judge(pairs: Sequence[Pair]) -> Verdict:
    """`pairs`: looks at one deployment against one target, newest first."""
    failing = run_of(pairs, Health.FAILED)
    if not failing:
        recovered = len(run_of(pairs, Health.OK)) >= min(RECOVERED, max(len(pairs), 1))
        return Verdict.WELL if recovered else Verdict.UNDECIDED
    if len(failing) < FAILURES or failing[0].at - failing[-1].at < SPAN:
        return Verdict.UNDECIDED
    if failing[0].target is None:
        return Verdict.ALONE
    if sum(pair.target is Health.OK for pair in failing) >= FAILURES:
        return Verdict.DOWN
    if sum(pair.target is Health.FAILED for pair in failing) >= FAILURES:
        return Verdict.SHARED
    if sum(pair.target is Health.UNKNOWN for pair in failing) >= FAILURES:
        return Verdict.UNASKED
    return Verdict.UNDECIDED


def run_of(pairs: Sequence[Pair], health: Health) -> list[Pair]:
    """The newest looks in a row that all ended like this."""
    run: list[Pair] = []
    for pair in pairs:
        if pair.live is not health:
            break
        run.append(pair)
    return run
