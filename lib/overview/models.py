"""Everything the dashboard's main page shows."""

from typing import Literal

from pydantic import BaseModel

from lib.access.models import Caller
from lib.automatic.models import Standing
from lib.deployments.models import DeploymentView
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
    standing: Standing
    checks: list[CheckView]
    live: DeploymentView | None
    recommended: str | None
    blocked: Blocked | None
    active: RollbackStatusResponse | None
    #: The newest preflight, without the checks that are well; None: there was none yet.
    armed: Armed | None
    history: list[DeploymentView]
