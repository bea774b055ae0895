"""Whether it is the database that our side knows: its identity and newest run are kept on both.

A restored or branched database has the identity of what it was made of, and an older newest run.
"""

from collections.abc import Collection
from dataclasses import dataclass

from lib.schema.models import Code, Refuse

REMEDY = (
    "Set APP_DATABASE_URL to the right database; if it is right as it is now, accept it: action"
    " accept_database of POST /api/operations, or python -m scripts.rollback_migration accept."
)


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a database's journal stood at one moment; nothing in it: no run was ever made there."""

    identity: str | None = None
    newest: str | None = None
    #: So many runs there were, and so many of them came forward: it only ever grows.
    age: int = 0

    def __str__(self) -> str:
        if self.newest is None:
            return "one that nothing was ever taken back in"
        return f"{self.identity}, whose newest run is {self.newest}"


def compare(known: Mark, now: Mark, runs: Collection[str], *, is_ours: bool) -> Refuse | None:
    """None: it is the one that we know, no earlier than we know it.

    `runs`: all that its journal holds. `is_ours`: the newest of them is a run of our side, whose
    answer may have been lost.
    """
    if now.identity != known.identity:
        return other(
            f"this is another database than {known}: it is {now}. It was restored from before its"
            " first run, or made anew, or APP_DATABASE_URL was changed."
        )
    if known.newest not in runs:
        return other(
            f"this database was restored to an earlier moment, or is a branch: run {known.newest}"
            " is not in it."
        )
    if now.age < known.age:
        return other(
            "this database was restored to an earlier moment, or is a branch: a run that had come"
            " forward is back in it."
        )
    if now.newest != known.newest and not is_ours:
        return other(
            f"run {now.newest} was made in this database, and nobody here knows of it. The control"
            " plane's own database was restored, or another control plane works on this one."
        )
    return None


def other(reason: str) -> Refuse:
    return Refuse(Code.OTHER_DATABASE, reason, REMEDY)
