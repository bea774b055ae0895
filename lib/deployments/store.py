"""Deployments and when each was live, in Postgres. All times are the database's."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from psycopg.types.json import Jsonb

from lib.deployments import going_live
from lib.deployments.freeze import Window
from lib.deployments.models import (
    UNKNOWN,
    DatabaseSeen,
    DeploymentRecord,
    DeploymentRow,
    How,
)
from lib.deployments.proof import PROOF, PROVE
from lib.postgres import Connection, Database
from lib.rollback.models import Environment

#: What else is written of a deployment, by its row's id.
Also = Callable[[Connection, UUID], Awaitable[None]]

#: All writes of an environment's history queue here, so that none is decided on old facts.
LOCK = "SELECT environment FROM environments WHERE environment = %(environment)s FOR UPDATE"

FIND = """
SELECT id FROM deployment_details
 WHERE environment = %(environment)s AND vercel_deployment_id = %(vercel_deployment_id)s
"""

INSERT_HISTORY = """
INSERT INTO deployment_history
  (git_sha, vercel_deployment_id, db_migration_version, timestamp, created_at)
VALUES (%(git_sha)s, %(vercel_deployment_id)s, %(db_migration_version)s, app_now(), app_now())
RETURNING id
"""

INSERT_DETAILS = """
INSERT INTO deployment_details (id, environment, vercel_deployment_id, recorded_by)
VALUES (%(id)s, %(environment)s, %(vercel_deployment_id)s, %(recorded_by)s)
"""

#: What is known stays known: an empty or unknown value never replaces a real one, nor a shortened
#: SHA the full one. Variables are baked into a deployment, so the first that are known of it are
#: the ones it has.
UPDATE = """
WITH history AS (
  UPDATE deployment_history
     SET git_sha = CASE WHEN %(git_sha)s = 'unknown' OR starts_with(git_sha, %(git_sha)s)
           THEN git_sha ELSE %(git_sha)s END,
         db_migration_version =
           coalesce(nullif(%(db_migration_version)s, 'unknown'), db_migration_version),
         environment_variables = CASE WHEN environment_variables = '{}'
           THEN coalesce(%(variables)s::jsonb, '{}') ELSE environment_variables END
   WHERE id = %(id)s
)
UPDATE deployment_details
   SET title = coalesce(nullif(%(title)s, ''), title),
       author = coalesce(nullif(%(author)s, ''), author),
       url = coalesce(nullif(%(url)s, ''), url)
 WHERE id = %(id)s
"""

NEWEST_PERIOD = """
SELECT coalesce(max(id), 0) AS id FROM live_periods WHERE environment = %(environment)s
"""

OPEN_PERIOD = """
SELECT h.vercel_deployment_id FROM live_periods p JOIN deployment_history h ON h.id = p.deployment
 WHERE p.environment = %(environment)s AND p.live_until IS NULL
"""

CLOSE_PERIOD = """
UPDATE live_periods SET live_until = greatest(app_now(), live_from)
 WHERE environment = %(environment)s AND live_until IS NULL
"""

OPEN = """
INSERT INTO live_periods (environment, deployment, how, rollback_id, moved_by, ledger,
                          rolled_back)
SELECT d.environment, d.id, CASE WHEN r.id IS NULL THEN %(how)s ELSE 'rollback' END, r.id,
       CASE WHEN r.id IS NULL THEN %(by)s END, %(ledger)s, %(rolled_back)s
  FROM deployment_details d
  LEFT JOIN rollbacks r ON r.environment = d.environment AND r.target = d.vercel_deployment_id
       AND r.status IN ('pending', 'in_progress')
 WHERE d.environment = %(environment)s AND d.vercel_deployment_id = %(vercel_deployment_id)s
