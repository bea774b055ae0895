"""The deployment check: before the platform promotes a deployment, it wants our word.

Refused is what was rolled back and is still quarantined in production, what needs a migration that
is rolled back and, where the policy says so, whatever comes in a freeze window. What is refused now
may pass later: each event about the deployment and each sweep judges again. Without a check
(`DEPLOYMENT_CHECK_ID`) nothing is asked.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from lib import errors
from lib.audit.store import write_audit
from lib.deployments import freeze
from lib.deployments.freeze import Window, frozen
from lib.deployments.models import DeploymentRow
from lib.deployments.needs_forward import NeedsForward, before_it
from lib.deployments.tracker import Tracker
from lib.rollback.models import Environment
from lib.vercel.models import CheckRun

log = logging.getLogger(__name__)

NAME = "Rollback: may go live"
PASSES, REFUSED = "succeeded", "failed"
ACTOR = "automatic"
#: Promotions are to production; staging's alias is moved without one.
WHERE = Environment.PRODUCTION
QUARANTINED = (
    "It was rolled back before, and may not come back by itself. Lift its quarantine in the"
    " dashboard, with a note, and promote it again."
)
WELCOME = "It was not rolled back, and nothing is frozen."
#: Older deployments are not judged again: hardly anybody promotes them.
REVIEWED = 50
#: A sweep does not wait longer for a platform that hangs; the next one goes on.
REVIEW_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class DeploymentCheck:
    tracker: Tracker
    #: None: there is no check in the platform.
    check_id: str | None
    #: In these nothing new passes; empty where the policy is to warn only.
    windows: Sequence[Window]
    dashboard_url: str | None
    needs_forward: NeedsForward

    async def judge(self, deployment_id: str) -> None:
        """Conclude our runs on a deployment that the platform has told of."""
        if self.check_id is None:
            return
        runs = await self.tracker.vercel.check_runs(deployment_id)
        await self.conclude([run for run in runs if run.check_id == self.check_id])

    async def review(self) -> None:
        """Judge again what may have changed. It never fails: the next sweep tries again."""
        if self.check_id is None:
            return
        try:
            async with asyncio.timeout(REVIEW_SECONDS):
                runs = await self.tracker.vercel.runs_of_check(self.check_id)
                newest = sorted(runs, key=lambda run: run.created_at, reverse=True)
                await self.conclude(newest[:REVIEWED])
        except (errors.Upstream, TimeoutError) as error:
            log.warning("check_not_reviewed", extra={"why": str(error) or "it took too long"})
        except Exception:
            # What nobody expects here leaves the sweep's looks alone.
            log.exception("check_crashed")

    async def conclude(self, runs: Sequence[CheckRun]) -> None:
        """One that cannot be concluded leaves the others alone."""
        if not runs:
            return
        window = frozen(self.windows, await self.tracker.deployments.now())
        ids = [run.deployment_id for run in runs]
        known = await self.known(ids)
        needed = await self.needs_forward.of(WHERE, ids)
        for run in runs:
            row = known.get(run.deployment_id) or await self.record(run.deployment_id)
            why_not = QUARANTINED if row is not None and row.quarantined else None
            if why_not is None and (versions := needed.get(run.deployment_id)):
                why_not = before_it(versions)
            if why_not is None and window is not None:
                why_not = freeze.sentence(window)
            try:
                await self.say(run, why_not)
            except errors.VercelRejected as error:
                log.warning("check_not_concluded", extra={"run": run.id, "why": str(error)})

    async def say(self, run: CheckRun, why_not: str | None) -> None:
        """Asks nothing where the platform has our present word."""
        conclusion, text = (REFUSED, why_not) if why_not else (PASSES, WELCOME)
        if (run.status, run.conclusion, run.text) == ("completed", conclusion, text):
            return
        await self.tracker.vercel.conclude(run, conclusion, text, details_url=self.dashboard_url)
        if REFUSED in (conclusion, run.conclusion):
            async with self.tracker.deployments.database.transaction() as connection:
                await write_audit(
                    connection,
                    actor=ACTOR,
                    action="deployment.check",
                    environment=WHERE,
                    subject=run.deployment_id,
                    reason=text,
                    result=conclusion,
                )

    async def known(self, deployment_ids: Sequence[str]) -> dict[str, DeploymentRow]:
        rows = await self.tracker.deployments.history(
            WHERE, limit=len(deployment_ids), only=deployment_ids
        )
        return {row.deployment_id: row for row in rows}

    async def record(self, deployment_id: str) -> DeploymentRow | None:
        """A new deployment is recorded, so that the history can say what it is a repetition of."""
        try:
            deployment = await self.tracker.vercel.deployment(deployment_id)
        except errors.VercelMissing:
            return None
        if deployment.target != WHERE:
            return None
        await self.tracker.record_platform(WHERE, deployment)
        return (await self.known([deployment_id])).get(deployment_id)
