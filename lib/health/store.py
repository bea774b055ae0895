"""Looks of the sweep in Postgres, and who takes the next one. All times are the database's."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from lib.health.probe import Health, Look
from lib.health.rule import Pair
from lib.postgres import Database
from lib.rollback.models import Environment

#: Enough to judge by; older looks are history.
JUDGED = 12
KEEP = timedelta(days=2)
#: But what an incident report shows: the looks before a rollback, and those that watched it.
KEEP_REPORTED = timedelta(days=90)
BEFORE_ROLLBACK = timedelta(minutes=15)

#: Moving the mark claims the look: of sweeps that overlap, one takes it.
CLAIM_LOOK = """
UPDATE environments SET next_look_at = app_now() + %(every)s
 WHERE environment = %(environment)s AND next_look_at <= app_now()
RETURNING environment
"""

BRING_FORWARD = """
UPDATE environments SET next_look_at = least(next_look_at, app_now() + %(within)s)
 WHERE environment = %(environment)s
"""

#: The same for the checks that follow a rollback: a later one ends those of the one before.
CLAIM_WATCH = """
UPDATE rollbacks r SET next_watch_at = app_now() + %(every)s
 WHERE environment = %(environment)s AND status = 'completed'
   AND next_watch_at <= app_now() AND finished_at > app_now() - %(watch)s
   AND NOT EXISTS (SELECT 1 FROM rollbacks later
                    WHERE later.environment = r.environment AND later.status = 'completed'
                      AND later.requested_at > r.requested_at)
RETURNING id
"""

#: And those that follow a rollback that somebody made elsewhere.
CLAIM_WATCH_ELSEWHERE = """
UPDATE live_periods SET next_watch_at = app_now() + %(every)s
 WHERE environment = %(environment)s AND live_until IS NULL AND how = 'rolled_back_elsewhere'
   AND coalesce(next_watch_at, live_from) <= app_now() AND live_from > app_now() - %(watch)s
RETURNING id
"""

#: What was just rolled back to is no longer live, and no rollback moved it. After a roll forward
#: the next release is nothing to tell.
MOVED = """
SELECT id, target FROM rollbacks r
 WHERE environment = %(environment)s AND status = 'completed'
   AND finished_at > app_now() - %(watch)s AND target <> %(live)s AND undoes IS NULL
   AND NOT EXISTS (SELECT 1 FROM rollbacks later
                    WHERE later.environment = r.environment AND later.requested_at > r.requested_at)
"""

INSERT = """
INSERT INTO probes
  (environment, deployment, live, detail, checks, target, target_state, rollback_id,
   watched_period)
VALUES (%(environment)s, %(deployment)s, %(live)s, %(detail)s, %(checks)s, %(target)s,
        %(target_state)s, %(rollback_id)s, %(watched_period)s)
"""

FORGET = """
DELETE FROM probes p
 WHERE environment = %(environment)s AND at < app_now() - %(keep)s
   AND (at < app_now() - %(keep_reported)s OR rollback_id IS NULL AND NOT EXISTS (
          SELECT 1 FROM rollbacks r WHERE r.environment = p.environment
             AND r.requested_at BETWEEN p.at AND p.at + %(before_rollback)s))
"""

NEWEST = """
SELECT at, live, target_state, deployment, target FROM probes
 WHERE environment = %(environment)s ORDER BY id DESC LIMIT %(limit)s
"""

LAST = """
SELECT at, deployment, live, detail, checks FROM probes
 WHERE environment = %(environment)s ORDER BY id DESC LIMIT 1
