"""Builds the overview: one call for the whole page."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from lib.access.models import Caller, Role
from lib.automatic.decision import WATCH
from lib.automatic.store import AutomaticStore, Facts
from lib.deployments.eligibility import candidates, caution
from lib.deployments.freeze import frozen
from lib.deployments.listing import Listing
from lib.deployments.models import DeploymentRow, DeploymentView
from lib.deployments.needs_forward import NeedsForward
from lib.health.store import HealthStore
from lib.overview import summary
from lib.overview.models import Overview
from lib.overview.outlook import outlook
from lib.overview.standing import StandingStore
from lib.overview.undo import UndoStore
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
    undo: UndoStore
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
        history, promotion, undo, facts = await asyncio.gather(
            self.listing.views(environment, rows),
            self.needs_forward.promotion(environment, rows),
            self.undo.find(environment),
            self.facts(environment, rows),
        )
        recommended = recommend(rows, history)
        best = next((row for row in rows if recommended and is_same(row, recommended)), None)
        live = next((item for item in history if item.is_live), None)
        shown = summary.active(newest, now)
        if standing.rolling is not None:
            # Most visitors may still get the one before: that is meant so.
            traffic = traffic.model_copy(update={"stragglers": None})
        live_id = live.deployment_id if live else None
        verdict = traffic.verdict if traffic.is_fresh else None
        overall = summary.overall(environment, last, live_id, now, verdict)
        traffic = summary.current(traffic, overall, now)
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
            rolling=summary.rolling(standing.rolling, rows),
            recommended=recommended.deployment_id if recommended else None,
            caution=caution(best) if best else None,
            blocked=summary.blocked(viewer.role, shown, recommended, held_back(rows, history)),
            active=view(shown) if shown else None,
            armed=armed.shown() if armed else None,
            history=history,
            promotion=promotion,
            outlook=outlook(
                traffic,
                facts,
                is_armed=armed is None or armed.is_armed,
                frozen=frozen(self.settings.freeze_windows, now),
            ),
            mode=standing.mode,
            is_locked=standing.is_locked,
            conflicts=standing.conflicts,
            mode_set=standing.mode_set,
            undo=undo,
            pin=summary.pin(standing.pinned),
            security_floor=standing.security_floor,
            quarantined=standing.quarantined,
            alerts=standing.alerts,
        )

    async def facts(self, environment: Environment, rows: Sequence[DeploymentRow]) -> Facts | None:
        """As a decision about what is live would see them."""
        live = next((row.deployment_id for row in rows if row.is_live), None)
        if live is None:
            return None
        window = self.settings.automatic_window
        return await self.automatic.facts(environment, live, window=window, watch=WATCH)


def recommend(
    rows: Sequence[DeploymentRow], history: Sequence[DeploymentView]
) -> DeploymentView | None:
    """The best whose plan allows it; one that stops the newer version's code only if no other."""
    order = [row.deployment_id for row in candidates(rows)]
    found = [item for item in history if item.eligible and item.deployment_id in order]
    found.sort(key=lambda item: (item.is_exclusive, order.index(item.deployment_id)))
    return next(iter(found), None)


def held_back(
    rows: Sequence[DeploymentRow], history: Sequence[DeploymentView]
) -> DeploymentView | None:
    """The best of those that only the app's database stands against."""
    order = [row.deployment_id for row in candidates(rows)]
    shown = {item.deployment_id: item for item in history}
    held = [one for one in order if one in shown and not shown[one].eligible]
    return shown[held[0]] if held else None


def is_same(row: DeploymentRow, view: DeploymentView) -> bool:
    return row.deployment_id == view.deployment_id


def etag(page: BaseModel) -> str:
    """Weak: the same page at another moment is the same page."""
    body = page.model_dump_json(exclude=MOMENTS)
    return f'W/"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
