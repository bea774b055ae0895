"""Which deployment is live, and since when: the platform says so, we write it down.

A webhook is only a hint to look: what the platform names as live at this moment is recorded, so
that events may come late, twice, out of order, or not at all (the sweep looks as well).
"""

from dataclasses import dataclass

from lib import errors
from lib.deployments.eligibility import changed
from lib.deployments.models import UNKNOWN, DeploymentRecord
from lib.deployments.pins import Pins
from lib.deployments.store import DeploymentStore, How
from lib.rollback.models import Environment
from lib.schema.ledger import read_ledger
from lib.vercel.client import VercelClient
from lib.vercel.models import Deployment
from lib.vercel.routing import Routing

RECORDED_BY = "platform"


@dataclass(frozen=True, slots=True)
class Tracker:
    deployments: DeploymentStore
    vercel: VercelClient
    routing: Routing
    pins: Pins
    app_database_url: str | None

    async def reconcile(self, environment: Environment, how: How = "observed") -> str | None:
        """The live deployment, recorded as such. None: nothing is live there.

        1. Mark where our history stands; 2. ask the platform what is live; 3. if that is news,
        snapshot the app's ledger and write, unless the history has moved since the mark: then
        somebody with a later answer was here, and ours is dropped; 4. lift the pin of an earlier
        rollback, if this is a good version that went live after it.
        """
        mark = await self.deployments.newest_period(environment)
        live = await self.routing.live(environment)
        if live is None:
            return None
        if await self.deployments.live_deployment(environment) != live.id:
            await self.record_platform(environment, live)
            ledger = await read_ledger(self.app_database_url) if self.app_database_url else None
            await self.deployments.go_live(environment, live.id, how=how, mark=mark, ledger=ledger)
        await self.pins.follow(environment, live.id)
        return live.id

    async def record_platform(self, environment: Environment, deployment: Deployment) -> None:
        """Record what the platform knows of a deployment, names of its variables included."""
        await self.deployments.record(
            DeploymentRecord.model_construct(
                environment=environment,
                git_sha=deployment.git_sha[:40] or UNKNOWN,
                vercel_deployment_id=deployment.id,
                db_migration_version=UNKNOWN,
                title=deployment.title,
                author=deployment.author,
            ),
            recorded_by=RECORDED_BY,
            url=deployment.url,
            variables=await self.variables(environment),
        )

    async def changed_variables(self, environment: Environment, deployment_id: str) -> list[str]:
        """Names set, changed or removed since the deployment was recorded; none if unknown."""
        now = await self.variables(environment)
        then = await self.deployments.variables(environment, deployment_id)
        return [] if now is None or not then else changed(then, now)

    async def variables(self, environment: Environment) -> dict[str, int] | None:
        """Name -> last change in ms; None if the platform does not say: not worth failing for."""
        try:
            known = await self.vercel.variables()
        except errors.Upstream:
            return None
        return {item.key: item.updated_at for item in known if item.is_for(environment)}