RETURNING rollback_id
"""

#: The ledger tells what nobody recorded. The column is as short as the specification made it.
TELL_VERSION = """
UPDATE deployment_history h SET db_migration_version = left(%(newest)s, 50)
  FROM deployment_details d
 WHERE d.id = h.id AND d.environment = %(environment)s
   AND d.vercel_deployment_id = %(vercel_deployment_id)s AND h.db_migration_version = 'unknown'
"""

#: A version is its commit, whoever deployed it how often; without one, the deployment itself.
HISTORY = """
WITH firsts AS (
  SELECT CASE h.git_sha WHEN 'unknown' THEN h.vercel_deployment_id ELSE h.git_sha END AS version,
         min(p.id) AS period
    FROM live_periods p JOIN deployment_history h ON h.id = p.deployment
   WHERE p.environment = %(environment)s GROUP BY 1
), floor AS (
  SELECT CASE h.git_sha WHEN 'unknown' THEN h.vercel_deployment_id ELSE h.git_sha END AS version,
         (SELECT min(id) FROM live_periods WHERE deployment = h.id) AS period
    FROM environments e JOIN deployment_history h ON h.id = e.security_floor
   WHERE e.environment = %(environment)s
)
SELECT h.vercel_deployment_id AS deployment_id, h.git_sha, d.title, d.author, d.url,
       h.health_check_status AS health, h.db_migration_version AS migration_version,
       h.environment_variables AS variables, h.timestamp AS recorded_at, d.recorded_by,
       p.live_from, p.live_until,
       CASE WHEN r.undoes IS NULL THEN coalesce(p.how, 'recorded') ELSE 'roll_forward' END AS how,
       coalesce(r.requested_by, p.moved_by) AS by, r.reason, p.rollback_id,
       p.id IS NOT NULL AND p.live_until IS NULL AS is_live, d.proven_at,
       coalesce(this.version <> floor.version
                AND coalesce(firsts.period, 0) < floor.period, false) AS below_floor,
       EXISTS (SELECT 1 FROM quarantine q JOIN rollbacks away ON away.id = q.rollback_id
                WHERE q.environment = d.environment AND q.lifted_at IS NULL
                  AND CASE q.git_sha
                        WHEN 'unknown' THEN away.from_deployment = d.vercel_deployment_id
                        ELSE q.git_sha = h.git_sha AND (q.fingerprint = '' OR
                          fingerprint(h.environment_variables) IN ('', q.fingerprint))
                        END) AS quarantined,
       EXISTS (SELECT 1 FROM environments e WHERE e.environment = d.environment
                  AND e.rolling ->> 'from' = d.vercel_deployment_id) AS is_base
  FROM deployment_details d
  JOIN deployment_history h USING (id)
  CROSS JOIN LATERAL (SELECT CASE h.git_sha WHEN 'unknown' THEN h.vercel_deployment_id
                             ELSE h.git_sha END AS version) this
  LEFT JOIN firsts USING (version)
  LEFT JOIN floor ON true
  LEFT JOIN LATERAL (SELECT * FROM live_periods p WHERE p.deployment = d.id
                      ORDER BY p.id DESC LIMIT 1) p ON true
  LEFT JOIN rollbacks r ON r.id = p.rollback_id
 WHERE d.environment = %(environment)s
   AND (%(only)s::text[] IS NULL OR d.vercel_deployment_id = ANY(%(only)s))
   AND (p.id IS NOT NULL OR NOT %(was_live)s)
 ORDER BY coalesce(p.live_from, h.timestamp) DESC, p.id DESC NULLS LAST
 LIMIT %(limit)s
"""

#: A target's ledger as it was last read when it went live: it ran on that. What is live now is
#: known by its own period alone.
DATABASES = """
SELECT true AS is_live, h.vercel_deployment_id AS deployment_id,
       h.db_migration_version AS version, p.ledger, p.rolled_back
  FROM live_periods p JOIN deployment_history h ON h.id = p.deployment
 WHERE p.environment = %(environment)s AND p.live_until IS NULL
 UNION ALL
