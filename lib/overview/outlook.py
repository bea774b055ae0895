"""What the requests say, how sure that is, and what is done about it by itself, and when. Pure."""

from collections.abc import Mapping

from lib.automatic.decision import refusal
from lib.automatic.models import ALARMING, Mode, TrafficView, VerdictView
from lib.automatic.store import Facts
from lib.deployments import freeze
from lib.health.verdict import State
from lib.overview.summary import percent

UNCOUNTED = "Requests are not being counted; our own looks alone decide"
EVIDENCE: Mapping[State, str] = {
    State.ROLLBACK: "enough evidence",
    State.INCONCLUSIVE: "too few to tell, so our own looks alone decide",
    State.NOT_BADLY_BROKEN: "not half of them, and too few to say more",
    State.HEALTHY: "no evidence against this version",
}
#: By the outcome of the newest decision about what is live.
DECIDED: Mapping[str, str] = {
    "rolled_back": "it has acted already",
    "gate_refused": "no version is better, so it does nothing",
    "ask_a_person": "a person decides, and was told why",
    "would_roll_back": "it would have gone back, and the mode is shadow: nothing was changed",
    "turned_off": "a feature was turned off, and code goes back only if that does not help",
    "would_turn_off": "it would have turned off a feature, and the mode is shadow",
    "confirming": "acts if the next 10 s say the same",
}
RESTORED = "It is what the last rollback went back to, so going back again is a person's decision."
NOT_ARMED = "A rollback may not work now: something that it needs is missing."
NEVER_FROZEN = "A rollback is never frozen."


def outlook(
    traffic: TrafficView, facts: Facts | None, *, is_armed: bool, frozen: freeze.Window | None
) -> str:
    """ "8.2 % of 1,240 requests fail; enough evidence; acts in 20 s unless it stops."

    `facts`: of what is live; None: nothing is.
    """
    verdict = traffic.verdict if traffic.is_fresh else None
    is_alarming = verdict is not None and verdict.state in ALARMING
    decided = decision_on(traffic, is_alarming=is_alarming)
    clauses = [observed(verdict) if verdict else UNCOUNTED]
    why_not = held_by(facts) if facts else None
    if facts is None or facts.is_running:
        clauses += ["a rollback is running"] if facts else []
    elif decided:
        clauses.append(decided)
    elif verdict and is_alarming and why_not is None:
        clauses += acts(verdict, facts.mode)
    elif facts.mode is Mode.SHADOW:
        clauses.append("the mode is shadow, so it changes nothing")
    sentences = ["; ".join(clauses) + "."]
    if why_not and not decided:
        sentences.append(why_not)
    if not is_armed:
        sentences.append(NOT_ARMED)
    if frozen:
        sentences += [freeze.sentence(frozen), NEVER_FROZEN]
    return " ".join(sentences)


def decision_on(traffic: TrafficView, *, is_alarming: bool) -> str | None:
    outcome = traffic.decision.outcome if traffic.decision else ""
    return None if outcome == "confirming" and not is_alarming else DECIDED.get(outcome)


def observed(verdict: VerdictView) -> str:
    if not verdict.requests:
        return UNCOUNTED
    share = f"{percent(verdict.rate)} of {verdict.requests:,.0f} requests fail"
    return f"{share}; {EVIDENCE.get(verdict.state) or suspected(verdict)}"


def suspected(verdict: VerdictView) -> str:
    if verdict.acts_in_seconds is not None:
        return EVIDENCE[State.ROLLBACK]
    if any(stream.soft_held or stream.hard_held for stream in verdict.streams):
        return "enough evidence, but too few clients see it"
    return "some evidence, not enough to act on"


def acts(verdict: VerdictView, mode: Mode) -> list[str]:
    """In how long, if it does."""
    is_shadow = mode is Mode.SHADOW
    if verdict.state is State.ROLLBACK:
        return ["would act now, but the mode is shadow" if is_shadow else "acts now"]
    if verdict.acts_in_seconds is None:
        return []
    within = f"in {verdict.acts_in_seconds} s unless it stops"
    return [f"would act {within}, but the mode is shadow" if is_shadow else f"acts {within}"]


def held_by(facts: Facts) -> str | None:
    """Why a person decides, whatever is counted; None: nothing stands against it."""
    return RESTORED if facts.is_restored else refusal(facts)
