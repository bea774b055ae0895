"""One stream of requests, bucket by bucket: is there evidence, and has it held? Pure.

What acts is the evidence of `evidence.py`, that it has not stopped, for long enough, and that no
single client is the reason.
"""

import math
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lib.health.baseline import ALL
from lib.health.evidence import (
    BUCKET_SECONDS,
    Bucket,
    Policy,
    add,
    ln_evidence,
    make_test,
    wilson,
)

#: Scores at their cap are exactly enough for the smallest weight, but for rounding.
ROUNDING = 1e-9
#: ln: after the first minute so much must come on top of what a cold-start burst can have left.
NEW_EVIDENCE = 1.0
#: Errors of one moment are one event, however many: a clump of five in a quiet stream.
MOMENTS = 2
#: A client that saw errors in so many buckets may be a scanner, or try again and again.
AGAIN = 3


class Path(StrEnum):
    SOFT = "soft"  #: surely above p0, and for a minute
    HARD = "hard"  #: far above it, and for twenty seconds


@dataclass(frozen=True, slots=True)
class Release:
    """What the requests of a release are held against: fixed at its go-live, but for a reset."""

    live_from: int  #: seconds since 1970
    p0: Mapping[str, float]  #: of every stream that is judged
    policy: Policy = field(default_factory=Policy)
    #: What was counted before is no evidence: the gate refused, or the cause was shared.
    judged_from: int = 0

    def __post_init__(self) -> None:
        if ALL not in self.p0:
            raise ValueError(f'"{ALL}" is always judged: it needs a p0')

    @property
    def ln_enough(self) -> float:
        """More streams are more chances to be misled."""
        return math.log(self.policy.enough_evidence) + math.log(len(self.p0))

    @property
    def start(self) -> int:
        return self.live_from - self.live_from % BUCKET_SECONDS


