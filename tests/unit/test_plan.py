"""Whether the database fits an older release. What nobody knows equals nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.deployments.models import UNKNOWN, DatabaseSeen
from lib.schema.plan import Refused, Stays, judge


def seen(ledger: str | None, version: str = UNKNOWN) -> DatabaseSeen:
    return DatabaseSeen(version, None if ledger is None else tuple(ledger))


@pytest.mark.parametrize(
    ("now", "then", "plan"),
    [
        pytest.param(seen("ab"), seen("ab"), Stays, id="same-ledger"),
        pytest.param(seen(""), seen(""), Stays, id="never-a-migration"),
        pytest.param(seen("abc"), seen("ab"), Refused, id="one-more"),
        pytest.param(seen("a"), seen("ab"), Refused, id="one-less"),
        pytest.param(seen("ac"), seen("bc"), Refused, id="same-newest-another-before"),
        pytest.param(seen("abc", "2"), seen("ab", "2"), Refused, id="ledgers-over-versions"),
        pytest.param(seen(None), seen(None), Refused, id="unknown-equals-not-itself"),
        pytest.param(seen(None), seen("ab"), Refused, id="unknown-now"),
        pytest.param(seen("ab"), seen(None), Refused, id="unknown-then"),
        pytest.param(seen(None, "b"), seen(None, "b"), Stays, id="recorded-versions-agree"),
        pytest.param(seen(None, "c"), seen(None, "b"), Refused, id="recorded-versions-differ"),
        pytest.param(seen("ab"), seen(None, "b"), Stays, id="ledger-ends-at-the-recorded-version"),
        pytest.param(seen(None, "b"), seen("ab"), Stays, id="recorded-version-ends-the-ledger"),
        pytest.param(seen("abc"), seen(None, "b"), Refused, id="ledger-is-past-the-version"),
    ],
)
def test_judge(now, then, plan):
    assert isinstance(judge(now, then), plan)


@pytest.mark.parametrize(
    ("now", "then", "plan"),
    [
        pytest.param(
            DatabaseSeen(UNKNOWN, ("1", "2"), ("2",)),
            DatabaseSeen(UNKNOWN, ("1",)),
            Stays,
            id="what-came-since-is-taken-back",
        ),
        pytest.param(
            DatabaseSeen(UNKNOWN, ("1", "2")),
            DatabaseSeen(UNKNOWN, ("1", "2"), ("2",)),
            Refused,
            id="it-came-forward-since",
        ),
        pytest.param(
            DatabaseSeen(UNKNOWN, ("1", "2"), ("2",)),
            DatabaseSeen(UNKNOWN, ("1", "2")),
            Refused,
            id="it-needs-what-is-taken-back",
        ),
    ],
)
def test_what_is_taken_back_is_not_there_although_the_ledger_holds_it(now, then, plan):
    assert isinstance(judge(now, then), plan)


def test_moved_on_says_from_where_to_where():
    sentence = judge(seen(["1", "2"]), seen(["1"])).sentence

    assert "from 1 to 2" in sentence
    assert "Traffic does not move" in sentence


def test_not_known_is_said_as_not_known():
    assert "not known" in judge(seen(None), seen("ab")).sentence


VERSIONS = st.sampled_from(["1", "2", UNKNOWN])
DATABASES = st.builds(
    DatabaseSeen,
    VERSIONS,
    st.none() | st.lists(st.sampled_from("123"), max_size=3).map(tuple),
    st.lists(st.sampled_from("123"), max_size=2).map(tuple),
)


@given(DATABASES)
def test_a_database_of_which_nothing_is_known_never_stays(other):
    assert isinstance(judge(DatabaseSeen(), other), Refused)
    assert isinstance(judge(other, DatabaseSeen()), Refused)


@given(DATABASES, DATABASES)
def test_going_there_and_back_is_judged_alike(one, other):
    assert isinstance(judge(one, other), Stays) == isinstance(judge(other, one), Stays)


@given(DATABASES, DATABASES)
def test_two_ledgers_that_differ_never_stay(one, other):
    differ = None not in (one.standing, other.standing) and one.standing != other.standing

    assert not (differ and isinstance(judge(one, other), Stays))
