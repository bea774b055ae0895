"""From counted requests to a verdict on what is live: on each drain batch, and in the sweep.

1. Ask Postgres what is live, and what it is held against; 2. read its buckets from Redis, in the
same command that counts a batch; 3. judge, which is pure: any instance comes to the same verdict;
4. keep the verdict, and write it down with its buckets where it changed.

An instance remembers the buckets that can no longer change, so that it reads the newest only.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lib import errors
from lib.alerts import DRAIN_SILENT, raise_alert, resolve
from lib.automatic.models import Judged, LiveRelease, Stragglers, show
from lib.automatic.store import AutomaticStore
from lib.changes import Changes
from lib.health.baseline import ALL, Period, choose, null_rates
from lib.health.evidence import BUCKET_SECONDS, Bucket, Policy, closed_until, judged_since
from lib.health.recording import Recording, write
from lib.health.verdict import judge
from lib.health.watch import Release
from lib.redis import RedisUnavailable
from lib.rollback.models import Environment
from lib.traffic.counts import IDS_KEPT_SECONDS, Counts
from lib.traffic.drain import Outage
from lib.traffic.models import Ask, Drain, Reading
from lib.traffic.streams import REFUSED
from lib.traffic.tally import Tally

log = logging.getLogger(__name__)

#: Buckets older than this do not change any more.
CHANGING_SECONDS = IDS_KEPT_SECONDS + 60
#: What is asked for reaches beyond the newest bucket, whatever the clocks say.
AHEAD_SECONDS = 60
#: Our own looks go through the app's hosts, at least twice a minute: with visitors or without, a
#: drain that has delivered nothing for this long is broken.
SILENT_SECONDS = 10 * 60
#: After this another batch asks, if the one that did got no answer.
ASK_AGAIN_SECONDS = 5.0
STRAGGLERS_SECONDS = 60
MINUTE = 60
#: Fewer in five minutes say nothing about the share that is refused.
REFUSALS_REQUESTS = 200
REFUSALS_MORE = 0.1
SILENT_SENTENCE = (
    "The log drain has delivered nothing for 10 minutes, so error rates are not seen. Until it"
    " does, probes alone decide. Look at the drain in the platform's team settings."
)


@dataclass(slots=True)
class Known:
    """Buckets of one release, as far as this instance has read them."""

    deployment_id: str
    start: int
    buckets: dict[str, dict[int, Bucket]] = field(default_factory=dict)
    until: int = 0

    @property
    def unsure_from(self) -> int:
        """From here on buckets may be other ones by now."""
        return max(self.start, self.until - CHANGING_SECONDS)

    def learn(self, reading: Reading) -> None:
        for stream, found in reading.buckets.items():
            kept = self.buckets.get(stream, {})
            sure = {at: one for at, one in kept.items() if self.start <= at < reading.ask.since}
            self.buckets[stream] = sure | {one.start: one for one in found}
        self.until = reading.until

    @property
    def counted(self) -> dict[str, list[Bucket]]:
        return {stream: [*buckets.values()] for stream, buckets in self.buckets.items()}


@dataclass(frozen=True, slots=True)
class Questions:
    """What Redis is asked, in the order of its readings: each release, then what was left."""

    now: float = 0.0  #: Postgres's, seconds since 1970
    releases: Sequence[LiveRelease] = ()
    #: What the asks about the releases were made by: their answers belong there.
    known: Sequence[Known] = ()
    asks: Sequence[Ask] = ()

    @property
    def left(self) -> list[LiveRelease]:
        return [live for live in self.releases if live.left]


@dataclass(slots=True)
class Judging:
    """`counts` None: there is no Redis to count in, so nothing is ever judged."""

    store: AutomaticStore
    counts: Counts | None
    outage: Outage
    changes: Changes
    sampling: float = 1.0
    #: False: no drain is set up, so its silence says nothing.
    has_drain: bool = True
    policy: Policy = field(default_factory=Policy)
    _known: dict[Environment, Known] = field(default_factory=dict)
    #: Monotonic seconds: when a batch asks again.
    _next: float = 0.0

    async def questions(self) -> Questions:
        """For a batch of the drain: nothing is asked until another bucket may have closed."""
        if self.counts is None or time.monotonic() < self._next:
            return Questions()
        # One asks, and the batches that come meanwhile do not wait for a Postgres that hangs.
        self._next = time.monotonic() + ASK_AGAIN_SECONDS
        try:
            return await self.ask()
        except errors.DatabaseUnavailable as error:
            log.warning("not_judged", extra={"why": str(error)})
            return Questions()

    def hasten(self, seconds: float) -> None:
        """The next batch after so long asks, also between two buckets."""
        self._next = min(self._next, time.monotonic() + max(seconds, 0))

    async def ask(self) -> Questions:
        assert self.counts is not None
        releases, now = await self.store.live()
        self._next = time.monotonic() + seconds_to_close(now, self.policy)
        names = self.counts.streams.counted
        until = int(now) + AHEAD_SECONDS
        known = [self.known(live, now) for live in releases]
        asks = [Ask(one.deployment_id, names, one.unsure_from, until) for one in known]
        left = [
            Ask(live.left, [ALL], stragglers_since(live, now), until)
            for live in releases
            if live.left
        ]
        return Questions(now, releases, known, [*asks, *left])

    def known(self, live: LiveRelease, now: float) -> Known:
        start = judged_since(int(live.live_from), int(now), self.policy)
        start -= start % BUCKET_SECONDS
        known = self._known.get(live.environment)
        if known is None or known.deployment_id != live.deployment_id or known.start > start:
            known = self._known[live.environment] = Known(live.deployment_id, start)
        known.start = start
        return known

    async def read(self) -> list[Judged]:
        """For the sweep. Redis being away is told once, and ends no sweep."""
        if self.counts is None:
            return []
        questions = await self.ask()
        try:
            counted = await self.counts.count(Tally(), questions.asks)
            judged = await self.conclude(questions, counted.readings)
        except RedisUnavailable as error:
            log.warning("not_judged", extra={"why": str(error)})
            await self.outage.begin()
            await self.lose_sight(questions)
            return []
        await self.outage.end()
        if self.has_drain and questions.releases:
            await self.tell_silence(is_silent=silent(counted.drain, questions.now))
        return judged

    async def conclude(self, questions: Questions, readings: Sequence[Reading]) -> list[Judged]:
        """Raises RedisUnavailable, where a baseline has to be read and cannot be."""
        judged = []
        for live, known, reading in zip(
            questions.releases, questions.known, readings, strict=False
        ):
            known.learn(reading)
            telemetry = not (self.has_drain and silent(reading.drain, questions.now))
            one = await self.judge(
                live, known, questions.now, until=known.until, telemetry=telemetry
            )
            await self.tell_refusals(one.live, known)
            judged.append(one)
        for live, reading in zip(questions.left, readings[len(questions.releases) :], strict=True):
            await self.keep_stragglers(live, self.stragglers(reading))
        for live in questions.releases:
            if not live.left:
                await self.keep_stragglers(live, None)
        return judged

    async def keep_stragglers(self, live: LiveRelease, found: Stragglers | None) -> None:
        if found != live.stragglers:
            await self.store.keep_stragglers(live.environment, found)

    async def judge(
        self, live: LiveRelease, known: Known, now: float, *, until: int, telemetry: bool
    ) -> Judged:
        if live.p0 is None:
            live = await self.freeze_baseline(live)
        assert self.counts is not None
        release = live.release(now, self.policy, self.counts.streams.names)
        verdict = judge(known.counted, release, until=until, telemetry=telemetry)
        view = show(verdict, live.deployment_id, policy=self.policy, sampling=self.sampling)
        if await self.store.renew(live, view, recorded(live, release, known.counted, until)):
            await self.changes.tell()
            log.info(
                "verdict_changed",
                extra={
                    "environment": live.environment,
                    "deployment": live.deployment_id,
                    "state": verdict.state,
                    "path": verdict.path,
                    "text": verdict.sentence,
                },
            )
        requests = sum(one.n for one in known.buckets.get(ALL, {}).values())
        return Judged(live, release, verdict, int(requests), is_heard=telemetry)

    async def freeze_baseline(self, live: LiveRelease) -> LiveRelease:
        """What came before decides what this release is held against, once and for all judges."""
        assert self.counts is not None
        own, *earlier = await self.store.periods(live.environment, until=live.period)
        before = choose(earlier, own)
        counted = await self.counted_before(before, own.live_from) if before else {}
        names = self.counts.streams.names
        p0 = null_rates(counted, before, own.live_from, streams=names, policy=self.policy)
        refused = share(counted, 0, self.policy.baseline_requests)
        return await self.store.freeze(live, p0, refused)

    async def counted_before(
        self, before: Period, live_from: int
    ) -> Mapping[str, Sequence[Bucket]]:
        """Of its last half-hour or, where that is thin, of its last day."""
        assert self.counts is not None
        end = min(before.live_until or live_from, live_from)
        counted: Mapping[str, Sequence[Bucket]] = {}
        for seconds in (self.policy.baseline_seconds, self.policy.baseline_seconds_most):
            since = max(before.live_from, end - seconds)
            names = self.counts.streams.counted
            counted = (await self.counts.read(before.deployment_id, names, since, end)).buckets
            if sum(one.n for one in counted[ALL]) >= self.policy.baseline_requests:
                break
        return counted

    async def lose_sight(self, questions: Questions) -> None:
        """Without counts nothing is known: the newest verdict says so, until they are back."""
        until = closed_until(questions.now, self.policy)
        for live, known in zip(questions.releases, questions.known, strict=True):
            if live.p0 is not None:
                await self.judge(live, known, questions.now, until=until, telemetry=False)

    def stragglers(self, reading: Reading) -> Stragglers | None:
        start = max(reading.until - STRAGGLERS_SECONDS, reading.ask.since)
        requests = sum(one.requests for one in reading.seen[ALL] if one.bucket.start >= start)
        if not requests:
            return None
        return Stragglers(
            deployment_id=reading.ask.deployment_id,
            per_minute=round(requests * MINUTE / (reading.until - start) / self.sampling, 1),
            until=reading.until,
        )

    async def tell_refusals(self, live: LiveRelease, known: Known) -> None:
        """Many more requests than before are answered 4xx: told, and never acted on."""
        since = known.until - self.policy.recent_seconds
        now, before = share(known.counted, since, REFUSALS_REQUESTS), live.refused_before
        if now is None or before is None or now < max(2 * before, before + REFUSALS_MORE):
            return
        async with self.store.database.transaction() as connection:
            await raise_alert(
                connection,
                environment=live.environment,
                kind="more_refused",
                sentence=f"{live.environment.capitalize()} answers {now:.0%} of requests with 4xx;"
                f" before this release it was {before:.0%}. Nothing is done by itself. Look whether"
                " people can still sign in, and whether links still lead somewhere.",
                once=f"more_refused:{live.period}",
            )

    async def tell_silence(self, *, is_silent: bool) -> None:
        async with self.store.database.transaction() as connection:
            if is_silent:
                await raise_alert(
                    connection,
                    environment=Environment.PRODUCTION,
                    kind=DRAIN_SILENT,
                    sentence=SILENT_SENTENCE,
                    once=DRAIN_SILENT,
                )
            else:
                await resolve(connection, Environment.PRODUCTION, [DRAIN_SILENT])


def share(counted: Mapping[str, Sequence[Bucket]], since: int, needed: int) -> float | None:
    """Of requests that were answered 4xx; None of too few. A client's are limited in both."""
    every = sum(one.n for one in counted.get(ALL, ()) if one.start >= since)
    refused = sum(one.n for one in counted.get(REFUSED, ()) if one.start >= since)
    return min(refused / every, 1.0) if every >= needed else None


