"""Feature switches: what one is, what can be asked of it, and what is known of all. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    TypeAdapter,
    model_validator,
)

from lib.access.models import Caller
from lib.moments import Moment
from lib.rollback.models import STORABLE, Environment, Text

KEY = r"[a-z0-9][a-z0-9._-]{0,99}"
#: More switches than this are no longer a list that somebody reads in an emergency.
MOST_FLAGS = 200

Key = Annotated[str, StringConstraints(pattern=rf"^{KEY}$")]
Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=STORABLE),
]


class State(StrEnum):
    ON = "on"
    OFF = "off"

    @property
    def other(self) -> "State":
        return State.OFF if self is State.ON else State.ON


class Definition(BaseModel):
    """A switch as the app's own file tells of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Key
    #: As the sentence "Turn off <title>?" needs it.
    title: Words
    #: What visitors lose when it is off: one sentence.
    loses: Text
    #: Whom to ask.
    owner: Words
    #: As it is until somebody decides, and where nothing can be known.
    safe_default: State = State.ON
    #: Why it cannot be turned off; None: it can.
    stays_on_because: Text | None = None
    environments: Annotated[tuple[Environment, ...], Field(min_length=1)] = tuple(Environment)

    @model_validator(mode="after")
    def _can_be_meant(self) -> Self:
        if self.stays_on_because and self.safe_default is State.OFF:
            raise ValueError("what cannot be turned off has the safe default `on`")
        if len(set(self.environments)) < len(self.environments):
            raise ValueError("`environments` names one twice")
        return self


class Definitions(BaseModel):
    """Body of PUT /api/flags: every switch that the app has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    flags: Annotated[tuple[Definition, ...], Field(max_length=MOST_FLAGS)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({one.key for one in self.flags}) < len(self.flags):
            raise ValueError("`flags` names a key twice")
        return self


class Flip(BaseModel):
    """Body of PUT /api/flags: one switch, on or off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    environment: Environment
    key: Key
    state: State
    reason: Text
    #: As the caller saw it; 409 if somebody else has changed it since.
    expected_state: State | None = None


AnyChange = Annotated[
    Annotated[Definitions, Tag("flags")] | Annotated[Flip, Tag("flip")],
    Discriminator(lambda body: "flags" if isinstance(body, dict) and "flags" in body else "flip"),
]
CHANGE: TypeAdapter[AnyChange] = TypeAdapter(AnyChange)


class FlagView(BaseModel):
    key: str
    title: str
    loses: str
    owner: str
    safe_default: State
    state: State
    #: None: nobody has touched it.
    changed_at: Moment | None
    changed_by: str | None
    reason: str | None
    stays_on_because: str | None

    @property
    def can_turn_off(self) -> bool:
        return self.stays_on_because is None


class FlagList(BaseModel):
    environment: Environment
    now: Moment
    viewer: Caller
    can_turn: bool
    flags: list[FlagView]


class FlagChange(BaseModel):
    """`changed` False: it was so already, and nothing was written."""

    changed: bool
    message: str
    #: The row of `feature_rollbacks`, where something was turned off.
    feature_rollback_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every switch of one environment at one revision."""

    revision: int
    states: Mapping[str, State]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known now; `is_current` False: as it was when it was last seen.

    `snapshot` None: it was never seen; `safe` is what settings say for that case.
    """

    snapshot: Snapshot | None
    is_current: bool
    safe: Mapping[str, State]


def read_states(value: Mapping[str, Any]) -> dict[str, State]:
    """Raises ValueError."""
    return {key: State(state) for key, state in value.items()}
