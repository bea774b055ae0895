"""Reads what is stored of a rollback: everything in one snapshot, so that it fits together."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import DictRow

from lib.access.models import Caller
from lib.automatic.decision import WATCH
from lib.automatic.models import VerdictView
from lib.health.store import BEFORE_ROLLBACK
from lib.incidents.models import (
    AlertTold,
    Asked,
    AuditLine,
    Decision,
    Detected,
    IncidentPage,
    IncidentRow,
    Looks,
    Quarantined,
    Related,
    Stored,
    parsed,
)
from lib.postgres import Connection, Database
from lib.rollback.models import DeploymentName, Rollback
from lib.rollback.store import STANDBY_PATIENCE, read

PAGE_SIZE = 20
#: A report is read by people; a rollback that makes more of them than this is a case for the log.
AUDIT_LIMIT, ALERT_LIMIT, DECISION_LIMIT = 200, 50, 20

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"

LIST = """
SELECT app_now() AS now, coalesce(json_agg(one), '[]') AS incidents FROM (
  SELECT r.id AS rollback_id, r.environment, r.status, r.automatic, r.requested_by, r.reason,
         CASE WHEN r.undoes IS NULL THEN 'back' ELSE 'forward' END AS kind,
         r.overdue_since IS NOT NULL AS overdue, r.requested_at, r.finished_at,
         r.target, r.from_deployment,
         (SELECT coalesce(json_object_agg(h.vercel_deployment_id, json_build_object(
                   'deployment_id', h.vercel_deployment_id, 'git_sha', h.git_sha,
                   'title', d.title)), '{}')
            FROM deployment_details d JOIN deployment_history h USING (id)
           WHERE d.environment = r.environment
             AND d.vercel_deployment_id IN (r.target, r.from_deployment)) AS names,
         (SELECT u.id FROM rollbacks u
           WHERE u.undoes = r.id AND u.status = 'completed') AS undone_by
    FROM rollbacks r
   WHERE (%(environment)s::text IS NULL OR r.environment = %(environment)s)
     AND (%(before)s::uuid IS NULL OR (r.requested_at, r.id) < (
           SELECT b.requested_at, b.id FROM rollbacks b WHERE b.id = %(before)s))
   ORDER BY r.requested_at DESC, r.id DESC LIMIT %(limit)s) one
"""

#: The period that it ended, and the one that it began.
STANDING = """
SELECT app_now() AS now, r.finished_at + %(watch)s AS watch_until,
       r.status IN ('pending', 'in_progress')
         AND greatest(r.lease_until, r.wake_at) <= app_now() - %(patience)s AS is_abandoned,
       (SELECT p.id FROM live_periods p JOIN deployment_history h ON h.id = p.deployment
         WHERE p.environment = r.environment AND h.vercel_deployment_id = r.from_deployment
           AND p.live_from <= r.requested_at ORDER BY p.id DESC LIMIT 1) AS before,
       (SELECT p.id FROM live_periods p WHERE p.rollback_id = r.id
         ORDER BY p.id DESC LIMIT 1) AS after
  FROM rollbacks r WHERE r.id = %(id)s
"""

#: Good requests take back what requests said, and good looks what looks said.
DETECTED = """
WITH looks AS (
  SELECT l.* FROM probes l JOIN live_periods p ON p.id = %(period)s AND l.at >= p.live_from
   WHERE l.environment = %(environment)s AND l.deployment = %(left)s AND l.at <= %(until)s
), well AS (
  SELECT (SELECT max(at) FROM verdicts WHERE period = %(period)s AND at <= %(until)s
             AND state IN ('healthy', 'not_badly_broken')) AS by_traffic,
         (SELECT max(at) FROM looks WHERE live = 'ok') AS by_looks
), bad AS (
  SELECT at, 'traffic' AS source, sentence FROM verdicts
   WHERE period = %(period)s AND at <= %(until)s AND state IN ('suspect', 'rollback')
  UNION ALL
  SELECT at, source, sentence FROM decisions WHERE period = %(period)s AND at <= %(until)s
  UNION ALL
  SELECT at, 'probes', detail FROM looks WHERE live = 'failed'
)
SELECT bad.* FROM bad, well
 WHERE at > coalesce(CASE source WHEN 'traffic' THEN by_traffic ELSE by_looks END, '-infinity')
 ORDER BY at LIMIT 1
