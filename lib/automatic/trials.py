"""Switches that were turned off by itself and are watched, in Postgres, whose clock counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from lib.automatic.case import Case
from lib.postgres import Connection, Database
from lib.rollback.models import Environment

#: Then errors have had the time to stop: apps ask for their switches every few seconds.
WATCH = timedelta(seconds=30)

#: What could be turned off, those first that the release or an alert names. Where one did not help,
#: the next would not be worth another half a minute.
SUSPECT = """
SELECT f.key, f.title, f.loses,
       EXISTS (SELECT 1 FROM suspect_flags n JOIN live_periods p USING (deployment)
                WHERE p.id = %(period)s AND n.flag = f.key
                  AND (n.period IS NULL OR n.period = p.id)) AS is_named
  FROM flags f JOIN flag_states s ON s.flag = f.key
 WHERE s.environment = %(environment)s AND s.environment = ANY(f.environments)
   AND s.state = 'on' AND f.stays_on_because IS NULL AND f.key = ANY(%(keys)s)
   AND NOT EXISTS (SELECT 1 FROM flag_trials t WHERE t.period = %(period)s
                      AND (t.flag = f.key OR t.outcome <> 'helped'))
 ORDER BY is_named DESC, array_position(%(keys)s::text[], f.key)
 LIMIT 2
"""

OPEN = """
SELECT t.id, extract(epoch FROM t.at)::float8 AS began, t.at + %(watch)s > app_now() AS is_watched
  FROM flag_trials t
 WHERE t.period = %(period)s AND t.concluded_at IS NULL ORDER BY t.id DESC LIMIT 1
"""

#: Whatever their state, and whether or not they may be turned off: for a person to know.
TITLES = """
SELECT f.key, f.title FROM flags f JOIN flag_states s ON s.flag = f.key
 WHERE s.environment = %(environment)s AND s.environment = ANY(f.environments)
   AND f.key = ANY(%(keys)s)
 ORDER BY array_position(%(keys)s::text[], f.key) LIMIT %(most)s
"""

TRIED = """
SELECT f.title FROM flag_trials t JOIN flags f ON f.key = t.flag
 WHERE t.period = %(period)s AND t.outcome = 'did_not_help'
"""

P0 = "SELECT p0 FROM baselines WHERE period = %(period)s"

#: Nothing else has gone live, nobody has changed the mode, no person is waited for, and none is
#: watched.
STILL_SO = """
SELECT 1 FROM environments e JOIN live_periods p USING (environment)
 WHERE p.id = %(period)s AND p.live_until IS NULL AND e.mode = 'automatic'
   AND e.locked_by IS NULL
   AND NOT EXISTS (SELECT 1 FROM flag_trials t
                    WHERE t.period = p.id AND (t.concluded_at IS NULL OR t.flag = %(key)s))
"""

BEGIN = """
INSERT INTO flag_trials (environment, period, flag, rollback_id, errors, flagged)
VALUES (%(environment)s, %(period)s, %(key)s, %(rollback_id)s, %(errors)s, %(flagged)s)
"""

CONCLUDE = """
UPDATE flag_trials SET outcome = %(outcome)s, concluded_at = app_now()
 WHERE id = %(id)s AND concluded_at IS NULL RETURNING id
"""

#: Something else is live, or a person has turned it on again.
OVERTAKE = """
UPDATE flag_trials t SET concluded_at = app_now(), outcome = 'overtaken'
  FROM live_periods p, feature_rollbacks r
 WHERE p.id = t.period AND r.id = t.rollback_id AND t.concluded_at IS NULL
   AND (p.live_until IS NOT NULL OR r.restored_at IS NOT NULL)
"""

#: What nobody could tell by then is left to the looks that come anyway.
DUE = """
SELECT extract(epoch FROM min(t.at) + %(watch)s - app_now())::float8 AS due
  FROM flag_trials t WHERE t.concluded_at IS NULL AND t.at + 2 * %(watch)s > app_now()
"""


@dataclass(frozen=True, slots=True)
class Trial:
    id: int
    began: float  #: seconds since 1970
    is_watched: bool


@dataclass(frozen=True, slots=True)
class Suspect:
    key: str
    title: str
    loses: str
    #: By the release itself, or by whoever watches it.
    is_named: bool


@dataclass(frozen=True, slots=True)
class TrialStore:
    database: Database

    async def suspects(self, case: Case, keys: Collection[str]) -> list[Suspect]:
        """Of these, the best first, the two best that may be turned off."""
        rows = await self.database.all(
            SUSPECT, environment=case.environment, period=case.facts.period, keys=[*keys]
        )
        return [Suspect(**row) for row in rows]

    async def titles(
        self, environment: Environment, keys: Collection[str], *, most: int
    ) -> dict[str, str]:
        """By key, in the order of the keys; of those that somebody told of."""
        rows = await self.database.all(TITLES, environment=environment, keys=[*keys], most=most)
        return {row["key"]: row["title"] for row in rows}

    async def open(self, period: int) -> Trial | None:
        row = await self.database.one(OPEN, period=period, watch=WATCH)
        return Trial(**row) if row else None

    async def tried(self, period: int) -> str | None:
        """What was turned off in vain, by its title."""
        row = await self.database.one(TRIED, period=period)
        return row["title"] if row else None

    async def p0(self, period: int) -> dict[str, float]:
        row = await self.database.one(P0, period=period)
        return row["p0"] if row else {}

    async def overtake(self) -> None:
        await self.database.execute(OVERTAKE)

    async def due_in(self) -> float | None:
        """Seconds until the next one has been watched; None: none is."""
        row = await self.database.one(DUE, watch=WATCH)
        return row["due"] if row else None


async def is_still_so(connection: Connection, case: Case, key: str) -> bool:
    values = {"period": case.facts.period, "key": key}
    return await (await connection.execute(STILL_SO, values)).fetchone() is not None


async def conclude(connection: Connection, trial: Trial, outcome: str) -> bool:
    """False: somebody else has."""
    values = {"id": trial.id, "outcome": outcome}
    return await (await connection.execute(CONCLUDE, values)).fetchone() is not None
