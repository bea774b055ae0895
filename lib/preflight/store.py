"""What preflights found, who does the next one, and when sweeps came.

All times are the database's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from lib.postgres import Connection, Database
from lib.preflight.models import Armed
from lib.rollback.models import Environment

KEEP = timedelta(days=90)
#: Scheduled sweeps that are looked at: enough that one that was missed or doubled is no pattern.
RUNS = 10
RUNS_KEPT = 20

#: Moving the mark claims it: of sweeps that overlap, one does it. One that dies is followed after
#: the lease.
CLAIM = """
UPDATE environments SET next_preflight_at = app_now() + %(lease)s
 WHERE environment = %(environment)s AND (%(force)s OR next_preflight_at <= app_now())
RETURNING app_now() AS now
"""

#: Also the lock under which results are written, one after another.
PLAN_NEXT = """
UPDATE environments SET next_preflight_at = app_now() + %(every)s
 WHERE environment = %(environment)s
"""

NEWEST = """
SELECT id, checked_at, is_armed, checks FROM preflights
 WHERE environment = %(environment)s ORDER BY id DESC LIMIT 1
"""

SAME_STATES = """
UPDATE preflights SET checked_at = %(checked_at)s, checks = %(checks)s WHERE id = %(id)s
"""

NEW_STATES = """
INSERT INTO preflights (environment, since, checked_at, is_armed, checks)
VALUES (%(environment)s, %(checked_at)s, %(checked_at)s, %(is_armed)s, %(checks)s)
"""

FORGET = """
DELETE FROM preflights p
 WHERE environment = %(environment)s AND checked_at < app_now() - %(keep)s
   AND EXISTS (SELECT 1 FROM preflights newer
                WHERE newer.environment = p.environment AND newer.id > p.id)
"""

NOTE_RUN = """
WITH noted AS (INSERT INTO scheduled_sweeps DEFAULT VALUES RETURNING id)
DELETE FROM scheduled_sweeps s USING noted WHERE s.id <= noted.id - %(kept)s
"""

RUNS_SEEN = """
SELECT count(*) AS runs, app_now() - max(at) AS since,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS gap
  FROM (SELECT at, at - lag(at) OVER (ORDER BY at) AS gap
          FROM scheduled_sweeps ORDER BY at DESC LIMIT %(runs)s) newest
"""

#: Looks that reached the app, and so are in its logs.
LOOKS = """
SELECT count(*) AS looks FROM probes
 WHERE environment = %(environment)s AND live = 'ok' AND at > app_now() - %(within)s
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """How the platform's scheduler has called lately."""

    runs: int
    #: Since the newest; None: none came yet.
    since: timedelta | None
    #: Median of those between two; None: there was only one.
    gap: timedelta | None


@dataclass(frozen=True, slots=True)
class PreflightStore:
    database: Database

    async def claim(
        self, environment: Environment, *, lease: timedelta, force: bool
    ) -> datetime | None:
        """The time of the preflight that is now ours; None: it is not due."""
        row = await self.database.one(CLAIM, environment=environment, lease=lease, force=force)
        return row["now"] if row else None

    async def save(
        self, connection: Connection, environment: Environment, found: Armed, *, again: timedelta
    ) -> bool:
        """False: a later one was faster, and holds. `again`: until the next one."""
        await connection.execute(PLAN_NEXT, {"environment": environment, "every": again})
        row = await (await connection.execute(NEWEST, {"environment": environment})).fetchone()
        if row and row["checked_at"] > found.checked_at:
            return False
        values: dict[str, Any] = {
            "environment": environment,
            "checked_at": found.checked_at,
            "is_armed": found.is_armed,
            "checks": Jsonb([check.model_dump() for check in found.checks]),
        }
        if row and Armed.model_validate(row).states == found.states:
            await connection.execute(SAME_STATES, values | {"id": row["id"]})
        else:
            await connection.execute(NEW_STATES, values)
        await connection.execute(FORGET, {"environment": environment, "keep": KEEP})
        return True

    async def newest(self, environment: Environment) -> Armed | None:
        row = await self.database.one(NEWEST, environment=environment)
        return Armed.model_validate(row) if row else None

    async def note_scheduled_run(self) -> None:
        await self.database.execute(NOTE_RUN, kept=RUNS_KEPT)

    async def pace(self) -> Pace:
        row = await self.database.one(RUNS_SEEN, runs=RUNS)
        assert row is not None
        return Pace(row["runs"], row["since"], row["gap"])

    async def looks(self, environment: Environment, *, within: timedelta) -> int:
        row = await self.database.one(LOOKS, environment=environment, within=within)
        assert row is not None
        return int(row["looks"])

    async def time_until(self, moment: datetime) -> timedelta:
        row = await self.database.one("SELECT %(moment)s - app_now() AS left", moment=moment)
        assert row is not None
        left: timedelta = row["left"]
        return left