"""

#: The last one until a moment; if there is none, the first after it.
JUDGED = """
WITH judged AS (
  SELECT findings AS verdict, until FROM verdicts WHERE period = %(period)s
  UNION ALL
  SELECT newest, newest_until FROM baselines WHERE period = %(period)s AND newest IS NOT NULL
)
SELECT verdict FROM judged WHERE until <= %(until)s OR NOT %(only_until)s
 ORDER BY until > %(until)s, CASE WHEN until <= %(until)s THEN until END DESC, until LIMIT 1
"""

LOOKS: LiteralString = """
SELECT count(*) FILTER (WHERE live = 'ok') AS ok, count(*) FILTER (WHERE live = 'failed') AS failed,
       count(*) FILTER (WHERE live = 'unknown') AS unknown,
       min(at) AS first_at, max(at) AS last_at,
       (array_agg(detail ORDER BY id DESC) FILTER (WHERE live <> 'ok'))[1] AS trouble
  FROM probes WHERE
"""
LOOKS_BEFORE: LiteralString = (
    LOOKS
    + """environment = %(environment)s AND deployment = %(left)s
   AND at BETWEEN %(until)s - %(before_rollback)s AND %(until)s HAVING count(*) > 0"""
)
LOOKS_AFTER: LiteralString = LOOKS + "rollback_id = %(id)s HAVING count(*) > 0"

DECISIONS = """
SELECT * FROM (
  SELECT id, at, outcome, sentence, rollback_id IS NOT DISTINCT FROM %(id)s AS is_of_this
    FROM decisions WHERE period = %(period)s AND at >= %(since)s
     AND (at <= %(until)s OR rollback_id = %(id)s)
   ORDER BY id DESC LIMIT %(limit)s) newest
 ORDER BY id
"""

ALERTS = """
SELECT id, kind, at, sentence, acknowledged_at, acknowledged_by, resolved_at,
       (SELECT coalesce(json_agg(json_build_object('channel', o.channel, 'event', o.event,
                 'sent', o.sent, 'error', o.error) ORDER BY o.id), '[]')
          FROM outbox o WHERE o.alert_id = a.id) AS told
  FROM alerts a
 WHERE environment = %(environment)s AND at >= %(since)s
   AND (rollback_id = %(id)s OR rollback_id IS NULL AND at <= %(until)s)
 ORDER BY id LIMIT %(limit)s
"""

AUDIT = """
SELECT id, at, actor, action, subject, reason, result FROM audit
 WHERE coalesce(facts->>'rollback_id', facts->>'run_id') = %(name)s
    OR action = 'operation.acknowledge' AND subject = ANY(%(alerts)s)
 ORDER BY id LIMIT %(limit)s
"""

QUARANTINED = """
SELECT git_sha, since, lifted_at, lifted_by FROM quarantine WHERE rollback_id = %(id)s
 ORDER BY since
"""

#: Of those that undo it, the one that did, else the last one that tried.
RELATED = """
SELECT id AS rollback_id, status, requested_by, requested_at FROM rollbacks
 WHERE id = %(other)s OR undoes = %(undone)s
 ORDER BY status = 'failed', requested_at DESC LIMIT 1
"""

NAMES = """
SELECT h.vercel_deployment_id AS deployment_id, h.git_sha, d.title
  FROM deployment_details d JOIN deployment_history h USING (id)
 WHERE d.environment = %(environment)s AND d.vercel_deployment_id = ANY(%(wanted)s)
