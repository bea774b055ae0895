"""Whether the last rollback can be undone now: what `roll_forward` would take, in one query."""

from dataclasses import dataclass

from psycopg.rows import DictRow

from lib.overview.models import Undo
from lib.postgres import Database
from lib.rollback.models import Environment, StepState

#: The same as lib/operations/roll_forward.py asks, which decides once more when it is pressed.
#: One that was undone itself is as if it had not been.
FIND = """
SELECT r.id, r.from_deployment AS deployment_id, coalesce(h.git_sha, 'unknown') AS git_sha,
       coalesce(d.title, '') AS title, s.state, s.facts,
       EXISTS (SELECT 1 FROM audit
                WHERE action IN ('operation.database_forward', 'database.forward')
                  AND result = 'done'
                  AND r.id::text IN (facts->>'run', facts->>'run_id', facts->>'undoes'))
         AS is_forward
  FROM (SELECT * FROM rollbacks b
         WHERE environment = %(environment)s AND status = 'completed' AND undoes IS NULL
           AND NOT EXISTS (
             SELECT 1 FROM rollbacks u WHERE u.undoes = b.id AND u.status = 'completed')
         ORDER BY requested_at DESC LIMIT 1) r
  JOIN rollback_steps s ON s.rollback_id = r.id AND s.step = 'database'
  JOIN live_periods now ON now.environment = r.environment AND now.live_until IS NULL
  JOIN deployment_history live ON live.id = now.deployment
  LEFT JOIN deployment_details d ON d.environment = r.environment
        AND d.vercel_deployment_id = r.from_deployment
  LEFT JOIN deployment_history h ON h.id = d.id
 WHERE r.from_deployment IS NOT NULL
   AND (live.vercel_deployment_id = r.target
        OR live.vercel_deployment_id = r.from_deployment AND EXISTS (
          SELECT 1 FROM rollbacks u WHERE u.undoes = r.id AND u.status = 'failed'))
   AND NOT EXISTS (
     SELECT 1 FROM rollbacks
      WHERE environment = r.environment AND status IN ('pending', 'in_progress'))
   AND NOT EXISTS (
     SELECT 1 FROM live_periods p JOIN deployment_history other ON other.id = p.deployment
      WHERE p.environment = r.environment AND p.live_from > r.finished_at
        AND p.rollback_id IS NULL
        AND other.vercel_deployment_id NOT IN (r.target, r.from_deployment))
"""

STAYS = "The database stays as it is: the rollback did not change it."
IS_FORWARD = "The database stays as it is: it has come forward already."
COMES_FORWARD = (
    "The database comes forward again{to}, before traffic moves. Nothing is deleted. If rows that"
    " were written since contradict its rules it stops there, names them, and nothing has changed."
)


@dataclass(frozen=True, slots=True)
class UndoStore:
    database: Database

    async def find(self, environment: Environment) -> Undo | None:
        row = await self.database.one(FIND, environment=environment)
        if row is None:
            return None
        return Undo(
            rollback_id=row["id"],
            deployment_id=row["deployment_id"],
            git_sha=row["git_sha"],
            title=row["title"],
            database_effect=database_effect(row),
        )


def database_effect(row: DictRow) -> str:
    """Of coming forward: only what the rollback took back is put back in its place."""
    if row["state"] == StepState.SKIPPED:
        return STAYS
    if row["is_forward"]:
        return IS_FORWARD
    versions = row["facts"].get("versions")
    return COMES_FORWARD.format(to=f" to {versions[0]}" if versions else "")
