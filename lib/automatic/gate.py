"""Would a rollback help? Asked before every automatic one: a wrong one is an outage that we cause.

1. One look at the target that does not count: a cold start is no failure.
2. Twenty pairs of looks within three seconds, live and target at once, at their health and at the
   paths that settings name.
3. The target may fail once. If it fails more often, it is no better, or the cause is shared.

Two versions that both say that their database is not healthy share the cause, however well they
are otherwise: visitors would get the same errors from either.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import cycle
from typing import Any

from lib.deployments.models import DeploymentRow
from lib.health.probe import HEALTH_PATH, Health, Look, Prober, one_sided
from lib.health.rule import FAILURES

PAIRS = 20
SPAN_SECONDS = 3.0
#: Of the target.
FAILURES_ALLOWED = 1
NO_DATABASES = "it says that its database is not healthy, and so does the live version"


class Answer(StrEnum):
    HELPS = "helps"
    FAILS = "fails"  #: the target is not well either
    UNKNOWN = "unknown"  #: it cannot be asked: protection, or no route to it


@dataclass(frozen=True, slots=True)
class Passage:
    """What the gate saw of one candidate."""

    target: DeploymentRow
    answer: Answer
    target_failed: int
    target_unknown: int
    live_failed: int
    pairs: int
    detail: str
    #: Nobody answered, on either side: it may have been us, or the network, for a moment.
    is_silent: bool = False
    #: Every look at the target was answered, and the live version failed: what nobody could tell,
    #: the target has shown.
    is_proof: bool = False

    @property
    def live_is_well(self) -> bool:
        """Then what was wrong may just have ended."""
        return self.live_failed == 0

    def facts(self) -> dict[str, Any]:
        return {
            "target": self.target.deployment_id,
            "answer": self.answer,
            "pairs": self.pairs,
            "target_failed": self.target_failed,
            "target_unknown": self.target_unknown,
            "live_failed": self.live_failed,
            "is_proof": self.is_proof,
            "detail": self.detail,
        }


@dataclass(slots=True)
class Gate:
    """`paths`: GET paths that are looked at beside the health report."""

    prober: Prober
    paths: tuple[str, ...] = ()
    span_seconds: float = SPAN_SECONDS

    async def ask(self, hosts: Sequence[str], live_id: str, target: DeploymentRow) -> Passage:
        """`hosts`: at least one, at which the live version answers."""
        await self.prober.look(target.url, expected=target.deployment_id)
        asked = zip(cycle(hosts), cycle((HEALTH_PATH, *self.paths)), range(PAIRS), strict=False)
        pairs = await asyncio.gather(
            *(self.pair(number, host, path, live_id, target) for host, path, number in asked)
        )
        return conclude(target, pairs)

    async def pair(
        self, number: int, host: str, path: str, live_id: str, target: DeploymentRow
    ) -> tuple[Look, Look]:
        await asyncio.sleep(number * self.span_seconds / PAIRS)
        live, other = await asyncio.gather(
            self.prober.look(host, expected=live_id, path=path),
            self.prober.look(target.url, expected=target.deployment_id, path=path),
        )
        return shared(*one_sided(live, there(other)))


def there(target: Look) -> Look:
    """One that was deleted cannot be gone back to: the next one should be asked."""
    return replace(target, health=Health.FAILED) if target.is_gone else target


def shared(live: Look, other: Look) -> tuple[Look, Look]:
    """A database that neither of the two can use is a failure of both."""
    if not live.checks.get("database") == other.checks.get("database") == "unhealthy":
        return live, other
    return (
        replace(live, health=Health.FAILED),
        replace(other, health=Health.FAILED, detail=NO_DATABASES),
    )


def conclude(target: DeploymentRow, pairs: Sequence[tuple[Look, Look]]) -> Passage:
    live, other = zip(*pairs, strict=True)
    failed = [look for look in other if look.health is Health.FAILED]
    unknown = [look for look in other if look.health is Health.UNKNOWN]
    if len(failed) > FAILURES_ALLOWED:
        answer, detail = Answer.FAILS, failed[0].detail
    elif len(unknown) + len(failed) > FAILURES_ALLOWED:
        answer, detail = Answer.UNKNOWN, unknown[0].detail
    else:
        answer, detail = Answer.HELPS, other[0].detail
    return Passage(
        target,
        answer,
        target_failed=len(failed),
        target_unknown=len(unknown),
        live_failed=sum(look.health is not Health.OK for look in live),
        pairs=len(pairs),
        detail=detail,
        is_silent=not any(look.answered for look in (*live, *other)),
        is_proof=is_proof(live, other),
    )


def is_proof(live: Sequence[Look], target: Sequence[Look]) -> bool:
    """Its database too, by its own word: the live version's may say nothing to compare with."""
    failures = sum(look.health is Health.FAILED for look in live)
    return failures >= FAILURES and all(
        look.health is Health.OK and look.checks.get("database") != "unhealthy" for look in target
    )
