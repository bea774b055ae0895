"""The transition table of a rollback, row by row, and what holds for all of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.rollback.machine import (
    BACKOFF_FIRST,
    BACKOFF_LIMIT,
    Again,
    Done,
    Failed,
    Next,
    Skipped,
    Stop,
    Traffic,
    Wait,
    backoff,
    settle,
)
from lib.rollback.models import StepState

SECOND = timedelta(seconds=1)
STEP = {
    "attempt": 1,
    "attempts": 3,
    "next_step": "verify",
    "past_deadline": False,
    "optional": False,
}
WAIT = Wait(2 * SECOND, "moving", Traffic.MOVED)
BUSY = Failed("500", retryable=True, traffic=Traffic.UNKNOWN)
REFUSED = Failed("403", retryable=False, traffic=Traffic.UNCHANGED, remedy="Check the token.")
THROTTLED = Failed("429", retryable=True, delay=5 * SECOND)


@pytest.mark.parametrize(
    ("outcome", "given", "change"),
    [
        pytest.param(
            Done("moved"), {}, Next(StepState.OK, "moved", "verify"), id="done-goes-to-the-next"
        ),
        pytest.param(
            Done("moved"),
            {"next_step": None},
            Next(StepState.OK, "moved", None),
            id="done-with-the-last-step-completes",
        ),
        pytest.param(
            Done("moved"),
            {"past_deadline": True, "attempt": 9},
            Next(StepState.OK, "moved", "verify"),
            id="done-is-done-however-late",
        ),
        pytest.param(
            Skipped("nothing to do"),
            {},
            Next(StepState.SKIPPED, "nothing to do", "verify"),
            id="skipped-goes-to-the-next",
        ),
        pytest.param(
            Skipped("nothing to do"),
            {"past_deadline": True},
            Next(StepState.SKIPPED, "nothing to do", "verify"),
            id="skipped-is-skipped-however-late",
        ),
        pytest.param(
            WAIT, {}, Again(2 * SECOND, "moving", costs_attempt=False), id="wait-costs-nothing"
        ),
        pytest.param(
            WAIT,
            {"attempt": 3},
            Again(2 * SECOND, "moving", costs_attempt=False),
            id="wait-goes-on-with-the-last-attempt",
        ),
        pytest.param(
            WAIT,
            {"past_deadline": True},
            Stop("moving", Traffic.MOVED, ""),
            id="wait-ends-at-the-deadline",
        ),
        pytest.param(
            WAIT,
            {"past_deadline": True, "optional": True},
            Next(StepState.OK, "Warning: moving", "verify"),
            id="optional-wait-warns-at-the-deadline",
        ),
        pytest.param(
            BUSY, {}, Again(SECOND / 2, "500", costs_attempt=True), id="failure-backs-off"
        ),
        pytest.param(
            BUSY,
            {"attempt": 2},
            Again(SECOND, "500", costs_attempt=True),
            id="second-failure-backs-off-longer",
        ),
        pytest.param(
            THROTTLED,
            {},
            Again(5 * SECOND, "429", costs_attempt=True),
            id="throttling-waits-as-long-as-asked",
        ),
        pytest.param(
            BUSY,
            {"attempt": 3},
            Stop("500", Traffic.UNKNOWN, ""),
            id="attempts-used-up",
        ),
        pytest.param(
            BUSY,
            {"past_deadline": True},
            Stop("500", Traffic.UNKNOWN, ""),
            id="failure-ends-at-the-deadline",
        ),
        pytest.param(
            REFUSED,
            {},
            Stop("403", Traffic.UNCHANGED, "Check the token."),
            id="final-failure-stops-at-once",
        ),
        pytest.param(
            REFUSED,
            {"optional": True},
            Next(StepState.OK, "Warning: 403", "verify"),
            id="optional-final-failure-warns",
        ),
        pytest.param(
            BUSY,
            {"optional": True, "attempt": 3},
            Next(StepState.OK, "Warning: 500", "verify"),
            id="optional-attempts-used-up-warn",
        ),
        pytest.param(
            BUSY,
            {"optional": True},
            Again(SECOND / 2, "500", costs_attempt=True),
            id="optional-failure-is-tried-again",
        ),
    ],
)
def test_settle(outcome, given, change):
    assert settle(outcome, **STEP | given) == change


def test_there_are_no_other_outcomes():
    with pytest.raises(AssertionError):
        settle("done", **STEP)


MESSAGES = st.text(max_size=20)
DELAYS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(minutes=1))
TRAFFIC = st.sampled_from(Traffic)
WAITS = st.builds(Wait, DELAYS, MESSAGES, TRAFFIC)
FAILURES = st.builds(
    Failed,
    MESSAGES,
    retryable=st.booleans(),
    traffic=TRAFFIC,
    remedy=MESSAGES,
    delay=st.none() | DELAYS,
)
OUTCOMES = st.builds(Done, MESSAGES) | st.builds(Skipped, MESSAGES) | WAITS | FAILURES
GIVEN = st.fixed_dictionaries(
    {
        "attempt": st.integers(1, 1000),
        "attempts": st.integers(1, 1000),
        "next_step": st.none() | st.sampled_from(["switch", "verify"]),
        "past_deadline": st.booleans(),
        "optional": st.booleans(),
    }
)


@given(OUTCOMES, GIVEN)
def test_every_outcome_means_something(outcome, given):
    assert isinstance(settle(outcome, **given), Again | Next | Stop)


@given(OUTCOMES, GIVEN)
def test_the_same_outcome_means_the_same(outcome, given):
    assert settle(outcome, **given) == settle(outcome, **given)


@given(OUTCOMES, GIVEN.filter(lambda given: given["optional"]))
def test_an_optional_step_never_stops_a_rollback(outcome, given):
    assert not isinstance(settle(outcome, **given), Stop)


@given(WAITS, GIVEN)
def test_waiting_never_costs_an_attempt(outcome, given):
    change = settle(outcome, **given)

    assert not (isinstance(change, Again) and change.costs_attempt)


@given(OUTCOMES, GIVEN.filter(lambda given: given["past_deadline"]))
def test_nothing_is_tried_again_past_the_deadline(outcome, given):
    assert not isinstance(settle(outcome, **given), Again)


@given(FAILURES, GIVEN.filter(lambda given: given["attempt"] >= given["attempts"]))
def test_a_failure_is_not_tried_again_when_attempts_are_used_up(outcome, given):
    assert not isinstance(settle(outcome, **given), Again)


@given(OUTCOMES, GIVEN)
def test_a_rollback_only_goes_to_the_step_that_follows(outcome, given):
    change = settle(outcome, **given)

    assert not isinstance(change, Next) or change.step == given["next_step"]


@given(WAITS | FAILURES, GIVEN.filter(lambda given: not given["optional"]))
def test_what_is_not_done_never_completes(outcome, given):
    assert isinstance(settle(outcome, **given), Again | Stop)


@given(WAITS | FAILURES, GIVEN)
def test_a_stop_says_what_visitors_get_as_the_step_said(outcome, given):
    change = settle(outcome, **given)

    assert not isinstance(change, Stop) or change.traffic is outcome.traffic


@given(st.integers(1, 10_000))
def test_backoff_is_bounded(attempt):
    assert BACKOFF_FIRST <= backoff(attempt) <= BACKOFF_LIMIT


@given(st.integers(1, 10_000))
def test_backoff_never_shrinks(attempt):
    assert backoff(attempt) <= backoff(attempt + 1)
