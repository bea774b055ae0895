"""Before code goes back: one switch that nearly all errors had on is turned off, and watched.

Turning a feature off loses less than turning a release back, and takes a second. If it was not the
cause, code goes back half a minute later than it would have. Whoever dies in between leaves a row,
and the next look goes on from it.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lib.alerts import raise_alert
from lib.automatic.case import Case
from lib.automatic.models import Judged, Mode
from lib.automatic.noting import note
from lib.automatic.store import reset_evidence
from lib.automatic.trials import BEGIN, Suspect, Trial, TrialStore, conclude, is_still_so
from lib.flags.models import Flip, State
from lib.flags.store import lock, told_off, turn
from lib.flags.switchboard import Switchboard
from lib.health.baseline import ALL
from lib.health.evidence import BUCKET_SECONDS, Bucket, Policy, ln_stopped
from lib.health.watch import Path
from lib.redis import RedisUnavailable
from lib.traffic.counts import Counts
from lib.traffic.models import Ask
from lib.traffic.suspects import Suspects
from lib.traffic.tally import Tally

log = logging.getLogger(__name__)

ACTOR = "automatic"
#: Of the errors, those that a switch has to explain.
SHARE = 0.8
ERRORS_SECONDS = 60
#: Fewer are explained by anything.
ERRORS_LEAST = 5
#: Of switches that explain the errors, those that an alert names.
MOST_NAMED = 3
#: Requests without a switch: so many that fail at least half as often as those with it acquit it.
WITHOUT_LEAST = 20
ACQUITTED = 0.5
#: An app has heard of it by then. The first whole bucket after it is closed when the watch ends,
#: wherever in a bucket it began.
HEARD_SECONDS = 5
#: What fails after it is held against what failed so long before it.
BEFORE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Explained:
    """Failed requests, and those of them that had each switch on; and the good ones that had."""

    errors: int
    flagged: Mapping[str, int]
    good: int = 0
    #: Empty also where the app writes no line for a request that went well.
    spared: Mapping[str, int] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """That explain nearly all of them, the best first."""
        if self.errors < ERRORS_LEAST:
            return []
        enough = max(self.errors * SHARE, ERRORS_LEAST)
        found = [key for key, count in self.flagged.items() if count >= enough]
        return sorted(
            (key for key in found if not self.acquits(key)),
            key=lambda key: (*self.weight(key), key),
        )

    def acquits(self, key: str) -> bool:
        """Requests without it fail as well: it is only on nearly everywhere."""
        failed, spared = self.flagged[key], self.spared.get(key, 0)
        failed_without, spared_without = self.errors - failed, max(self.good - spared, 0)
        without = failed_without + spared_without
        return without >= WITHOUT_LEAST and (
            failed_without / without >= ACQUITTED * failed / (failed + spared)
        )

    def weight(self, key: str) -> tuple[int, int]:
        """The more failed requests had it on, and the fewer good ones, the likelier it is."""
        return -self.flagged[key], self.spared.get(key, 0)

    def single_out(self, suspects: Sequence[Suspect]) -> Suspect | None:
        """None where the next one looks exactly as guilty, and nobody names one of them."""
        if not suspects:
            return None
        best, *others = suspects
        is_tied = any(self.weight(one.key) == self.weight(best.key) for one in others)
        return None if is_tied and not best.is_named else best


@dataclass(frozen=True, slots=True)
class Watched:
    """One stream's requests in the minute before a switch was off, and since apps heard of it."""

    before: Sequence[Bucket]
    after: Sequence[Bucket]
    p0: float
    policy: Policy

    @property
    def excess(self) -> float:
        """Errors above the bar, before. A stream without a request says nothing."""
        n, k = add_up(self.before)
        return k - n * self.p0 if n else -math.inf

    @property
    def outcome(self) -> str | None:
        """None: nobody can tell yet. Errors above the bar are enough to send code back, for it has
        been found guilty already; that a switch helped takes as many good requests as could not
        have come by luck, had it gone on as it was.
        """
        (n, k), (n_before, k_before) = add_up(self.after), add_up(self.before)
        if n and k / n > self.p0:
            return "did_not_help"
        before = k_before / n_before if n_before else 0.0
        enough = math.log(self.policy.suspect_evidence)
        return "helped" if ln_stopped(k, n, before, self.p0) >= enough else None


