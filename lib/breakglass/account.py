"""What a whole journal comes to: what was done, by whom, when, and how it ended. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID, uuid5

from lib.breakglass.journal import Entry, find
from lib.breakglass.models import Outcome, Plan, Traffic

ROLLBACKS = UUID("8b1f6d1e-6a0c-4d0e-9d3f-5f3f7a52c9b1")
#: What is left open here is gone on with by whoever runs break-glass again.
UNFINISHED = (
    "It has no end: whoever wrote it was interrupted, or is at it still. Run python -m"
    " lib.breakglass in its folder: within the hour it goes on, or ends it. If nobody will:"
    " --no-end"
)
CUT_OFF = {
    "outcome": "abandoned",
    "traffic": "unknown",
    "sentence": "It has no end, and nobody went on with it.",
}


class Unfinished(Exception):
    """It asked the platform for something, and has no end."""


@dataclass(frozen=True, slots=True)
class Account:
    plan: Plan
    entries: Sequence[Entry]
    outcome: Outcome
    traffic: Traffic
    sentence: str
    warnings: Sequence[str]

    @classmethod
    def read(cls, entries: Sequence[Entry], *, no_end: bool = False) -> "Account":
        """Of a journal that begins as one does. Raises Unfinished, if it has to have an end."""
        end = find(entries, "end")
        if end is None and find(entries, "asking"):
            if not no_end:
                raise Unfinished(UNFINISHED)
            end = CUT_OFF
        told = end or {"outcome": "abandoned", "traffic": "unchanged"}
        return cls(
            Plan.read(entries[0]),
            entries,
            told["outcome"],
            told["traffic"],
            told.get("sentence", "Nothing was asked for."),
            told.get("warnings", []),
        )

    @property
    def name(self) -> str:
        """The same for the same journal, and for no other."""
        return cast(str, self.entries[0]["hmac"])

    @property
    def rollback_id(self) -> UUID:
        return uuid5(ROLLBACKS, self.name)

    @property
    def who(self) -> str:
        return f"{self.plan.who} (break-glass)"

    @property
    def begun_at(self) -> datetime:
        return at(self.entries[0])

    @property
    def ended_at(self) -> datetime:
        return at(self.entries[-1])

    @property
    def moved_at(self) -> datetime:
        return at(find(self.entries, "moved") or self.entries[-1])

    @property
    def was_ours(self) -> bool:
        """Traffic has moved, or may have, because of what was asked for here."""
        moved = find(self.entries, "moved")
        if moved is not None:
            return bool(moved["by_us"])
        return self.outcome == "failed" and self.traffic in ("moved", "unknown")

    @property
    def has_moved(self) -> bool:
        return find(self.entries, "moved") is not None


def at(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["at"])
