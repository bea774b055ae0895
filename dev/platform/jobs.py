"""Rollbacks and promotions: accepted at once, done a little later, not always as hoped."""

import asyncio
from typing import Literal

from dev.platform.cloud import Cloud, now_ms
from dev.platform.events import deployment_event
from dev.platform.faults import JOB_FAULTS
from dev.platform.state import Deployment, Job

OUTCOMES: dict[str, Literal["failed", "skipped"]] = {
    "job-failed": "failed",
    "job-skipped": "skipped",
}


class Jobs:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._task: asyncio.Task[None] | None = None

    def accept_rollback(self, target: Deployment, *, by: str = "ci") -> None:
        self._accept("rollback", target, by)
        job = self.cloud.state.last_job
        assert job
        # As on the real platform, it may be heard of before any traffic has moved.
        self.cloud.fire_rollback(job.from_id, job.to_id, by=by)

    def accept_promotion(self, target: Deployment, *, by: str = "ci") -> None:
        self._accept("promote", target, by)

    def resume(self) -> None:
        """Go on with what was not finished when the process ended."""
        job = self.cloud.state.last_job
        if job and job.running:
            self._task = asyncio.create_task(self._run(job))

    def cancel(self) -> None:
        if self._task:
            self._task.cancel()

    def _accept(self, kind: Literal["rollback", "promote"], target: Deployment, by: str) -> None:
        state, config = self.cloud.state, self.cloud.config
        rolling = self.cloud.rolling
        fault = self.cloud.faults.named(*JOB_FAULTS)
        wrong = fault.name if fault else ""
        domain = fault.domain or config.production_hosts[0] if fault else None
        state.last_job = Job(
            type=kind,
            from_id=rolling.canary_id if rolling else state.production_id or "",
            to_id=target.id,
            status="pending",
            requested_ms=now_ms(),
            by=by,
            outcome=OUTCOMES.get(wrong, "succeeded"),
            failing_domain=domain if wrong == "domain-failed" else None,
        )
        self.resume()

    async def _run(self, job: Job) -> None:
        await asyncio.sleep(self.cloud.config.job_step_seconds)
        job.status = "in-progress"
        self.cloud.commit()
        await asyncio.sleep(self.cloud.config.job_step_seconds)
        self._finish(job)
        self.cloud.commit()

    def _finish(self, job: Job) -> None:
        cloud, state = self.cloud, self.cloud.state
        job.status = job.outcome
        if job.outcome != "succeeded":
            cloud.say(f"the platform's {job.type} job ended as {job.outcome}; nothing moved")
            return
        target = state.deployments[job.to_id]
        if rolling := cloud.rolling:
            rolling.state, rolling.updated_ms = "ABORTED", now_ms()
        cloud.make_production(target, but=job.failing_domain, by=job.by)
        job.domains = {
            host: "failed" if host == job.failing_domain else "completed"
            for host in cloud.config.production_hosts
        }
        state.auto_assign = job.type == "promote"
        state.rolled_back_from = job.from_id if job.type == "rollback" else None
        if job.type == "promote":
            promoted = "deployment.promoted"
            cloud.fire(deployment_event(cloud.config, promoted, target, by=job.by))
