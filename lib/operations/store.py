"""Changes of an environment's standing in Postgres, each with its audit in one transaction.

Each returns False if it was so already: any number of the same at once are one change.
"""

from dataclasses import dataclass
from typing import Any

from psycopg.rows import DictRow

from lib import alerts, errors
from lib.access.models import Caller
from lib.audit.store import write_audit
from lib.operations.models import (
    Acknowledge,
    LiftQuarantine,
    Operation,
    SetMode,
    SetSecurityFloor,
    TryPreflight,
    Unlock,
)
from lib.postgres import Connection, Database

#: Changes of an environment queue here, so that none is decided on old facts.
LOCK = """
SELECT locked_by, mode, security_floor FROM environments
 WHERE environment = %(environment)s FOR UPDATE
"""
UNLOCK = "UPDATE environments SET locked_by = NULL WHERE environment = %(environment)s"
SET_MODE = "UPDATE environments SET mode = %(subject)s WHERE environment = %(environment)s"
SET_FLOOR = "UPDATE environments SET security_floor = %(id)s WHERE environment = %(environment)s"

RELEASE = """
SELECT d.id, EXISTS (SELECT 1 FROM live_periods p WHERE p.deployment = d.id) AS was_live
  FROM deployment_details d
 WHERE d.environment = %(environment)s AND d.vercel_deployment_id = %(subject)s
"""

#: By deployment: what keeps this one away, with the variables it has.
LIFT = """
UPDATE quarantine q SET lifted_at = app_now(), lifted_by = %(by)s
  FROM rollbacks away
 WHERE away.id = q.rollback_id AND q.environment = %(environment)s AND q.lifted_at IS NULL
   AND CASE q.git_sha WHEN 'unknown' THEN away.from_deployment = %(subject)s
       ELSE starts_with(q.git_sha, %(subject)s) OR EXISTS (
         SELECT 1 FROM deployment_details d JOIN deployment_history h USING (id)
          WHERE d.environment = q.environment AND d.vercel_deployment_id = %(subject)s
            AND h.git_sha = q.git_sha AND (q.fingerprint = ''
                 OR fingerprint(h.environment_variables) IN ('', q.fingerprint))) END
RETURNING q.git_sha
"""

IS_KNOWN = """
SELECT 1 FROM deployment_details d JOIN deployment_history h USING (id)
 WHERE d.environment = %(environment)s
   AND (d.vercel_deployment_id = %(subject)s OR starts_with(h.git_sha, %(subject)s))
"""

ALERT = """
SELECT acknowledged_by, resolved_at FROM alerts
 WHERE id = %(id)s AND environment = %(environment)s FOR UPDATE
"""


@dataclass(frozen=True, slots=True)
class OperationsStore:
    database: Database

    async def note(self, operation: TryPreflight, caller: Caller) -> None:
        """That it was asked for: it changes nothing but what is known."""
        async with self.database.transaction() as connection:
            await audit(connection, operation, caller)

    async def unlock(self, operation: Unlock, caller: Caller) -> bool:
        async with self.database.transaction() as connection:
            row = await lock(connection, operation)
            if row["locked_by"] is None:
                return False
            await connection.execute(UNLOCK, operation.model_dump())
            await audit(connection, operation, caller, rollback_id=str(row["locked_by"]))
        return True

    async def set_mode(self, operation: SetMode, caller: Caller) -> bool:
        async with self.database.transaction() as connection:
            row = await lock(connection, operation)
            if row["mode"] == operation.subject:
                return False
            await connection.execute(SET_MODE, operation.model_dump())
            await audit(connection, operation, caller, before=row["mode"])
        return True

    async def set_security_floor(self, operation: SetSecurityFloor, caller: Caller) -> bool:
        """Raises NotFound, or Conflict for a deployment that was never live here."""
        async with self.database.transaction() as connection:
            row = await lock(connection, operation)
            floor = await release(connection, operation) if operation.subject else None
            if row["security_floor"] == floor:
                return False
            await connection.execute(SET_FLOOR, operation.model_dump() | {"id": floor})
            await audit(connection, operation, caller)
        return True

    async def lift_quarantine(self, operation: LiftQuarantine, caller: Caller) -> bool:
        """Raises NotFound, or Conflict for the beginning of more than one commit."""
        values = operation.model_dump() | {"by": caller.name}
        async with self.database.transaction() as connection:
            lifted = await (await connection.execute(LIFT, values)).fetchall()
            if not lifted:
                if await (await connection.execute(IS_KNOWN, values)).fetchone() is None:
                    raise not_found(operation, "deployment or commit")
                return False
            if len({row["git_sha"] for row in lifted}) > 1:
                raise errors.Conflict(
                    f"More than one quarantined commit begins with {operation.subject}."
                    " Send more of it."
                )
            await alerts.resolve(connection, operation.environment, ["quarantined_went_live"])
            await audit(connection, operation, caller, git_sha=lifted[0]["git_sha"])
        return True

    async def acknowledge(self, operation: Acknowledge, caller: Caller) -> tuple[bool, str | None]:
        """And who takes care of it; None: it was over before. Raises NotFound."""
        values = operation.model_dump() | {"id": int(operation.subject)}
        async with self.database.transaction() as connection:
            row = await (await connection.execute(ALERT, values)).fetchone()
            if row is None:
                raise not_found(operation, "alert")
            if not await alerts.acknowledge(connection, values["id"], by=caller.name):
                return False, row["acknowledged_by"]
            await audit(connection, operation, caller)
        return True, caller.name


async def lock(connection: Connection, operation: Operation) -> DictRow:
    row = await (await connection.execute(LOCK, operation.model_dump())).fetchone()
    assert row is not None
    return row


async def release(connection: Connection, operation: SetSecurityFloor) -> object:
    """The id of a deployment's row."""
    row = await (await connection.execute(RELEASE, operation.model_dump())).fetchone()
    if row is None:
        raise not_found(operation, "deployment")
    if not row["was_live"]:
        raise errors.Conflict(
            f"{operation.subject} was never live in {operation.environment}, so nothing is older."
            " Choose a version from the deployment history."
        )
    return row["id"]


def not_found(operation: Any, kind: str) -> errors.NotFound:
    return errors.NotFound(
        f"{operation.environment.capitalize()} has no {kind} {operation.subject}.",
        subject=operation.subject,
    )


async def audit(connection: Connection, operation: Any, caller: Caller, **facts: Any) -> None:
    await write_audit(
        connection,
        actor=caller.name,
        action=f"operation.{operation.action}",
        environment=operation.environment,
        subject=operation.subject or None,
        reason=operation.reason,
        result="ok",
        facts=facts,
    )
