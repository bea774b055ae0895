"""May we roll back by ourselves? If not, a person is told why, with everything ready to press."""

import hashlib
import logging
from dataclasses import dataclass
from datetime import timedelta

from lib import errors
from lib.alerts import raise_alert
from lib.deployments.models import DeploymentRow
from lib.postgres import Database
from lib.rollback.engine import Engine
from lib.rollback.models import Environment, Order, Rollback
from lib.settings import Settings

log = logging.getLogger(__name__)

REQUESTED_BY = "automatic"
#: A fourth in a day means that rolling back is not what helps.
PER_DAY = 3

FACTS = """
SELECT e.locked_by IS NOT NULL AS locked,
       (SELECT count(*) FROM rollbacks r WHERE r.environment = e.environment AND r.automatic
           AND r.requested_at > app_now() - interval '1 day') AS today,
       p.id AS period, p.live_from <= app_now() - %(window)s AS is_old,
       (SELECT count(*) FROM rollbacks r WHERE r.environment = e.environment AND r.automatic
           AND r.requested_at >= p.live_from) AS tries
  FROM environments e
  JOIN live_periods p ON p.environment = e.environment AND p.live_until IS NULL
  JOIN deployment_history h ON h.id = p.deployment
 WHERE e.environment = %(environment)s AND h.vercel_deployment_id = %(live_id)s
"""


@dataclass(frozen=True, slots=True)
class Automatic:
    database: Database
    engine: Engine
    settings: Settings

    async def start(
        self, environment: Environment, live_id: str, target: DeploymentRow, evidence: str
    ) -> Rollback | None:
        """The rollback, or None: a person was alerted, one is running, or it is not live any more.

        However many sweeps decide at once: the key is the same for all of them.
        """
        facts = await self.database.one(
            FACTS, environment=environment, live_id=live_id, window=self.window
        )
        if facts is None:
            return None
        why_not = refusal(locked=facts["locked"], today=facts["today"], is_old=facts["is_old"])
        if why_not is not None:
            await self._alert(environment, live_id, f"{evidence}. {why_not}")
            return None
        # A release that comes back later has another period; a failed try has a number.
        key = f"{live_id}:{target.deployment_id}:{facts['period']}:{facts['tries']}"
        try:
            return await self.engine.start(
                Order(
                    environment=environment,
                    switch_method=self.settings.switch_method(environment),
                    target=target.deployment_id,
                    from_deployment=live_id,
                    requested_by=REQUESTED_BY,
                    automatic=True,
                    reason=f"The live version is down: {evidence}.",
                    evidence={"path": "probes", "detail": evidence, "proved": target.health},
                    idempotency_key=key,
                    request_sha256=hashlib.sha256(key.encode()).digest(),
                )
            )
        except errors.RollbackInProgress:
            return None

    @property
    def window(self) -> timedelta:
        return self.settings.automatic_window

    async def _alert(self, environment: Environment, live_id: str, why: str) -> None:
        async with self.database.transaction() as connection:
            await raise_alert(
                connection,
                environment=environment,
                kind="automatic_refused",
                sentence=f"{environment.capitalize()} is down: {why}",
                once=f"automatic_refused:{environment}:{live_id}:{why}",
            )


def refusal(*, locked: bool, today: int, is_old: bool) -> str | None:
    if locked:
        return "The last rollback did not finish, so the next one is a person's decision."
    if today >= PER_DAY:
        return f"There were {today} automatic rollbacks today; the next one is a person's decision."
    if is_old:
        return "It has been live for long, so going back is a person's decision."
    return None
