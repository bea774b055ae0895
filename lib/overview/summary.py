"""Turns what is stored into what a person reads at a glance. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from lib.access.models import Role
from lib.automatic.models import TrafficView, VerdictView
from lib.deployments.models import DeploymentRow, DeploymentView
from lib.health.probe import CHECKS, Health
from lib.health.verdict import State
from lib.overview.models import (
    Blocked,
    CheckView,
    Overall,
    Pinned,
    PinView,
    RollingFact,
    RollingView,
)
from lib.rollback.models import Environment, Rollback, Status

#: A look older than this says nothing about now: the checker may be what is broken.
STALE = timedelta(seconds=150)
#: How long a completed rollback stays on the page.
SHOW_COMPLETED = timedelta(minutes=15)
#: How long a decision stays there, once all is well.
SHOW_DECISION = timedelta(minutes=15)
#: Below it a share is told with a decimal.
TENTH = 0.1
LOOKS_FAIL = "Our own looks at it get no good answer. Look at what its health report checks."


def overall(
    environment: Environment,
    last: Mapping[str, Any] | None,
    live: str | None,
    now: datetime,
    verdict: VerdictView | None = None,
) -> Overall:
    """`last`: the newest look of the sweep; `verdict`: a fresh one, of counted requests.

    Either may say that it is bad, but many visitors who are answered well overrule our own looks.
    """
    looked = by_looks(environment, last, live, now)
    if verdict is None or verdict.deployment_id != live:
        return looked
    name, share = environment.capitalize(), f"{percent(verdict.rate)} of requests fail"
    if verdict.state is State.ROLLBACK:
        since = looked.since or now
        return Overall(state="bad", sentence=f"{name} has problems: {share}", since=since)
    if verdict.state is State.HEALTHY and (looked.state == "ok" or not verdict.thins_out):
        well = Overall(
            state="ok", sentence=f"{name} is healthy: {share}", since=looked.since or now
        )
        return well if looked.state == "ok" else well.model_copy(update={"warning": LOOKS_FAIL})
    if looked.state == "ok" and verdict.state is not State.INCONCLUSIVE:
        if verdict.state is State.SUSPECT:
            sentence, warning = f"{name} may have problems: {share}", verdict.sentence
        else:
            sentence, warning = f"{name} is healthy: {share}", None
        return Overall(state="ok", sentence=sentence, since=looked.since, warning=warning)
    return looked


def current(traffic: TrafficView, overall: Overall, now: datetime) -> TrafficView:
    """Without the decision, where it is of a trouble that has long been over."""
    decision, is_well = traffic.decision, overall.state == "ok" and overall.warning is None
    if decision is None or not is_well or now - decision.at < SHOW_DECISION:
        return traffic
    return traffic.model_copy(update={"decision": None})


def percent(rate: float) -> str:
    """ "0.4 %", "52 %"."""
    return f"{rate * 100:.1f} %" if 0 < rate < TENTH else f"{rate * 100:.0f} %"


def by_looks(
    environment: Environment, last: Mapping[str, Any] | None, live: str | None, now: datetime
) -> Overall:
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
    role: Role,
    shown: Rollback | None,
    recommended: DeploymentView | None,
    held: DeploymentView | None = None,
) -> Blocked | None:
    """`held`: the version that would be recommended if the app's database could go back for it."""
    if not role.may(Role.OPERATOR):
        return Blocked(
            code="read_only",
            sentence="You can look, but not roll back. Ask an admin for the role operator.",
        )
    if shown is not None and not shown.is_final:
        return Blocked(code="running", sentence="A rollback is running.")
    if recommended is None:
        why = f" {held.git_sha[:7]}: {held.why_not}" if held else ""
        return Blocked(code="nothing", sentence=f"There is no earlier version to go back to.{why}")
    if shown is not None and shown.status is Status.FAILED:
        return Blocked(
            code="failed",
            sentence="The last rollback did not finish. Read what visitors get now; you can start"
            " another one.",
        )
    return None


def rolling(fact: RollingFact | None, rows: Sequence[DeploymentRow]) -> RollingView | None:
    if fact is None:
        return None
    called = {row.deployment_id: row.called for row in rows}
    new, old = (called.get(fact[end], fact[end]) for end in ("to", "from"))
    sentence = (
        f"{new} is rolling out: {fact['percent']:g} % of visitors get it, the others {old}"
        f" (stage {fact['stage']} of {fact['stages']})."
    )
    if fact["is_paused"]:
        sentence += " The platform has paused it."
    return {**fact, "sentence": f"{sentence} A rollback ends it."}


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
