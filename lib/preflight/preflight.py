"""Runs the checks, keeps what they found, and tells people when a rollback would not work.

Hourly beside a sweep, and on demand. Safe to run twice at once, and bounded whatever hangs: what
does not answer is left behind, not waited for.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from lib import errors
from lib.alerts import raise_alert, resolve_named
from lib.postgres import Connection
from lib.preflight.checks import CHECKS, Check
from lib.preflight.kit import Kit
from lib.preflight.models import Armed, CheckResult, Finding, State, is_armed
from lib.rollback.models import Environment

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
#: While something fails: people mend it, and want to see that it holds.
EVERY_WHILE_FAILING = timedelta(minutes=10)
#: One that died is followed after this; longer than any lasts.
LEASE = timedelta(minutes=2)
#: Of a sweep's time, at most; with less than the second it is left to the next sweep.
WHOLE_SECONDS = 20.0
LEAST_SECONDS = 10.0
KIND = "not_armed"


@dataclass(frozen=True, slots=True)
class Preflight:
    kit: Kit
    checks: tuple[Check, ...] = CHECKS

    async def run(self, environment: Environment, *, force: bool) -> Armed | None:
        """What was found; None: it is not due, or another invocation does it. `force`: now.

        1. Claim it; 2. run all checks side by side; 3. store it, with its alerts, in one
        transaction.
        """
        store = self.kit.store
        now = await store.claim(environment, lease=LEASE, force=force)
        if now is None:
            return None
        results = await self.look(environment)
        found = Armed(checked_at=now, is_armed=is_armed(results), checks=results)
        again = EVERY if found.is_armed else EVERY_WHILE_FAILING
        async with self.kit.database.transaction() as connection:
            if await store.save(connection, environment, found, again=again):
                await self.tell(connection, environment, found)
        return found

    async def look(self, environment: Environment) -> list[CheckResult]:
        """In the checks' order; one that hangs holds up no other."""
        findings = await asyncio.gather(*(self.ask(check, environment) for check in self.checks))
        return [
            CheckResult(name=check.name, state=found.state, sentence=found.sentence)
            for check, found in zip(self.checks, findings, strict=True)
        ]

    async def ask(self, check: Check, environment: Environment) -> Finding:
        """A client may take long to notice that it is cancelled: that is not waited for."""
        task = asyncio.ensure_future(check.run(self.kit, environment))
        try:
            done, _ = await asyncio.wait({task}, timeout=check.timeout_seconds)
        finally:
            task.cancel()
            task.add_done_callback(forget)
        if not done:
            seconds = f"{check.timeout_seconds:.0f} s"
            return Finding(State.UNKNOWN, f"No answer within {seconds}; it is checked again.")
        error = task.exception()
        if error is None:
            return task.result()
        if not isinstance(error, errors.Upstream):
            log.error("preflight_check_crashed", extra={"check": check.name}, exc_info=error)
        return Finding(State.UNKNOWN, f"It could not be found out ({type(error).__name__}).")

    async def tell(self, connection: Connection, environment: Environment, found: Armed) -> None:
        """An alert for each check that fails; it is over when the check is well again.

        What could not be found out leaves an alert as it is. What all environments share is
        told for production.
        """
        shared = {check.name for check in self.checks if check.is_shared}
        once = {
            check.name: check.once or f"not_armed:{environment}:{check.name}"
            for check in self.checks
        }
        told = [
            check
            for check in found.checks
            if environment is Environment.PRODUCTION or check.name not in shared
        ]
        for check in told:
            if check.state is State.FAILED:
                await raise_alert(
                    connection,
                    environment=environment,
                    kind=KIND,
                    sentence=f"Rollbacks of {environment} may not work. {check.sentence}",
                    once=once[check.name],
                )
        over = [once[check.name] for check in told if check.state not in OPEN_STATES]
        await resolve_named(connection, over)

    @asynccontextmanager
    async def beside(self, *, stop_at: float, is_scheduled: bool) -> AsyncIterator[None]:
        """While the body runs, do what is due; at its end that is waited for, until `stop_at`
        (monotonic seconds) at most.

        `is_scheduled`: the body is a sweep that the platform's scheduler started.
        """
        seconds = min(WHOLE_SECONDS, stop_at - time.monotonic())
        ends_at = time.monotonic() + seconds
        work = self._carefully(seconds, is_scheduled=is_scheduled)
        checking = asyncio.create_task(work, name="preflight")
        try:
            yield
            await asyncio.wait({checking}, timeout=max(0.0, ends_at - time.monotonic()))
        finally:
            checking.cancel()

    async def _carefully(self, seconds: float, *, is_scheduled: bool) -> None:
        """Nothing that happens here reaches the sweep."""
        try:
            if is_scheduled:
                await self.kit.store.note_scheduled_run()
            if seconds < LEAST_SECONDS:
                return
            for environment in Environment:
                await self.run(environment, force=False)
        except errors.DatabaseUnavailable as error:
            log.warning("preflight_waits", extra={"why": str(error)})
        except Exception:
            log.exception("preflight_failed")


#: An alert stays as it is in these.
OPEN_STATES = (State.FAILED, State.UNKNOWN)


def forget(task: asyncio.Future[Finding]) -> None:
    """Whatever it comes to, it was left behind."""
    if not task.cancelled():
        task.exception()
