"""What break-glass did while all was down, brought into the record as the rollback that it was.

Once, however often: one transaction, behind the lock that all writes of the history queue at. What
the platform's events or the sweep have noticed of the move meanwhile is joined, not doubled.
"""

from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from lib.alerts import resolve_named
from lib.audit.store import write_audit
from lib.breakglass.account import Account
from lib.breakglass.journal import Entry, is_signed
from lib.breakglass.models import Deployment
from lib.deployments import going_live
from lib.deployments.models import ROLLED_BACK_ELSEWHERE, DeploymentRecord
from lib.deployments.store import LOCK, DeploymentStore
from lib.deployments.tracker import Tracker
from lib.migrations.ledger import read_whole_ledger
from lib.postgres import Connection
from lib.rollback import ending
from lib.rollback.machine import Change, Next, Stop, Traffic
from lib.rollback.models import Environment, StepState
from lib.rollback.store import read
from lib.settings import Settings

PRODUCTION = Environment.PRODUCTION
RECORDED_BY = "break-glass"

IS_KNOWN = """
SELECT FROM audit WHERE action = 'break_glass.reconcile' AND facts ->> 'journal' = %(journal)s
"""

#: Two people at once: of two journals whose answers were lost, both may claim the move.
SAME_MOVE = """
SELECT id FROM rollbacks
 WHERE environment = %(environment)s AND target = %(target)s AND evidence ? 'break_glass'
   AND from_deployment = %(left)s AND requested_at < %(ended_at)s AND finished_at > %(begun_at)s
 LIMIT 1
"""

#: The clock of whoever was there is not ours: nothing of it is in the future.
INSERT = """
INSERT INTO rollbacks (id, environment, switch_method, target, from_deployment, requested_by,
                       reason, note, evidence, requested_at, deadline_at, status, step,
                       finished_at, overdue_since, next_watch_at, error)
SELECT %(id)s, %(environment)s, %(method)s, %(target)s, %(left)s, %(who)s, %(reason)s, %(note)s,
       %(evidence)s, begun_at, begun_at + %(budget)s, %(status)s, 'verify', ended_at,
       CASE WHEN ended_at > begun_at + %(budget)s THEN begun_at + %(budget)s END,
       CASE %(status)s WHEN 'completed' THEN app_now() END, %(error)s
  FROM (SELECT least(%(begun_at)s, app_now()) AS begun_at,
               least(%(ended_at)s, app_now()) AS ended_at) times
"""

INSERT_STEP = """
INSERT INTO rollback_steps (rollback_id, step, position, state, attempt, budget, started_at,
                            finished_at, message, facts)
VALUES (%(id)s, %(step)s, %(position)s, %(state)s, %(attempt)s, %(budget)s, %(begun_at)s,
        %(ended_at)s, %(message)s, %(facts)s)
"""

SAY_ENDED = """
UPDATE rollbacks SET visitors_get = %(visitors_get)s, next_actions = %(next_actions)s
 WHERE id = %(id)s
"""

#: What was noticed of the move meanwhile: the target after what was left. Clocks may differ.
JOIN = """
UPDATE live_periods SET how = 'rollback', rollback_id = %(id)s, moved_by = NULL
 WHERE id = (SELECT p.id FROM live_periods p JOIN deployment_history h ON h.id = p.deployment
              WHERE p.environment = %(environment)s AND p.rollback_id IS NULL
                AND h.vercel_deployment_id = %(target)s
                AND (p.live_from > %(begun_at)s - interval '1 minute' OR p.live_until IS NULL)
                AND %(left)s = (
                      SELECT l.vercel_deployment_id FROM live_periods q
                        JOIN deployment_history l ON l.id = q.deployment
                       WHERE q.environment = p.environment AND q.id < p.id
                       ORDER BY q.id DESC LIMIT 1)
              ORDER BY p.id LIMIT 1)
RETURNING id
"""