SELECT false, d.vercel_deployment_id, h.db_migration_version, p.ledger, p.rolled_back
  FROM deployment_details d JOIN deployment_history h USING (id)
  CROSS JOIN LATERAL (SELECT * FROM live_periods p WHERE p.deployment = d.id
                       ORDER BY p.ledger IS NULL, p.id DESC LIMIT 1) p
 WHERE d.environment = %(environment)s AND d.vercel_deployment_id = ANY(%(targets)s)
"""

VARIABLES = """
SELECT h.environment_variables AS variables
  FROM deployment_details d JOIN deployment_history h USING (id)
 WHERE d.environment = %(environment)s AND d.vercel_deployment_id = %(vercel_deployment_id)s
"""

KEEP_ROLLING = """
UPDATE environments SET rolling = %(rolling)s::jsonb
 WHERE environment = %(environment)s AND rolling IS DISTINCT FROM %(rolling)s::jsonb
"""

SET_HEALTH = """
UPDATE deployment_history h
   SET health_check_status = %(health)s, rollback_target = (%(health)s = 'passing')
  FROM deployment_details d
 WHERE d.id = h.id AND d.environment = %(environment)s
   AND d.vercel_deployment_id = %(deployment_id)s AND h.health_check_status <> %(health)s
"""


@dataclass(frozen=True, slots=True)
class KnownDatabases:
    live: DatabaseSeen | None = None
    of: Mapping[str, DatabaseSeen] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeploymentStore:
    database: Database
    freeze_windows: Sequence[Window] = ()

    async def record(
        self,
        record: DeploymentRecord,
        *,
        recorded_by: str,
        url: str = "",
        variables: Mapping[str, int] | None = None,
        also: Also | None = None,
    ) -> bool:
        """True if it was new. Any number of times, in any order, from anybody: the same row.

        `variables`: name -> time of its last change, ms; None: not known now. `also` is done in
        the same transaction.
        """
        values = record.model_dump(exclude={"versions", "migrations", "suspect_flags"}) | {
            "recorded_by": recorded_by,
            "url": url,
            "variables": None if variables is None else Jsonb(dict(variables)),
        }
        async with self.database.transaction() as connection:
            await connection.execute(LOCK, values)
            known = await (await connection.execute(FIND, values)).fetchone()
            row = known or await (await connection.execute(INSERT_HISTORY, values)).fetchone()
            assert row is not None
            if known is None:
                await connection.execute(INSERT_DETAILS, values | row)
            await connection.execute(UPDATE, values | row)
            if also is not None:
                await also(connection, row["id"])
        return known is None

    async def newest_period(self, environment: Environment) -> int:
        """A mark to hold against `go_live`: taken before the platform is asked what is live."""
        row = await self.database.one(NEWEST_PERIOD, environment=environment)
        assert row is not None
        return int(row["id"])

    async def live_deployment(self, environment: Environment) -> str | None:
        row = await self.database.one(OPEN_PERIOD, environment=environment)
        return row["vercel_deployment_id"] if row else None

    async def go_live(
        self,
        environment: Environment,
        deployment_id: str,
        *,
        how: How,
        mark: int,
        ledger: list[str] | None,
        rolled_back: Sequence[str] = (),
        by: str | None = None,
    ) -> bool:
        """Open the deployment's live period and close the one before. True if that was news.

        False as well if the history has changed since `mark`: then what the caller saw is old.
        `how` and `by` are what the platform says; a rollback of ours that is running says more.
        """
        values: dict[str, object] = {
            "environment": environment,
            "vercel_deployment_id": deployment_id,
            "how": how,
            "by": by,
            "ledger": ledger,
            "rolled_back": list(rolled_back),
        }
        async with self.database.transaction() as connection:
            await connection.execute(LOCK, values)
            if await self._is_news(connection, values, mark):
                await connection.execute(CLOSE_PERIOD, values)
                opened = await (await connection.execute(OPEN, values)).fetchone()
                if ledger:
                    await connection.execute(TELL_VERSION, values | {"newest": ledger[-1]})
                await going_live.end_alerts(connection, environment)
                if opened is not None and opened["rollback_id"] is None:
                    await self._tell_of(connection, environment, deployment_id)
                return True
        return False

    async def _tell_of(
        self, connection: Connection, environment: Environment, deployment_id: str
    ) -> None:
        only = {"environment": environment, "only": [deployment_id], "limit": 1, "was_live": True}
        row = await (await connection.execute(HISTORY, only)).fetchone()
        await going_live.write_opened(
            connection,
            await going_live.read_period(connection, environment),
            quarantined=row is not None and DeploymentRow.model_validate(row).came_back,
            windows=self.freeze_windows,
        )

    async def keep_rolling(
        self, environment: Environment, rolling: Mapping[str, object] | None
    ) -> None:
        value = Jsonb(dict(rolling)) if rolling else None
        await self.database.execute(KEEP_ROLLING, environment=environment, rolling=value)

    async def now(self) -> datetime:
        row = await self.database.one("SELECT app_now() AS now")
        assert row is not None
        return cast(datetime, row["now"])

    async def _is_news(self, connection: Connection, values: dict[str, object], mark: int) -> bool:
        newest = await (await connection.execute(NEWEST_PERIOD, values)).fetchone()
        live = await (await connection.execute(OPEN_PERIOD, values)).fetchone()
        same = live is not None and live["vercel_deployment_id"] == values["vercel_deployment_id"]
        return not same and newest is not None and newest["id"] == mark

    async def variables(self, environment: Environment, deployment_id: str) -> dict[str, int]:
        """Name -> time of its last change, ms, as they were when it was recorded."""
        row = await self.database.one(
            VARIABLES, environment=environment, vercel_deployment_id=deployment_id
        )
        return dict(row["variables"]) if row else {}

    async def history(
        self,
        environment: Environment,
        *,
        limit: int = 20,
        only: Sequence[str | None] | None = None,
        was_live: bool = False,
    ) -> list[DeploymentRow]:
        """Newest first. `only`: the deployments with these ids. `was_live`: those alone that were,
        for what is live and what could be gone back to, however many are recorded beside.
        """
        rows = await self.database.all(
            HISTORY,
            environment=environment,
            limit=limit,
            only=None if only is None else [*only],
            was_live=was_live,
        )
        return [DeploymentRow.model_validate(row) for row in rows]

    async def known_databases(
        self, environment: Environment, targets: Sequence[str]
    ) -> KnownDatabases:
        """When each of these went live, and what is live now."""
        rows = await self.database.all(DATABASES, environment=environment, targets=[*targets])
        live = next((seen_in(row) for row in rows if row["is_live"]), None)
        return KnownDatabases(
            live, {row["deployment_id"]: seen_in(row) for row in rows if not row["is_live"]}
        )

    async def set_health(
        self, environment: Environment, deployment_id: str, *, is_passing: bool
    ) -> None:
        await self.database.execute(
            SET_HEALTH,
            environment=environment,
            deployment_id=deployment_id,
            health="passing" if is_passing else "failing",
        )

    async def prove(
        self, environment: Environment, deployment_id: str, *, requests: int = 0
    ) -> bool:
        """Write down that it has proved itself, once it has; True if that was news.

        `requests`: how many it has answered while it was live, as far as they were counted.
        """
        row = await self.database.one(
            PROVE,
            environment=environment,
            deployment_id=deployment_id,
            requests=requests,
            **PROOF,
        )
        return row is not None


def seen_in(row: Mapping[str, Any]) -> DatabaseSeen:
    return DatabaseSeen(
        row["version"] or UNKNOWN,
        None if row["ledger"] is None else tuple(row["ledger"]),
        tuple(row["rolled_back"]),
    )
