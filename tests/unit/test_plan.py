"""Whether the database fits an older release. What nobody knows equals nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.deployments.models import UNKNOWN, DatabaseSeen
from lib.schema.plan import MovedOn, Stays, judge


def seen(ledger: str | None, version: str = UNKNOWN) -> DatabaseSeen:
    return DatabaseSeen(version, None if ledger is None else tuple(ledger))


@pytest.mark.parametrize(
    ("now", "then", "plan"),
    [
        pytest.param(seen("ab"), seen("ab"), Stays, id="same-ledger"),
        pytest.param(seen(""), seen(""), Stays, id="never-a-migration"),
        pytest.param(seen("abc"), seen("ab"), MovedOn, id="one-more"),
        pytest.param(seen("a"), seen("ab"), MovedOn, id="one-less"),
        pytest.param(seen("ac"), seen("bc"), MovedOn, id="same-newest-another-before"),
        pytest.param(seen("abc", "2"), seen("ab", "2"), MovedOn, id="ledgers-over-versions"),
        pytest.param(seen(None), seen(None), MovedOn, id="unknown-equals-not-itself"),
        pytest.param(seen(None), seen("ab"), MovedOn, id="unknown-now"),
        pytest.param(seen("ab"), seen(None), MovedOn, id="unknown-then"),
        pytest.param(seen(None, "b"), seen(None, "b"), Stays, id="recorded-versions-agree"),
        pytest.param(seen(None, "c"), seen(None, "b"), MovedOn, id="recorded-versions-differ"),
        pytest.param(seen("ab"), seen(None, "b"), Stays, id="ledger-ends-at-the-recorded-version"),
        pytest.param(seen(None, "b"), seen("ab"), Stays, id="recorded-version-ends-the-ledger"),
        pytest.param(seen("abc"), seen(None, "b"), MovedOn, id="ledger-is-past-the-version"),
    ],
)
def test_judge(now, then, plan):
    assert isinstance(judge(now, then), plan)


def test_moved_on_says_from_where_to_where():
    sentence = judge(seen(["1", "2"]), seen(["1"])).sentence

    assert "from 1 to 2" in sentence
    assert "Traffic does not move" in sentence


def test_not_known_is_said_as_not_known():
    assert "not known" in judge(seen(None), seen("ab")).sentence


VERSIONS = st.sampled_from(["1", "2", UNKNOWN])
DATABASES = st.builds(
    DatabaseSeen, VERSIONS, st.none() | st.lists(st.sampled_from("123"), max_size=3).map(tuple)
)


@given(DATABASES)
def test_a_database_of_which_nothing_is_known_never_stays(other):
    assert isinstance(judge(DatabaseSeen(), other), MovedOn)
    assert isinstance(judge(other, DatabaseSeen()), MovedOn)


@given(DATABASES, DATABASES)
def test_going_there_and_back_is_judged_alike(one, other):
    assert isinstance(judge(one, other), Stays) == isinstance(judge(other, one), Stays)


@given(DATABASES, DATABASES)
def test_two_ledgers_that_differ_never_stay(one, other):
    differ = None not in (one.ledger, other.ledger) and one.ledger != other.ledger

    assert not (differ and isinstance(judge(one, other), Stays))
