"""Freeze windows: times in which nothing new should go live. Pure. A rollback is never frozen.

Windows are separated by `;`. One is a time on some days of the week, or a span of dates, and ends
with the time zone that its times are in:

    Sat 10:00-24:00 Europe/Berlin; Fri-Sun,Wed 22:00-04:00 America/New_York
    2026-12-24 00:00 - 2026-12-26 24:00 Europe/Berlin

An end that is not after its start is on the next day. Where a clock is put forward or back, a
window is rather longer than shorter.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
WEEKLY = re.compile(
    r"(?P<days>[a-z,-]+) (?P<start>[\d:]+) ?- ?(?P<end>[\d:]+)", re.ASCII | re.IGNORECASE
)
SPAN = re.compile(
    r"(?P<first>20\d\d-\d\d-\d\d) (?P<start>[\d:]+) ?- ?(?P<last>20\d\d-\d\d-\d\d) (?P<end>[\d:]+)",
    re.ASCII,
)
TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)
EXAMPLES = "`Sat 10:00-24:00 Europe/Berlin` or `2026-12-24 00:00 - 2026-12-26 24:00 Europe/Berlin`"


class FreezePolicy(StrEnum):
    WARN = "warn"  #: an alert
    REFUSE = "refuse"  #: the deployment check fails as well


@dataclass(frozen=True, slots=True)
class Window:
    """`start`, `end`: since midnight of its first and last day."""

    text: str  #: as it was written
    zone: ZoneInfo
    start: timedelta
    end: timedelta
    #: 0 is Monday; empty: a span of dates.
    weekdays: frozenset[int] = frozenset()
    first: date = date.min
    last: date = date.min

    def holds(self, at: datetime) -> bool:
        if not self.weekdays:
            return self._spans(self.first, self.last, at)
        today = at.astimezone(self.zone).date()
        # Yesterday's may not be over; tomorrow's may have begun where a clock is put forward.
        return any(
            self._spans(day, day, at)
            for day in (today - DAY, today, today + DAY)
            if day.weekday() in self.weekdays
        )

    def _spans(self, first: date, last: date, at: datetime) -> bool:
        start, end = self._moments(first, self.start), self._moments(last, self.end)
        return min(start) <= at.timestamp() < max(end)

    def _moments(self, day: date, since_midnight: timedelta) -> tuple[float, float]:
        """Seconds since 1970, twice: in a night when a clock is changed there may be two."""
        wall = datetime.combine(day, time()) + since_midnight
        first = wall.replace(tzinfo=self.zone, fold=0)
        return first.timestamp(), first.replace(fold=1).timestamp()


def frozen(among: Iterable[Window], at: datetime) -> Window | None:
    """The window that this moment falls into, if any."""
    return next((window for window in among if window.holds(at)), None)


def sentence(window: Window) -> str:
    return f"Nothing new should go live now: there is a freeze ({window.text})."


def windows(value: object) -> tuple[Window, ...]:
    """Raises ValueError that says which window cannot be read, and how one is written."""
    parts = [" ".join(part.split()) for part in str(value).split(";")]
    found = []
    for number, text in enumerate(parts, 1):
        try:
            found += [read_window(text)] if text else []
        except ValueError as error:
            raise ValueError(f"window {number}: {error}") from None
    return tuple(found)


def read_window(text: str) -> Window:
    rest, _, zone_name = text.rpartition(" ")
    if found := WEEKLY.fullmatch(rest):
        return weekly(text, read_zone(zone_name), found)
    if found := SPAN.fullmatch(rest):
        return span(text, read_zone(zone_name), found)
    raise ValueError(f"write it as {EXAMPLES}")


def weekly(text: str, zone: ZoneInfo, found: re.Match[str]) -> Window:
    start, end = read_time(found["start"]), read_time(found["end"])
    if start in (end, DAY):
        raise ValueError("it ends where it begins; a whole day is `00:00-24:00`")
    if end < start:
        end += DAY
    return Window(text, zone, start, end, weekdays=read_days(found["days"]))


def span(text: str, zone: ZoneInfo, found: re.Match[str]) -> Window:
    start, end = read_time(found["start"]), read_time(found["end"])
    try:
        first, last = date.fromisoformat(found["first"]), date.fromisoformat(found["last"])
    except ValueError:
        raise ValueError("there is no such date") from None
    if (last, end) <= (first, start):
        raise ValueError("it ends before it begins")
    return Window(text, zone, start, end, first=first, last=last)


def read_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, LookupError, ValueError):
        raise ValueError("end it with a time zone that exists, such as `Europe/Berlin`") from None


def read_time(value: str) -> timedelta:
    if not TIME.fullmatch(value):
        raise ValueError("write times from 00:00 to 24:00")
    hours, minutes = value.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def read_days(value: str) -> frozenset[int]:
    """`Sat`, `Fri-Sun`, `Mon,Fri-Sun`; one that ends before it begins goes over the week's end."""
    days: set[int] = set()
    for part in value.lower().split(","):
        first, dash, last = part.partition("-")
        last = last if dash else first
        if first not in DAYS or last not in DAYS:
            raise ValueError("write days as Mon Tue Wed Thu Fri Sat Sun, such as Fri-Sun")
        begin = DAYS.index(first)
        many = (DAYS.index(last) - begin) % len(DAYS)
        days.update((begin + more) % len(DAYS) for more in range(many + 1))
    return frozenset(days)
