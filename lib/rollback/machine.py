"""What happens after a step: the whole transition table of a rollback.

Pure: no I/O and no clock. `engine.py` does the step, asks `settle` what that means,
and `store.py` writes the answer down.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import assert_never

from lib.rollback.models import StepState

BACKOFF_FIRST = timedelta(seconds=0.5)
#: Beyond this, waiting would cost more of the 60 s than another try.
BACKOFF_LIMIT = timedelta(seconds=8)
#: After so many the limit is reached; a larger power would not fit into a duration.
DOUBLINGS = 4


class Traffic(StrEnum):
    """What visitors get when a rollback ends badly."""

    UNCHANGED = "unchanged"  #: what was live before; nothing was changed, so nothing is locked
    MOVED = "moved"  #: the target, which is not proved to be well
    UNKNOWN = "unknown"  #: either of them
    OTHER = "other"  #: a release that somebody let go live meanwhile; nothing was changed


@dataclass(frozen=True, slots=True)
class Done:
    """The step's effect is in place."""

    message: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """There was nothing to do."""

    message: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Not finished and not wrong: look again after `delay`. Costs no attempt."""

    delay: timedelta
    message: str
    traffic: Traffic = Traffic.UNKNOWN


@dataclass(frozen=True, slots=True)
class Failed:
    message: str
    retryable: bool
    traffic: Traffic = Traffic.UNKNOWN
    #: What a person can do about it, if more is known than the traffic tells.
    remedy: str = ""
    #: What the other side asked us to wait.
    delay: timedelta | None = None


Outcome = Done | Skipped | Wait | Failed


@dataclass(frozen=True, slots=True)
class Again:
    """The same step once more, after `delay`."""

    delay: timedelta
    message: str
    costs_attempt: bool


@dataclass(frozen=True, slots=True)
class Next:
    """The step ended well enough; `step` None: it was the last one."""

    state: StepState
    message: str
    step: str | None


@dataclass(frozen=True, slots=True)
class Stop:
    """The rollback failed in this step."""

    message: str
    traffic: Traffic
    remedy: str


Change = Again | Next | Stop


def settle(
    outcome: Outcome,
    *,
    attempt: int,
    attempts: int,
    next_step: str | None,
    past_deadline: bool,
    optional: bool,
) -> Change:
    """Turn the outcome of one attempt into what is written.

    `attempt` counts from 1. The deadline ends a step only after an attempt was made: a step that
    was left alone for an hour may well find its work done.
    """
    match outcome:
        case Done(message):
            return Next(StepState.OK, message, next_step)
        case Skipped(message):
            return Next(StepState.SKIPPED, message, next_step)
        case Wait(delay, message) if not past_deadline:
            return Again(delay, message, costs_attempt=False)
        case Failed(message, retryable=True, delay=delay) if (
            attempt < attempts and not past_deadline
        ):
            return Again(delay or backoff(attempt), message, costs_attempt=True)
        case Wait(message=message) | Failed(message=message) if optional:
            return Next(StepState.OK, f"Warning: {message}", next_step)
        case Wait(_, message, traffic):
            return Stop(message, traffic, "")
        case Failed(message, _, traffic, remedy):
            return Stop(message, traffic, remedy)
        case _:
            assert_never(outcome)


def backoff(attempt: int) -> timedelta:
    """0.5 s, 1 s, 2 s ... at most 8 s."""
    return min(BACKOFF_FIRST * (1 << min(attempt - 1, DOUBLINGS)), BACKOFF_LIMIT)