@dataclass(frozen=True, slots=True)
class Window:
    """The newest requests: of 30 s, or of as long as the last five took."""

    n: float = 0.0
    k: float = 0.0
    seconds: int = 0
    newest_rate: float = 0.0  #: of the last bucket with requests
    silent_seconds: int = 0  #: since that bucket
    clients: int = 0  #: that saw errors, as far as they were kept
    bad_buckets: int = 0  #: with errors

    @property
    def rate(self) -> float:
        return self.k / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One stream at the time of a verdict."""

    stream: str
    p0: float
    path: Path | None
    window: Window
    log10_evidence: float  #: not capped
    ln_evidence: float  #: capped: what acts
    soft_held: int
    hard_held: int
    one_client: bool  #: it would be time to act if more clients saw it


class Watch:
    """One stream, bucket by bucket. Those without a request count too: holds are time."""

    def __init__(self, release: Release, stream: str) -> None:
        policy = release.policy
        self.policy = policy
        self.release = release
        self.stream = stream
        self.p0 = release.p0[stream]
        self.test = make_test(self.p0, policy)
        self.enough = release.ln_enough - ROUNDING
        self.cap = release.ln_enough + math.log(policy.evidence_cap)
        self.young_until = max(release.live_from, release.judged_from) + policy.young_seconds
        self.end = release.start
        self.scores = [0.0] * len(policy.weights)
        self.shown = self.scores
        self.soft_held = 0
        self.hard_held = 0
        #: Of the buckets that the soft path looks back on: was the newest one above p0?
        self.above: deque[bool] = deque(maxlen=policy.soft_hold)
        self.recent: deque[Bucket] = deque()
        self.history: dict[int, Bucket] = {}
        self.other: tuple[str, Watch] | None = None

    def add(self, bucket: Bucket) -> None:
        """`bucket` begins where the one before it ended."""
        self.end = bucket.end
        if self.other is not None:
            client, watch = self.other
            watch.add(spared(bucket, client, self.policy))
        oldest = self.end - self.policy.window_seconds_most
        while self.recent and self.recent[0].start < oldest:
            self.recent.popleft()
        if bucket.n:
            self.recent.append(bucket)
            self.history[bucket.start] = bucket
        if bucket.start < self.release.judged_from:
            return
        if bucket.start - BUCKET_SECONDS < self.young_until <= bucket.start and not self.hard_held:
            self.scores = [min(score, self.enough - NEW_EVIDENCE) for score in self.scores]
        if bucket.n:
            self.scores = add(self.scores, bucket, self.test, self.cap)
            self.shown = add(self.shown, bucket, self.test, math.inf)
        self.hold()

    def hold(self) -> None:
        due = hard = above = False
        if self.is_enough():
            window = self.window()
            above = window.newest_rate > self.p0
            due = is_burning(window, self.p0, self.policy)
            hard = due and self.hard_window().rate > max(self.policy.hard_rate, self.p0)
        self.above.append(above)
        self.soft_held = self.soft_held + 1 if due and self.end > self.young_until else 0
        self.hard_held = self.hard_held + 1 if hard else 0

    def is_enough(self) -> bool:
        """E is never above its highest score, which is quicker to look at."""
        return max(self.scores) >= self.enough and (
            ln_evidence(self.scores, self.test) >= self.enough
        )

    def window(self) -> Window:
        return self.newest(self.policy.window_seconds, self.policy.all_failing)

    def hard_window(self) -> Window:
        return self.newest(self.policy.hard_window_seconds, self.policy.hard_requests)

    def newest(self, seconds: int, requests: int) -> Window:
        """The requests of the newest `seconds`, or of as long as so many took."""
        judged = [one for one in self.recent if one.start >= self.release.judged_from]
        n = k = 0.0
        bad = 0
        clients: set[str] = set()
        for bucket in reversed(judged):
            age = self.end - bucket.start
            if age > seconds and n >= requests:
                break
            n, k, seconds = n + bucket.n, k + bucket.k, max(seconds, age)
            clients |= bucket.clients
            bad += bucket.k > 0
        if not judged:
            return Window()
        last = judged[-1]
        silent = self.end - last.end
        return Window(n, k, seconds, last.k / last.n, silent, len(clients), bad)

    def find(self) -> Finding:
        window, path = self.window(), self.path()
        return Finding(
            self.stream,
            self.p0,
            path,
            window,
            ln_evidence(self.shown, self.test) / math.log(10),
            ln_evidence(self.scores, self.test),
            self.soft_held,
            self.hard_held,
            one_client=self.held_path() is not None and path is None,
        )

    def path(self) -> Path | None:
        """Set once it is time to act, and it would be without any one client too."""
        path = self.held_path()
        if path is None or self.window().clients < self.policy.clients:
            return None
        client = self.noisiest()
        return path if client is None else self.without(client).held_path()

    def held_path(self) -> Path | None:
        """By the newest requests alone: is it time, and has it not stopped this moment."""
        policy = self.policy
        if not self.above or not self.above[-1] or self.window().bad_buckets < MOMENTS:
            return None
        held = policy.hard_hold_young if self.end <= self.young_until else policy.hard_hold
        if self.hard_held >= held and is_hard(self.hard_window(), self.p0, policy):
            return Path.HARD
        goes_on = self.above.count(False) <= policy.soft_misses
        return Path.SOFT if self.soft_held >= policy.soft_hold and goes_on else None

    def noisiest(self) -> str | None:
        """The client that saw errors most often lately, unless none saw them again and again."""
        seen = Counter(client for bucket in self.recent for client in bucket.clients)
        often = max(seen.values(), default=0)
        return min(c for c in seen if seen[c] == often) if often >= AGAIN else None

    def without(self, client: str) -> "Watch":
        """The same had this client never come; kept up to date, for as long as it is asked for."""
        if self.other is None or self.other[0] != client:
            watch = Watch(self.release, self.stream)
            for start in range(self.release.start, self.end, BUCKET_SECONDS):
                watch.add(
                    spared(self.history.get(start) or Bucket(start, 0, 0), client, self.policy)
                )
            self.other = (client, watch)
        return self.other[1]

    def lately(self) -> tuple[float, float]:
        """Requests and errors of the last minutes."""
        since = self.end - self.policy.recent_seconds
        newest = [bucket for bucket in self.recent if bucket.start >= since]
        return sum(bucket.n for bucket in newest), sum(bucket.k for bucket in newest)


def spared(bucket: Bucket, client: str, policy: Policy) -> Bucket:
    """Without the most that `client` can have added to it."""
    if client not in bucket.clients:
        return bucket
    rest = bucket.clients - {client}
    errors = min(policy.client_errors, bucket.k - len(rest) if bucket.k > len(rest) else bucket.k)
    return Bucket(bucket.start, bucket.n - errors, bucket.k - errors, rest)


def is_burning(window: Window, p0: float, policy: Policy) -> bool:
    """It has not stopped, as far as is known: after a silence that is too long nothing is."""
    heard = window.seconds - window.silent_seconds
    return (
        window.rate > p0
        and window.k >= policy.burning_errors
        and window.silent_seconds <= max(policy.window_seconds, heard)
    )


def is_hard(window: Window, p0: float, policy: Policy) -> bool:
    if window.n >= policy.hard_requests:
        return wilson(window.k, window.n, policy.z)[0] > max(policy.hard_rate, p0)
    return window.n >= policy.all_failing and window.k == window.n
