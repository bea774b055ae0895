"""What is done about the requests by itself, and when, in one sentence."""

from datetime import UTC, datetime

import pytest

from lib.automatic.decision import refusal
from lib.automatic.models import (
    DecisionView,
    Mode,
    StreamView,
    TrafficView,
    VerdictView,
)
from lib.automatic.store import Facts
from lib.deployments.freeze import windows
from lib.health.verdict import State
from lib.incidents.words import OUTCOMES
from lib.overview.outlook import (
    DECIDED,
    EVIDENCE,
    NEVER_FROZEN,
    NOT_ARMED,
    RESTORED,
    UNCOUNTED,
    outlook,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FAILING = "8.2 % of 1,240 requests fail; "


def facts(**more: object) -> Facts:
    nothing = {
        "is_locked": False,
        "is_old": False,
        "today": 0,
        "tries": 0,
        "is_running": False,
        "is_restored": False,
        "is_noted": False,
        "asked_at": None,
    }
    return Facts(**{"mode": Mode.AUTOMATIC, "period": 1, "live_from": NOON} | nothing | more)


def traffic(
    state: str = "suspect",
    acts_in: int | None = None,
    outcome: str | None = None,
    held: int = 0,
    **more: object,
) -> TrafficView:
    stream = StreamView.model_construct(soft_held=held, hard_held=0)
    verdict = VerdictView.model_construct(
        state=State(state), requests=1240.0, rate=0.082, acts_in_seconds=acts_in, streams=[stream]
    )
    decision = DecisionView.model_construct(outcome=outcome) if outcome else None
    known = {"verdict": verdict, "is_fresh": True, "stragglers": None, "decision": decision}
    return TrafficView.model_construct(**known | more)


def said(seen: TrafficView, known: Facts | None = None) -> str:
    return outlook(seen, known or facts(), is_armed=True, frozen=None)


@pytest.mark.parametrize(
    ("seen", "known", "sentence"),
    [
        (traffic(acts_in=20, held=4), facts(), "enough evidence; acts in 20 s unless it stops."),
        (traffic("rollback"), facts(), "enough evidence; acts now."),
        (traffic(held=6), facts(), "enough evidence, but too few clients see it."),
        (traffic(), facts(), "some evidence, not enough to act on."),
        (traffic("healthy"), facts(), "no evidence against this version."),
        (traffic("inconclusive"), facts(), "too few to tell, so our own looks alone decide."),
        (
            traffic(acts_in=20, held=4),
            facts(mode=Mode.SHADOW),
            "enough evidence; would act in 20 s unless it stops, but the mode is shadow.",
        ),
        (
            traffic("rollback"),
            facts(mode=Mode.SHADOW),
            "enough evidence; would act now, but the mode is shadow.",
        ),
        (
            traffic("healthy"),
            facts(mode=Mode.SHADOW),
            "no evidence against this version; the mode is shadow, so it changes nothing.",
        ),
        (
            traffic(acts_in=20, held=4),
            facts(mode=Mode.OFF),
            f"enough evidence. {refusal(facts(mode=Mode.OFF))}",
        ),
        (
            traffic("rollback"),
            facts(is_locked=True),
            f"enough evidence. {refusal(facts(is_locked=True))}",
        ),
        (
            traffic("rollback"),
            facts(today=3),
            f"enough evidence. {refusal(facts(today=3))}",
        ),
        (traffic("rollback"), facts(is_restored=True), f"enough evidence. {RESTORED}"),
        (traffic("rollback"), facts(is_running=True), "enough evidence; a rollback is running."),
        (
            traffic("inconclusive", outcome="gate_refused"),
            facts(),
            f"{EVIDENCE[State.INCONCLUSIVE]}; no version is better, so it does nothing.",
        ),
        (
            traffic("rollback", outcome="ask_a_person"),
            facts(mode=Mode.OFF),
            "enough evidence; a person decides, and was told why.",
        ),
        (
            traffic("rollback", outcome="would_roll_back"),
            facts(mode=Mode.SHADOW),
            f"enough evidence; {DECIDED['would_roll_back']}.",
        ),
        (
            traffic("rollback", outcome="rolled_back"),
            facts(),
            "enough evidence; it has acted already.",
        ),
        (
            traffic("rollback", outcome="confirming"),
            facts(),
            "enough evidence; acts if the next 10 s say the same.",
        ),
        (
            traffic("healthy", outcome="confirming"),
            facts(),
            "no evidence against this version.",
        ),
    ],
)
def test_what_follows(seen, known, sentence):
    assert said(seen, known) == FAILING + sentence


@pytest.mark.parametrize(
    "seen",
    [
        traffic(verdict=None),
        traffic("rollback", is_fresh=False),
        traffic(verdict=VerdictView.model_construct(state=State.INCONCLUSIVE, requests=0.0)),
    ],
    ids=["never", "too-old", "none"],
)
def test_where_nothing_is_counted_nothing_is_said_of_requests(seen):
    assert said(seen) == f"{UNCOUNTED}."


def test_where_nothing_is_live_nothing_follows():
    assert outlook(traffic("healthy"), None, is_armed=True, frozen=None).endswith("this version.")


def test_what_hinders_a_rollback_and_a_freeze_are_said_beside_it():
    [window] = windows("Sat 10:00-24:00 Europe/Berlin")

    told = outlook(traffic("rollback"), facts(), is_armed=False, frozen=window)

    assert told.endswith(
        f"acts now. {NOT_ARMED} Nothing new should go live now: there is a freeze"
        f" (Sat 10:00-24:00 Europe/Berlin). {NEVER_FROZEN}"
    )


def test_each_decision_has_its_words_on_the_page_and_in_a_report():
    assert DECIDED.keys() == OUTCOMES.keys()
