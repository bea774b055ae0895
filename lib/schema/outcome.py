"""How a run against the app's database ended."""

from dataclasses import dataclass, field
from enum import StrEnum

import psycopg

from lib.schema import guard
from lib.schema.identity import Mark
from lib.schema.models import TOO_MANY, Code

#: Rows that contradict are named up to here; the engine finds more of them.
NAMED_ROWS, NAME_LENGTH = 10, 80
SENTENCE_LENGTH = 600


class State(StrEnum):
    DONE = "done"
    REFUSED = "refused"  #: nothing changed, and the same again would be refused again
    BUSY = "busy"  #: nothing changed: others held what it needs; later it may go
    UNKNOWN = "unknown"  #: the database went away while it may have been done: ask status()


@dataclass(frozen=True, slots=True)
class Outcome:
    state: State
    sentence: str
    code: Code | None = None
    remedy: str = ""
    #: Rows that contradict, as "guests id=3"; at most MAX_LISTED.
    rows: tuple[str, ...] = ()
    attempts: int = 1
    #: How long tables were locked, or waited for, in the attempt that ended it; milliseconds.
    locked_ms: float = 0.0
    #: Rows and values that pointed to what is gone: kept in `_rollback`, out of the way.
    quarantined: int = 0
    #: Values that one release's code wrote and the other's could not see, or that it replaced.
    conflicts: int = 0
    #: Done: where the journal stood afterwards, for our side to know.
    mark: Mark | None = None
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def why_not_forward(self) -> str:
        """Why it is not forward, in a sentence, with the rows that are in the way."""
        sentence = self.sentence[:SENTENCE_LENGTH].rstrip(".")
        if self.state is not State.REFUSED:
            return f"{sentence}."
        rows = [row[:NAME_LENGTH] for row in self.rows[:NAMED_ROWS]]
        more = " and more" if len(self.rows) > NAMED_ROWS else ""
        listed = f": {'; '.join(rows)}{more}" if rows else ""
        return f"The database cannot come forward: {sentence}{listed}."


class Refused(Exception):
    """Final: what was begun is undone."""

    def __init__(
        self, code: Code, reason: str, remedy: str = "", rows: tuple[str, ...] = ()
    ) -> None:
        super().__init__(reason)
        self.outcome = Outcome(State.REFUSED, reason, code, remedy, rows)


class Again(Exception):
    """Not this time: the same may work in a moment.

    `is_lost`: nobody told how it ended. `is_settled`: the run's row was looked for, and not there.
    """

    def __init__(self, reason: str, *, is_lost: bool = False, is_settled: bool = False) -> None:
        super().__init__(reason)
        self.is_lost = is_lost
        self.is_settled = is_settled


MOVED = "RB002"
CONTRADICTION = "RB003"
#: Lock not available, deadlock, serialization.
RETRIED = {"55P03", "40P01", "40001"}
#: The server is ending, starting or full, or ended us for saying nothing; class 08 is the
#: connection itself.
AWAY = {"57P01", "57P02", "57P03", "53300", "25P03", "57P05"}
NOT_THERE = {"42P01", "42703", "42704", "3F000"}
#: NOT NULL, foreign key, unique, check, exclusion; and all of class 22: a value too long, out of
#: range, or none of the type.
CONTRADICTS = {"23502", "23503", "23505", "23514", "23P01", CONTRADICTION}
PLAN_AGAIN = "Plan again: the database has changed since."
CHOOSE = "Choose another version, or fix forward."
#: What the server says -> code, reason, remedy.
REFUSALS = {
    guard.SQLSTATE: (Code.GUARD, "it would have lost something: {}", "Nothing was changed."),
    MOVED: (Code.MOVED, "{}", PLAN_AGAIN),
    TOO_MANY: (Code.BUDGET, "{}", CHOOSE),
    "42501": (
        Code.PRIVILEGE,
        "{}",
        "Connect as the owner of the app's tables, or with BYPASSRLS where policies bind it.",
    ),
    "57014": (
        Code.BUDGET,
        "a statement took longer than it may",
        "Try when there is less load.",
    ),
}


def understood(error: psycopg.Error) -> Again | Refused:
    """What an error of the server means for the run."""
    state = error.sqlstate
    if state is None or state in AWAY or state.startswith("08"):
        return Again("the connection was lost", is_lost=True)
    if state in RETRIED:
        return Again("others held a lock that it needs", is_settled=True)
    said = error.diag.message_primary or str(error)
    if state in CONTRADICTS or state.startswith("22"):
        detail = (error.diag.message_detail,) if error.diag.message_detail else ()
        return Refused(Code.CONTRADICTION, said, "Correct these rows, then try again.", detail)
    if state in NOT_THERE:
        state = MOVED
    code, reason, remedy = REFUSALS.get(state, (Code.UNSUPPORTED, "{}", CHOOSE))
    return Refused(code, reason.format(said), remedy)