"""

#: Somebody has to go on looking: a rollback runs or was just done, or the release is young, or what
#: is known of it is not good.
BUSY = """
SELECT EXISTS (SELECT 1 FROM rollbacks WHERE status IN ('pending', 'in_progress')
                  OR (status = 'completed' AND finished_at > app_now() - %(watch)s))
    OR EXISTS (SELECT 1 FROM live_periods
                WHERE live_until IS NULL AND (live_from > app_now() - %(young)s
                   OR how = 'rolled_back_elsewhere' AND live_from > app_now() - %(watch)s))
    OR EXISTS (SELECT 1 FROM environments e, LATERAL (
                SELECT live FROM probes p WHERE p.environment = e.environment
                 ORDER BY id DESC LIMIT 1) newest WHERE newest.live = 'failed')
    OR EXISTS (SELECT 1 FROM baselines b JOIN live_periods p ON p.id = b.period
                WHERE p.live_until IS NULL AND b.newest->>'state' IN ('suspect', 'rollback')
                  AND b.newest_until > app_now() - interval '5 minutes') AS busy,
       (SELECT min(next_look_at) - app_now() FROM environments) AS due_in
"""


@dataclass(frozen=True, slots=True)
class HealthStore:
    database: Database

    async def claim_look(self, environment: Environment, *, every: timedelta) -> bool:
        row = await self.database.one(CLAIM_LOOK, environment=environment, every=every)
        return row is not None

    async def bring_forward(self, environment: Environment, *, within: timedelta) -> None:
        """The next look is taken within this time, whatever was planned."""
        await self.database.execute(BRING_FORWARD, environment=environment, within=within)

    async def claim_watch(
        self, environment: Environment, *, every: timedelta, watch: timedelta
    ) -> UUID | None:
        """The rollback whose next check after completion is due now, if any."""
        row = await self.database.one(
            CLAIM_WATCH, environment=environment, every=every, watch=watch
        )
        return row["id"] if row else None

    async def claim_watch_elsewhere(
        self, environment: Environment, *, every: timedelta, watch: timedelta
    ) -> int | None:
        """The live period that began with somebody else's rollback, if its next look is due."""
        row = await self.database.one(
            CLAIM_WATCH_ELSEWHERE, environment=environment, every=every, watch=watch
        )
        return int(row["id"]) if row else None

    async def moved_after_rollback(
        self, environment: Environment, live: str, *, watch: timedelta
    ) -> tuple[UUID, str] | None:
        """The watched rollback and its target, if somebody has let another deployment go live."""
        row = await self.database.one(MOVED, environment=environment, live=live, watch=watch)
        return (row["id"], row["target"]) if row else None

    async def record(
        self,
        environment: Environment,
        *,
        deployment: str,
        live: Look,
        target: str | None,
        target_health: Health | None,
        rollback_id: UUID | None,
        watched_period: int | None = None,
    ) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(
                INSERT,
                {
                    "environment": environment,
                    "deployment": deployment,
                    "live": live.health,
                    "detail": live.detail,
                    "checks": Jsonb(dict(live.checks)),
                    "target": target,
                    "target_state": target_health,
                    "rollback_id": rollback_id,
                    "watched_period": watched_period,
                },
            )
            await connection.execute(
                FORGET,
                {
                    "environment": environment,
                    "keep": KEEP,
                    "keep_reported": KEEP_REPORTED,
                    "before_rollback": BEFORE_ROLLBACK,
                },
            )

    async def pairs(
        self, environment: Environment, *, deployment: str, target: str | None
    ) -> list[Pair]:
        """The newest looks in a row at this deployment against this target, newest first."""
        rows = await self.database.all(NEWEST, environment=environment, limit=JUDGED)
        pairs = []
        for row in rows:
            if (row["deployment"], row["target"]) != (deployment, target):
                break
            state = row["target_state"]
            pairs.append(Pair(row["at"], Health(row["live"]), Health(state) if state else None))
        return pairs

    async def last(self, environment: Environment) -> dict[str, Any] | None:
        return await self.database.one(LAST, environment=environment)

    async def next_look(self, *, watch: timedelta, young: timedelta) -> timedelta | None:
        """How long until a look is due; None: nothing needs one before the next sweep."""
        row = await self.database.one(BUSY, watch=watch, young=young)
        return row["due_in"] if row and row["busy"] else None