#: Nobody has noticed: what was left is open still, or, in a database from before, what was live
#: before that, or nothing.
CLOSE = """
WITH closed AS (
  UPDATE live_periods p SET live_until = greatest(p.live_from, least(%(moved_at)s, app_now()))
    FROM deployment_history h
   WHERE h.id = p.deployment AND p.environment = %(environment)s AND p.live_until IS NULL
     AND (h.vercel_deployment_id = %(left)s
          OR p.live_from < %(begun_at)s AND NOT EXISTS (
               SELECT FROM live_periods q JOIN deployment_history l ON l.id = q.deployment
                WHERE q.environment = p.environment AND l.vercel_deployment_id = %(left)s))
  RETURNING p.live_until AS moved_at
)
SELECT moved_at FROM closed
 UNION ALL
SELECT least(%(moved_at)s, app_now())
 WHERE NOT EXISTS (SELECT FROM live_periods
                    WHERE environment = %(environment)s AND live_until IS NULL)
"""
#: The ledger is read now, and traffic moved then: it was the same then if it is as our watch has
#: read it last, and no change was noticed since. Else nobody knows.
OPEN = """
INSERT INTO live_periods (environment, deployment, live_from, how, rollback_id, ledger, rolled_back)
SELECT environment, id, %(at)s, 'rollback', %(id)s,
       CASE WHEN EXISTS (SELECT FROM ledger_watch WHERE ledger = %(ledger)s::text[])
             AND NOT EXISTS (SELECT FROM ledger_events WHERE at > %(at)s)
            THEN %(ledger)s::text[] END,
       %(rolled_back)s
  FROM deployment_details
 WHERE environment = %(environment)s AND vercel_deployment_id = %(target)s
RETURNING id
"""

KEEP_PIN = """
INSERT INTO pins (environment, before, rollback_id)
SELECT p.environment, %(before)s, %(id)s
  FROM live_periods p
 WHERE p.environment = %(environment)s AND p.live_until IS NULL AND p.rollback_id = %(id)s
ON CONFLICT (environment) DO UPDATE
   SET before = pins.before OR excluded.before, rollback_id = excluded.rollback_id
"""

IS_LATEST = """
SELECT NOT EXISTS (SELECT 1 FROM rollbacks
                    WHERE environment = %(environment)s AND requested_at > %(begun_at)s
                      AND id <> %(id)s) AS is_latest
"""


@dataclass(frozen=True, slots=True)
class Reconciler:
    deployments: DeploymentStore
    tracker: Tracker
    settings: Settings

    async def bring(self, account: Account, *, by: str, file: str) -> str:
        """A sentence of what was done. Raises DatabaseUnavailable: the same again."""
        plan = account.plan
        for deployment in (plan.live, plan.target):
            await self.record(deployment)
        url = self.tracker.app_database_url
        ledger = await read_whole_ledger(url) if url else None
        facts = common(account)
        values: dict[str, Any] = {
            "environment": PRODUCTION,
            "id": account.rollback_id,
            "journal": account.name,
            "target": plan.target.id,
            "left": plan.live.id,
            "method": plan.method,
            "who": account.who,
            "reason": plan.reason,
            "note": f"Database: {plan.database.sentence}"[:500],
            "begun_at": account.begun_at,
            "moved_at": account.moved_at,
            "ended_at": account.ended_at,
            "budget": self.settings.rollback_budget,
            "before": plan.auto_assign,
            "ledger": list(ledger.applied) if ledger else None,
            "rolled_back": list(ledger.rolled_back) if ledger else [],
        }
        async with self.deployments.database.transaction() as connection:
            await connection.execute(LOCK, values)
            if await (await connection.execute(IS_KNOWN, values)).fetchone() is not None:
                return "It was brought in before. Nothing was changed."
            await write_lines(connection, account, facts)
            said = await bring_rollback(connection, account, values)
            await write_audit(
                connection,
                actor=by,
                action="break_glass.reconcile",
                environment=PRODUCTION,
                subject=plan.target.id,
                reason=plan.reason,
                result=account.outcome,
                facts=facts | {"file": file, "lines": len(account.entries)},
            )
        return said

    async def record(self, deployment: Deployment) -> None:
        await self.deployments.record(
            DeploymentRecord.of_platform(
                PRODUCTION, deployment.id, deployment.sha, deployment.title, deployment.author
            ),
            recorded_by=RECORDED_BY,
            url=deployment.url,
        )


def common(account: Account) -> dict[str, Any]:
    """Of each row in the audit log."""
    return {
        "journal": account.name,
        "is_signed": is_signed(account.entries),
        "rollback_id": str(account.rollback_id) if account.was_ours else None,
    }


async def write_lines(connection: Connection, account: Account, facts: dict[str, Any]) -> None:
    """Each line of the journal: when it was is in its facts."""
    who = account.plan.who
    for entry in account.entries:
        who = entry.get("who", who)
        await write_audit(
            connection,
            actor=f"{who} (break-glass)",
            action=f"break_glass.{entry['event']}",
            environment=PRODUCTION,
            subject=account.plan.target.id,
            reason=account.plan.reason,
            result=result_of(entry),
            facts=facts | told(entry),
        )


def result_of(entry: Entry) -> str:
    if entry["event"] == "answered":
        return "done" if entry["is_done"] else "refused" if entry["is_refused"] else "unknown"
    return str(entry.get("outcome") or "ok")


