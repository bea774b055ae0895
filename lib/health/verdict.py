"""Is this release broken? A pure function of counted requests: no I/O and no clock.

Any instance can work it out again, so a crash loses nothing. Buckets of each stream go in, in the
order of time; the verdict depends on nothing else. No data is `inconclusive`: never healthy, and
never a reason to roll back.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lib.health.baseline import ALL
from lib.health.evidence import BUCKET_SECONDS, Bucket, Policy, requests_to_decide
from lib.health.watch import Finding, Path, Release, Watch

#: Failing so badly must have been seen before anything, or that all is well, is said.
HALF, TENTH = 0.5, 0.1
UNHEARD = "Requests are not being counted reliably: nothing is known from them."


class State(StrEnum):
    """The first that holds."""

    ROLLBACK = "rollback"
    INCONCLUSIVE = "inconclusive"  #: too few requests to have seen that half of them fail
    SUSPECT = "suspect"
    NOT_BADLY_BROKEN = "not_badly_broken"  #: too few to have seen that a tenth fail
    HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class Decidable:
    """How long it takes to see that requests fail at `rate`; None without traffic."""

    rate: float
    requests: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of the requests until `until`, with everything it was decided by."""

    state: State
    path: Path | None
    loudest: Finding
    findings: tuple[Finding, ...]
    requests: float  #: all, in the last five minutes
    errors: float  #: of those
    decidable: tuple[Decidable, ...]
    live_from: int
    judged_from: int
    until: int
    sentence: str


def judge(
    counted: Mapping[str, Sequence[Bucket]],
    release: Release,
    *,
    until: int,
    telemetry: bool = True,
) -> Verdict:
    """`counted`: per stream, each bucket once; what ends after `until` (seconds) is not looked at.

    `telemetry`: False if what should have been counted is known to be missing.
    """
    watches = {stream: Watch(release, stream) for stream in release.p0}
    for stream, watch in watches.items():
        known = {bucket.start: bucket for bucket in counted.get(stream, ())}
        for start in range(release.start, until - BUCKET_SECONDS + 1, BUCKET_SECONDS):
            watch.add(known.get(start) or Bucket(start, 0, 0))
    return summarise(watches, release, until=until, telemetry=telemetry)


def summarise(
    watches: Mapping[str, Watch], release: Release, *, until: int, telemetry: bool
) -> Verdict:
    findings = tuple(watch.find() for watch in watches.values())
    # Of the others, one without requests has nothing to say.
    heard = [one for one in findings if one.window.n or one.stream == ALL]
    loudest = max(heard, key=lambda one: (one.path is not None, one.ln_evidence))
    requests, failed = watches[ALL].lately()
    state = name(loudest, requests, release) if telemetry else State.INCONCLUSIVE
    return Verdict(
        state=state,
        path=loudest.path if state is State.ROLLBACK else None,
        loudest=loudest,
        findings=findings,
        requests=requests,
        errors=failed,
        decidable=tuple(decidable(rate, requests, release) for rate in (HALF, TENTH)),
        live_from=release.live_from,
        judged_from=release.judged_from,
        until=until,
        sentence=say(state, loudest, release.policy) if telemetry else UNHEARD,
    )


def name(loudest: Finding, requests: float, release: Release) -> State:
    if loudest.path is not None:
        return State.ROLLBACK
    if requests < decidable(HALF, requests, release).requests:
        return State.INCONCLUSIVE
    if loudest.ln_evidence >= math.log(release.policy.suspect_evidence):
        return State.SUSPECT
    if requests < decidable(TENTH, requests, release).requests:
        return State.NOT_BADLY_BROKEN
    return State.HEALTHY


def decidable(rate: float, requests: float, release: Release) -> Decidable:
    """By all requests, at the traffic of the last five minutes."""
    p0 = release.p0[ALL]
    above = max(rate, 1.2 * p0)
    needed = requests_to_decide(above, p0, release.policy)
    seconds = needed * release.policy.recent_seconds / requests if requests else None
    return Decidable(above, needed, seconds)


def say(state: State, loudest: Finding, policy: Policy) -> str:
    """For a person in a hurry: how bad, of how many, and what that means."""
    if not loudest.window.n:
        return "No requests have been counted, so nothing is known from them."
    return f"{observed(loudest)}: {meaning(state, loudest, policy)}."


def observed(finding: Finding) -> str:
    window = finding.window
    of = "requests" if finding.stream == ALL else f"requests ({finding.stream})"
    return (
        f"{window.rate * 100:.3g} % of the newest {window.n:,.0f} {of} failed,"
        f" in {window.seconds} s"
    )


def meaning(state: State, finding: Finding, policy: Policy) -> str:
    usual = f"{finding.p0 * 100:.3g} %"
    match state:
        case State.ROLLBACK:
            return f"surely more than {usual}, and it has not stopped"
        case State.INCONCLUSIVE:
            return "too few requests in the last minutes to tell"
        case State.SUSPECT if finding.one_client:
            return f"surely more than {usual}, but too few clients see it to act on"
        case State.SUSPECT if finding.soft_held or finding.hard_held:
            seconds = max(policy.soft_hold - finding.soft_held, 1) * BUCKET_SECONDS
            return f"surely more than {usual}; within {seconds} s it is time to act if it goes on"
        case State.SUSPECT:
            return f"perhaps more than {usual}, or it was a moment ago"
        case State.NOT_BADLY_BROKEN:
            return "not half of them; too few yet to see whether a tenth do"
        case State.HEALTHY:
            return f"not clearly more than {usual}"
