"""What a preflight finds. Pure: no I/O and no clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel

from lib.moments import Moment


class State(StrEnum):
    OK = "ok"
    FAILED = "failed"  #: a rollback would not work, or not as promised
    WARNING = "warning"  #: it would; something that should be there is not
    UNKNOWN = "unknown"  #: it could not be found out
    NOT_USED = "not_used"  #: nothing is set up that could fail


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: a sentence for people, with what to do if there is something to do."""

    state: State
    sentence: str


class CheckResult(BaseModel):
    name: str
    state: State
    sentence: str


class Armed(BaseModel):
    """Of one environment. Not armed if, and only if, a check failed."""

    checked_at: Moment
    is_armed: bool
    checks: list[CheckResult]

    @property
    def failed(self) -> list[CheckResult]:
        return [check for check in self.checks if check.state is State.FAILED]

    @property
    def states(self) -> dict[str, State]:
        return {check.name: check.state for check in self.checks}

    def shown(self) -> "Armed":
        """As people see it: what is well needs no words, and what failed comes first."""
        order = (State.FAILED, State.WARNING, State.UNKNOWN, State.NOT_USED)
        told = [check for check in self.checks if check.state in order]
        told.sort(key=lambda check: order.index(check.state))
        return self.model_copy(update={"checks": told})


def is_armed(checks: Iterable[CheckResult]) -> bool:
    return all(check.state is not State.FAILED for check in checks)
