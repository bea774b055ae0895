"""The outbox in Postgres. All times are the database's; every write names its fence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from lib.alerts import NEWS, raise_alert, resolve_named, told_as
from lib.moments import in_utc
from lib.notify.message import Channel, Event, Message, page_of
from lib.postgres import Connection, Database

#: One that is not acknowledged is told again so often, an hour in all; then the page has it.
REPEAT_EVERY = timedelta(minutes=5)
REPEATS = 12

KEEP_CHANNEL = """
INSERT INTO notify_channels (name, pages) VALUES (%(name)s, %(pages)s)
ON CONFLICT (name) DO UPDATE SET pages = excluded.pages
 WHERE notify_channels.pages <> excluded.pages
"""

FORGET_CHANNELS = "DELETE FROM notify_channels WHERE name <> ALL(%(names)s)"

#: What waits for a channel that is gone: nobody will send it.
FORGET_ROWS = """
UPDATE outbox SET done_at = app_now(), error = 'its setting was removed'
 WHERE done_at IS NULL AND channel <> ALL(%(names)s)
"""

CLAIM = """
WITH due AS (
  SELECT id FROM outbox
   WHERE channel = %(channel)s AND done_at IS NULL AND greatest(due_at, lease_until) <= app_now()
   ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE outbox o
     SET fence = fence + 1, attempt = attempt + 1, lease_until = app_now() + %(lease)s
    FROM due WHERE o.id = due.id
  RETURNING o.id, o.alert_id, o.event, o.fence, o.attempt
)
SELECT c.id, c.fence, c.attempt, c.alert_id, c.event, a.environment, a.kind, a.sentence, a.once,
       a.at, a.rollback_id, app_now() AS now
  FROM claimed c JOIN alerts a ON a.id = c.alert_id
"""

#: The fence was lost: the alert was acknowledged or resolved meanwhile, or another sender has it.
ACCEPTED = """
UPDATE outbox
   SET sent = sent + 1, attempt = 0, error = NULL, lease_until = app_now(),
       due_at = app_now() + %(repeat_every)s,
       done_at = CASE WHEN %(repeats)s > sent + 1 THEN NULL ELSE app_now() END
 WHERE id = %(id)s AND fence = %(fence)s
"""

REFUSED = """
UPDATE outbox
   SET error = %(why)s, lease_until = app_now(), due_at = app_now() + %(delay)s,
       done_at = CASE WHEN %(give_up)s THEN app_now() END
 WHERE id = %(id)s AND fence = %(fence)s
RETURNING id
"""

#: It asked us to wait: that holds for everything that waits for this channel.
POSTPONE = """
UPDATE outbox SET due_at = greatest(due_at, app_now() + %(delay)s)
 WHERE channel = %(channel)s AND done_at IS NULL
"""

#: One trouble lasts until the channel accepts something: it is an alert once.
LAST_ACCEPTED = """
SELECT coalesce(max(id), 0) AS id FROM outbox WHERE channel = %(channel)s AND sent > 0
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The right to send one message through one channel, until the lease ends."""

    id: int
    fence: int
    #: Counts from 1 since it was last accepted.
    attempt: int
    message: Message


@dataclass(frozen=True, slots=True)
class OutboxStore:
    database: Database

    async def keep_channels(self, channels: Sequence[Channel]) -> None:
        """From now on alerts are written for these channels, and for no other."""
        names = {"names": [channel.name for channel in channels]}
        async with self.database.transaction() as connection:
            for channel in channels:
                values = {"name": channel.name, "pages": channel.pages}
                await connection.execute(KEEP_CHANNEL, values)
            await connection.execute(FORGET_CHANNELS, names)
            await connection.execute(FORGET_ROWS, names)

    async def claim(
        self, channel: str, *, lease: timedelta, link: str | None = None
    ) -> Delivery | None:
        """What has been due for longest, or None: nothing is, or others have it."""
        row = await self.database.one(CLAIM, channel=channel, lease=lease)
        if row is None:
            return None
        own = {name: row.pop(name) for name in ("id", "fence", "attempt")}
        row |= {
            "event": Event(row["event"]),
            "once": told_as(row["once"], row["alert_id"]),
            "at": in_utc(row["at"]),
            "pages": row["kind"] not in NEWS,
            "link": page_of(link, row["environment"]),
        }
        return Delivery(message=Message(**row), **own)

    async def accepted(self, delivery: Delivery, channel: str, *, repeat: bool) -> None:
        """And that the channel could not be told is over."""
        values = {
            "id": delivery.id,
            "fence": delivery.fence,
            "repeat_every": REPEAT_EVERY,
            "repeats": REPEATS if repeat else 1,
        }
        async with self.database.transaction() as connection:
            trouble = await name_trouble(connection, channel)
            await connection.execute(ACCEPTED, values)
            await resolve_named(connection, [trouble])

    async def refused(
        self,
        delivery: Delivery,
        channel: str,
        *,
        why: str,
        delay: timedelta,
        postpone: bool,
        give_up: bool,
        alert: bool,
    ) -> None:
        """`postpone`: everything else of the channel waits too; `alert`: people should know."""
        values = {
            "id": delivery.id,
            "fence": delivery.fence,
            "why": why,
            "delay": delay,
            "give_up": give_up,
            "channel": channel,
        }
        async with self.database.transaction() as connection:
            held = await (await connection.execute(REFUSED, values)).fetchone()
            if postpone:
                await connection.execute(POSTPONE, values)
            if alert and held is not None:
                await alert_cannot_send(connection, channel, delivery.message, why)


async def alert_cannot_send(
    connection: Connection, channel: str, message: Message, why: str
) -> None:
    """Through every channel but the broken one; and on the page, if there is no other."""
    await raise_alert(
        connection,
        environment=message.environment,
        kind="cannot_send",
        sentence=f"{channel.capitalize()} cannot be told: {why}. Not told there:"
        f" {message.sentence}",
        once=await name_trouble(connection, channel),
        rollback_id=message.rollback_id,
        not_through=channel,
    )


async def name_trouble(connection: Connection, channel: str) -> str:
    last = await (await connection.execute(LAST_ACCEPTED, {"channel": channel})).fetchone()
    assert last is not None
    return f"cannot_send:{channel}:{last['id']}"
