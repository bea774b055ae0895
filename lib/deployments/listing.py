"""The deployment history as it is shown: each version with whether one can go back to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lib.deployments.eligibility import changed, last_stable, why_not
from lib.deployments.models import (
    DeploymentRecord,
    DeploymentRow,
    DeploymentView,
    FindingView,
    RecordedRelease,
)
from lib.deployments.store import DeploymentStore
from lib.migrations.records import Recorded
from lib.migrations.texts import newest_wall, said
from lib.rollback.models import Environment
from lib.schema.plan import GoesBack, Plan, Planner, Refused, Stays

LIMIT = 20
#: So far back the live one and the one to go back to are looked for, among those that were live.
LOOKED_AT = 200
#: More of them would hide the first.
FINDINGS_SHOWN = 20
NOT_SHOWN = {
    *("variables", "recorded_at", "recorded_by", "quarantined", "url"),
    *("proven_at", "below_floor", "is_base"),
}


@dataclass(frozen=True, slots=True)
class Listing:
    deployments: DeploymentStore
    planner: Planner

    async def all(self, environment: Environment) -> list[DeploymentView]:
        return await self.views(environment, await self.rows(environment))

    async def find(self, environment: Environment, deployment_id: str) -> DeploymentView:
        """A deployment that is known to be recorded."""
        live_id = await self.deployments.live_deployment(environment)
        rows = await self.deployments.history(environment, only=[deployment_id, live_id])
        found = next(row for row in rows if row.deployment_id == deployment_id)
        live = [row for row in rows if row.is_live and row is not found]
        return (await self.views(environment, [*live, found]))[-1]

    async def recorded(
        self, release: DeploymentRecord, migrations: Recorded | None
    ) -> RecordedRelease:
        """A release that was just recorded, with what its migrations came to."""
        view = await self.find(release.environment, release.vercel_deployment_id)
        if migrations is None:
            return RecordedRelease(**view.model_dump())
        wall = newest_wall(migrations.findings, migrations.versions)
        return RecordedRelease(
            **view.model_dump(),
            versions=len(migrations.versions),
            new_texts=list(migrations.new_texts),
            without_text=list(migrations.without_text),
            verdict=said(wall) if wall else None,
            findings=[
                FindingView(
                    version=one.version,
                    way=one.way,
                    line=one.line,
                    sentence=one.sentence,
                    is_wall=one.is_wall,
                )
                for one in reversed(migrations.findings)
            ][:FINDINGS_SHOWN],
        )

    async def rows(self, environment: Environment) -> list[DeploymentRow]:
        """The newest, the live one and the one to go back to among them."""
        recorded = await self.deployments.history(environment, limit=LIMIT)
        was_live = await self.deployments.history(environment, limit=LOOKED_AT, was_live=True)
        found = {row.deployment_id: row for row in [*recorded, *was_live]}.values()
        return newest(sorted(found, key=lambda row: row.live_from or row.recorded_at, reverse=True))

    async def views(
        self, environment: Environment, rows: Sequence[DeploymentRow]
    ) -> list[DeploymentView]:
        plans = await self.planner.plans(environment, [row.deployment_id for row in rows])
        return views(rows, plans)


def newest(rows: Sequence[DeploymentRow]) -> list[DeploymentRow]:
    best = last_stable(rows)
    kept = [row for row in rows if row.is_live or row is best]
    others = [row for row in rows if row not in kept][: LIMIT - len(kept)]
    return [row for row in rows if row in kept or row in others]


def views(rows: Sequence[DeploymentRow], plans: Mapping[str, Plan]) -> list[DeploymentView]:
    """`rows`: newest first."""
    live = next((row for row in rows if row.is_live), None)
    return [show(row, live, plans[row.deployment_id]) for row in rows]


def named(plan: Plan) -> Literal["stays", "goes_back", "refused", "unknown"]:
    match plan:
        case Stays():
            return "stays"
        case GoesBack():
            return "goes_back"
        case Refused(may_pass=True):
            return "unknown"
    return "refused"


def show(row: DeploymentRow, live: DeploymentRow | None, plan: Plan) -> DeploymentView:
    reason = why_not(row, live)
    if reason is None and isinstance(plan, Refused):
        reason = plan.in_full
    return DeploymentView(
        **row.model_dump(exclude=NOT_SHOWN),
        is_proven=row.is_proven,
        eligible=reason is None,
        why_not=reason,
        database_effect=plan.sentence,
        database_plan=named(plan),
        is_exclusive=isinstance(plan, GoesBack) and plan.is_exclusive,
        changed_variables=changed(row.variables, live.variables) if live else [],
    )
