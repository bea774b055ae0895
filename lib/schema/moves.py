"""Did the app's ledger move while the live code did not change? Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """A change that was noticed at `at`; it happened after `changed_after`, the look before."""

    at: datetime
    changed_after: datetime
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LedgerMove:
    """What was applied and what was undone since a release went live, that it did not bring."""

    noticed_at: datetime
    applied: tuple[str, ...]
    undone: tuple[str, ...]


def moved(
    events: Sequence[LedgerEvent],
    *,
    contained: Collection[str] | None,
    at_go_live: Sequence[str] | None,
) -> LedgerMove | None:
    """`events` since the release went live, oldest first; None: the ledger is its own.

    `contained`: the versions that the release contains; its own late migration is no move of
    somebody else's. None, nobody told: then every change counts, and a person is asked rather
    than a release blamed. `at_go_live`: the ledger as it went live; a change that is noticed
    late was there already. What was applied and undone again is no move.
    """
    move: LedgerMove | None = None
    for event in events:
        base = set(events[0].before if at_go_live is None else at_go_live)
        own = base | set(contained or ())
        now = set(event.after)
        applied = tuple(version for version in event.after if version not in own)
        undone = tuple(sorted(base - now))
        since = move.noticed_at if move else event.at
        move = LedgerMove(since, applied, undone) if applied or undone else None
    return move
