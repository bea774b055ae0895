"""What is live, what is known of its requests, and what speaks against it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel

from lib.health.baseline import ALL
from lib.health.evidence import BUCKET_SECONDS, Policy, judged_since
from lib.health.verdict import State, Verdict
from lib.health.watch import Finding, Path, Release
from lib.moments import Moment
from lib.rollback.models import Environment

#: What there is evidence against.
ALARMING = (State.SUSPECT, State.ROLLBACK)


class Mode(StrEnum):
    AUTOMATIC = "automatic"  #: acts
    SHADOW = "shadow"  #: writes down what it would have done, and changes nothing
    OFF = "off"  #: tells a person


@dataclass(frozen=True, slots=True)
class LiveRelease:
    """A live period that has not ended. Times are seconds since 1970."""

    environment: Environment
    period: int
    deployment_id: str
    live_from: float
    #: Null rate per stream, frozen at the first look; None: not worked out yet.
    p0: dict[str, float] | None
    #: The share of requests answered 4xx before it; None: not known, or too few to say.
    refused_before: float | None
    #: Evidence from before the newest of these is dropped.
    resets: tuple[float, ...]
    #: What was live before, if that ended lately: some visitors still use it.
    left: str | None
    #: Of it, as they were last written down.
    stragglers: "Stragglers | None"

    def release(self, now: float, policy: Policy, streams: Sequence[str]) -> Release:
        """What it is judged by; needs `p0`.

        Settings may name other streams by now: a new one has the null rate of all requests.
        """
        assert self.p0 is not None
        return Release(
            judged_since(int(self.live_from), int(now), policy),
            {name: self.p0.get(name, self.p0[ALL]) for name in streams},
            policy,
            judged_from=int(max(self.resets, default=0)),
        )


class StreamView(BaseModel):
    """One stream as it was judged: requests weighed by client, in the window of the verdict."""

    stream: str
    p0: float
    n: float
    k: float
    rate: float
    seconds: int
    clients: int
    log10_evidence: float
    soft_held: int
    hard_held: int


class DecidableView(BaseModel):
    """How many requests it takes to see that `rate` of them fail; seconds None: no traffic."""

    rate: float
    requests: int
    seconds: float | None


class VerdictView(BaseModel):
    """The newest verdict in words and numbers."""

    deployment_id: str
    state: State
    path: Path | None
    sentence: str
    until: int  #: end of the newest bucket that it saw, seconds since 1970
    requests: float  #: in the last five minutes, scaled by the drain's sampling
    rate: float  #: of errors among them
    acts_in_seconds: int | None  #: unless it stops; None: nothing is about to be done
    decidable: list[DecidableView]
    streams: list[StreamView]
    #: Far fewer are answered now than in the minutes before: requests that hang are in no log.
    thins_out: bool = False


class Stragglers(BaseModel):
    """Requests that are still answered by a release that is no longer live."""

    deployment_id: str
    per_minute: float
    until: int


class DecisionView(BaseModel):
    """What followed from evidence."""

    at: Moment
    source: Literal["traffic", "probes"]
    path: Path | None
    outcome: str
    sentence: str
    target: str | None
    gate: list[dict[str, Any]]


class TrafficView(BaseModel):
    """What a page shows of all this."""

    verdict: VerdictView | None
    is_fresh: bool  #: the verdict says something about now
    stragglers: Stragglers | None
    #: The newest one about what is live.
    decision: DecisionView | None


@dataclass(frozen=True, slots=True)
class Judged:
    live: LiveRelease
    release: Release
    verdict: Verdict
    #: Of the release, as far back as its buckets are looked at.
    requests: int
    #: False: what should have been counted is missing, so that it is calm says nothing.
    is_heard: bool = True


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Evidence that would justify a rollback, if one would help."""

    environment: Environment
    deployment_id: str
    source: Literal["traffic", "probes"]
    sentence: str
    path: Path | None = None
    #: End of the newest bucket of a verdict; 0: probes.
    until: int = 0
    facts: dict[str, Any] = field(default_factory=dict)


def show(verdict: Verdict, deployment_id: str, *, policy: Policy, sampling: float) -> VerdictView:
    loudest = verdict.loudest
    return VerdictView(
        deployment_id=deployment_id,
        state=verdict.state,
        path=verdict.path,
        sentence=verdict.sentence,
        until=verdict.until,
        requests=round(verdict.requests / sampling, 1),
        rate=round(verdict.errors / verdict.requests, 4) if verdict.requests else 0.0,
        acts_in_seconds=acts_in(loudest, policy) if verdict.state is State.SUSPECT else None,
        decidable=[
            DecidableView(rate=one.rate, requests=one.requests, seconds=one.seconds)
            for one in verdict.decidable
        ],
        streams=[show_stream(one) for one in verdict.findings],
        thins_out=thins_out(verdict, policy),
    )


def thins_out(verdict: Verdict, policy: Policy) -> bool:
    """The newest window holds less than half of what the last minutes let expect."""
    window = next(one.window for one in verdict.findings if one.stream == ALL)
    usual = verdict.requests / max(
        min(policy.recent_seconds, verdict.until - verdict.live_from), BUCKET_SECONDS
    )
    return window.n < max(window.seconds, policy.window_seconds) * usual / 2


def acts_in(finding: Finding, policy: Policy) -> int | None:
    """At the latest, if it goes on: by the soft path."""
    if finding.one_client or not (finding.soft_held or finding.hard_held):
        return None
    return max(policy.soft_hold - finding.soft_held, 1) * BUCKET_SECONDS


def show_stream(finding: Finding) -> StreamView:
    window = finding.window
    return StreamView(
        stream=finding.stream,
        p0=round(finding.p0, 4),
        n=round(window.n, 2),
        k=round(window.k, 2),
        rate=round(window.rate, 4),
        seconds=window.seconds,
        clients=window.clients,
        log10_evidence=round(finding.log10_evidence, 3),
        soft_held=finding.soft_held,
        hard_held=finding.hard_held,
    )


def newest_suspicions(judged: Sequence[Judged]) -> list[Suspicion]:
    return [
        Suspicion(
            environment=one.live.environment,
            deployment_id=one.live.deployment_id,
            source="traffic",
            sentence=one.verdict.sentence.rstrip("."),
            path=one.verdict.path,
            until=one.verdict.until,
            facts={
                "stream": one.verdict.loudest.stream,
                "log10_evidence": round(one.verdict.loudest.log10_evidence, 3),
            },
        )
        for one in judged
        if one.verdict.state is State.ROLLBACK
    ]
