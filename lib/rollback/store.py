"""Rollbacks in Postgres. All times are the database's: Python passes durations only.

Every write names the fence it was made under; zero rows means that somebody took over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from lib import errors
from lib.audit.store import write_audit
from lib.postgres import Connection, Database
from lib.rollback import ending
from lib.rollback.machine import Change
from lib.rollback.models import Claim, Order, Rollback
from lib.rollback.settlement import write_change
from lib.rollback.unfinished import in_the_way

#: Nobody worked on it for this long: its worker is gone, and its time did not count.
ABANDONED_AFTER = timedelta(seconds=30)
#: A worker that lets go between two steps takes this long at most to come back.
STANDBY_PATIENCE = timedelta(seconds=2)

SELECT: LiteralString = """
SELECT r.*, wake_at - app_now() AS due_in,
       (SELECT json_agg(s ORDER BY position) FROM rollback_steps s
         WHERE s.rollback_id = r.id) AS steps,
       (SELECT json_object_agg(h.vercel_deployment_id,
                 json_build_object('deployment_id', h.vercel_deployment_id, 'git_sha', h.git_sha,
                                   'title', d.title))
          FROM deployment_details d JOIN deployment_history h USING (id)
         WHERE d.environment = r.environment
           AND d.vercel_deployment_id IN (r.target, r.from_deployment)) AS names
  FROM rollbacks r
"""

NEWEST = """
SELECT app_now() AS now,
       (SELECT id FROM rollbacks WHERE environment = %(environment)s
         ORDER BY requested_at DESC LIMIT 1) AS id
"""

PULSE = """
SELECT revision, status IN ('pending', 'in_progress')
         AND greatest(lease_until, wake_at) <= app_now() - %(patience)s AS is_abandoned
  FROM rollbacks WHERE id = %(id)s
"""

INSERT = """
INSERT INTO rollbacks (environment, switch_method, target, from_deployment, requested_by, automatic,
                       undoes, reason, note, allow_exclusive, evidence, idempotency_key,
                       request_sha256, deadline_at, step)
VALUES (%(environment)s, %(switch_method)s, %(target)s, %(from_deployment)s, %(requested_by)s,
        %(automatic)s, %(undoes)s, %(reason)s, %(note)s, %(allow_exclusive)s, %(evidence)s,
        %(idempotency_key)s, %(request_sha256)s, app_now() + %(budget)s, %(step)s)
ON CONFLICT DO NOTHING
RETURNING id
"""

INSERT_STEP = """
INSERT INTO rollback_steps (rollback_id, step, position, budget)
VALUES (%(id)s, %(step)s, %(position)s, %(budget)s)
"""

BY_KEY = """
SELECT id, request_sha256 FROM rollbacks
 WHERE requested_by = %(requested_by)s AND idempotency_key = %(idempotency_key)s
"""

CLAIM = """
WITH due AS (
  SELECT id, app_now() - greatest(lease_until, wake_at) > %(abandoned_after)s AS was_abandoned
    FROM rollbacks
   WHERE id = %(id)s AND status IN ('pending', 'in_progress')
     AND greatest(lease_until, wake_at) <= app_now() - %(patience)s
     FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE rollbacks r
     SET status = 'in_progress', fence = fence + 1, revision = revision + 1,
         lease_until = app_now() + %(lease)s
    FROM due WHERE r.id = due.id
  RETURNING r.id, r.step, r.fence, was_abandoned
)
UPDATE rollback_steps s
   SET state = 'run', attempt = attempt + 1, started_at = coalesce(started_at, app_now()),
       deadline_at = CASE WHEN deadline_at IS NULL OR was_abandoned THEN app_now() + budget
                          ELSE deadline_at END
  FROM claimed c
 WHERE s.rollback_id = c.id AND s.step = c.step
RETURNING s.step, s.attempt, s.facts
"""

RENEW = """
UPDATE rollbacks SET lease_until = app_now() + %(lease)s
 WHERE id = %(id)s AND fence = %(fence)s AND status = 'in_progress'
RETURNING id
"""

REMEMBER = """
WITH held AS (
  UPDATE rollbacks SET revision = revision + 1
   WHERE id = %(id)s AND fence = %(fence)s AND status = 'in_progress' RETURNING id
)
UPDATE rollback_steps s SET facts = facts || %(facts)s
  FROM held WHERE s.rollback_id = held.id AND s.step = %(step)s
