"""Changes of the app's ledger, in Postgres: each once, whoever sees it. All times are ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lib.migrations.moves import LedgerEvent, LedgerMove, moved
from lib.postgres import Database
from lib.rollback.models import Environment

#: Moving the mark claims the reading: of sweeps that overlap, one reads.
CLAIM = """
UPDATE ledger_watch SET next_read_at = app_now() + %(every)s, fence = fence + 1
 WHERE next_read_at <= app_now()
RETURNING fence
"""

#: Of two readings, the later one's answer is the newer: an older one that was held up is dropped.
MINE = "SELECT fence FROM ledger_watch WHERE fence = %(fence)s FOR UPDATE"

INSERT = """
INSERT INTO ledger_events (environment, changed_after, ledger_from, ledger_to, live_deployment)
SELECT e.environment, w.read_at, w.ledger, %(ledger)s::text[], p.deployment
  FROM ledger_watch w CROSS JOIN environments e
  LEFT JOIN live_periods p ON p.environment = e.environment AND p.live_until IS NULL
 WHERE w.ledger <> %(ledger)s::text[]
RETURNING id
"""

KEEP = """
UPDATE ledger_watch SET ledger = %(ledger)s, conflicts = %(conflicts)s, read_at = app_now()
"""

SINCE = """
SELECT at, changed_after, ledger_from, ledger_to FROM ledger_events
 WHERE environment = %(environment)s AND at > %(live_from)s
 ORDER BY id
"""

#: What is known of the release that went live then.
LIVE = """
SELECT p.ledger, CASE WHEN d.migrations_recorded_at IS NOT NULL THEN
         array(SELECT m.version FROM deployment_migrations m WHERE m.deployment = d.id) END
         AS contained
  FROM live_periods p JOIN deployment_details d ON d.id = p.deployment
 WHERE p.environment = %(environment)s AND p.live_from <= %(live_from)s
 ORDER BY p.id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class LedgerEvents:
    database: Database

    async def claim(self, *, every: timedelta) -> int | None:
        """The fence of the reading that is due, or None: none is, or another sweep has it."""
        row = await self.database.one(CLAIM, every=every)
        return int(row["fence"]) if row else None

    async def note(self, fence: int, ledger: Sequence[str], conflicts: int = 0) -> bool:
        """What was read under this fence. True: it has changed, and that is an event.

        The first reading of all changes nothing: it is what the others are held against.
        """
        values = {"fence": fence, "ledger": list(ledger), "conflicts": conflicts}
        async with self.database.transaction() as connection:
            if await (await connection.execute(MINE, values)).fetchone() is None:
                return False
            events = await (await connection.execute(INSERT, values)).fetchall()
            await connection.execute(KEEP, values)
        return bool(events)

    async def ledger_moved_since(
        self, environment: Environment, live_from: datetime
    ) -> LedgerMove | None:
        """What others changed in the app's database since its live release went live then."""
        rows = await self.database.all(SINCE, environment=environment, live_from=live_from)
        live = await self.database.one(LIVE, environment=environment, live_from=live_from)
        return moved(
            [
                LedgerEvent(
                    row["at"],
                    row["changed_after"],
                    tuple(row["ledger_from"]),
                    tuple(row["ledger_to"]),
                )
                for row in rows
            ],
            contained=live["contained"] if live else None,
            at_go_live=live["ledger"] if live else None,
        )