def told(entry: Entry) -> dict[str, Any]:
    """Without what every row says, or only the chain needs."""
    left_out = {"event", "hmac", "before", "who", "reason", "live", "target", "project"}
    return {name: value for name, value in entry.items() if name not in left_out}


async def bring_rollback(connection: Connection, account: Account, values: dict[str, Any]) -> str:
    """The rollback's rows, if it was one and nobody else's."""
    if not account.was_ours:
        return f"It moved nothing: {account.sentence} The audit log has it now."
    if (same := await (await connection.execute(SAME_MOVE, values)).fetchone()) is not None:
        return f"It is the move of rollback {same['id']}. The audit log has both now."
    await insert(connection, account, values)
    await write_audit(
        connection,
        actor=account.who,
        action="rollback.start",
        environment=PRODUCTION,
        subject=account.plan.target.id,
        reason=account.plan.reason,
        result="accepted",
        facts={"rollback_id": str(account.rollback_id), "from": account.plan.live.id},
    )
    if account.has_moved:
        await write_period(connection, values)
        await connection.execute(KEEP_PIN, values)
    latest = await (await connection.execute(IS_LATEST, values)).fetchone()
    if latest and latest["is_latest"]:
        await write_end(connection, account)
    return f"It is rollback {account.rollback_id} now: {account.outcome}. {account.sentence}"


async def insert(connection: Connection, account: Account, values: dict[str, Any]) -> None:
    is_done = account.outcome == "completed"
    evidence = {"break_glass": {"journal": account.name, "warnings": [*account.warnings]}}
    row = {
        "evidence": evidence,
        "status": "completed" if is_done else "failed",
        "error": None if is_done else account.sentence,
    }
    await connection.execute(INSERT, jsonb(values | row))
    for position, (step, state, message, facts) in enumerate(steps(account)):
        is_begun = state is not StepState.WAIT
        of_step = {
            "step": step,
            "position": position,
            "state": state,
            "attempt": int(is_begun),
            "message": message,
            "facts": facts,
            "begun_at": account.begun_at if is_begun else None,
            "ended_at": account.ended_at if is_begun else None,
        }
        await connection.execute(INSERT_STEP, jsonb(values | of_step))


def jsonb(values: dict[str, Any]) -> dict[str, Any]:
    return {name: Jsonb(one) if isinstance(one, dict) else one for name, one in values.items()}


def steps(account: Account) -> list[tuple[str, StepState, str | None, dict[str, Any]]]:
    plan, is_done = account.plan, account.outcome == "completed"
    moved, end = account.has_moved, (StepState.BAD, account.sentence)
    switch = (StepState.OK, f"Production serves {plan.target.called}.") if moved else end
    cleared = next((one for one in account.entries if one.get("call") == "caches"), None)
    caches = (StepState.OK, "; ".join(account.warnings) or "The platform's caches are cleared.")
    verify = (StepState.OK, account.sentence) if is_done else end if moved else None
    nothing = (StepState.WAIT, None)
    return [
        ("record", StepState.OK, f"From {plan.live.called} to {plan.target.called}.", {}),
        ("switch", *switch, {"auto_assign_before": plan.auto_assign, "asked": True}),
        ("database", StepState.SKIPPED, plan.database.sentence, {}),
        ("caches", *(caches if cleared else nothing), {}),
        ("verify", *(verify or nothing), {}),
    ]


async def write_period(connection: Connection, values: dict[str, Any]) -> None:
    if (joined := await (await connection.execute(JOIN, values)).fetchone()) is not None:
        # It is told now who that was.
        await resolve_named(connection, [f"{ROLLED_BACK_ELSEWHERE}:{joined['id']}"])
        return
    closed = await (await connection.execute(CLOSE, values)).fetchone()
    if closed is not None:
        await connection.execute(OPEN, values | {"at": closed["moved_at"]})
        await going_live.end_alerts(connection, PRODUCTION)


async def write_end(connection: Connection, account: Account) -> None:
    rollback = await read(connection, account.rollback_id)
    change: Change = Next(StepState.OK, account.sentence, None)
    if account.outcome != "completed":
        traffic = Traffic(account.traffic)
        change = Stop(account.sentence, traffic, "")
        names = {
            "left": rollback.called(account.plan.live.id),
            "target": rollback.called(account.plan.target.id),
        }
        words = {
            "id": rollback.id,
            "visitors_get": ending.VISITORS_GET[traffic].format(**names),
            "next_actions": ending.NEXT_ACTIONS[traffic],
        }
        await connection.execute(SAY_ENDED, words)
        rollback = await read(connection, account.rollback_id)
    await ending.write(connection, rollback, change)
