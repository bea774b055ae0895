"""What is asked for, what is stored of one rollback, and its report."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, computed_field

from lib.access.models import Caller
from lib.automatic.models import VerdictView
from lib.moments import Moment
from lib.rollback.models import DeploymentName, Environment, Kind, Rollback, Status, StepView, Trial

Form = Literal["json", "markdown"]


class Asked(BaseModel):
    """Query of GET /api/incidents."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    environment: Environment | None = None
    #: Older than this rollback.
    before: UUID | None = None


class Wanted(BaseModel):
    """Query of GET /api/incidents/{id}; the platform adds the id to it."""

    format: Form | None = None


class IncidentRow(BaseModel):
    """A rollback in the list."""

    rollback_id: UUID
    environment: Environment
    kind: Kind
    status: Status
    overdue: bool
    requested_by: str
    automatic: bool
    reason: str
    requested_at: Moment
    finished_at: Moment | None
    target: DeploymentName
    from_deployment: DeploymentName | None
    #: The rollback that has undone it.
    undone_by: UUID | None


class IncidentPage(BaseModel):
    """Newest first."""

    now: Moment
    viewer: Caller
    incidents: list[IncidentRow]
    #: `before` of the page that follows; None: this is the last one.
    older: UUID | None


class Detected(BaseModel):
    """The first sign that the release was bad, with none of its source that it was well since."""

    at: Moment
    source: Literal["traffic", "probes"]
    sentence: str


class Looks(BaseModel):
    """The sweep's own looks at what was live."""

    ok: int
    failed: int
    unknown: int
    first_at: Moment
    last_at: Moment
    #: What the last one that was not well said.
    trouble: str | None


class Decision(BaseModel):
    """What followed from evidence against the release that was left."""

    at: Moment
    outcome: str
    sentence: str
    is_of_this: bool


class Channel(BaseModel):
    channel: str
    event: str
    sent: int
    error: str | None


class AlertTold(BaseModel):
    """An alert of this rollback, or of its environment meanwhile."""

    id: int
    kind: str
    at: Moment
    sentence: str
    acknowledged_at: Moment | None
    acknowledged_by: str | None
    resolved_at: Moment | None
    told: list[Channel]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def sent(self) -> str:
        """Through which channels people heard of it."""
        raised = [one for one in self.told if one.event == "raised"]
        by = [
            one.channel + (f" ({one.sent} times)" if one.sent > 1 else "")
            for one in raised
            if one.sent
        ]
        not_by = [
            one.channel + (f" ({one.error})" if one.error else "") for one in raised if not one.sent
        ]
        parts = [f"Sent through {', '.join(by)}."] if by else []
        parts += [f"Not sent through {', '.join(not_by)}."] if not_by else []
        return " ".join(parts) or "No channel was set up for it."


class AuditLine(BaseModel):
    id: int
    at: Moment
    actor: str
    action: str
    subject: str | None
    reason: str | None
    result: str


class Quarantined(BaseModel):
    git_sha: str
    since: Moment
    lifted_at: Moment | None
    lifted_by: str | None


class Related(BaseModel):
    """The rollback that this one undoes, or one that undoes it."""

    rollback_id: UUID
    status: Status
    requested_by: str
    requested_at: Moment


@dataclass(frozen=True, slots=True)
class Stored:
    """All that is stored of one rollback, as it was at one moment."""

    now: datetime
    #: Unfinished, and nobody works on it.
    is_abandoned: bool
    rollback: Rollback
    #: The looks that follow it end then; None: it has not completed.
    watch_until: datetime | None
    names: dict[str, DeploymentName]
    detected: Detected | None
    judged_before: VerdictView | None
    judged_after: VerdictView | None
    looks_before: Looks | None
    looks_after: Looks | None
    decisions: list[Decision]
    alerts: list[AlertTold]
    audit: list[AuditLine]
    quarantined: list[Quarantined]
    undoes: Related | None
    undone_by: Related | None


class Counted(BaseModel):
    """Requests of the five minutes before `at`, as they were judged."""

    at: Moment
    state: str
    sentence: str
    requests: float
    rate: float


class Measured(BaseModel):
    """`counted` and `looks` None: not measured."""

    sentence: str
    counted: Counted | None
    looks: Looks | None


class Asking(BaseModel):
    """What the gate saw of a version to go back to."""

    target: DeploymentName
    answer: str
    pairs: int
    target_failed: int
    target_unknown: int
    live_failed: int
    detail: str
    sentence: str


class Evidence(BaseModel):
    """What an automatic rollback was decided by."""

    source: str
    path: str
    sentence: str
    judged_by: str
    #: Of which requests, and how strong, as a power of ten; None: decided by looks.
    stream: str | None
    log10_evidence: float | None
    gate: list[Asking]
    trial: Trial | None


class DatabaseEffect(BaseModel):
    sentence: str
    warning: str | None
    versions: list[str]
    #: The version that was left fails while the database is back.
    is_exclusive: bool
    #: Of a roll forward: rows that were kept out of the way, and values that were replaced.
    rows_quarantined: int | None
    conflicts: int | None


class Event(BaseModel):
    at: Moment
    what: str


class Fact(BaseModel):
    name: str
    value: str
    at: Moment | None = None


class Incident(BaseModel):
    """The report. Every text in it is plain: whoever shows it escapes it."""

    generated_at: Moment
    #: Without an ending.
    file_name: str
    title: str
    summary: str
    #: Why it is not yet the whole story; None: it is.
    draft: str | None
    rollback_id: UUID
    environment: Environment
    kind: Kind
    status: Status
    automatic: bool
    requested_by: str
    reason: str
    note: str | None
    requested_at: Moment
    deadline_at: Moment
    overdue_since: Moment | None
    finished_at: Moment | None
    duration_ms: int | None
    target: DeploymentName
    from_deployment: DeploymentName | None
    facts: list[Fact]
    detected: Detected | None
    evidence: Evidence | None
    before: Measured
    after: Measured
    timeline: list[Event]
    steps: list[StepView]
    error: str | None
    visitors_get: str
    next_actions: list[str]
    database: DatabaseEffect
    quarantined: list[Quarantined]
    undoes: Related | None
    undone_by: Related | None
    watch: str
    watch_until: Moment | None
    decisions: list[Decision]
    alerts: list[AlertTold]
    audit: list[AuditLine]


class ShownIncident(Incident):
    """As the page asks for it; a file that is passed on does not name who made it."""

    viewer: Caller


def parsed(model: type[BaseModel], row: dict[str, Any] | None) -> Any:
    return model.model_validate(row) if row else None
