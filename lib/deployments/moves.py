"""Who let the live deployment go live, in Postgres: what may still be learnt of it, and when."""

from dataclasses import dataclass

from lib.deployments import going_live
from lib.deployments.models import Move
from lib.deployments.store import LOCK
from lib.postgres import Database
from lib.rollback.models import Environment

#: The platform's events come for a day, so who it was may be known later than that it is live.
UNEXPLAINED = """
SELECT 1 FROM live_periods p JOIN deployment_history h ON h.id = p.deployment
 WHERE p.environment = %(environment)s AND h.vercel_deployment_id = %(vercel_deployment_id)s
   AND p.live_until IS NULL AND p.rollback_id IS NULL
   AND (p.moved_by IS NULL OR p.how = 'observed') AND p.live_from > app_now() - interval '1 day'
"""

#: What is known stays known.
EXPLAIN = """
UPDATE live_periods p
   SET moved_by = coalesce(p.moved_by, %(by)s),
       how = CASE p.how WHEN 'observed' THEN %(how)s ELSE p.how END
  FROM deployment_history h
 WHERE h.id = p.deployment AND h.vercel_deployment_id = %(vercel_deployment_id)s
   AND p.environment = %(environment)s AND p.live_until IS NULL AND p.rollback_id IS NULL
   AND (p.moved_by IS NULL AND %(by)s::text IS NOT NULL
        OR p.how = 'observed' AND %(how)s <> 'observed')
RETURNING p.id
"""

#: ms since 1970: what the platform says of an earlier time is about an earlier period. We may have
#: seen that one begin a little late, and its clock is not ours.
NEWS_SINCE = """
SELECT coalesce((extract(epoch FROM greatest(
         max(p.live_from) FILTER (WHERE h.vercel_deployment_id <> %(vercel_deployment_id)s)
           - interval '10 seconds',
         max(p.live_from) FILTER (WHERE h.vercel_deployment_id = %(vercel_deployment_id)s
           AND p.live_until IS NOT NULL))) * 1000)::bigint, 0) AS since
  FROM live_periods p JOIN deployment_history h ON h.id = p.deployment
 WHERE p.environment = %(environment)s
"""


@dataclass(frozen=True, slots=True)
class MoveStore:
    database: Database

    async def is_unexplained(self, environment: Environment, deployment_id: str) -> bool:
        """It is live, it was not us, and who or how is not known yet."""
        row = await self.database.one(
            UNEXPLAINED, environment=environment, vercel_deployment_id=deployment_id
        )
        return row is not None

    async def explain(self, environment: Environment, deployment_id: str, move: Move) -> None:
        """Write down who let the live deployment go live, and how, where that was not known."""
        values: dict[str, object] = {
            "environment": environment,
            "vercel_deployment_id": deployment_id,
            "how": move.how,
            "by": move.by,
        }
        async with self.database.transaction() as connection:
            await connection.execute(LOCK, values)
            if await (await connection.execute(EXPLAIN, values)).fetchone() is not None:
                period = await going_live.read_period(connection, environment)
                await going_live.write_explained(connection, period)

    async def news_since(self, environment: Environment, deployment_id: str) -> int:
        """ms since 1970: only later news of the platform are about how it is live now."""
        row = await self.database.one(
            NEWS_SINCE, environment=environment, vercel_deployment_id=deployment_id
        )
        assert row is not None
        return int(row["since"])
