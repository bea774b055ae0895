"""Everything the dashboard's main page shows."""

from typing import Literal, TypedDict
from uuid import UUID

from pydantic import BaseModel, Field

from lib.access.models import Caller
from lib.automatic.models import Mode, TrafficView
from lib.deployments.models import DeploymentView, Promotion
from lib.moments import Moment
from lib.preflight.models import Armed
from lib.rollback.models import Environment, RollbackStatusResponse


class Overall(BaseModel):
    state: Literal["ok", "bad", "unknown"]
    sentence: str
    since: Moment | None
    #: What else a person should know, though it does not change the state.
    warning: str | None = None


class CheckView(BaseModel):
    name: str
    state: Literal["healthy", "unhealthy", "unknown"]
    checked_at: Moment | None


class Blocked(BaseModel):
    """Why the rollback button does nothing now."""

    code: Literal["running", "failed", "nothing", "read_only"]
    sentence: str


class AlertView(BaseModel):
    """An alert that is not over."""

    id: int
    kind: str
    at: Moment
    sentence: str
    needs_a_person: bool
    acknowledged_by: str | None
    acknowledged_at: Moment | None


class QuarantineView(BaseModel):
    """A version that may not come back by itself, and the rollback that left it."""

    git_sha: str
    #: None: nobody knew what was left.
    deployment_id: str | None
    since: Moment
    by: str
    reason: str


class PinView(BaseModel):
    since: Moment
    sentence: str


class Pinned(BaseModel):
    since: Moment
    #: Whether new releases went live by themselves before.
    before: bool
    by: str
    automatic: bool


class Undo(BaseModel):
    """The rollback that can be undone now, and the version that it left."""

    rollback_id: UUID
    deployment_id: str
    git_sha: str
    title: str
    database_effect: str


class ModeSet(BaseModel):
    """Who set the mode last, and why."""

    by: str
    at: Moment
    reason: str | None


#: A release that the platform rolls out: `to` gets so many percent of visitors, the rest `from`.
RollingFact = TypedDict(
    "RollingFact",
    {
        "from": str,
        "to": str,
        "percent": float,
        "stage": int,  # counts from 1
        "stages": int,
        "is_paused": bool,
        "since": Moment,
    },
)


class RollingView(RollingFact):
    sentence: str


class Standing(BaseModel):
    """How an environment is set, and which alerts are open."""

    mode: Mode
    #: None: it is as it was from the beginning.
    mode_set: ModeSet | None
    #: Automatic rollbacks wait for a person, after one whose outcome was unclear.
    is_locked: bool
    #: In the app's database, as it was last read: lib/migrations/ledger.py.
    conflicts: int
    security_floor: str | None
    pinned: Pinned | None
    rolling: RollingFact | None
    quarantined: list[QuarantineView]
    alerts: list[AlertView]


class Overview(BaseModel):
    ui_version: str
    #: Left out of the ETag, or it would never match.
    now: Moment
    environment: Environment
    viewer: Caller
    can_rollback: bool
    on_call_phone: str | None
    site_url: str
    overall: Overall
    traffic: TrafficView
    checks: list[CheckView]
    live: DeploymentView | None
    #: The live one does not get all visitors yet.
    rolling: RollingView | None = None
    recommended: str | None
    #: What to know before going back to the recommended one.
    caution: str | None
    blocked: Blocked | None
    active: RollbackStatusResponse | None
    #: The newest preflight, without the checks that are well; None: there was none yet.
    armed: Armed | None
    history: list[DeploymentView]
    #: None: there is no newer release, or nothing is known that matters to it.
    promotion: Promotion | None = None
    #: What the requests say, and what is done about it by itself.
    outlook: str
    mode: Mode
    is_locked: bool
    #: How much one release's code wrote that the other's could not see; so many are kept at least.
    conflicts: int
    mode_set: ModeSet | None
    #: None: there is nothing to undo, or undoing it would not bring back what was.
    undo: Undo | None
    pin: PinView | None
    #: The release that is never gone back past.
    security_floor: str | None
    #: Newest first, as the alerts are.
    quarantined: list[QuarantineView] = Field(default_factory=list)
    alerts: list[AlertView] = Field(default_factory=list)
