"""The pin: after a rollback new releases do not go live by themselves, until a good one does.

The setting, auto-assignment of domains, is the project's: both environments share it. It stays off
while either is pinned, and is set back to what it was before the first of them.
"""

import logging
from dataclasses import dataclass
from uuid import UUID

from lib import errors
from lib.audit.store import write_audit
from lib.deployments.store import DeploymentStore
from lib.postgres import Database
from lib.rollback.models import Environment
from lib.vercel.client import VercelClient

log = logging.getLogger(__name__)

#: Whom the audit log names when a promotion lifts it.
ACTOR = "automatic"

#: Under the fence of the rollback that pins: one that is over pins nothing. What was before the
#: first pin is kept, also across environments: later rollbacks find the setting as we left it.
KEEP = """
INSERT INTO pins (environment, before, rollback_id)
SELECT environment, %(before)s OR EXISTS (SELECT 1 FROM pins WHERE before), id
  FROM rollbacks WHERE id = %(rollback_id)s AND fence = %(fence)s AND status = 'in_progress'
ON CONFLICT (environment) DO UPDATE
   SET before = pins.before OR excluded.before, rollback_id = excluded.rollback_id
"""

#: `others`: the other environment is pinned as well. `busy`: a rollback may pin at any moment.
FIND = """
SELECT p.rollback_id, p.before,
       EXISTS (SELECT 1 FROM pins WHERE environment <> p.environment) AS others,
       EXISTS (SELECT 1 FROM rollbacks WHERE status IN ('pending', 'in_progress')) AS busy
  FROM pins p WHERE p.environment = %(environment)s
"""

#: A version newer than the one gone back to went live since, and not by a rollback.
IS_FOLLOWED = """
SELECT 1 FROM pins p
  JOIN rollbacks r ON r.id = p.rollback_id
  JOIN live_periods l ON l.environment = p.environment AND l.live_until IS NULL
  JOIN deployment_history h ON h.id = l.deployment
 WHERE p.environment = %(environment)s AND h.vercel_deployment_id = %(live)s
   AND l.how NOT IN ('rollback', 'rolled_back_elsewhere') AND l.live_from > r.requested_at
   AND (SELECT min(id) FROM live_periods WHERE deployment = l.deployment) > (
         SELECT min(past.id) FROM live_periods past
           JOIN deployment_history t ON t.id = past.deployment
          WHERE past.environment = p.environment AND t.vercel_deployment_id = r.target)
"""

#: The rollback that pinned was undone, and what was before it is live again. What that rollback
#: found pinned by one before it stays so.
IS_UNDONE = """
SELECT 1 FROM pins p
  JOIN rollbacks r ON r.id = p.rollback_id AND r.status = 'completed'
  JOIN rollback_steps undone ON undone.rollback_id = r.undoes AND undone.step = 'switch'
 WHERE p.environment = %(environment)s AND r.target = %(live)s
   AND (NOT p.before OR (undone.facts ->> 'auto_assign_before')::boolean IS NOT FALSE)
"""

DELETE = """
DELETE FROM pins WHERE environment = %(environment)s AND rollback_id = %(rollback_id)s
   AND NOT EXISTS (SELECT 1 FROM rollbacks WHERE status IN ('pending', 'in_progress'))
RETURNING environment
"""

IS_NEEDED = """
SELECT EXISTS (SELECT 1 FROM pins)
    OR EXISTS (SELECT 1 FROM rollbacks WHERE status IN ('pending', 'in_progress')) AS needed
"""


@dataclass(frozen=True, slots=True)
class Pin:
    rollback_id: UUID
    before: bool
    others: bool
    busy: bool

    @property
    def wanted(self) -> bool:
        """What auto-assignment is set to when this pin goes."""
        return self.before and not self.others


@dataclass(frozen=True, slots=True)
class Pins:
    deployments: DeploymentStore
    vercel: VercelClient

    @property
    def database(self) -> Database:
        return self.deployments.database

    async def keep(self, rollback_id: UUID, fence: int, *, before: bool) -> None:
        """A rollback has pinned its environment; any number of times. `before`: as it was."""
        await self.database.execute(KEEP, rollback_id=rollback_id, fence=fence, before=before)

    async def find(self, environment: Environment) -> Pin | None:
        row = await self.database.one(FIND, environment=environment)
        return Pin(**row) if row else None

    async def follow(self, environment: Environment, live_id: str) -> None:
        """Lift the pin if a good version went live since, or the rollback was undone.

        If the platform fails: the next look.
        """
        try:
            pin = await self.find(environment)
            if pin is None or pin.busy:
                return
            is_undone = await self.database.one(IS_UNDONE, environment=environment, live=live_id)
            if is_undone or await self._is_followed(environment, live_id):
                why = f"{live_id} is live again." if is_undone else f"{live_id} went live."
                await self.lift(environment, pin, by=ACTOR, reason=why, live=live_id)
        except errors.Upstream as error:
            log.warning("pin_stays", extra={"environment": environment, "why": str(error)})

    async def _is_followed(self, environment: Environment, live_id: str) -> bool:
        if await self.database.one(IS_FOLLOWED, environment=environment, live=live_id) is None:
            return False
        [live] = await self.deployments.history(environment, only=[live_id])
        if live.quarantined:
            return False
        # Somebody went back in the platform itself, which pins as well: that is theirs.
        job = (await self.vercel.project()).last_alias_request
        return job is None or (job.type, job.to_deployment) != ("rollback", live_id)

    async def lift(
        self,
        environment: Environment,
        pin: Pin,
        *,
        by: str,
        reason: str,
        live: str | None = None,
    ) -> bool:
        """Set auto-assignment back, then forget the pin; True for the one of many who did.

        Set first: who dies in between leaves a pin that is lifted again. A rollback that pinned
        meanwhile keeps its pin, and is given back what we took from it.
        """
        if (await self.vercel.project()).auto_assign is not pin.wanted:
            await self.vercel.set_auto_assign(on=pin.wanted)
        if await self._forget(environment, pin, by=by, reason=reason, live=live):
            return True
        needed = await self.database.one(IS_NEEDED)
        if pin.wanted and needed and needed["needed"]:
            await self.vercel.set_auto_assign(on=False)
        return False

    async def _forget(
        self, environment: Environment, pin: Pin, *, by: str, reason: str, live: str | None
    ) -> bool:
        where = {"environment": environment, "rollback_id": pin.rollback_id}
        async with self.database.transaction() as connection:
            if await (await connection.execute(DELETE, where)).fetchone() is None:
                return False
            await write_audit(
                connection,
                actor=by,
                action="pin.lift",
                environment=environment,
                subject=live,
                reason=reason,
                result="on" if pin.wanted else "off",
                facts={"rollback_id": str(pin.rollback_id)},
            )
        return True
