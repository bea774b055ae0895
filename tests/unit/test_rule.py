"""When looks alone say that the live deployment is down."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.health.probe import Health
from lib.health.rule import FAILURES, SPAN, Pair, Verdict, judge

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OK, FAILED, UNKNOWN = Health.OK, Health.FAILED, Health.UNKNOWN


def pairs(*looks: tuple[float, Health, Health | None]) -> list[Pair]:
    """(seconds ago, live, target), newest first."""
    return [Pair(NOON - ago * SECOND, live, target) for ago, live, target in looks]


def down(*agos: float, target: Health | None = OK) -> list[Pair]:
    return pairs(*((ago, FAILED, target) for ago in agos))


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        pytest.param([], Verdict.UNDECIDED, id="nothing-seen"),
        pytest.param(down(0, 7, 15), Verdict.DOWN, id="three-in-a-row-over-exactly-15-s"),
        pytest.param(down(0, 7, 14.999999), Verdict.UNDECIDED, id="a-microsecond-too-soon"),
        pytest.param(down(0, 15), Verdict.UNDECIDED, id="two-are-not-three"),
        pytest.param(down(0, 5, 10, 15), Verdict.DOWN, id="four-over-15-s"),
        pytest.param(down(0, 5, 10, target=FAILED), Verdict.UNDECIDED, id="shared-but-too-soon"),
        pytest.param(down(0, 7, 15, target=FAILED), Verdict.SHARED, id="the-target-fails-as-well"),
        pytest.param(down(0, 7, 15, target=None), Verdict.ALONE, id="nothing-to-compare-with"),
        pytest.param(down(0, 7, 15, target=UNKNOWN), Verdict.UNASKED, id="target-not-reached"),
        pytest.param(
            pairs((0, FAILED, OK), (7, FAILED, FAILED), (15, FAILED, OK)),
            Verdict.UNDECIDED,
            id="only-two-pairs-disagree",
        ),
        pytest.param(
            pairs((0, FAILED, OK), (5, FAILED, FAILED), (10, FAILED, OK), (15, FAILED, OK)),
            Verdict.DOWN,
            id="three-of-four-pairs-disagree",
        ),
        pytest.param(
            pairs((0, FAILED, OK), (7, UNKNOWN, OK), (15, FAILED, OK), (20, FAILED, OK)),
            Verdict.UNDECIDED,
            id="a-look-that-says-nothing-breaks-the-run",
        ),
        pytest.param(
            pairs((0, FAILED, OK), (7, OK, OK), (15, FAILED, OK), (20, FAILED, OK)),
            Verdict.UNDECIDED,
            id="a-good-look-breaks-the-run",
        ),
        pytest.param(
            [*pairs((0, OK, OK)), *down(7, 15, 25)], Verdict.UNDECIDED, id="one-good-look-after"
        ),
        pytest.param(
            [*pairs((0, OK, OK), (5, OK, OK)), *down(10, 20, 30)],
            Verdict.WELL,
            id="well-again-after-two",
        ),
        pytest.param(pairs((0, OK, None)), Verdict.WELL, id="well-at-first-sight"),
        pytest.param(pairs((0, UNKNOWN, OK)), Verdict.UNDECIDED, id="no-answer-at-first-sight"),
        pytest.param(
            [*pairs((0, UNKNOWN, OK)), *down(7, 15, 25)],
            Verdict.UNDECIDED,
            id="no-answer-now-is-no-failure-now",
        ),
    ],
)
def test_judge(seen, verdict):
    assert judge(seen) is verdict


HEALTH = st.sampled_from(Health)
STEPS = st.lists(
    st.tuples(st.floats(0.1, 20), HEALTH, st.none() | HEALTH),
    max_size=15,
)


@st.composite
def histories(draw: st.DrawFn) -> list[Pair]:
    at, seen = NOON, []
    for seconds, live, target in draw(STEPS):
        seen.append(Pair(at, live, target))
        at -= timedelta(seconds=seconds)
    return seen


def run_length(seen: list[Pair]) -> int:
    return next((n for n, pair in enumerate(seen) if pair.live is not FAILED), len(seen))


@given(histories(), st.sampled_from([OK, FAILED, UNKNOWN]), st.floats(0, 60))
def test_one_more_failure_of_a_down_deployment_leaves_it_down(seen, target, seconds):
    newest = Pair(NOON + timedelta(seconds=seconds), FAILED, target)

    assert judge(seen) is not Verdict.DOWN or judge([newest, *seen]) is Verdict.DOWN


@given(histories())
def test_down_needs_three_failures_that_span_15_s_and_a_target_that_answers(seen):
    run = seen[: run_length(seen)]
    enough = len(run) >= FAILURES and run[0].at - run[-1].at >= SPAN
    answering = sum(pair.target is OK for pair in run)

    assert judge(seen) is not Verdict.DOWN or (enough and answering >= FAILURES)


@given(histories())
def test_what_was_seen_before_a_good_look_does_not_make_it_down(seen):
    since = seen[: run_length(seen)]

    assert (judge(seen) is Verdict.DOWN) == (judge(since) is Verdict.DOWN)


@given(histories())
def test_well_is_only_said_of_what_answers_now(seen):
    assert judge(seen) is not Verdict.WELL or seen[0].live is OK
