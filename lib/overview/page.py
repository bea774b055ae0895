"""Builds the overview: one call for the whole page."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any

from lib.access.models import Caller, Role
from lib.automatic.store import AutomaticStore
from lib.deployments.eligibility import caution, last_stable
from lib.deployments.listing import Listing
from lib.deployments.needs_forward import NeedsForward
from lib.health.store import HealthStore
from lib.overview import summary
from lib.overview.models import Overview
from lib.overview.standing import StandingStore
from lib.preflight.store import PreflightStore
from lib.rollback.models import Environment
from lib.rollback.store import RollbackStore
from lib.rollback.view import view
from lib.settings import Settings

#: They change while nothing does.
MOMENTS: Any = {"now": True, "traffic": {"verdict": {"until"}, "stragglers": {"until"}}}


@dataclass(frozen=True, slots=True)
class OverviewPage:
    listing: Listing
    health: HealthStore
    rollbacks: RollbackStore
    automatic: AutomaticStore
    preflights: PreflightStore
    standing: StandingStore
    settings: Settings
    needs_forward: NeedsForward

    async def build(self, environment: Environment, viewer: Caller) -> Overview:
        rows, last, traffic, (newest, now), armed, standing = await asyncio.gather(
            self.listing.rows(environment),
            self.health.last(environment),
            self.automatic.traffic(environment),
            self.rollbacks.newest(environment),
            self.preflights.newest(environment),
            self.standing.read(environment),
        )
        history, promotion = await asyncio.gather(
            self.listing.views(environment, rows), self.needs_forward.promotion(environment, rows)
        )
        best = last_stable(rows)
        recommended = next(
            (item for item in history if best and item.deployment_id == best.deployment_id), None
        )
        live = next((item for item in history if item.is_live), None)
        shown = summary.active(newest, now)
        live_id = live.deployment_id if live else None
        verdict = traffic.verdict if traffic.is_fresh else None
        overall = summary.overall(environment, last, live_id, now, verdict)
        return Overview(
            ui_version=self.settings.deployment_id,
            now=now,
            environment=environment,
            viewer=viewer,
            can_rollback=viewer.role.may(Role.OPERATOR),
            on_call_phone=self.settings.on_call_phone,
            site_url=f"https://{self.settings.alias(environment)}",
            overall=overall,
            traffic=traffic,
            checks=summary.checks(last, overall),
            live=live,
            recommended=recommended.deployment_id if recommended else None,
            caution=caution(best) if best else None,
            blocked=summary.blocked(viewer.role, shown, recommended),
            active=view(shown) if shown else None,
            armed=armed.shown() if armed else None,
            history=history,
            promotion=promotion,
            mode=standing.mode,
            pin=summary.pin(standing.pinned),
            security_floor=standing.security_floor,
            quarantined=standing.quarantined,
            alerts=standing.alerts,
        )


def etag(page: Overview) -> str:
    """Weak: the same page at another moment is the same page."""
    body = page.model_dump_json(exclude=MOMENTS)
    return f'W/"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
