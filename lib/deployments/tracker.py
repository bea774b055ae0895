"""Which deployment is live, and since when: the platform says so, we write it down.

A webhook is only a hint to look: what the platform names as live at this moment is recorded, so
that events may come late, twice, out of order, or not at all (the sweep looks as well). Who did it
is what an event about that deployment says, or what the platform answers when it is asked.
"""

import asyncio
from dataclasses import dataclass

from lib import errors
from lib.changes import Changes
from lib.deployments.eligibility import changed
from lib.deployments.models import (
    ROLLED_BACK_ELSEWHERE,
    DeploymentRecord,
    How,
    Move,
)
from lib.deployments.moves import MoveStore
from lib.deployments.pins import Pins
from lib.deployments.store import DeploymentStore
from lib.migrations.ledger import read_whole_ledger
from lib.rollback.models import Environment
from lib.vercel.client import VercelClient
from lib.vercel.events import EventStore
from lib.vercel.models import Alias, AliasRequest, Deployment, RollingRelease, moment
from lib.vercel.routing import Routing

RECORDED_BY = "platform"


@dataclass(frozen=True, slots=True)
class Tracker:
    deployments: DeploymentStore
    moves: MoveStore
    vercel: VercelClient
    routing: Routing
    pins: Pins
    events: EventStore
    app_database_url: str | None
    changes: Changes

    async def reconcile(self, environment: Environment, how: How = "observed") -> str | None:
        """The live deployment, recorded as such. None: nothing is live there.

        1. Mark where our history stands; 2. ask the platform what is live; 3. if that is news,
        snapshot the app's ledger and write, unless the history has moved since the mark: then
        somebody with a later answer was here, and ours is dropped; 4. lift the pin of an earlier
        rollback, if this is a good version that went live after it.
        """
        mark = await self.deployments.newest_period(environment)
        live, rolling = await self.routing.standing(environment)
        await self.deployments.keep_rolling(environment, fact(rolling) if rolling else None)
        if live is None:
            return None
        if await self.deployments.live_deployment(environment) != live.id:
            await self.record_platform(environment, live)
            move = await self.move(environment, live, how)
            url = self.app_database_url
            ledger = await read_whole_ledger(url) if url else None
            if await self.deployments.go_live(
                environment,
                live.id,
                how=move.how,
                by=move.by,
                mark=mark,
                ledger=list(ledger.applied) if ledger else None,
                rolled_back=ledger.rolled_back if ledger else (),
            ):
                await self.pins.follow(environment, live.id)
                await self.changes.tell()
                return live.id
        await self.pins.follow(environment, live.id)
        await self.explain(environment, live)
        return live.id

    async def explain(self, environment: Environment, live: Deployment) -> None:
        """Who let it go live, where that is told after it was seen."""
        if await self.moves.is_unexplained(environment, live.id):
            move = await self.told(environment, live)
            if move is not None:
                await self.moves.explain(environment, live.id, move)

    async def move(self, environment: Environment, live: Deployment, how: How) -> Move:
        """`how`: where nobody says better. Who pushed it is the answer only where no promotion is
        known of: a deployment may be built long before somebody lets it go live.
        """
        told = await self.told(environment, live)
        if told is not None and told.how != "deploy":
            return told
        asked = await self.ask(environment, live)
        told = told or Move(how)
        return Move(told.how if asked.how == "observed" else asked.how, asked.by or told.by)

    async def told(self, environment: Environment, live: Deployment) -> Move | None:
        """By an event, which may have come before traffic had moved."""
        since = await self.moves.news_since(environment, live.id)
        move = await self.events.told(live.id, since=since)
        return move and Move(move.how, name_of(move.by, live))

    async def ask(self, environment: Environment, live: Deployment) -> Move:
        """The platform; that it does not say is no reason to fail."""
        since = await self.moves.news_since(environment, live.id)
        try:
            project, hosts = await asyncio.gather(
                self.vercel.project(), self.routing.hosts(environment)
            )
            alias = await self.vercel.alias(hosts[0]) if hosts else Alias()
        except errors.Upstream:
            return Move()
        request = project.last_alias_request if environment is Environment.PRODUCTION else None
        return Move(how_by(request, live, since), mover(alias, live, since))

    async def record_platform(self, environment: Environment, deployment: Deployment) -> None:
        """Record what the platform knows of a deployment, names of its variables included."""
        await self.deployments.record(
            DeploymentRecord.of_platform(
                environment,
                deployment.id,
                deployment.git_sha,
                deployment.title,
                deployment.author,
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


def fact(rolling: RollingRelease) -> dict[str, object]:
    return {
        "from": rolling.base,
        "to": rolling.canary,
        "percent": rolling.percent,
        "stage": rolling.stage.index + 1 if rolling.stage else 0,
        "stages": len(rolling.stages),
        "is_paused": rolling.is_paused,
        "since": moment(rolling.started_at).isoformat(),
    }


def name_of(user_id: str | None, live: Deployment) -> str | None:
    """A name where the deployment shows it: events carry the id only."""
    is_creator = user_id is not None and live.creator.get("uid") == user_id
    return str(live.creator.get("username") or user_id) if is_creator else user_id


def how_by(request: AliasRequest | None, live: Deployment, since: int) -> How:
    """`since`: ms since 1970; a request from before it is about an earlier time."""
    if request is None or request.to_deployment != live.id or request.requested_at <= since:
        return "observed"
    return ROLLED_BACK_ELSEWHERE if request.type == "rollback" else "promote"


def mover(alias: Alias, live: Deployment, since: int) -> str | None:
    if alias.deployment_id != live.id or (alias.created or 0) <= since:
        return None
    return str(alias.creator.get("username") or alias.creator.get("uid") or "")[:100] or None
