"""What happens when the platform says that something may have gone live, or is about to."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from lib import errors
from lib.deployments.check import DeploymentCheck
from lib.deployments.tracker import Tracker
from lib.health.store import HealthStore
from lib.health.sweep import Sweep
from lib.rollback.models import Environment
from lib.vercel.webhook import CHECKED, GO_LIVE, Event

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrivals:
    tracker: Tracker
    health: HealthStore
    sweep: Sweep
    check: DeploymentCheck

    async def follow(self, event: Event, *, stop_at: float) -> None:
        """Say whether it may go live, and learn what is live: neither waits for the other."""
        await asyncio.gather(self.judge(event), self.learn(event, stop_at=stop_at))

    async def judge(self, event: Event) -> None:
        if event.type not in CHECKED or event.deployment_id is None:
            return
        try:
            await self.check.judge(event.deployment_id)
        except errors.Upstream as error:
            # The next sweep judges it.
            log.warning("check_not_judged", extra={"event_id": event.id, "why": str(error)})

    async def learn(self, event: Event, *, stop_at: float) -> None:
        """Look at what is live now at once: the next sweep may be a minute away."""
        how = GO_LIVE.get(event.type)
        if how is None:
            return
        try:
            for environment in Environment:
                # Of an event that names its deployment, the tracker reads how it came about.
                await self.tracker.reconcile(
                    environment, "observed" if event.deployment_id else how
                )
                await self.health.bring_forward(environment, within=timedelta(0))
            await self.sweep.run(stop_at=stop_at)
        except errors.Upstream as error:
            # The next sweep finds what we could not.
            log.warning("arrival_not_followed", extra={"event_id": event.id, "why": str(error)})
