"""Webhook events in Postgres: each is acted on once, and what it says is kept for two days."""

from dataclasses import dataclass

from lib.deployments.models import Move
from lib.postgres import Database
from lib.vercel.webhook import GO_LIVE, OLDEST, Event

#: Two days of ids: twice as long as the platform repeats a delivery.
INSERT = """
WITH old AS (DELETE FROM webhook_events WHERE received_at < app_now() - interval '2 days')
INSERT INTO webhook_events (id, type, created_at, deployment, moved_by)
SELECT %(id)s, %(type)s, created_at, %(deployment)s, %(moved_by)s
  FROM (SELECT to_timestamp(%(created_at)s / 1000.0) AS created_at) event
 WHERE created_at > app_now() - %(oldest)s
ON CONFLICT DO NOTHING
RETURNING id
"""

#: A promotion says who let it go live; that its build succeeded, who pushed it.
TOLD = """
SELECT type, moved_by FROM webhook_events
 WHERE deployment = %(deployment)s AND type = ANY(%(types)s)
   AND created_at > to_timestamp(%(since)s / 1000.0)
 ORDER BY type IN ('deployment.promoted', 'deployment.rollback') DESC, created_at DESC
 LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class EventStore:
    database: Database

    async def is_news(self, event: Event) -> bool:
        """False for an event that was seen before or is too old to be one of the platform's."""
        row = await self.database.one(
            INSERT,
            id=event.id,
            type=event.type,
            created_at=event.created_at,
            oldest=OLDEST,
            deployment=event.deployment_id,
            moved_by=event.user_id,
        )
        return row is not None

    async def told(self, deployment_id: str, *, since: int) -> Move | None:
        """How the deployment went live, and who did it, by an event later than `since` (ms)."""
        row = await self.database.one(TOLD, deployment=deployment_id, types=[*GO_LIVE], since=since)
        return Move(GO_LIVE[row["type"]], row["moved_by"]) if row else None
