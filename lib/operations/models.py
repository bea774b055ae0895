"""What people can do beside rolling back: one model per action, told apart by `action`."""

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from lib.automatic.models import Mode
from lib.flags.models import Key
from lib.rollback.models import Environment, Rollback, Text

DEPLOYMENT = r"dpl_[A-Za-z0-9]{1,96}"


class Operation(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    environment: Environment
    #: Kept in the audit log.
    reason: Text


class Retry(Operation):
    """A failed rollback's target again; the reason is the new one's note."""

    action: Literal["retry"]
    #: The failed rollback; None: the environment's last one.
    subject: UUID | None = None


class RollForward(Operation):
    """Undo a completed rollback: the database forward, then traffic."""

    action: Literal["roll_forward"]
    #: The rollback to undo; None: the environment's last completed one.
    subject: UUID | None = None


class DatabaseForward(Operation):
    """The app's database forward, and traffic stays where it is."""

    action: Literal["database_forward"]
    #: A run of the database's own journal, which is the rollback's id; None: all that is back.
    subject: UUID | None = None


class AcceptDatabase(Operation):
    """The app's database was restored, or is another one, and is right as it is now."""

    action: Literal["accept_database"]
    subject: None = None


class Unlock(Operation):
    """Automatic rollbacks no longer wait for a person after one whose outcome was unclear."""

    action: Literal["unlock"]
    subject: None = None


class LiftQuarantine(Operation):
    """A version that was rolled back may be gone back to again."""

    action: Literal["lift_quarantine"]
    #: A git SHA, whatever its variables, or a deployment.
    subject: Annotated[str, StringConstraints(pattern=rf"^([0-9a-f]{{7,40}}|{DEPLOYMENT})$")]


class LiftPin(Operation):
    """New releases go live by themselves again, if they did before the rollback."""

    action: Literal["lift_pin"]
    subject: None = None


class Acknowledge(Operation):
    """Somebody takes care of an alert."""

    action: Literal["acknowledge"]
    #: The alert's number.
    subject: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}$")]


class Suspect(Operation):
    """A switch is suspected of the errors that visitors get now."""

    action: Literal["suspect"]
    #: The switch's key.
    subject: Key


class SetMode(Operation):
    """Whether the control plane acts by itself."""

    action: Literal["set_mode"]
    subject: Mode


class SetSecurityFloor(Operation):
    """Never go back past this release."""

    action: Literal["set_security_floor"]
    #: A deployment that was live; empty: no floor.
    subject: Annotated[str, StringConstraints(pattern=rf"^({DEPLOYMENT})?$")]


class TryPreflight(Operation):
    """Find out now whether a rollback would work."""

    action: Literal["preflight"]
    subject: None = None


AnyOperation = Annotated[
    Retry
    | RollForward
    | DatabaseForward
    | AcceptDatabase
    | Unlock
    | LiftQuarantine
    | LiftPin
    | Acknowledge
    | Suspect
    | SetMode
    | SetSecurityFloor
    | TryPreflight,
    Field(discriminator="action"),
]
OPERATION: TypeAdapter[AnyOperation] = TypeAdapter(AnyOperation)


@dataclass(frozen=True, slots=True)
class Result:
    #: False: it was so already, and nothing was written.
    changed: bool
    #: A sentence for people.
    message: str
    #: The rollback that was started, now or when it was asked for before.
    rollback: Rollback | None = None


def done(message: str, rollback: Rollback | None = None) -> Result:
    return Result(changed=True, message=message, rollback=rollback)


def so_already(message: str, rollback: Rollback | None = None) -> Result:
    return Result(changed=False, message=message, rollback=rollback)


class OperationResponse(BaseModel):
    changed: bool
    message: str
    rollback_id: UUID | None
