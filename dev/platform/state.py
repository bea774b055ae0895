"""Everything the platform remembers. Plain data: it can be saved, copied and put back whole."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Environment = Literal["production", "staging"]
JobStatus = Literal["pending", "in-progress", "succeeded", "failed", "skipped"]


class Deployment(BaseModel):
    id: str
    #: Counts releases from 1: "v2" in what is told to people.
    number: int
    version: str
    sha: str
    title: str
    author: str
    url: str
    target: Environment
    created_ms: int
    ready_state: Literal["READY", "ERROR"] = "READY"
    #: Was live in production at some time: only such a one may come back.
    promoted: bool = False
    #: It goes live when its checks have passed.
    waits: bool = False
    #: The user's variables as they were at release; a rollback brings them back.
    variables: dict[str, str] = {}

    @property
    def name(self) -> str:
        return f"v{self.number} ({self.sha[:7]}, {self.version})"


class Job(BaseModel):
    """A rollback or promotion: accepted, then done."""

    type: Literal["rollback", "promote"]
    from_id: str
    to_id: str
    status: JobStatus
    requested_ms: int
    #: How it is going to end, decided when it was asked for (see faults).
    outcome: Literal["succeeded", "failed", "skipped"] = "succeeded"
    failing_domain: str | None = None
    #: Who asked for it.
    by: str = "ci"
    #: Domain -> completed or failed.
    domains: dict[str, str] = {}

    @property
    def running(self) -> bool:
        return self.status in {"pending", "in-progress"}


class Variable(BaseModel):
    id: str
    key: str
    #: None: given by the stack, with the addresses of the day.
    value: str | None
    created_ms: int
    updated_ms: int
    type: str = "encrypted"
    target: list[str] = ["production", "preview"]
    comment: str | None = None


class Webhook(BaseModel):
    """Of the team; its secret is shown once, when it is made."""

    id: str
    url: str
    events: list[str]
    project_ids: list[str]
    secret: str
    created_ms: int


class LogDrain(BaseModel):
    """Of the team. It is remembered only: nothing is delivered to it."""

    id: str
    #: As it was sent.
    order: dict[str, Any]
    created_ms: int
    updated_ms: int


class AliasMove(BaseModel):
    alias: str
    from_id: str | None
    to_id: str
    at_ms: int
    by: str = "ci"


class Check(BaseModel):
    """What each new deployment of its targets has to pass."""

    id: str
    name: str
    blocks: str
    requires: str
    targets: list[str] = []
    timeout: int
    webhook_id: str | None = None


class CheckRun(BaseModel):
    """A check on one deployment."""

    id: str
    check_id: str
    deployment_id: str
    created_ms: int
    status: str = "queued"
    conclusion: str | None = None
    text: str | None = None
    url: str | None = None

    @property
    def passed(self) -> bool:
        return self.status == "completed" and self.conclusion in {"succeeded", "neutral", "skipped"}


class Sent(BaseModel):
    """Comes from outside, with names as they are in JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class RollingStage(Sent):
    target_percentage: int
    #: Minutes; None: it waits for approval.
    duration: int | None = None
    require_approval: bool | None = None
    linear_shift: bool | None = None


class GateCheck(Sent):
    type: Literal["error-rate-5xx"]
    min_sample_size: int = Field(100, ge=1)
    ingest_watermark_seconds: int = 30
    exclude_paths: list[str] = []
    exclude_status_codes: list[int] = []


class RollingGate(Sent):
    enabled: bool
    dry_run: bool
    action: Literal["pause", "rollback"]
    checks: list[GateCheck]
    failure_threshold: int = 3
    window_size: int = 5


class RollingConfig(Sent):
    """Of the project: what the next rolling release begins with."""

    stages: list[RollingStage]
    gate: RollingGate | None = None
    canary_response_header: bool | None = None


class Rolling(BaseModel):
    """The last rolling release."""

    base_id: str
    canary_id: str
    stages: list[RollingStage]
    stage: int = 0
    state: Literal["ACTIVE", "COMPLETE", "ABORTED"] = "ACTIVE"
    paused: bool = False
    queued_id: str | None = None
    started_ms: int
    updated_ms: int

    @property
    def percent(self) -> int:
        return self.stages[self.stage].target_percentage


class Purge(BaseModel):
    cache: Literal["edge", "data"]
    tags: list[str] = []
    at_ms: int


class Delivery(BaseModel):
    """An event that one endpoint has not acknowledged yet."""

    url: str
    secret: str
    body: str


class State(BaseModel):
    #: Counts up; ids are made from it, so that the same history gives the same ids.
    sequence: int = 0
    deployments: dict[str, Deployment] = {}
    #: Host name -> deployment id.
    aliases: dict[str, str] = {}
    #: What the project page calls the production deployment.
    production_id: str | None = None
    auto_assign: bool = True
    last_job: Job | None = None
    rolled_back_from: str | None = None
    rolling_config: RollingConfig | None = None
    rolling: Rolling | None = None
    variables: dict[str, Variable] = {}
    #: Of the control plane's own project.
    control_variables: dict[str, Variable] = {}
    webhooks: dict[str, Webhook] = {}
    drains: dict[str, LogDrain] = {}
    alias_moves: list[AliasMove] = []
    checks: dict[str, Check] = {}
    check_runs: list[CheckRun] = []
    purges: list[Purge] = []
    outbox: list[Delivery] = []
