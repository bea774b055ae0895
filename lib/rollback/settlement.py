"""What the outcome of a step writes to the rows of a rollback: the other half of `machine.py`.

The rollback's row goes first, under the fence it was claimed with: if that is no longer the
newest, nothing is written.
"""

from datetime import timedelta
from typing import LiteralString, assert_never

from lib.postgres import Connection
from lib.rollback import ending
from lib.rollback.machine import Again, Change, Next, Stop
from lib.rollback.models import Claim, Status

LET_GO = """
UPDATE rollbacks
   SET status = %(status)s, step = %(step)s, revision = revision + 1,
       lease_until = app_now(), wake_at = app_now() + %(delay)s,
       finished_at = CASE WHEN %(status)s IN ('completed', 'failed') THEN app_now() END,
       next_watch_at = CASE WHEN %(status)s = 'completed' THEN app_now() END,
       overdue_since = coalesce(
         overdue_since, CASE WHEN deadline_at <= app_now() THEN deadline_at END),
       error = %(error)s, visitors_get = %(visitors_get)s, next_actions = %(next_actions)s
 WHERE id = %(id)s AND fence = %(fence)s AND status = 'in_progress'
RETURNING id
"""

END_STEP = """
UPDATE rollback_steps
   SET state = %(state)s, message = nullif(%(message)s, ''), finished_at = app_now()
 WHERE rollback_id = %(id)s AND step = %(step)s
"""

REPEAT_STEP = """
UPDATE rollback_steps
   SET message = nullif(%(message)s, ''), attempt = %(attempt)s
 WHERE rollback_id = %(id)s AND step = %(step)s
"""


async def write_change(connection: Connection, claim: Claim, change: Change) -> bool:
    """False, and nothing is written: somebody took over since the claim."""
    cursor = await connection.execute(LET_GO, let_go(claim, change))
    if await cursor.fetchone() is None:
        return False
    await connection.execute(*step_write(claim, change))
    return True


def let_go(claim: Claim, change: Change) -> dict[str, object]:
    """The arguments of LET_GO. Every change frees the lease; a worker claims each step anew."""
    values: dict[str, object] = {
        "id": claim.rollback.id,
        "fence": claim.rollback.fence,
        "status": Status.IN_PROGRESS,
        "step": claim.step,
        "delay": timedelta(0),
        "error": None,
        "visitors_get": None,
        "next_actions": [],
    }
    match change:
        case Again(delay=delay):
            return values | {"delay": delay}
        case Next(step=None):
            return values | {"status": Status.COMPLETED}
        case Next(step=step):
            return values | {"step": step}
        case Stop():
            return values | {"status": Status.FAILED} | ending.words(claim, change)
        case _:
            assert_never(change)


def step_write(claim: Claim, change: Change) -> tuple[LiteralString, dict[str, object]]:
    at = {"id": claim.rollback.id, "step": claim.step, "message": change.message}
    match change:
        case Again(costs_attempt=costs_attempt):
            return REPEAT_STEP, at | {"attempt": claim.attempt - (0 if costs_attempt else 1)}
        case Next(state=state):
            return END_STEP, at | {"state": state}
        case Stop():
            return END_STEP, at | {"state": "bad"}
        case _:
            assert_never(change)
