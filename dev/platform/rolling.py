"""Rolling releases: a new deployment gets a share of production's visitors, stage by stage.

Stages are left by approval only; their durations are not waited for. Which share of failures makes
a check of the gate fail is unverified: here it is one in twenty.
"""

from dev.platform.cloud import Cloud, now_ms
from dev.platform.edge import Visit
from dev.platform.events import deployment_event
from dev.platform.jobs import Jobs
from dev.platform.state import Deployment, Rolling, RollingGate

WHOLE = 100
FAILING_SHARE = 0.05
SERVER_ERROR = 500


class RollingReleases:
    def __init__(self, cloud: Cloud, jobs: Jobs) -> None:
        self.cloud = cloud
        self.jobs = jobs
        cloud.roll = self.start
        #: How each request to the new deployment ended, since the last check of the gate.
        self.failed: list[bool] = []
        self.checks: list[bool] = []

    def start(self, canary: Deployment) -> bool:
        """False: another one is under way, and this one is queued behind it."""
        state = self.cloud.state
        if active := self.cloud.rolling:
            if active.canary_id != canary.id:
                active.queued_id = canary.id
            return active.canary_id == canary.id
        assert state.rolling_config is not None
        assert state.production_id is not None
        self.failed, self.checks = [], []
        state.rolling = Rolling(
            base_id=state.production_id,
            canary_id=canary.id,
            stages=state.rolling_config.stages,
            started_ms=now_ms(),
            updated_ms=now_ms(),
        )
        state.auto_assign = True
        self.cloud.say(f"{canary.name} begins to roll out at {state.rolling.percent} %")
        return True

    def advance(self, rolling: Rolling, stage: int) -> None:
        rolling.stage, rolling.updated_ms, rolling.paused = stage, now_ms(), False
        if rolling.percent >= WHOLE:
            self.complete(rolling)
        else:
            self.cloud.say(f"the release rolls on at {rolling.percent} %")

    def complete(self, rolling: Rolling) -> None:
        rolling.state, rolling.updated_ms = "COMPLETE", now_ms()
        canary = self.cloud.state.deployments[rolling.canary_id]
        self.cloud.make_production(canary)
        self.cloud.fire(deployment_event(self.cloud.config, "deployment.promoted", canary))
        if queued := self.cloud.state.deployments.get(rolling.queued_id or ""):
            self.start(queued)

    def watch(self, visit: Visit) -> None:
        """The platform's own gate."""
        config, rolling = self.cloud.state.rolling_config, self.cloud.rolling
        gate = config.gate if config else None
        if not (gate and gate.enabled and gate.checks and rolling and not rolling.paused):
            return
        if visit.deployment.id != rolling.canary_id:
            return
        self.failed.append(visit.status >= SERVER_ERROR)
        if len(self.failed) >= gate.checks[0].min_sample_size:
            self.checks.append(sum(self.failed) > FAILING_SHARE * len(self.failed))
            self.failed = []
            if sum(self.checks[-gate.window_size :]) >= gate.failure_threshold:
                self.act(gate, rolling)

    def act(self, gate: RollingGate, rolling: Rolling) -> None:
        self.checks = []
        what = "would " if gate.dry_run else "does "
        self.cloud.say(f"the gate of the rolling release {what}{gate.action}")
        if gate.dry_run:
            return
        if gate.action == "pause":
            rolling.paused = True
        elif not (self.cloud.state.last_job and self.cloud.state.last_job.running):
            base = self.cloud.state.deployments[rolling.base_id]
            self.jobs.accept_rollback(base, by="gate")
        self.cloud.commit()
