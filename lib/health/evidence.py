"""How strongly counted requests speak against a release. Pure: no I/O and no clock.

A sequential test of the null rate p0 against a mixture of alternatives, per 10-second bucket:
S_i <- max(S_i, 0) + k ln(p1_i / p0) + (n - k) ln((1 - p1_i) / (1 - p0)), E = sum of w_i exp(S_i).
At exactly p0, E alone is misled about once in 28 hours; what acts asks for more (`watch.py`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

BUCKET_SECONDS = 10
HOUR_SECONDS = 60 * 60


@dataclass(frozen=True, slots=True)
class Policy:
    """Every number of the rule. Rates are 0-1; holds are buckets in a row."""

    limit: float = 0.05
    #: A baseline as bad as this would disarm the rule.
    limit_cap: float = 0.40
    #: The upper bound of a thinner baseline would disarm it too: 24 % for 30 clean requests.
    baseline_requests: int = 1000
    baseline_seconds: int = 30 * 60
    baseline_seconds_most: int = 24 * 60 * 60
    alternatives: tuple[float, ...] = (0.075, 0.10, 0.20, 0.50, 0.95)
    weights: tuple[float, ...] = (0.25, 0.25, 0.20, 0.20, 0.10)
    enough_evidence: float = 1e4
    suspect_evidence: float = 20.0
    #: Beyond this many times enough, old evidence would take too long to expire.
    evidence_cap: float = 10.0
    soft_hold: int = 6
    #: So many of them may have had luck: at 10 % of 10 requests/s, every fourteenth has.
    soft_misses: int = 1
    hard_hold: int = 2
    #: A cold-start burst is not a broken release.
    hard_hold_young: int = 4
    young_seconds: int = 60
    hard_rate: float = 0.25
    hard_requests: int = 8
    #: At very small traffic: so many of as many failing.
    all_failing: int = 5
    window_seconds: int = 30
    #: Of the hard path: the good minutes before must not dilute it.
    hard_window_seconds: int = 10
    window_seconds_most: int = 10 * 60
    burning_errors: int = 3
    recent_seconds: int = 5 * 60
    #: That must have seen errors before anything is done by itself.
    clients: int = 3
    client_errors: int = 2
    client_requests: int = 20
    #: Entries of a bucket may come so long after its end.
    settling_seconds: int = 5
    #: What is older is no evidence any more. Bounds what a judge must read and remember.
    memory_seconds: int = 3 * 60 * 60
    #: Of the Wilson bounds: 99.9 %.
    z: float = 3.09

    def __post_init__(self) -> None:
        """Raises ValueError if the numbers make no rule."""
        if not 0 < self.limit <= self.limit_cap <= MOST_LIMIT:
            raise ValueError(f"needed: 0 < limit <= limit_cap <= {MOST_LIMIT}")
        if len(self.weights) != len(self.alternatives) or not math.isclose(sum(self.weights), 1):
            raise ValueError("every alternative needs a weight, and the weights a sum of 1")
        if not all(0 < rate < 1 for rate in self.alternatives):
            raise ValueError("alternatives are rates between 0 and 1")
        if min(self.enough_evidence, self.suspect_evidence, self.evidence_cap) < 1:
            raise ValueError("evidence below 1 speaks for the release: ask for more")
        if min(self.soft_hold, self.hard_hold, self.hard_hold_young, self.all_failing) < 1:
            raise ValueError("a hold is at least one bucket, and all_failing one request")
        if self.memory_seconds < self.window_seconds_most:
            raise ValueError("memory_seconds must hold the longest window")


#: Alternatives must fit between it and 1.
MOST_LIMIT = 0.8
#: No alternative is beyond it: one good request must not refute it for ever.
MOST_RATE = 0.98


@dataclass(frozen=True, slots=True)
class Bucket:
    """Ten seconds of one stream: `k` errors of `n` requests, weighed by `weigh_client`."""

    start: int  #: seconds since 1970, a multiple of ten
    n: float
    k: float
    #: Some of the clients that saw an error, as keyed hashes: the limit of the policy is enough.
    clients: frozenset[str] = frozenset()

    @property
    def end(self) -> int:
        return self.start + BUCKET_SECONDS


def closed_until(now: float, policy: Policy) -> int:
    """The end of the newest bucket that may be judged at `now`."""
    settled = int(now) - policy.settling_seconds
    return settled - settled % BUCKET_SECONDS


def judged_since(live_from: int, now: int, policy: Policy) -> int:
    """Where a judge begins: at go-live or, much later, at a full hour that all judges agree on."""
    if now - live_from < policy.memory_seconds + HOUR_SECONDS:
        return live_from
    return now - now % HOUR_SECONDS - policy.memory_seconds


def weigh_client(requests: int, errors: int, policy: Policy) -> tuple[float, float]:
    """What one client's requests and errors in a bucket count: limited, its rate unchanged.

    Limits that change the rate would blame a release for its heavy users: 4 errors in 100
    requests of an office would become 2 in 20.
    """
    if requests <= policy.client_requests and errors <= policy.client_errors:
        return requests, errors
    share = min(policy.client_requests / requests, policy.client_errors / max(errors, 1), 1.0)
    return requests * share, errors * share


def wilson(k: float, n: float, z: float) -> tuple[float, float]:
    """Lower and upper bound of the rate k/n; 0 and 1 without requests."""
    if n == 0:
        return 0.0, 1.0
    p = k / n
    middle = p + z * z / (2 * n)
    spread = z * math.sqrt(max(p * (1 - p), 0.0) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0)


@dataclass(frozen=True, slots=True)
class Test:
    """What a request weighs for each alternative to p0."""

    per_error: tuple[float, ...]
    per_success: tuple[float, ...]
    weights: tuple[float, ...]


def make_test(p0: float, policy: Policy) -> Test:
    """Alternatives that p0 has reached are moved up above it."""
    rates = [
        rate if rate > 1.2 * p0 else min(p0 * (1.2 + 0.8 * i), MOST_RATE)
        for i, rate in enumerate(policy.alternatives)
    ]
    return Test(
        tuple(math.log(rate / p0) for rate in rates),
        tuple(math.log((1 - rate) / (1 - p0)) for rate in rates),
        policy.weights,
    )


def add(scores: Sequence[float], bucket: Bucket, test: Test, cap: float) -> list[float]:
    """The scores after one more bucket. `cap` of infinity: what is shown, never what acts."""
    k, good = bucket.k, bucket.n - bucket.k
    return [
        min((max(0.0, score)) + k * error + good * success, cap)
        for score, error, success in zip(scores, test.per_error, test.per_success, strict=True)
    ]


def ln_evidence(scores: Sequence[float], test: Test) -> float:
    """ln E: E itself may be beyond a float."""
    highest = max(scores)
    weighed = zip(test.weights, scores, strict=True)
    return highest + math.log(sum(weight * math.exp(score - highest) for weight, score in weighed))


def ln_stopped(k: float, n: float, before: float, p0: float) -> float:
    """ln of how much likelier `k` errors of `n` are at p0 than at the rate `before`, above it."""
    rate = min(max(before, 1.2 * p0), MOST_RATE)
    return k * math.log(p0 / rate) + (n - k) * math.log((1 - p0) / (1 - rate))


def requests_to_decide(rate: float, p0: float, policy: Policy) -> int:
    """n*: after so many requests at this rate, above p0, the evidence is enough."""
    divergence = rate * math.log(rate / p0) + (1 - rate) * math.log((1 - rate) / (1 - p0))
    return round((math.log(policy.enough_evidence) + math.log(4)) / divergence)
