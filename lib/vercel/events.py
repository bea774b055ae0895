"""Webhook events in Postgres: each is acted on once, and what it says is kept for two days."""

import logging
from dataclasses import dataclass

from lib.deployments.models import Move
from lib.postgres import Database
from lib.vercel.webhook import EARLIEST, GO_LIVE, OLDEST, Event

log = logging.getLogger(__name__)

#: Two days of ids: twice as long as the platform repeats a delivery.
INSERT = """
WITH old AS (DELETE FROM webhook_events WHERE received_at < app_now() - interval '2 days'),
event AS (
  SELECT created_at, created_at <= app_now() - %(oldest)s AS is_late,
         created_at > app_now() + %(earliest)s AS is_early
    FROM (SELECT to_timestamp(%(created_at)s / 1000.0) AS created_at) sent
), kept AS (
  INSERT INTO webhook_events (id, type, created_at, deployment, moved_by)
  SELECT %(id)s, %(type)s, created_at, %(deployment)s, %(moved_by)s
    FROM event WHERE NOT is_late AND NOT is_early
  ON CONFLICT DO NOTHING
  RETURNING id
)
SELECT is_late, is_early, EXISTS (SELECT FROM kept) AS is_news FROM event
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
        """False for one that was seen before, and for one that is no delivery of this day's: it is
        answered like any other, so that it does not come again.
        """
        row = await self.database.one(
            INSERT,
            id=event.id,
            type=event.type,
            created_at=event.created_at,
            oldest=OLDEST,
            earliest=EARLIEST,
            deployment=event.deployment_id,
            moved_by=event.user_id,
        )
        assert row is not None
        if row["is_late"] or row["is_early"]:
            why = "it is too old" if row["is_late"] else "it is from the future"
            log.warning("event_not_acted_on", extra={"event_id": event.id, "why": why})
        return bool(row["is_news"])

    async def told(self, deployment_id: str, *, since: int) -> Move | None:
        """How the deployment went live, and who did it, by an event later than `since` (ms)."""
        row = await self.database.one(TOLD, deployment=deployment_id, types=[*GO_LIVE], since=since)
        return Move(GO_LIVE[row["type"]], row["moved_by"]) if row else None
