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
WEEKLY = re.compile(r"(?P<days>[a-z,-]+) (?P<start>[\d:]+) ?- ?(?P<end>[\d:]+)", re.IGNORECASE)
SPAN = re.compile(
    r"(?P<first>\d{4}-\d\d-\d\d) (?P<start>[\d:]+) ?- ?(?P<last>\d{4}-\d\d-\d\d) (?P<end>[\d:]+)"
)
TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
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
    """Raises ValueError naming the window that cannot be read, and how it is written."""
    parts = str(value).split(";")
    return tuple(read_window(" ".join(part.split())) for part in parts if part.strip())


def read_window(text: str) -> Window:
    rest, _, zone_name = text.rpartition(" ")
    if found := WEEKLY.fullmatch(rest):
        return weekly(text, read_zone(text, zone_name), found)
    if found := SPAN.fullmatch(rest):
        return span(text, read_zone(text, zone_name), found)
    raise ValueError(f"write `{text}` as {EXAMPLES}")


def weekly(text: str, zone: ZoneInfo, found: re.Match[str]) -> Window:
    start, end = read_time(text, found["start"]), read_time(text, found["end"])
    if start in (end, DAY):
        raise ValueError(f"`{text}` ends where it begins; a whole day is `00:00-24:00`")
    if end < start:
        end += DAY
    return Window(text, zone, start, end, weekdays=read_days(text, found["days"]))


def span(text: str, zone: ZoneInfo, found: re.Match[str]) -> Window:
    start, end = read_time(text, found["start"]), read_time(text, found["end"])
    try:
        first, last = date.fromisoformat(found["first"]), date.fromisoformat(found["last"])
    except ValueError:
        raise ValueError(f"`{text}`: there is no such date") from None
    if (last, end) <= (first, start):
        raise ValueError(f"`{text}` ends before it begins")
    return Window(text, zone, start, end, first=first, last=last)


def read_zone(text: str, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, LookupError, ValueError):
        raise ValueError(
            f"`{text}`: no time zone is called `{name}`; end it with one such as `Europe/Berlin`"
        ) from None


def read_time(text: str, value: str) -> timedelta:
    if not TIME.fullmatch(value):
        raise ValueError(f"`{text}`: write `{value}` as a time from 00:00 to 24:00")
    hours, minutes = value.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def read_days(text: str, value: str) -> frozenset[int]:
    """`Sat`, `Fri-Sun`, `Mon,Fri-Sun`; one that ends before it begins goes over the week's end."""
    days: set[int] = set()
    for part in value.lower().split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ValueError(
                f"`{text}`: write days as Mon Tue Wed Thu Fri Sat Sun, such as Fri-Sun"
            )
        begin = DAYS.index(first)
        many = (DAYS.index(last or first) - begin) % len(DAYS)
        days.update((begin + more) % len(DAYS) for more in range(many + 1))
    return frozenset(days)
