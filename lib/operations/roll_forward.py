"""A completed rollback undone: a rollback of its own, once, however often it is asked for."""

from uuid import UUID

from lib import errors
from lib.access.models import Caller
from lib.operations.models import Result, RollForward, done, so_already
from lib.rollback.intake import Intake
from lib.rollback.models import Order, Rollback, Status
from lib.rollback.unfinished import check_final

UNDO_OF = "SELECT id FROM rollbacks WHERE undoes = %(id)s AND status <> 'failed'"

LAST_COMPLETED = """
SELECT id FROM rollbacks WHERE environment = %(environment)s AND status = 'completed'
 ORDER BY requested_at DESC LIMIT 1
"""

#: What has happened since the rollback. One that was undone itself is as if it had not been.
SINCE = """
SELECT (SELECT h.vercel_deployment_id FROM live_periods p
          JOIN deployment_history h ON h.id = p.deployment
         WHERE p.environment = %(environment)s AND p.live_until IS NULL) AS live,
       (SELECT h.vercel_deployment_id FROM live_periods p
          JOIN deployment_history h ON h.id = p.deployment
         WHERE p.environment = %(environment)s AND p.live_from > %(finished_at)s
           AND p.rollback_id IS NULL AND h.vercel_deployment_id <> ALL(%(ours)s)
         ORDER BY p.id DESC LIMIT 1) AS released,
       (SELECT id FROM rollbacks r
         WHERE environment = %(environment)s AND status = 'completed' AND undoes IS NULL
           AND requested_at > %(requested_at)s AND NOT EXISTS (
             SELECT 1 FROM rollbacks u WHERE u.undoes = r.id AND u.status = 'completed')
         ORDER BY requested_at DESC LIMIT 1) AS rolled_back,
       EXISTS (SELECT 1 FROM rollbacks WHERE undoes = %(id)s AND status = 'failed') AS was_tried
"""


async def start(operation: RollForward, caller: Caller, intake: Intake) -> Result:
    """Raises NotFound, or Conflict where there is nothing to undo or it would not be right."""
    environment = operation.environment
    undone = await named(operation, intake)
    if undone.environment is not environment:
        raise errors.NotFound(
            f"{environment.capitalize()} has no such rollback.", rollback_id=str(undone.id)
        )
    if (known := await undo_of(undone.id, intake)) is not None:
        return started_before(known)
    left = check_ended(undone)
    await check_since(undone, left, intake)
    try:
        rollback = await intake.engine.start(
            Order(
                environment=environment,
                switch_method=intake.settings.switch_method(environment),
                target=left,
                from_deployment=undone.target,
                requested_by=caller.name,
                reason=operation.reason,
                undoes=undone.id,
            )
        )
    except errors.Conflict:
        if (known := await undo_of(undone.id, intake)) is None:
            raise
        return started_before(known)
    target = rollback.called(rollback.target)
    return done(f"Rolling forward to {target}. Follow it at the address in Location.", rollback)


async def named(operation: RollForward, intake: Intake) -> Rollback:
    """The rollback to undo. Without a name the last completed one or, if that is a roll forward,
    what it undid, so that the same request is the same roll forward. Raises NotFound or Conflict.
    """
    if operation.subject is not None:
        return await intake.engine.store.get(operation.subject)
    row = await intake.database.one(LAST_COMPLETED, environment=operation.environment)
    if row is None:
        raise errors.Conflict(
            f"No rollback of {operation.environment} has completed, so there is nothing to undo."
        )
    last = await intake.engine.store.get(row["id"])
    return last if last.undoes is None else await intake.engine.store.get(last.undoes)


async def undo_of(undone: UUID, intake: Intake) -> Rollback | None:
    """The one that is under way or has completed."""
    row = await intake.database.one(UNDO_OF, id=undone)
    return await intake.engine.store.get(row["id"]) if row else None


def check_ended(undone: Rollback) -> str:
    """The deployment that it left. Raises Conflict if it cannot be undone by itself."""
    if undone.kind == "forward":
        raise errors.Conflict("That was a roll forward itself. To undo it, roll back.")
    check_final(undone)
    if undone.status is not Status.COMPLETED:
        raise errors.Conflict(
            f"That rollback did not complete, so there is nothing to undo. {undone.visitors_get}"
        )
    if undone.from_deployment is None:
        raise errors.Conflict(
            "Nobody knew what was live before that rollback. Promote the version that you want in"
            " the platform; if the database was taken back, bring it forward first"
            " (database_forward)."
        )
    return undone.from_deployment


async def check_since(undone: Rollback, left: str, intake: Intake) -> None:
    """Raises Conflict if production has moved on since the rollback."""
    since = await intake.database.one(
        SINCE,
        id=undone.id,
        environment=undone.environment,
        requested_at=undone.requested_at,
        finished_at=undone.finished_at,
        ours=[undone.target, left],
    )
    assert since is not None
    if since["rolled_back"] is not None:
        raise errors.Conflict(
            f"A newer rollback has completed since. Undo that one: {since['rolled_back']}.",
            rollback_id=str(since["rolled_back"]),
        )
    if since["live"] == left and not since["was_tried"]:
        raise errors.Conflict(f"{undone.called(left)} is live already.", live=left)
    moved_to = since["released"]
    if moved_to is None and since["live"] not in (undone.target, left):
        moved_to = since["live"]
    if moved_to is not None:
        raise errors.Conflict(
            f"{undone.environment.capitalize()} has moved on: {moved_to} has gone live since that"
            " rollback, so undoing it would not bring back what was. Promote the version that you"
            " want; if the database is still back, bring it forward first (database_forward).",
            live=since["live"],
        )


def started_before(rollback: Rollback) -> Result:
    by = rollback.requested_by
    return so_already(f"{by} has rolled forward already: {rollback.status}.", rollback)
