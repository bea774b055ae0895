"""Webhook events in Postgres: each is acted on once."""

from dataclasses import dataclass

from lib.postgres import Database
from lib.vercel.webhook import OLDEST, Event

#: Two days of ids: twice as long as the platform repeats a delivery.
INSERT = """
WITH old AS (DELETE FROM webhook_events WHERE received_at < app_now() - interval '2 days')
INSERT INTO webhook_events (id, type, created_at)
SELECT %(id)s, %(type)s, created_at
  FROM (SELECT to_timestamp(%(created_at)s / 1000.0) AS created_at) event
 WHERE created_at > app_now() - %(oldest)s
ON CONFLICT DO NOTHING
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class EventStore:
    database: Database

    async def is_news(self, event: Event) -> bool:
        """False for an event that was seen before or is too old to be one of the platform's."""
        row = await self.database.one(
            INSERT, id=event.id, type=event.type, created_at=event.created_at, oldest=OLDEST
        )
        return row is not None
