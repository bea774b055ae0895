"""Freeze windows: what is in one and what is not, in the window's own time zone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import errors
from lib.deployments.freeze import FreezePolicy, frozen, sentence, windows
from lib.settings import load

ENOUGH = {"DATABASE_URL": "postgresql://me@db.example/control"}
SATURDAYS = "Sat 10:00-24:00 Europe/Berlin"
CHRISTMAS = "2026-12-24 00:00 - 2026-12-26 24:00 Europe/Berlin"
#: In 2026 and 2027.
MOMENTS = st.integers(1_767_225_600, 1_830_297_600).map(lambda s: datetime.fromtimestamp(s, UTC))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def is_frozen(text: str, at: str) -> bool:
    return frozen(windows(text), utc(at)) is not None


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-28 08:59:59", False),
        ("2026-11-28 09:00", True),
        ("2026-11-28 22:59:59", True),
        ("2026-11-28 23:00", False),
        ("2026-11-27 12:00", False),
        ("2026-11-29 12:00", False),
        ("2026-07-04 08:00", True),
        ("2026-07-04 22:00", False),
    ],
)
def test_saturdays_in_winter_and_in_summer(at, expected):
    assert is_frozen(SATURDAYS, at) is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-12-23 22:59:59", False),
        ("2026-12-23 23:00", True),
        ("2026-12-26 22:59:59", True),
        ("2026-12-26 23:00", False),
    ],
)
def test_a_span_of_dates(at, expected):
    assert is_frozen(CHRISTMAS, at) is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-27 21:59", False),
        ("2026-11-27 22:00", True),
        ("2026-11-28 03:59", True),
        ("2026-11-28 04:00", False),
        ("2026-11-28 22:00", False),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_begins_on(at, expected):
    assert is_frozen("Fri 22:00-04:00 UTC", at) is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-28 23:59", True),  # 00:59, an hour before the clock is put forward
        ("2026-03-29 00:29", False),
        ("2026-03-29 00:30", True),  # 02:30 does not exist: rather earlier than later
        ("2026-03-29 01:59", True),  # 03:59
        ("2026-03-29 02:00", False),  # 04:00
    ],
)
def test_the_night_in_which_an_hour_is_missing(at, expected):
    text = "Sat 20:00-01:00 Europe/Berlin; Sun 02:30-04:00 Europe/Berlin"
    assert is_frozen(text, at) is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-10-25 00:29", False),
        ("2026-10-25 00:30", True),  # 02:30, the first time
        ("2026-10-25 01:30", True),  # 02:30, the second time
        ("2026-10-25 01:44", True),
        ("2026-10-25 01:45", False),
    ],
)
def test_the_night_in_which_an_hour_comes_twice(at, expected):
    assert is_frozen("Sun 02:30-02:45 Europe/Berlin", at) is expected


@given(MOMENTS)
def test_whole_days_of_every_day_are_always(at):
    assert frozen(windows("Mon-Sun 00:00-24:00 America/New_York"), at)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("Sat", {5}),
        ("sat,SUN", {5, 6}),
        ("Fri-Sun", {4, 5, 6}),
        ("Sun-Tue", {6, 0, 1}),
        ("Wed,Fri-Sat", {2, 4, 5}),
    ],
)
def test_days_are_named_one_by_one_or_from_one_to_another(days, expected):
    assert windows(f"{days} 10:00-12:00 UTC")[0].weekdays == expected


def test_the_window_that_holds_is_named():
    found = frozen(windows(f"{SATURDAYS};  {CHRISTMAS} ;"), utc("2026-12-25 12:00"))

    assert found is not None
    assert CHRISTMAS in sentence(found)


def test_no_windows_freeze_nothing():
    assert windows("") == windows(" ; ") == ()
    assert frozen((), utc("2026-12-25 12:00")) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Sat", "window 1: write it as"),
        ("Sat 10:00-24:00", "window 1: "),
        (f"{SATURDAYS}; Sat 10:00-24:00 Berlin", "window 2: end it with a time zone"),
        ("Sat 10:00-24:00 ../etc/passwd", "time zone"),
        ("Sat 10:00-24:01 UTC", "write times"),
        ("Sat 1:00-2:00 UTC", "write times"),
        ("Sat 10:60-11:00 UTC", "write times"),
        ("Sat 10:00-10:00 UTC", "ends where it begins"),
        ("Sat 24:00-10:00 UTC", "ends where it begins"),
        ("Samstag 10:00-12:00 UTC", "write days"),
        ("Sat- 10:00-12:00 UTC", "write days"),
        ("2026-12-24 10:00-12:00 UTC", "write it as"),
        ("2026-02-30 10:00 - 2026-03-01 10:00 UTC", "no such date"),
        ("2026-12-26 10:00 - 2026-12-24 10:00 UTC", "ends before it begins"),
        ("9999-12-31 00:00 - 9999-12-31 24:00 UTC", "write it as"),
    ],
)
def test_a_wrong_one_is_refused_at_the_start_with_what_to_write(text, why):
    with pytest.raises(errors.BadSettings) as raised:
        load(ENOUGH | {"FREEZE_WINDOWS": text})

    assert "FREEZE_WINDOWS" in str(raised.value)
    assert why in str(raised.value)


def test_the_policy_is_to_warn_unless_told():
    assert load(ENOUGH).freeze_policy is FreezePolicy.WARN
    assert load(ENOUGH | {"FREEZE_POLICY": "refuse"}).freeze_policy is FreezePolicy.REFUSE
    with pytest.raises(errors.BadSettings, match="FREEZE_POLICY"):
        load(ENOUGH | {"FREEZE_POLICY": "never"})


@given(MOMENTS)
def test_a_window_is_held_as_its_own_wall_clock_says(at):
    (window,) = windows(SATURDAYS)
    local = at.astimezone(window.zone)

    assert window.holds(at) is (local.weekday() == 5 and local.hour >= 10)


def test_a_moment_in_another_zone_is_the_same_moment():
    at = utc("2026-11-28 09:00")

    assert frozen(windows(SATURDAYS), at.astimezone(windows(SATURDAYS)[0].zone))
    assert not frozen(windows(SATURDAYS), at - timedelta(seconds=1))
