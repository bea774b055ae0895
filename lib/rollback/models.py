"""What a rollback is: what is asked for, what is stored, what is shown."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from lib.moments import Moment

LAST_STABLE = "last-stable"

#: Forward: it undoes an earlier rollback.
Kind = Literal["back", "forward"]

#: Postgres stores any text but one with a NUL.
STORABLE = r"^[^\x00]*$"
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=STORABLE),
]


class Environment(StrEnum):
    PRODUCTION = "production"
    STAGING = "staging"


class SwitchMethod(StrEnum):
    ALIAS = "alias"  #: the environment's live alias is moved
    INSTANT = "instant"  #: the platform's Instant Rollback moves the project's domains


class RollingGate(StrEnum):
    """The platform's own, while it rolls a release out."""

    OFF = "off"
    DRY_RUN = "dry-run"  #: it says what it would have done
    PAUSE = "pause"  #: no further visitors get the release
    ROLLBACK = "rollback"


class OnRefuse(StrEnum):
    """Where nobody can tell whether the target runs on the app's database as it is."""

    ASK = "ask"  #: a person decides
    SWITCH_IF_PROVEN = "switch_if_proven"  #: it is tried: the target must answer on it


class Status(StrEnum):
    PENDING = "pending"  #: recorded, nobody has started on it
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"  #: final
    FAILED = "failed"  #: final; says what visitors get and what to do


class StepState(StrEnum):
    WAIT = "wait"
    RUN = "run"
    OK = "ok"
    BAD = "bad"
    SKIPPED = "skipped"  #: counts as completed: there was nothing to do


#: The seed's order. Where the database must go back, it goes before the switch.
SWITCH_FIRST = ("record", "switch", "database", "caches", "verify")
DATABASE_FIRST = ("record", "database", "switch", "caches", "verify")


class RollbackRequest(BaseModel):
    """Body of POST /api/rollback/trigger."""

    model_config = ConfigDict(extra="forbid")

    #: The deployment to go back to, or `last-stable`.
    deployment_id: Annotated[
        str, StringConstraints(pattern=r"^(dpl_[A-Za-z0-9]{1,96}|last-stable)$")
    ]
    reason: Text
    environment: Environment
    #: The deployment that the caller saw live; 409 if production has moved on.
    expected_current: str | None = Field(None, max_length=100)
    note: Text | None = None
    #: The database may go back although the newer version's code fails from then on.
    allow_exclusive: bool = False


class RollbackResponse(BaseModel):
    success: bool
    rollback_id: UUID
    message: str


class Trial(BaseModel):
    """What the gate saw of a target of which nobody can tell whether it runs on the present schema.

    It is part of an automatic rollback's evidence, and holds for that schema only.
    """

    refused: str  #: the plan's words then
    pairs: int  #: of probes, the target and the live version at once: the target answered all


class Order(BaseModel):
    """A rollback to start, whoever decided it."""

    model_config = ConfigDict(frozen=True)

    environment: Environment
    switch_method: SwitchMethod
    target: str
    from_deployment: str | None
    requested_by: str
    reason: str
    note: str | None = None
    allow_exclusive: bool = False
    automatic: bool = False
    #: The rollback that this one undoes.
    undoes: UUID | None = None
    evidence: dict[str, Any] = Field(default_factory=dict)
    idempotency_key: str | None = None
    request_sha256: bytes | None = None


class Step(BaseModel):
    """One row of rollback_steps."""

    step: str
    position: int
    state: StepState
    attempt: int  #: counts from 1 once started
    started_at: Moment | None
    finished_at: Moment | None
    message: str | None
    facts: dict[str, Any]


class DeploymentName(BaseModel):
    deployment_id: str
    git_sha: str
    title: str


class Rollback(BaseModel):
    """One row of rollbacks, with its steps in order."""

    id: UUID
    environment: Environment
    switch_method: SwitchMethod
    target: str
    from_deployment: str | None
    requested_by: str
    automatic: bool
    #: The rollback that this one undoes; None: it goes back.
    undoes: UUID | None = None
    reason: str
    note: str | None
    #: A person chose that the newer version's code fails once the database is back.
    allow_exclusive: bool = False
    evidence: dict[str, Any]
    requested_at: Moment
    deadline_at: Moment
    status: Status
    step: str
    revision: int
    fence: int
    wake_at: Moment
    finished_at: Moment | None
    overdue_since: Moment | None
    error: str | None
    visitors_get: str | None
    next_actions: list[str]
    #: How long until it is due, by the database's clock; zero or less: now.
    due_in: timedelta
    steps: list[Step]
    #: Of the target and of what was live: only those that were recorded.
    names: dict[str, DeploymentName] | None

    def called(self, deployment_id: str) -> str:
        """How people name a deployment: its short SHA, or its id if nobody told us the SHA."""
        known = (self.names or {}).get(deployment_id)
        return known.git_sha[:7] if known and known.git_sha != "unknown" else deployment_id

    @property
    def trial(self) -> Trial | None:
        """Nobody's word stands for it but the gate's: a person's rollback has none."""
        found = self.evidence.get("trial") if self.automatic else None
        return Trial.model_validate(found) if found else None

    @property
    def kind(self) -> Kind:
        return "back" if self.undoes is None else "forward"

    @property
    def is_final(self) -> bool:
        return self.status in (Status.COMPLETED, Status.FAILED)

    def find(self, name: str) -> Step:
        return next(step for step in self.steps if step.step == name)

    def after(self, name: str) -> str | None:
        """The step that follows in this rollback's own order."""
        following = [step.step for step in self.steps if step.position > self.find(name).position]
        return following[0] if following else None


class Claim(BaseModel):
    """The right to run one step, until the lease ends and somebody else takes it."""

    rollback: Rollback
    step: str
    attempt: int  #: counts from 1
    facts: dict[str, Any]


class StepView(BaseModel):
    name: str
    state: StepState
    attempt: int
    started_at: Moment | None
    finished_at: Moment | None
    duration_ms: int | None
    message: str | None


class RollbackStatusResponse(BaseModel):
    """The original status, steps_completed, current_step and error, and what the page needs."""

    rollback_id: UUID
    environment: Environment
    #: Copies in Redis that were written before there was another have none.
    kind: Kind = "back"
    status: Status
    overdue: bool
    steps_completed: list[str]
    current_step: str
    error: str | None
    steps: list[StepView]
    target: DeploymentName
    from_deployment: DeploymentName | None
    requested_by: str
    automatic: bool
    reason: str
    note: str | None
    requested_at: Moment
    deadline_at: Moment
    finished_at: Moment | None
    duration_ms: int | None
    visitors_get: str | None
    next_actions: list[str]
