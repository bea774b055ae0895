"""What happens when the platform says that something may have gone live."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from lib import errors
from lib.deployments.tracker import Tracker
from lib.health.store import HealthStore
from lib.health.sweep import Sweep
from lib.rollback.models import Environment
from lib.vercel.webhook import GO_LIVE, Event

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrivals:
    tracker: Tracker
    health: HealthStore
    sweep: Sweep

    async def follow(self, event: Event, *, stop_at: float) -> None:
        """Learn what is live now, and look at it at once: the next sweep may be a minute away."""
        how = GO_LIVE.get(event.type)
        if how is None:
            return
        try:
            for environment in Environment:
                await self.tracker.reconcile(environment, how)
                await self.health.bring_forward(environment, within=timedelta(0))
            await self.sweep.run(stop_at=stop_at)
        except errors.Upstream as error:
            # The next sweep finds what we could not.
            log.warning("arrival_not_followed", extra={"event_id": event.id, "why": str(error)})
