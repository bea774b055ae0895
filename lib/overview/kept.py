"""Pages that an instance keeps for a moment, so that polls cost Postgres nothing.

A page is built anew once the mark of `lib/changes.py` is another, and at the latest after
IDLE_SECONDS, or BUSY_SECONDS while something is going on. Where nobody can read the mark, it is
kept for BUSY_SECONDS only: whatever another instance did is seen after that.
"""

import time
from dataclasses import dataclass, field
from datetime import timedelta

from lib.access.models import Caller, Role
from lib.automatic.models import ALARMING
from lib.changes import Changes
from lib.overview.chart import Chart, ChartPage
from lib.overview.models import Overview
from lib.overview.page import OverviewPage
from lib.rollback.models import Environment, Status

IDLE_SECONDS = 15.0
BUSY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Kept[T]:
    page: T
    mark: str | None
    read_at: float  #: monotonic seconds, before anything was read for it
    is_busy: bool = False


@dataclass(slots=True)
class KeptPages:
    page: OverviewPage
    charts: ChartPage
    changes: Changes
    idle_seconds: float = IDLE_SECONDS
    busy_seconds: float = BUSY_SECONDS
    _overviews: dict[tuple[Environment, Role], Kept[Overview]] = field(default_factory=dict)
    _charts: dict[Environment, Kept[Chart]] = field(default_factory=dict)

    async def overview(self, environment: Environment, viewer: Caller) -> Overview:
        """As it is for this viewer, at this moment."""
        key = environment, viewer.role
        mark, now = await self.changes.mark(), time.monotonic()
        kept = self._overviews.get(key)
        if kept is None or not self.holds(kept, mark, now):
            page = await self.page.build(environment, viewer)
            kept = self._overviews[key] = Kept(page, mark, now, is_busy(page))
        passed = timedelta(seconds=time.monotonic() - kept.read_at)
        return kept.page.model_copy(update={"viewer": viewer, "now": kept.page.now + passed})

    async def chart(self, environment: Environment) -> Chart:
        mark, now = await self.changes.mark(), time.monotonic()
        kept = self._charts.get(environment)
        if kept is None or not self.holds(kept, mark, now):
            chart = await self.charts.build(environment)
            kept = self._charts[environment] = Kept(chart, mark, now)
        return kept.page

    def holds[T](self, kept: Kept[T], mark: str | None, now: float) -> bool:
        """No mark is no sign that nothing has changed."""
        is_short = kept.is_busy or mark is None
        seconds = self.busy_seconds if is_short else self.idle_seconds
        return kept.mark == mark and now - kept.read_at < seconds


def is_busy(page: Overview) -> bool:
    """A rollback that runs, and evidence that grows, change from one second to the next."""
    active, verdict = page.active, page.traffic.verdict
    is_running = active is not None and active.status in (Status.PENDING, Status.IN_PROGRESS)
    is_alarming = page.traffic.is_fresh and verdict is not None and verdict.state in ALARMING
    return is_running or is_alarming
