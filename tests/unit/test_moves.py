"""Whether the database moved under code that did not: its own migrations are no move."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lib.schema.moves import LedgerEvent, moved

START = datetime(2026, 11, 28, 16, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def events(*ledgers: str) -> list[LedgerEvent]:
    """A ledger is written as the letters of its versions."""
    return [
        LedgerEvent(START + n * MINUTE, START + (n - 1) * MINUTE, tuple(before), tuple(after))
        for n, (before, after) in enumerate(pairwise(ledgers), 1)
    ]


def test_nothing_happened():
    assert moved([], contained=None, at_go_live=None) is None


def test_the_next_releases_migration_ran_before_its_code_is_live():
    move = moved(events("ab", "abc"), contained="ab", at_go_live="ab")

    assert (move.applied, move.undone, move.noticed_at) == (("c",), (), START + MINUTE)


def test_a_releases_own_late_migration_is_its_own():
    assert moved(events("ab", "abc"), contained="abc", at_go_live="ab") is None


def test_where_nobody_told_what_it_contains_every_change_counts():
    assert moved(events("ab", "abc"), contained=None, at_go_live="ab").applied == ("c",)


def test_a_change_that_is_noticed_late_was_there_as_it_went_live():
    assert moved(events("ab", "abc"), contained=None, at_go_live="abc") is None


def test_after_a_rollback_the_newer_versions_are_there_already():
    assert moved(events("abc", "abcd"), contained="a", at_go_live="abc").applied == ("d",)


def test_what_was_undone_is_a_move_even_of_its_own():
    move = moved(events("abc", "ab"), contained="abc", at_go_live="abc")

    assert (move.applied, move.undone) == ((), ("c",))


def test_what_was_undone_before_it_went_live_is_none():
    assert moved(events("abc", "ab"), contained="ab", at_go_live="ab") is None


def test_there_and_back_is_no_move():
    assert moved(events("ab", "abc", "ab"), contained="ab", at_go_live="ab") is None


def test_it_moved_when_it_was_first_seen_to_have():
    move = moved(events("a", "ab", "abc", "abcd"), contained="ab", at_go_live="a")

    assert (move.applied, move.noticed_at) == (("c", "d"), START + 2 * MINUTE)


def test_without_a_snapshot_the_look_before_is_the_base():
    assert moved(events("ab", "abc"), contained="ab", at_go_live=None).applied == ("c",)


LEDGERS = st.lists(st.sampled_from(["", "a", "ab", "abc", "abd", "b"]), min_size=2, max_size=6)


@given(LEDGERS, st.sets(st.sampled_from("abcd")))
def test_what_a_release_contains_or_found_is_never_held_against_the_database(ledgers, contained):
    move = moved(events(*ledgers), contained=contained, at_go_live=ledgers[0])

    now, base = set(ledgers[-1]), set(ledgers[0])
    expected = (now - base - contained, base - now)
    assert (set(move.applied), set(move.undone)) == expected if move else expected == (set(), set())