RETURNING s.step
"""

REORDER = """
WITH held AS (
  UPDATE rollbacks SET revision = revision + 1
   WHERE id = %(id)s AND fence = %(fence)s AND status = 'in_progress' RETURNING id
)
UPDATE rollback_steps s SET position = array_position(%(order)s::text[], s.step)
  FROM held WHERE s.rollback_id = held.id
RETURNING s.step
"""

PAST_DEADLINE = """
SELECT coalesce(deadline_at <= app_now(), false) AS past FROM rollback_steps
 WHERE rollback_id = %(id)s AND step = %(step)s
"""

MARK_OVERDUE = """
UPDATE rollbacks SET overdue_since = deadline_at, revision = revision + 1
 WHERE id = %(id)s AND overdue_since IS NULL AND deadline_at <= app_now()
   AND status IN ('pending', 'in_progress')
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class RollbackStore:
    database: Database

    async def start(
        self, order: Order, *, budget: timedelta, steps: Sequence[tuple[str, timedelta]]
    ) -> Rollback:
        """Store the order, or return the rollback that the same key started before.

        Raises RollbackInProgress if the environment has an unfinished one, IdempotencyKeyReused if
        the key came with another body. Both rules are the database's: any number may try at once.
        """
        values = order.model_dump() | {"evidence": Jsonb(order.evidence)}
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                INSERT, values | {"budget": budget, "step": steps[0][0]}
            )
            row = await cursor.fetchone()
            if row is None:
                return await self._instead(connection, order)
            for position, (step, step_budget) in enumerate(steps):
                await connection.execute(
                    INSERT_STEP,
                    {"id": row["id"], "step": step, "position": position, "budget": step_budget},
                )
            rollback = await read(connection, row["id"])
            await write_audit(
                connection,
                actor=order.requested_by,
                action="rollback.start",
                environment=order.environment,
                subject=order.target,
                reason=order.reason,
                result="accepted",
                facts={
                    "rollback_id": str(rollback.id),
                    "from": order.from_deployment,
                    "undoes": str(order.undoes) if order.undoes else None,
                },
            )
            await ending.alert_started(connection, rollback)
        return rollback

    async def _instead(self, connection: Connection, order: Order) -> Rollback:
        if order.idempotency_key and order.request_sha256:
            known = await same_key(
                connection, order.requested_by, order.idempotency_key, order.request_sha256
            )
            if known is not None:
                return known
        raise await self._in_progress(connection, order)

    async def _in_progress(self, connection: Connection, order: Order) -> errors.Error:
        cursor = await connection.execute(
            "SELECT id, requested_by, requested_at FROM rollbacks"
            " WHERE environment = %(environment)s AND status IN ('pending', 'in_progress')",
            {"environment": order.environment},
        )
        running = await cursor.fetchone()
        if running is None:
            return errors.Conflict("Another rollback has just ended. Look at it, then try again.")
        return in_the_way(
            f"{running['requested_by']} already started a rollback of {order.environment}.",
            rollback_id=running["id"],
            requested_by=running["requested_by"],
            requested_at=running["requested_at"],
        )

    async def get(self, rollback_id: UUID) -> Rollback:
        """Raises NotFound."""
        async with self.database.transaction() as connection:
            return await read(connection, rollback_id)

    async def pulse(self, rollback_id: UUID) -> tuple[int, bool]:
        """Its revision, and whether its worker has left it. Raises NotFound."""
        row = await self.database.one(PULSE, id=rollback_id, patience=STANDBY_PATIENCE)
        if row is None:
            raise not_found(rollback_id)
        return row["revision"], row["is_abandoned"]

    async def find_by_key(
        self, requested_by: str, idempotency_key: str, request_sha256: bytes
    ) -> Rollback | None:
        """The rollback that this key started before. Raises IdempotencyKeyReused."""
        async with self.database.transaction() as connection:
            return await same_key(connection, requested_by, idempotency_key, request_sha256)

    async def newest(self, environment: str) -> tuple[Rollback | None, datetime]:
        """The environment's last rollback, if there was one, and the database's time."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute(NEWEST, {"environment": environment})
            row = await cursor.fetchone()
            assert row is not None
            found = await read(connection, row["id"]) if row["id"] else None
        return found, row["now"]

    async def unfinished(self) -> list[UUID]:
        rows = await self.database.all(
            "SELECT id FROM rollbacks WHERE status IN ('pending', 'in_progress')"
        )
        return [row["id"] for row in rows]

    async def claim(
        self, rollback_id: UUID, *, lease: timedelta, patience: timedelta = timedelta(0)
    ) -> Claim | None:
        """Take the next step for `lease`, or None when it is final, asleep or somebody else's.

        `patience`: how long it must have been due; a standby waits, the worker does not.
        """
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                CLAIM,
                {
                    "id": rollback_id,
                    "lease": lease,
                    "patience": patience,
                    "abandoned_after": ABANDONED_AFTER,
                },
            )
            row = await cursor.fetchone()
            if row is None:
                return None
            return Claim(rollback=await read(connection, rollback_id), **row)

    async def renew(self, claim: Claim, *, lease: timedelta) -> None:
        """Raises StaleLease."""
        row = await self.database.one(
            RENEW, id=claim.rollback.id, fence=claim.rollback.fence, lease=lease
        )
        held(row)

    async def remember(self, claim: Claim, **facts: Any) -> None:
        """Keep what the step must know when it runs again. Raises StaleLease."""
        row = await self.database.one(
            REMEMBER,
            id=claim.rollback.id,
            fence=claim.rollback.fence,
            step=claim.step,
            facts=Jsonb(facts),
        )
        held(row)
        claim.facts.update(facts)

    async def reorder(self, claim: Claim, order: Sequence[str]) -> None:
        """Set the order of the rollback's steps. Raises StaleLease."""
        row = await self.database.one(
            REORDER, id=claim.rollback.id, fence=claim.rollback.fence, order=list(order)
        )
        held(row)

    async def is_past_deadline(self, claim: Claim) -> bool:
        row = await self.database.one(PAST_DEADLINE, id=claim.rollback.id, step=claim.step)
        return bool(row and row["past"])

    async def record(self, claim: Claim, change: Change) -> Rollback:
        """Write what a step's outcome means, all of it or nothing. Raises StaleLease.

        Safe to repeat after a lost acknowledgement, as long as nobody claimed it since.
        """
        async with self.database.transaction() as connection:
            if not await write_change(connection, claim, change):
                raise taken_over()
            rollback = await read(connection, claim.rollback.id)
            if rollback.overdue_since is not None:
                await ending.alert_overdue(connection, rollback)
            if rollback.is_final:
                await ending.write(connection, rollback, change)
        return rollback

    async def mark_overdue(self, rollback_id: UUID) -> None:
        """Mark and alert, once, if it is unfinished and its time is up."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute(MARK_OVERDUE, {"id": rollback_id})
            if await cursor.fetchone() is not None:
                await ending.alert_overdue(connection, await read(connection, rollback_id))


async def read(connection: Connection, rollback_id: UUID) -> Rollback:
    cursor = await connection.execute(SELECT + " WHERE r.id = %(id)s", {"id": rollback_id})
    row = await cursor.fetchone()
    if row is None:
        raise not_found(rollback_id)
    return Rollback.model_validate(row)


def not_found(rollback_id: UUID) -> errors.NotFound:
    return errors.NotFound("No rollback has this id.", rollback_id=str(rollback_id))


async def same_key(
    connection: Connection, requested_by: str, idempotency_key: str, request_sha256: bytes
) -> Rollback | None:
    cursor = await connection.execute(
        BY_KEY, {"requested_by": requested_by, "idempotency_key": idempotency_key}
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    if row["request_sha256"] != request_sha256:
        raise errors.IdempotencyKeyReused(
            "This Idempotency-Key belongs to an earlier rollback with another body."
            " Use a new key for a new rollback.",
            rollback_id=str(row["id"]),
        )
    return await read(connection, row["id"])


def held(row: DictRow | None) -> None:
    if row is None:
        raise taken_over()


def taken_over() -> errors.StaleLease:
    return errors.StaleLease("Another invocation took this rollback over.")
