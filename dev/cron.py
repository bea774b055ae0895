"""Fires the crons that vercel.json declares, as the platform does.

A GET to the path on the production deployment with the platform's own headers: no retry, no
redirect followed, and no waiting for the run before (https://vercel.com/docs/cron-jobs, read
2026-11-22).
"""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import httpx

from dev.vercel_json import Cron

PATIENCE_SECONDS = 900
HTTP_ERROR = 400


class CronTable:
    """Fires once when started, so that nobody has to wait for the minute, then each minute."""

    def __init__(
        self, crons: Sequence[Cron], url: str, secret: str, say: Callable[[str], None]
    ) -> None:
        self._crons = crons
        self._url = url
        self._secret = secret
        self._say = say
        self._over = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        self._over.set()

    def _run(self) -> None:
        self._fire(self._crons)
        while not self._over.wait(seconds_to_next_minute(datetime.now(UTC))):
            now = datetime.now(UTC)
            self._fire([cron for cron in self._crons if is_due(cron.schedule, now)])

    def _fire(self, crons: Sequence[Cron]) -> None:
        for cron in crons:
            threading.Thread(target=self._call, args=[cron], daemon=True).start()

    def _call(self, cron: Cron) -> None:
        headers = {
            "user-agent": "vercel-cron/1.0",
            "x-vercel-cron-schedule": cron.schedule,
            "authorization": f"Bearer {self._secret}",
        }
        try:
            answer = httpx.get(
                self._url + cron.path, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False
            )
        except httpx.TransportError as error:
            failure = str(error)
        else:
            failure = f"{answer.status_code} {answer.text[:200]}"
            if answer.status_code < HTTP_ERROR:
                return
        if not self._over.is_set():
            self._say(f"cron {cron.path} failed: {failure}")


def seconds_to_next_minute(now: datetime) -> float:
    start = now.replace(second=0, microsecond=0)
    return (start + timedelta(minutes=1) - now).total_seconds()


def is_due(schedule: str, moment: datetime) -> bool:
    """Whether `schedule`, five fields in UTC, names the minute of `moment`."""
    minute, hour, day, month, weekday = schedule.split()
    values = (
        (minute, moment.minute),
        (hour, moment.hour),
        (day, moment.day),
        (month, moment.month),
        (weekday, moment.isoweekday() % 7),
    )
    return all(field_holds(field, value) for field, value in values)


def field_holds(field: str, value: int) -> bool:
    """One field: `*`, `5`, `1-5`, `*/10`, or several of them joined by commas."""
    return any(_part_holds(part, value) for part in field.split(","))


def _part_holds(part: str, value: int) -> bool:
    reach, _, step = part.partition("/")
    low, _, high = reach.partition("-")
    if reach != "*" and not int(low) <= value <= int(high or low):
        return False
    first = 0 if reach == "*" else int(low)
    return (value - first) % int(step or 1) == 0
