"""The sweep: advances what is unfinished, looks at what is live, and acts when it is down.

Safe to run twice at once, late, or not at all: every look is claimed, every rollback has one
worker, and what is decided is decided again by the next tick if this one dies.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from lib import errors
from lib.access.sessions import Sessions
from lib.alerts import raise_alert, resolve
from lib.audit.keeper import Keeper
from lib.automatic.autopilot import Autopilot
from lib.automatic.decision import NOTHING_BACK, SHARED, WATCH
from lib.automatic.models import Suspicion
from lib.changes import Changes
from lib.deployments.check import DeploymentCheck
from lib.deployments.eligibility import last_stable
from lib.deployments.models import DeploymentRow
from lib.deployments.store import DeploymentStore
from lib.deployments.tracker import Tracker
from lib.health.evidence import BUCKET_SECONDS
from lib.health.probe import Health, Look, Prober, one_sided
from lib.health.rule import Verdict, judge
from lib.health.store import HealthStore
from lib.health.verdict import State
from lib.migrations.watch import LedgerWatch
from lib.notify.deadman import Deadman
from lib.notify.sender import Notifier
from lib.preflight.preflight import Preflight
from lib.rollback.engine import Engine
from lib.rollback.models import Environment
from lib.vercel.routing import Routing

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=10)
#: Once a look failed: three failures over 15 s are then seen in 15 s.
LOOK_AGAIN = timedelta(seconds=5)
#: Overlapping sweeps keep one cadence, so a tick may come a little early.
SLACK = timedelta(seconds=0.5)
#: After a rollback.
WATCH_EVERY = timedelta(seconds=30)
#: A release younger than this is looked at all the time.
YOUNG = timedelta(minutes=30)
#: So far back a version to go back to is looked for, among those that were live.
HISTORY_LIMIT = 200
#: Between two glances of a sweep, at most: a dead worker is noticed soon.
GLANCE_SECONDS = 2.0
#: A look that another sweep has claimed and not moved yet is not waited for in a tight loop.
GLANCE_SECONDS_LEAST = 0.2
#: Alerts that are over when the live version is well again, and has been for a while: one that
#: goes up and down is not news each time.
DOWN = (
    "automatic_refused",
    "database_moved",
    "down_not_rolled_back",
    "gate_refused",
    "rollback_did_not_help",
)
SETTLED = timedelta(minutes=10)
MOVED = "moved_after_rollback"
ONLY_PROBES = (
    "Visitors' requests are answered well all the same, so traffic does not move. Look at what the"
    " health report checks."
)
TARGET_UNASKED = (
    "The version to go back to does not say whether it is well, so going back is a person's"
    " decision. Look whether it is still there, and whether its protection lets us through."
)
#: Why traffic does not move.
WHY = {
    Verdict.DOWN: ONLY_PROBES,
    Verdict.SHARED: SHARED,
    Verdict.ALONE: NOTHING_BACK,
    Verdict.UNASKED: TARGET_UNASKED,
}
DOWNS = tuple(WHY)


@dataclass(slots=True)
class Round:
    """One run of the sweep."""

    stop_at: float
    working: dict[UUID, asyncio.Task[None]] = field(default_factory=dict)
    #: Monotonic seconds: when counted requests are judged next.
    judge_at: float = 0.0
    #: A switch was turned off and is watched: somebody has to come back to it.
    is_watching: bool = False
    #: Everything was looked at as it should be.
    is_good: bool = True


@dataclass(frozen=True, slots=True)
class Sweep:
    health: HealthStore
    deployments: DeploymentStore
    tracker: Tracker
    routing: Routing
    prober: Prober
    engine: Engine
    autopilot: Autopilot
    notifier: Notifier
    deadman: Deadman
    preflight: Preflight
    check: DeploymentCheck
    keeper: Keeper
    sessions: Sessions
    ledger: LedgerWatch
    changes: Changes
    #: Looked at beside the health report, at the live version and at the target.
    probe_paths: tuple[str, ...] = ()
    #: However little time a sweep has, it glances once.
    one_glance_seconds: float = 10.0

    async def run_scheduled(self, *, stop_at: float) -> None:
        """As `run`, by the platform's scheduler: only a good one of these is a sign of life.

        Deployments set sweeps off as well; they would hide that the scheduler has stopped.
        """
        run = self.run(stop_at=stop_at, is_scheduled=True)
        beside = (self.check.review(), self.keeper.settle(), self.forget_sessions())
        is_good, *_ = await asyncio.gather(run, *beside)
        if is_good:
            await self.deadman.ping()

    async def forget_sessions(self) -> None:
        """Housekeeping: whatever is in its way is in nobody else's."""
        try:
            await self.sessions.forget()
        except errors.DatabaseUnavailable as error:
            log.warning("sessions_not_forgotten", extra={"why": str(error)})
        except Exception:
            log.exception("forgetting_sessions_crashed")

    async def run(self, *, stop_at: float, is_scheduled: bool = False) -> bool:
        """Glance at everything until nothing needs it, or until `stop_at` (monotonic seconds).

        Rollbacks run beside the looks: one that is stuck does not blind us for the rest. True:
        everything was looked at as it should be.
        """
        this = Round(stop_at)
        await self.notifier.keep_channels()
        beside = self.preflight.beside(stop_at=stop_at, is_scheduled=is_scheduled)
        watching = self.ledger.watching(stop_at=stop_at)
        async with self.notifier.sending(), self.keeper.sealing(), beside, watching:
            await self.keep_glancing(this)
            await asyncio.gather(*this.working.values())
        return this.is_good

    async def keep_glancing(self, this: Round) -> None:
        """What hangs at the end is cut off, as if the platform had done it, and taken up again by
        the next sweep; what is told at the end is still told.
        """
        # The loop's clock is the monotonic one.
        cut_off_at = max(this.stop_at, time.monotonic() + self.one_glance_seconds)
        try:
            async with asyncio.timeout_at(cut_off_at) as limit:
                while (wait := await self.glance(this)) is not None:
                    if time.monotonic() + wait >= this.stop_at:
                        break
                    await asyncio.sleep(wait)
        except TimeoutError:
            if not limit.expired():
                raise
            log.warning("sweep_cut_off")
            this.is_good = False

    async def glance(self, this: Round) -> float | None:
        """Look, and see to it that what is unfinished is worked on.

        Seconds until the next glance; None: nothing needs one before the next sweep.
        """
        try:
            looks, judged = await asyncio.gather(self.take_looks(), self.judge_traffic(this))
            this.is_good &= looks and judged
            for rollback_id in await self.engine.store.unfinished():
                if rollback_id not in this.working or this.working[rollback_id].done():
                    work = self.work_on(rollback_id, this.stop_at)
                    this.working[rollback_id] = asyncio.create_task(work)
            due_in = await self.health.next_look(watch=WATCH, young=YOUNG)
        except errors.DatabaseUnavailable as error:
            log.warning("sweep_waits", extra={"why": str(error)})
            this.is_good = False
            return GLANCE_SECONDS
        if due_in is None:
            return GLANCE_SECONDS if this.is_watching else None
        return min(max(due_in.total_seconds(), GLANCE_SECONDS_LEAST), GLANCE_SECONDS)

    async def judge_traffic(self, this: Round) -> bool:
        """As often as a bucket closes. False: what was counted could not be judged."""
        if time.monotonic() < this.judge_at:
            return True
        this.judge_at = time.monotonic() + BUCKET_SECONDS
        try:
            due_in = await self.autopilot.look(stop_at=this.stop_at)
            this.is_watching = due_in is not None
            if due_in is not None:
                next_at = time.monotonic() + max(due_in, GLANCE_SECONDS)
                this.judge_at = min(this.judge_at, next_at)
        except errors.DatabaseUnavailable:
            raise
        except Exception:
            log.exception("judging_crashed")
            return False
        return True

    async def work_on(self, rollback_id: UUID, stop_at: float) -> None:
        """What nobody expects in one rollback leaves the others alone; it is tried again."""
        try:
            await self.engine.run(rollback_id, stop_at=stop_at)
        except Exception:
            log.exception("rollback_crashed", extra={"rollback_id": rollback_id})

    async def tick(self) -> list[UUID]:
        """Take the looks that are due; the rollbacks that somebody should work on."""
        await self.take_looks()
        return await self.engine.store.unfinished()

    async def take_looks(self) -> bool:
        """True: none of those that were due failed.

        Environments do not wait for each other, and what fails in one leaves the other alone.
        """
        looks = [self.look(environment) for environment in Environment]
        failures = await asyncio.gather(*looks, return_exceptions=True)
        for environment, failure in zip(Environment, failures, strict=True):
            if isinstance(failure, errors.Upstream):
                log.warning("look_failed", extra={"environment": environment, "why": str(failure)})
            elif isinstance(failure, Exception):
                log.error("look_crashed", extra={"environment": environment}, exc_info=failure)
        return not any(failures)

    async def look(self, environment: Environment) -> None:
        """Take the look that is due, if it is, and act on it.

        1. Claim it; 2. learn what is live; 3. look at it through a public host and at the target
        through its own address, at once; 4. store; 5. judge; 6. if it is down: roll back.
        """
        if not await self.health.claim_look(environment, every=LOOK_EVERY - SLACK):
            return
        live_id = await self.tracker.reconcile(environment)
        if live_id is None:
            return
        await self.tell_if_moved(environment, live_id)
        rows = await self.deployments.history(environment, limit=HISTORY_LIMIT, was_live=True)
        target = last_stable(rows)
        live, target_look = await asyncio.gather(
            self.look_at_live(environment, live_id), self.look_at_target(target)
        )
        if target_look is not None:
            live, target_look = one_sided(live, target_look)
            if is_silent(live, target_look) and not await self.routing.vercel.is_reachable():
                live = target_look = Look(Health.UNKNOWN, "our own network is out")
        await self.health.record(
            environment,
            deployment=live_id,
            live=live,
            target=target.deployment_id if target else None,
            target_health=target_look.health if target_look else None,
            rollback_id=await self.health.claim_watch(
                environment, every=WATCH_EVERY - SLACK, watch=WATCH
            ),
            watched_period=await self.health.claim_watch_elsewhere(
                environment, every=WATCH_EVERY - SLACK, watch=WATCH
            ),
        )
        if live.health is Health.FAILED:
            await self.health.bring_forward(environment, within=LOOK_AGAIN)
        await self.judge(environment, live_id, live, target)
        await self.changes.tell()

    async def tell_if_moved(self, environment: Environment, live_id: str) -> None:
        """An alias does not pin. Whoever moved it after a rollback may be right: tell, no more."""
        moved = await self.health.moved_after_rollback(environment, live_id, watch=WATCH)
        if moved is None:
            return
        rollback_id, target = moved
        async with self.health.database.transaction() as connection:
            await raise_alert(
                connection,
                environment=environment,
                kind=MOVED,
                sentence=f"{environment.capitalize()} was rolled back to {target}, and somebody has"
                f" since let {live_id} go live. Look whether it works; if not, roll back again.",
                once=f"moved:{rollback_id}:{live_id}",
                rollback_id=rollback_id,
            )

    async def look_at_live(self, environment: Environment, live_id: str) -> Look:
        """The worst of the hosts by which it is reached: visitors use them all."""
        hosts = await self.routing.own_hosts(environment)
        looks = await asyncio.gather(
            *(
                self.prober.look_around(host, expected=live_id, paths=self.probe_paths)
                for host in hosts
            )
        )
        worst = (Health.FAILED, Health.UNKNOWN, Health.OK)
        nowhere = Look(Health.UNKNOWN, "the platform lists no host to look at")
        return min(looks, key=lambda look: worst.index(look.health), default=nowhere)

    async def look_at_target(self, target: DeploymentRow | None) -> Look | None:
        if target is None or not target.url:
            return None
        return await self.prober.look_around(
            target.url, expected=target.deployment_id, paths=self.probe_paths
        )

    async def judge(
        self,
        environment: Environment,
        live_id: str,
        live: Look,
        target: DeploymentRow | None,
    ) -> None:
        pairs = await self.health.pairs(
            environment, deployment=live_id, target=target.deployment_id if target else None
        )
        verdict = judge(pairs)
        if verdict is Verdict.WELL:
            await self.deployments.set_health(environment, live_id, is_passing=True)
            if not await self.is_suspect(environment):
                async with self.health.database.transaction() as connection:
                    await resolve(connection, environment, DOWN, older_than=SETTLED)
                    # Until the watch has ended it would be told again at once.
                    await resolve(connection, environment, [MOVED], older_than=WATCH)
            await self.deployments.prove(environment, live_id)
        elif verdict in DOWNS:
            # A shared cause is not this version's fault: it may be gone back to later.
            if verdict in (Verdict.DOWN, Verdict.ALONE):
                await self.deployments.set_health(environment, live_id, is_passing=False)
            await self.act(environment, live_id, live, target, verdict)

    async def act(
        self,
        environment: Environment,
        live_id: str,
        live: Look,
        target: DeploymentRow | None,
        verdict: Verdict,
    ) -> None:
        if (
            verdict is Verdict.DOWN
            and target is not None
            and not await self.is_healthy(environment)
        ):
            suspicion = Suspicion(environment, live_id, "probes", live.detail)
            await self.autopilot.decider.decide(suspicion)
            return
        if await self.autopilot.decider.tell_no_help(
            Suspicion(environment, live_id, "probes", live.detail)
        ):
            return
        why = WHY[verdict]
        async with self.health.database.transaction() as connection:
            await raise_alert(
                connection,
                environment=environment,
                kind="down_not_rolled_back",
                sentence=f"{environment.capitalize()} is down: {live.detail}. {why}",
                once=f"down:{environment}:{live_id}:{verdict}",
            )

    async def is_healthy(self, environment: Environment) -> bool:
        """By counted requests, at this moment: that overrules looks of our own.

        Unless they stay away: a version that hangs answers nobody, so nothing of it is counted.
        """
        traffic = await self.autopilot.judging.store.traffic(environment)
        verdict = traffic.verdict
        return (
            traffic.is_fresh
            and verdict is not None
            and verdict.state is State.HEALTHY
            and not verdict.thins_out
        )

    async def is_suspect(self, environment: Environment) -> bool:
        verdict = (await self.autopilot.judging.store.traffic(environment)).verdict
        return verdict is not None and verdict.state in (State.SUSPECT, State.ROLLBACK)


def is_silent(*looks: Look) -> bool:
    """None of them got an answer from anybody: it may be our own network."""
    return not any(look.answered for look in looks)
