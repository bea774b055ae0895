"""What is asked of the audit log, and what is answered."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from lib.access.models import Caller
from lib.moments import Moment
from lib.rollback.models import STORABLE, Environment

#: Of a key in Postgres.
GREATEST = 2**63 - 1

Name = Annotated[str, StringConstraints(max_length=200, pattern=STORABLE)]


class Question(BaseModel):
    """Which entries, as the query says it; None: any."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    actor: Name | None = None
    #: `rollback.start`, or all that begin so: `rollback`.
    action: Name | None = None
    environment: Environment | None = None
    #: Written before this moment.
    until: AwareDatetime | None = None
    #: Older than the entry of this number.
    before: Annotated[int, Field(ge=1, le=GREATEST)] | None = None
    format: Literal["json", "csv"] = "json"


class AuditEntry(BaseModel):
    id: int
    at: Moment
    actor: str
    action: str
    environment: str | None
    subject: str | None
    reason: str | None
    result: str
    facts: dict[str, Any]


class AuditPage(BaseModel):
    """Newest first."""

    now: Moment
    viewer: Caller
    entries: list[AuditEntry]
    #: `before` of the page that follows; None: this is the last one.
    older: int | None
