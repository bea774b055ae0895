"""Alerts: what a person should know now. Stored, shown, logged, and told through every channel.

Everything here happens in the transaction of what is told, or not at all: the alert, and one row
per channel for `lib/notify` to send. Who raises an alert knows nothing of channels.
"""

import logging
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from lib.postgres import Connection

log = logging.getLogger(__name__)

#: Good to know, and nobody is woken. Every other kind pages.
NEWS = frozenset(
    {
        "more_refused",
        "promoted_in_freeze",
        "rollback_completed",
        "rollback_started",
        "rolled_back_elsewhere",
        "would_roll_back",
    }
)

#: `once` of the alert that the log drain brings nothing.
DRAIN_SILENT = "drain_silent"
#: The kind of the alert that the app's database is another one than was known.
OTHER_DATABASE = "other_database"

INSERT = """
WITH raised AS (
  INSERT INTO alerts (environment, kind, sentence, once, rollback_id)
  VALUES (%(environment)s, %(kind)s, %(sentence)s, %(once)s, %(rollback_id)s)
  ON CONFLICT (once) DO NOTHING RETURNING id
), told AS (
  INSERT INTO outbox (alert_id, channel, event)
  SELECT raised.id, c.name, 'raised' FROM raised, notify_channels c
   WHERE (%(pages)s OR NOT c.pages) AND c.name IS DISTINCT FROM %(not_through)s
)
SELECT id FROM raised
"""

ACKNOWLEDGE = """
UPDATE alerts SET acknowledged_at = app_now(), acknowledged_by = %(by)s
 WHERE id = %(id)s AND acknowledged_at IS NULL AND resolved_at IS NULL
RETURNING id
"""

#: It gives its `once` back: the same trouble may come again, and is another alert then.
RESOLVE = """
UPDATE alerts SET resolved_at = app_now(), once = once || '#' || id
 WHERE environment = %(environment)s AND kind = ANY(%(kinds)s) AND resolved_at IS NULL
   AND at <= app_now() - %(older_than)s
RETURNING id
"""

RESOLVE_NAMED = """
UPDATE alerts SET resolved_at = app_now(), once = once || '#' || id
 WHERE once = ANY(%(names)s) AND resolved_at IS NULL
RETURNING id
"""

#: What pages is not repeated any more, and whoever was paged hears why. One that is being sent at
#: this moment loses its fence, and the news follows when its sender is surely through.
FOLLOW_UP = """
WITH paging AS (
  UPDATE outbox o SET done_at = coalesce(done_at, app_now()), fence = fence + 1
    FROM notify_channels c
   WHERE c.name = o.channel AND c.pages AND o.event = 'raised' AND o.alert_id = ANY(%(alerts)s)
  RETURNING o.alert_id, o.channel, o.sent + o.attempt > 0 AS heard, o.lease_until
)
INSERT INTO outbox (alert_id, channel, event, due_at)
SELECT alert_id, channel, %(event)s, greatest(app_now(), lease_until) FROM paging WHERE heard
ON CONFLICT DO NOTHING
"""


async def raise_alert(
    connection: Connection,
    *,
    environment: str,
    kind: str,
    sentence: str,
    once: str,
    rollback_id: UUID | None = None,
    not_through: str | None = None,
) -> bool:
    """False if the same alert (`once`) was raised before and is not over: people are told once.

    `not_through`: a channel that is not used for it, because it is what the alert is about.
    """
    pages = kind not in NEWS
    values = {
        "environment": environment,
        "kind": kind,
        "sentence": sentence,
        "once": once,
        "rollback_id": rollback_id,
        "pages": pages,
        "not_through": not_through,
    }
    raised = await (await connection.execute(INSERT, values)).fetchone() is not None
    if raised:
        log.log(
            logging.ERROR if pages else logging.INFO,
            "alert_raised",
            extra={"environment": environment, "kind": kind, "text": sentence},
        )
    return raised


async def acknowledge(connection: Connection, alert_id: int, *, by: str) -> bool:
    """Somebody takes care of it: it is not repeated. False if that was so, or it is over."""
    row = await (await connection.execute(ACKNOWLEDGE, {"id": alert_id, "by": by})).fetchone()
    if row is not None:
        await follow_up(connection, [row["id"]], "acknowledged")
    return row is not None


async def resolve(
    connection: Connection,
    environment: str,
    kinds: Collection[str],
    *,
    older_than: timedelta = timedelta(0),
) -> None:
    """What was wrong in this environment is over."""
    values = {"environment": environment, "kinds": list(kinds), "older_than": older_than}
    rows = await (await connection.execute(RESOLVE, values)).fetchall()
    if rows:
        await follow_up(connection, [row["id"] for row in rows], "resolved")


async def resolve_named(connection: Connection, names: Collection[str]) -> None:
    """These alerts, named by their `once`, are over; others of their kind may go on."""
    rows = await (await connection.execute(RESOLVE_NAMED, {"names": list(names)})).fetchall()
    if rows:
        await follow_up(connection, [row["id"] for row in rows], "resolved")


def told_as(once: str, alert_id: int) -> str:
    """What `once` was when it was raised."""
    return once.removesuffix(f"#{alert_id}")


async def follow_up(connection: Connection, alerts: list[int], event: str) -> None:
    await connection.execute(FOLLOW_UP, {"alerts": alerts, "event": event})
