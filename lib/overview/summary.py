"""Turns what is stored into what a person reads at a glance. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from lib.access.models import Role
from lib.deployments.models import DeploymentView
from lib.health.probe import CHECKS, Health
from lib.overview.models import Blocked, CheckView, Overall, Pinned, PinView
from lib.rollback.models import Environment, Rollback, Status

#: A look older than this says nothing about now: the checker may be what is broken.
STALE = timedelta(seconds=150)
#: How long a completed rollback stays on the page.
SHOW_COMPLETED = timedelta(minutes=15)


def overall(
    environment: Environment, last: Mapping[str, Any] | None, live: str | None, now: datetime
) -> Overall:
    """`last`: the newest look of the sweep."""
    name = environment.capitalize()
    if last is None or live is None or last["deployment"] != live or now - last["at"] > STALE:
        return Overall(state="unknown", sentence=f"We do not know how {environment} is", since=None)
    if last["live"] == Health.OK:
        return Overall(state="ok", sentence=f"{name} is healthy", since=last["at"])
    if last["live"] == Health.FAILED:
        sentence = f"{name} has problems: {last['detail']}"
        return Overall(state="bad", sentence=sentence, since=last["at"])
    sentence = f"We do not know how {environment} is: {last['detail']}"
    return Overall(state="unknown", sentence=sentence, since=last["at"])


def checks(last: Mapping[str, Any] | None, overall: Overall) -> list[CheckView]:
    """The four checks as the live deployment named them in the newest look."""
    known = last["checks"] if last is not None and overall.since is not None else {}
    return [
        CheckView(name=name, state=state_of(known.get(name)), checked_at=overall.since)
        for name in CHECKS
    ]


def state_of(word: object) -> Any:
    return word if word in ("healthy", "unhealthy") else "unknown"


def active(newest: Rollback | None, now: datetime) -> Rollback | None:
    """The rollback that everybody should see: it runs, or it failed, or it was just done."""
    if newest is None:
        return None
    if newest.status is Status.COMPLETED and newest.finished_at is not None:
        return newest if now - newest.finished_at < SHOW_COMPLETED else None
    return newest


def blocked(
    role: Role, shown: Rollback | None, recommended: DeploymentView | None
) -> Blocked | None:
    if not role.may(Role.OPERATOR):
        return Blocked(
            code="read_only",
            sentence="You can look, but not roll back. Ask an admin for the role operator.",
        )
    if shown is not None and not shown.is_final:
        return Blocked(code="running", sentence="A rollback is running.")
    if recommended is None:
        return Blocked(code="nothing", sentence="There is no earlier version to go back to.")
    if shown is not None and shown.status is Status.FAILED:
        return Blocked(
            code="failed",
            sentence="The last rollback did not finish. Read what visitors get now; you can start"
            " another one.",
        )
    return None


def pin(pinned: Pinned | None) -> PinView | None:
    if pinned is None:
        return None
    who = "an automatic rollback" if pinned.automatic else f"{pinned.by}'s rollback"
    sentence = f"New releases do not go live by themselves since {who}."
    if pinned.before:
        sentence += " They do again when a newer version is promoted."
    else:
        sentence += " They did not before it either."
    return PinView(since=pinned.since, sentence=sentence)