@dataclass(frozen=True, slots=True)
class FlagsFirst:
    """`counts` None: nothing is counted, so no switch explains anything."""

    trials: TrialStore
    switchboard: Switchboard
    counts: Counts | None

    async def come_first(self, case: Case) -> bool:
        """True: code waits. Nothing is waited for where the errors are far too many."""
        await self.trials.overtake()
        trial = await self.trials.open(case.facts.period)
        is_held = case.facts.mode is Mode.OFF or case.facts.is_locked
        if case.suspicion.path is not Path.SOFT or is_held:
            if trial is not None:
                await self.end(case.facts.period, trial, "overtaken")
            return False
        if trial is not None:
            return trial.is_watched or not await self.still_burns(case, trial)
        explained = await self.explain(case)
        keys = explained.keys
        suspect = explained.single_out(await self.trials.suspects(case, keys)) if keys else None
        if suspect is None:
            return False
        if case.facts.mode is Mode.SHADOW:
            await self.note_shadow(case, suspect, explained)
            return False
        return await self.turn_off(case, suspect, explained)

    async def explain(self, case: Case) -> Explained:
        """By the newest minute. What cannot be read explains nothing: code goes back."""
        if self.counts is None:
            return Explained(0, {})
        until = case.suspicion.until
        since, deployment_id = until - ERRORS_SECONDS, case.suspicion.deployment_id
        try:
            noted = await Suspects(self.counts.redis).read(deployment_id, since, until)
            if not noted.failed:
                return Explained(0, {})
            reading = await self.counts.read(deployment_id, [ALL], since, until)
        except RedisUnavailable as error:
            log.warning("flags_not_suspected", extra={"why": str(error)})
            return Explained(0, {})
        seen = reading.seen[ALL]
        errors = sum(one.errors for one in seen)
        good = sum(one.requests for one in seen) - errors
        # They are noted before they are counted, and some are never counted.
        flagged = {key: min(count, errors) for key, count in noted.failed.items()}
        return Explained(errors, flagged, good, noted.spared)

    async def explanation(self, case: Case) -> str:
        """For an alert: which switches the failed requests had on. Empty: nobody knows of any."""
        if case.suspicion.source == "probes":
            return ""
        explained = await self.explain(case)
        keys = explained.keys
        if not keys:
            return ""
        titles = await self.trials.titles(case.environment, keys, most=MOST_NAMED)
        return explained_by(explained, titles)

    async def turn_off(self, case: Case, suspect: Suspect, explained: Explained) -> bool:
        """True also where somebody else did at this moment: one at a time is watched."""
        sentence, flagged = sentence_of(suspect, explained), explained.flagged[suspect.key]
        flip = Flip(
            environment=case.environment,
            key=suspect.key,
            state=State.OFF,
            reason=f"{flagged} of {explained.errors} failed requests had it on",
        )
        async with self.trials.database.transaction() as connection:
            now = await lock(connection, case.environment, suspect.key)
            if now is None or not await is_still_so(connection, case, suspect.key):
                return True
            if now.state is State.OFF or now.stays_on_because:
                return False
            rollback_id = await turn(
                connection, flip, now, by=ACTOR, evidence=case.suspicion.sentence
            )
            await connection.execute(
                BEGIN,
                {
                    "environment": case.environment,
                    "period": case.facts.period,
                    "key": suspect.key,
                    "rollback_id": rollback_id,
                    "errors": explained.errors,
                    "flagged": flagged,
                },
            )
            await note(connection, case, "turned_off", sentence)
            await raise_alert(
                connection,
                environment=case.environment,
                kind="feature_turned_off",
                sentence=f"{case.environment.capitalize()} has problems:"
                f" {case.suspicion.sentence}. {sentence}",
                once=told_off(case.environment, suspect.key),
            )
        log.info("flag_turned_off", extra={"environment": case.environment, "flag": suspect.key})
        await self.switchboard.renew(case.environment)
        return True

    async def still_burns(self, case: Case, trial: Trial) -> bool:
        """By the requests since apps have heard of it. Of too few, nobody can tell yet."""
        assert self.counts is not None
        stream = str(case.suspicion.facts.get("stream", ALL))
        known = await self.trials.p0(case.facts.period)
        # As judged: a stream that settings name since has the null rate of all requests.
        p0 = {stream: known.get(stream, known.get(ALL, self.counts.policy.limit))}
        try:
            watched = await self.watch(
                trial, case.suspicion.deployment_id, p0, case.suspicion.until
            )
        except RedisUnavailable as error:
            # Nothing is known, so code waits, and the next look reads again. While counts are away
            # nobody is suspected by them, and what probes find down does not wait.
            log.warning("trial_not_read", extra={"why": str(error)})
            return False
        outcome = watched.outcome
        if outcome is not None:
            await self.end(case.facts.period, trial, outcome)
        return outcome == "did_not_help"

    async def watch(
        self, trial: Trial, deployment_id: str, p0: Mapping[str, float], until: int
    ) -> Watched:
        """Of these streams, the one that was worst before. Raises RedisUnavailable.

        A trial may stay open for as long as its release is live: what is read of it is bounded, as
        it is for a verdict.
        """
        assert self.counts is not None
        policy, streams = self.counts.policy, [*p0]
        began = int(trial.began)
        since = began + HEARD_SECONDS
        since += -since % BUCKET_SECONDS
        counted = await self.counts.count(
            Tally(),
            [
                Ask(deployment_id, streams, began - BEFORE_SECONDS, began),
                Ask(deployment_id, streams, max(since, until - policy.memory_seconds), until),
            ],
        )
        before, after = (reading.buckets for reading in counted.readings)
        found = [
            Watched(
                before=[one for one in before[stream] if one.end <= began],
                after=after[stream],
                p0=p0[stream],
                policy=policy,
            )
            for stream in streams
        ]
        return max(found, key=lambda one: one.excess)

    async def settle(self, calm: Sequence[Judged]) -> None:
        """`calm`: where requests are counted, and are no reason to go back. A few good ones are no
        proof either: the trial stays open until there are enough, or something else is live.
        """
        await self.trials.overtake()
        for one in calm:
            trial = await self.trials.open(one.live.period)
            if trial is None or trial.is_watched or self.counts is None:
                continue
            try:
                watched = await self.watch(
                    trial, one.live.deployment_id, one.release.p0, one.verdict.until
                )
            except RedisUnavailable as error:
                log.warning("trial_not_read", extra={"why": str(error)})
                continue
            if watched.outcome == "helped":
                await self.end(one.live.period, trial, "helped")

    async def end(self, period: int, trial: Trial, outcome: str) -> bool:
        """True, whoever did: what it came to is the same."""
        async with self.trials.database.transaction() as connection:
            if await conclude(connection, trial, outcome) and outcome == "helped":
                await reset_evidence(connection, period)
        return True

    async def note_shadow(self, case: Case, suspect: Suspect, explained: Explained) -> None:
        sentence = (
            f"{sentence_of(suspect, explained, would='would have been')} The mode is shadow, so"
            " nothing was changed."
        )
        async with self.trials.database.transaction() as connection:
            is_news = await raise_alert(
                connection,
                environment=case.environment,
                kind="would_turn_off",
                sentence=f"{case.environment.capitalize()} has problems:"
                f" {case.suspicion.sentence}. {sentence}",
                once=f"would_turn_off:{case.facts.period}:{suspect.key}",
            )
            if is_news:
                await note(connection, case, "would_turn_off", sentence)


def explained_by(explained: Explained, titles: Mapping[str, str]) -> str:
    """With a space before it, to follow another sentence; empty without any."""
    if not titles:
        return ""
    shares = {key: f"{explained.flagged[key] / explained.errors:.0%}" for key in titles}
    (first, title), *others = titles.items()
    more = "".join(f", {shares[key]} {other}" for key, other in others)
    return f" {shares[first]} of the failed requests had {title} on{more}."


def sentence_of(suspect: Suspect, explained: Explained, *, would: str = "was") -> str:
    share = explained.flagged[suspect.key] / explained.errors
    return (
        f"{share:.0%} of the failed requests had {suspect.title} on, so it {would} turned off"
        f" first. {suspect.loses}"
    )


def add_up(buckets: Sequence[Bucket]) -> tuple[float, float]:
    """Requests, and errors of those."""
    return sum(one.n for one in buckets), sum(one.k for one in buckets)
