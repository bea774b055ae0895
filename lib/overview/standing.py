"""How an environment is set, and which alerts are open: one query for the page."""

from dataclasses import dataclass
from datetime import timedelta

from lib.alerts import NEWS
from lib.overview.models import Standing
from lib.postgres import Database
from lib.rollback.models import Environment

#: A page that is read at 3 a.m. holds no more.
SHOWN = 20
#: What was good to know, and is never over, is not shown for ever.
NEWS_AGE = timedelta(days=1)
#: Nor is what somebody takes care of: some of it nothing but a person can end.
TAKEN_AGE = timedelta(days=1)

READ = """
SELECT e.mode, e.locked_by IS NOT NULL AS is_locked, w.conflicts, e.rolling,
       floor.vercel_deployment_id AS security_floor,
       (SELECT json_build_object('by', a.actor, 'at', a.at, 'reason', a.reason)
          FROM audit a
         WHERE a.action = 'operation.set_mode' AND a.environment = e.environment
         ORDER BY a.id DESC LIMIT 1) AS mode_set,
       (SELECT json_build_object('since', p.since, 'before', p.before, 'by', r.requested_by,
                                 'automatic', r.automatic)
          FROM pins p JOIN rollbacks r ON r.id = p.rollback_id
         WHERE p.environment = e.environment) AS pinned,
       (SELECT coalesce(json_agg(q), '[]') FROM (
          SELECT git_sha, left_behind AS deployment_id, since, requested_by AS by, reason FROM (
            SELECT DISTINCT ON (q.git_sha, unnamed) q.git_sha, q.since, r.from_deployment
                   AS left_behind, r.requested_by, r.reason
              FROM quarantine q JOIN rollbacks r ON r.id = q.rollback_id
             CROSS JOIN LATERAL (
               SELECT CASE q.git_sha WHEN 'unknown' THEN r.from_deployment END AS unnamed) same
             WHERE q.environment = e.environment AND q.lifted_at IS NULL
             ORDER BY q.git_sha, unnamed, q.since DESC) newest
           ORDER BY since DESC LIMIT %(shown)s) q) AS quarantined,
       (SELECT coalesce(json_agg(a), '[]') FROM (
          SELECT id, kind, at, sentence, kind <> ALL(%(news)s) AS needs_a_person,
                 acknowledged_by, acknowledged_at
            FROM alerts
           WHERE environment = e.environment AND resolved_at IS NULL
             AND (kind <> ALL(%(news)s) OR at > app_now() - %(news_age)s)
             AND coalesce(acknowledged_at > app_now() - %(taken_age)s, true)
           ORDER BY id DESC LIMIT %(shown)s) a) AS alerts
  FROM environments e CROSS JOIN ledger_watch w
  LEFT JOIN deployment_details floor ON floor.id = e.security_floor
 WHERE e.environment = %(environment)s
"""


@dataclass(frozen=True, slots=True)
class StandingStore:
    database: Database

    async def read(self, environment: Environment) -> Standing:
        row = await self.database.one(
            READ,
            environment=environment,
            shown=SHOWN,
            news=list(NEWS),
            news_age=NEWS_AGE,
            taken_age=TAKEN_AGE,
        )
        return Standing.model_validate(row)
