"""From a request to an order: which target, and is it still the right moment?"""

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from typing import Any

from lib import errors
from lib.deployments.eligibility import BELOW_FLOOR, NEVER_LIVE, candidates, why_not
from lib.deployments.models import DeploymentRow
from lib.deployments.store import DeploymentStore
from lib.postgres import Database
from lib.rollback.engine import Engine
from lib.rollback.models import LAST_STABLE, Environment, Order, Rollback, RollbackRequest
from lib.schema.plan import STRAGGLERS, GoesBack, Plan, is_shared
from lib.settings import Settings
from lib.vercel.client import VercelClient

log = logging.getLogger(__name__)

LOCKED = "SELECT locked_by FROM environments WHERE environment = %(environment)s"
#: How far back `last-stable` is looked for.
HISTORY_LIMIT = 200
#: Candidates whose plans are looked at for `last-stable`.
LOOKED_AT = 20
#: Visitors wait as well. An app's database that hangs is given up on before.
LOOK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Intake:
    database: Database
    deployments: DeploymentStore
    vercel: VercelClient
    engine: Engine
    settings: Settings

    async def start(
        self,
        request: RollbackRequest,
        *,
        requested_by: str,
        idempotency_key: str | None,
        evidence: dict[str, Any] | None = None,
    ) -> Rollback:
        """The rollback that this request starts, or the one that its key started before.

        Raises Conflict (of several kinds), InvalidRequest or IdempotencyKeyReused, each saying
        what to do. What cannot be known without the platform is left to the record step.
        """
        digest = digest_of(request)
        if idempotency_key is not None:
            known = await self.engine.store.find_by_key(requested_by, idempotency_key, digest)
            if known is not None:
                return known
        await self._look(request.environment)
        rows = await self.deployments.history(
            request.environment, limit=HISTORY_LIMIT, was_live=True
        )
        live = next((row for row in rows if row.is_live), None)
        check_current(request, live)
        is_unclear = await self._check_lock(request)
        target = await self._target(request, rows, live, is_unclear=is_unclear)
        await self._check_choice(request, target)
        return await self.engine.start(
            Order(
                environment=request.environment,
                switch_method=self.settings.switch_method(request.environment),
                target=target,
                from_deployment=live.deployment_id if live else None,
                requested_by=requested_by,
                reason=request.reason,
                note=request.note,
                allow_exclusive=request.allow_exclusive,
                evidence=evidence or {},
                idempotency_key=idempotency_key,
                request_sha256=digest if idempotency_key is not None else None,
            )
        )

    async def _look(self, environment: Environment) -> None:
        """What went live a moment ago may be news to us, and is what is to be left."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self.engine.tools.tracker.reconcile(environment)
        except (errors.Upstream, TimeoutError) as error:
            why = str(error) or "it took too long"
            log.warning("live_not_known", extra={"environment": environment, "why": why})

    async def _target(
        self,
        request: RollbackRequest,
        rows: list[DeploymentRow],
        live: DeploymentRow | None,
        *,
        is_unclear: bool,
    ) -> str:
        if request.deployment_id == LAST_STABLE:
            best = await self._best(request.environment, candidates(rows))
            if best is None:
                raise errors.Conflict(
                    f"There is no earlier version of {request.environment} to go back to. Name one"
                    " by its id, with a note that says why all the same: GET /api/deployments says"
                    " what speaks against each."
                )
            return best.deployment_id
        only = [request.deployment_id]
        known = next(iter(await self.deployments.history(request.environment, only=only)), None)
        if known is not None:
            check_known(known, live, request, is_unclear=is_unclear)
            return known.deployment_id
        await self._check_exists(request.deployment_id)
        check_note(NEVER_LIVE, request)
        return request.deployment_id

    async def _best(
        self, environment: Environment, found: list[DeploymentRow]
    ) -> DeploymentRow | None:
        """One that the database fits, or can simply go back for; else the best of the others."""
        plans = await self._plans(environment, [row.deployment_id for row in found[:LOOKED_AT]])
        fitting = [row for row in found[:LOOKED_AT] if is_shared(plans[row.deployment_id])]
        return next(iter([*fitting, *found]), None)

    async def _check_choice(self, request: RollbackRequest, target: str) -> None:
        """What a plan refuses is refused by its step, with all that is known then."""
        if request.allow_exclusive:
            return
        plan = (await self._plans(request.environment, [target]))[target]
        if isinstance(plan, GoesBack) and plan.is_exclusive:
            raise errors.Conflict(
                f"{STRAGGLERS} To go back all the same, choose that (allow_exclusive), or choose"
                " another version.",
                target=target,
            )

    async def _plans(self, environment: Environment, targets: list[str]) -> dict[str, Plan]:
        return await self.engine.tools.planner.plans(environment, targets)

    async def _check_exists(self, deployment_id: str) -> None:
        try:
            await self.vercel.deployment(deployment_id)
        except errors.VercelMissing as error:
            raise errors.InvalidRequest(
                f"The platform knows no deployment {deployment_id}.",
                [("#/deployment_id", "no such deployment; GET /api/deployments lists them")],
            ) from error
        except errors.Upstream:
            # The record step asks again, and has the time to.
            return

    async def _check_lock(self, request: RollbackRequest) -> bool:
        """True if the last rollback left things unclear, and the caller goes on with a note."""
        row = await self.database.one(LOCKED, environment=request.environment)
        if row is None or row["locked_by"] is None:
            return False
        if not request.note:
            raise errors.NoteRequired(
                "The last rollback did not finish. Read what visitors get now; to start another"
                " one, send a note that says why.",
                rollback_id=str(row["locked_by"]),
            )
        return True


def digest_of(request: RollbackRequest) -> bytes:
    """Of what was asked. A choice that was not made leaves no trace, as before there was one."""
    unmade = None if request.allow_exclusive else {"allow_exclusive"}
    return hashlib.sha256(request.model_dump_json(exclude=unmade).encode()).digest()


def check_current(request: RollbackRequest, live: DeploymentRow | None) -> None:
    expected = request.expected_current
    if expected is not None and live is not None and live.deployment_id != expected:
        raise errors.Conflict(
            f"{request.environment.capitalize()} has moved on to {live.deployment_id} since you"
            " looked. Reload, then decide again.",
            live=live.deployment_id,
        )


def check_known(
    known: DeploymentRow,
    live: DeploymentRow | None,
    request: RollbackRequest,
    *,
    is_unclear: bool,
) -> None:
    """A person may go back to a version we would not choose, if they say why.

    Also to the one that is live already, where the last rollback left things unclear: some of its
    hosts may not have moved.
    """
    if known.is_live and not is_unclear:
        raise errors.Conflict(f"{known.deployment_id} is live already.", live=known.deployment_id)
    if known.below_floor:
        raise errors.Conflict(f"{BELOW_FLOOR} A note does not change that; an admin can move it.")
    reason = why_not(known, live)
    if reason is not None:
        check_note(reason, request)


def check_note(reason: str, request: RollbackRequest) -> None:
    if not request.note:
        raise errors.NoteRequired(f"{reason} To go back to it all the same, send a note.")