def stragglers_since(live: LiveRelease, now: float) -> int:
    """Of the last minute, the whole buckets since the release before was left."""
    since = int(max(now - STRAGGLERS_SECONDS - 2 * BUCKET_SECONDS, live.live_from))
    return since + -since % BUCKET_SECONDS


def silent(drain: Drain, now: float) -> bool:
    """Once it has delivered anything: before that it is not set up, and not broken."""
    return drain.batch_at_ms > 0 and now - drain.batch_at_ms / 1000 > SILENT_SECONDS


def seconds_to_close(now: float, policy: Policy) -> float:
    """Until the next bucket is closed."""
    return closed_until(now, policy) + BUCKET_SECONDS + policy.settling_seconds - now


def recorded(
    live: LiveRelease, release: Release, counted: Mapping[str, Sequence[Bucket]], until: int
) -> Iterator[str]:
    """Made only when it is asked for its first line."""
    resets = sorted(int(at) for at in live.resets)
    judged = {stream: counted.get(stream, ()) for stream in release.p0}
    yield from write(Recording(release, anonymous(judged), resets, until))


def anonymous(counted: Mapping[str, Sequence[Bucket]]) -> dict[str, list[Bucket]]:
    """The same with numbers in place of hashes, in the same order: the verdict is the same."""
    clients = sorted({c for buckets in counted.values() for one in buckets for c in one.clients})
    digits = len(str(len(clients)))
    number = {client: str(i).zfill(digits) for i, client in enumerate(clients)}
    return {
        stream: [
            Bucket(one.start, one.n, one.k, frozenset(number[client] for client in one.clients))
            for one in buckets
        ]
        for stream, buckets in counted.items()
    }