"""


@dataclass(frozen=True, slots=True)
class IncidentStore:
    database: Database

    async def page(self, asked: Asked, viewer: Caller) -> IncidentPage:
        # One more than is shown: is there another page?
        row = await self.database.one(LIST, **asked.model_dump(), limit=PAGE_SIZE + 1)
        assert row is not None
        found = [IncidentRow.model_validate(named(one)) for one in row["incidents"]]
        shown = found[:PAGE_SIZE]
        older = shown[-1].rollback_id if len(found) > PAGE_SIZE else None
        return IncidentPage(now=row["now"], viewer=viewer, incidents=shown, older=older)

    async def read(self, rollback_id: UUID) -> Stored:
        """Raises NotFound."""
        async with self.database.transaction() as connection:
            await connection.execute(SNAPSHOT)
            rollback = await read(connection, rollback_id)
            return await Reading(connection, rollback).stored()


@dataclass(frozen=True, slots=True)
class Reading:
    connection: Connection
    rollback: Rollback

    async def stored(self) -> Stored:
        rollback = self.rollback
        standing = await self._one(STANDING, watch=WATCH, patience=STANDBY_PATIENCE)
        assert standing is not None
        asked_at = rollback.requested_at
        left = {"period": standing["before"], "left": rollback.from_deployment, "until": asked_at}
        end: datetime = standing["watch_until"] or standing["now"]
        detected = parsed(Detected, await self._one(DETECTED, **left))
        looked_from = asked_at - BEFORE_ROLLBACK
        since = min(detected.at, looked_from) if detected else looked_from
        alerts = [
            AlertTold.model_validate(row)
            for row in await self._all(ALERTS, since=since, until=end, limit=ALERT_LIMIT)
        ]
        return Stored(
            now=standing["now"],
            is_abandoned=standing["is_abandoned"],
            rollback=rollback,
            watch_until=standing["watch_until"] if rollback.status == "completed" else None,
            names=await self._names(),
            detected=detected,
            judged_before=await self._judged(standing["before"], asked_at, only_until=True),
            judged_after=await self._judged(standing["after"], end, only_until=False),
            looks_before=parsed(
                Looks, await self._one(LOOKS_BEFORE, **left, before_rollback=BEFORE_ROLLBACK)
            ),
            looks_after=parsed(Looks, await self._one(LOOKS_AFTER)),
            decisions=[
                Decision.model_validate(row)
                for row in await self._all(DECISIONS, **left, since=since, limit=DECISION_LIMIT)
            ],
            alerts=alerts,
            audit=[
                AuditLine.model_validate(row)
                for row in await self._all(
                    AUDIT,
                    name=str(rollback.id),
                    alerts=[str(alert.id) for alert in alerts],
                    limit=AUDIT_LIMIT,
                )
            ],
            quarantined=[Quarantined.model_validate(row) for row in await self._all(QUARANTINED)],
            undoes=parsed(Related, await self._one(RELATED, other=rollback.undoes, undone=None)),
            undone_by=parsed(Related, await self._one(RELATED, other=None, undone=rollback.id)),
        )

    async def _judged(
        self, period: int | None, until: datetime, *, only_until: bool
    ) -> VerdictView | None:
        row = await self._one(JUDGED, period=period, until=until, only_until=only_until)
        return VerdictView.model_validate(row["verdict"]) if row else None

    async def _names(self) -> dict[str, DeploymentName]:
        """Also of the versions that the gate asked."""
        rollback = self.rollback
        asked = [str(seen.get("target")) for seen in rollback.evidence.get("gate", [])]
        wanted = [rollback.target, rollback.from_deployment, *asked]
        rows = await self._all(NAMES, wanted=wanted)
        return {row["deployment_id"]: DeploymentName.model_validate(row) for row in rows}

    async def _one(self, query: LiteralString, **arguments: Any) -> DictRow | None:
        rows = await self._all(query, **arguments)
        return rows[0] if rows else None

    async def _all(self, query: LiteralString, **arguments: Any) -> list[DictRow]:
        values = {"id": self.rollback.id, "environment": self.rollback.environment, **arguments}
        return await (await self.connection.execute(query, values)).fetchall()


def named(row: DictRow) -> DictRow:
    """Its two deployments with their names, if anybody told us these."""
    names = row["names"]
    unnamed = {"git_sha": "", "title": ""}
    known = {
        which: names.get(row[which], {"deployment_id": row[which], **unnamed})
        for which in ("target", "from_deployment")
        if row[which]
    }
    return {**row, **known}
