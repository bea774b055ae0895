"""Runs a rollback, one step at a time. Safe to call from anywhere, at any time, twice."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from lib import errors
from lib.rollback.machine import Change, Failed, Outcome, Traffic, settle
from lib.rollback.models import DATABASE_FIRST, SWITCH_FIRST, Claim, Order, Rollback
from lib.rollback.progress import Progress
from lib.rollback.steps import Step, Tools, find, traffic_after
from lib.rollback.store import STANDBY_PATIENCE, RollbackStore

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=10)
RENEW_EVERY_SECONDS = 3.0
#: Between two looks at a rollback that somebody else works on, or while Postgres is away.
LOOK_AGAIN_SECONDS = 1.0
#: What the platform asks us to wait is respected up to here; visitors wait as well.
RETRY_AFTER_LIMIT_SECONDS = 15.0
#: What a step found out is worth this many tries to write down; the lease lasts about as long.
RECORD_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Engine:
    store: RollbackStore
    progress: Progress
    tools: Tools
    #: From initiation to the moment when it counts as overdue.
    budget: timedelta

    async def start(self, order: Order) -> Rollback:
        """Raises RollbackInProgress if the environment has an unfinished one."""
        names = SWITCH_FIRST if order.undoes is None else DATABASE_FIRST
        steps = [(name, find(name).budget) for name in names]
        rollback = await self.store.start(order, budget=self.budget, steps=steps)
        await self.progress.write(rollback)
        log.info(
            "rollback_started",
            extra={"rollback_id": rollback.id, "target": rollback.target, "by": order.requested_by},
        )
        return rollback

    async def run(
        self, rollback_id: UUID, *, stop_at: float, patience: timedelta = timedelta(0)
    ) -> None:
        """Work on it until it is final, or until `stop_at` (monotonic seconds).

        Where another invocation holds it, stand by and take over if that one dies. Postgres being
        away is waited for: nothing is lost, and the next invocation goes on where this one ends.
        `patience`: how long the first step must have been due, as in `RollbackStore.claim`.
        """
        while time.monotonic() < stop_at:
            try:
                claim = await self.store.claim(rollback_id, lease=LEASE, patience=patience)
                rollback = await (self.advance(claim) if claim else self._look(rollback_id))
            except (errors.DatabaseUnavailable, errors.StaleLease) as error:
                log.warning("rollback_waits", extra={"rollback_id": rollback_id, "why": str(error)})
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
                continue
            if rollback.is_final:
                return
            is_held = claim is None and rollback.due_in <= timedelta(0)
            patience = STANDBY_PATIENCE if is_held else timedelta(0)
            left = stop_at - time.monotonic()
            await asyncio.sleep(max(min(pause(rollback, is_held=is_held), left), 0))

    async def take_over(self, rollback_id: UUID, *, stop_at: float) -> None:
        """Go on with a rollback that its worker seems to have left."""
        log.warning("rollback_left_alone", extra={"rollback_id": rollback_id})
        await self.run(rollback_id, stop_at=stop_at, patience=STANDBY_PATIENCE)

    async def advance(self, claim: Claim) -> Rollback:
        """Run the claimed step and write down what that means. Raises StaleLease.

        1. The lease is renewed while the step runs; once it is lost, the step is cancelled.
        2. A step whose attempts are used up without an answer is not run again: it may be what
           kills its invocations.
        3. The outcome is written under our fence, so that a worker that was slow cannot undo
           what its successor did.
        """
        step = find(claim.step)
        await self.progress.write(claim.rollback)
        if claim.attempt > step.attempts:
            outcome: Outcome = Failed(
                "The step never reported back.", retryable=False, traffic=traffic_after(claim)
            )
        else:
            async with self._lease(claim):
                outcome = await attempt(step, claim, self.tools)
        rollback = await self._record(claim, step, outcome)
        await self.progress.write(rollback)
        return rollback

    async def _record(self, claim: Claim, step: Step, outcome: Outcome) -> Rollback:
        for left in reversed(range(RECORD_ATTEMPTS)):
            try:
                # Read again: the record step may have changed the order.
                order = await self.store.get(claim.rollback.id)
                change = settle(
                    outcome,
                    attempt=claim.attempt,
                    attempts=step.attempts,
                    next_step=order.after(step.name),
                    past_deadline=await self.store.is_past_deadline(claim),
                    optional=step.optional,
                )
                rollback = await self.store.record(claim, change)
            except errors.DatabaseUnavailable:
                if not left:
                    raise
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
            else:
                log_change(claim, change)
                return rollback
        raise AssertionError

    async def _look(self, rollback_id: UUID) -> Rollback:
        await self.store.mark_overdue(rollback_id)
        return await self.store.get(rollback_id)

    @asynccontextmanager
    async def _lease(self, claim: Claim) -> AsyncIterator[None]:
        """Keep the lease while the body runs; raises StaleLease into it once it is lost."""
        task = asyncio.current_task()
        assert task is not None
        lost = False

        async def renew() -> None:
            nonlocal lost
            while True:
                await asyncio.sleep(RENEW_EVERY_SECONDS)
                try:
                    await self.store.renew(claim, lease=LEASE)
                    await self.store.mark_overdue(claim.rollback.id)
                except errors.DatabaseUnavailable:
                    continue
                except errors.StaleLease:
                    lost = True
                    task.cancel()
                    return

        renewal = asyncio.create_task(renew())
        try:
            yield
        except asyncio.CancelledError:
            if lost and task.uncancel() == 0:
                raise errors.StaleLease("Another invocation took this rollback over.") from None
            raise
        finally:
            renewal.cancel()


async def attempt(step: Step, claim: Claim, tools: Tools) -> Outcome:
    """A service that fails is an outcome, our own database included; a lost lease is not."""
    try:
        return await step.run(claim, tools)
    except errors.DatabaseUnavailable as error:
        return Failed(str(error), retryable=True, traffic=traffic_after(claim))
    except errors.VercelRejected as error:
        traffic = traffic_after(claim)
        return Failed(
            str(error),
            # Then nothing is asked for any more but to be told, and the hosts are what counts.
            retryable=traffic is Traffic.MOVED,
            traffic=traffic,
            remedy="Check the platform token's rights and the deployment in the platform.",
        )
    except errors.VercelUnavailable as error:
        return Failed(
            str(error), retryable=True, traffic=traffic_after(claim), delay=asked_delay(error)
        )


def asked_delay(error: errors.VercelUnavailable) -> timedelta | None:
    if error.retry_after is None:
        return None
    return timedelta(seconds=min(error.retry_after, RETRY_AFTER_LIMIT_SECONDS))


def pause(rollback: Rollback, *, is_held: bool) -> float:
    """Seconds until there may be something to do."""
    return LOOK_AGAIN_SECONDS if is_held else max(rollback.due_in.total_seconds(), 0.0)


def log_change(claim: Claim, change: Change) -> None:
    log.info(
        "step_settled",
        extra={
            "rollback_id": claim.rollback.id,
            "step": claim.step,
            "attempt": claim.attempt,
            "fence": claim.rollback.fence,
            "change": type(change).__name__.lower(),
            "text": change.message,
        },
    )
