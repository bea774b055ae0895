"""What a decision is about, and what a rollback that follows says of itself. Pure."""

from dataclasses import dataclass
from typing import Any

from lib.automatic.gate import Answer, Passage
from lib.automatic.models import Suspicion
from lib.automatic.store import Facts
from lib.deployments.models import DeploymentRow
from lib.rollback.models import Environment, Trial


@dataclass(frozen=True, slots=True)
class Candidate:
    row: DeploymentRow
    #: Why nobody can tell whether it runs on the database as it is; None: it does, or will.
    unproven: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What is decided about, and what the gate saw of each version it was asked about."""

    suspicion: Suspicion
    facts: Facts
    seen: tuple[Passage, ...] = ()
    #: Of the newest one.
    unproven: str | None = None
    #: The switch that was turned off in vain, by its title.
    tried: str | None = None
    #: Which switches the failed requests had on: a sentence with a space before it, or nothing.
    explained: str = ""

    @property
    def environment(self) -> Environment:
        return self.suspicion.environment

    @property
    def newest(self) -> Passage:
        return self.seen[-1]


def needs_confirmation(case: Case) -> bool:
    """Counted errors that no look at the live version sees may have ended a moment ago.

    The next bucket must say the same; by probes alone, the looks themselves have said it.
    """
    if case.suspicion.source == "probes" or not case.newest.live_is_well:
        return False
    return case.facts.asked_at is None or case.suspicion.until <= case.facts.asked_at


def reason(case: Case) -> str:
    suspicion, passage = case.suspicion, case.newest
    start = "The live version is down" if suspicion.source == "probes" else "Requests fail"
    unasked = (
        f" The version to go back to could not be asked ({passage.detail})."
        if passage.answer is Answer.UNKNOWN
        else ""
    )
    tried = (
        " Nobody can tell whether the version to go back to runs on the database as it is; it"
        f" answered {passage.pairs} of {passage.pairs} paired probes on it."
        if case.unproven is not None
        else ""
    )
    switched = f" {case.tried} was turned off first, and that did not help." if case.tried else ""
    return f"{start}: {suspicion.sentence}.{case.explained}{switched}{unasked}{tried}"


def evidence(case: Case) -> dict[str, Any]:
    suspicion = case.suspicion
    return {
        "source": suspicion.source,
        "path": suspicion.path or suspicion.source,
        "detail": suspicion.sentence,
        "until": suspicion.until or None,
        "gate": [passage.facts() for passage in case.seen],
        **trial(case),
        **suspicion.facts,
    }


def trial(case: Case) -> dict[str, Any]:
    """What step `database` needs where its plan is refused."""
    if case.unproven is None:
        return {}
    return {"trial": Trial(refused=case.unproven, pairs=case.newest.pairs).model_dump()}
