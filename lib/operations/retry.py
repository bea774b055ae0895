"""A failed rollback's target again: a new rollback, once, however often it is asked for."""

from uuid import UUID, uuid4

from lib import errors
from lib.access.models import Caller
from lib.operations import roll_forward
from lib.operations.models import Result, Retry, RollForward, done, so_already
from lib.rollback.intake import Intake
from lib.rollback.models import Environment, Rollback, RollbackRequest, Status
from lib.rollback.unfinished import check_final

#: No caller can have named it: no header carries it.
KEY = "\nretry:{id}"

RETRY_OF = """
SELECT id FROM rollbacks
 WHERE environment = %(environment)s AND evidence ->> 'retry_of' = %(id)s
"""


async def start(operation: Retry, caller: Caller, intake: Intake) -> Result:
    """Raises NotFound, or Conflict where there is nothing to try again or it would not be right."""
    environment = operation.environment
    failed_id = await named(operation, intake)
    if (known := await retry_of(environment, failed_id, intake)) is not None:
        return started_before(known)
    failed = await intake.engine.store.get(failed_id)
    if failed.undoes is not None and failed.status is Status.FAILED:
        return await roll_forward.start(
            RollForward(
                action="roll_forward",
                environment=environment,
                subject=failed.undoes,
                reason=operation.reason,
            ),
            caller,
            intake,
        )
    live = await intake.deployments.live_deployment(environment)
    check(failed, environment, live)
    # Told apart from what somebody else starts at this moment with the same key.
    ours = uuid4().hex
    try:
        rollback = await intake.start(
            RollbackRequest(
                deployment_id=failed.target,
                environment=environment,
                reason=failed.reason,
                # The platform may know of another one by now.
                expected_current=live,
                note=operation.reason,
                allow_exclusive=failed.allow_exclusive,
            ),
            requested_by=caller.name,
            idempotency_key=KEY.format(id=failed.id),
            evidence={"retry_of": str(failed.id), "request": ours},
        )
    except (errors.RollbackInProgress, errors.IdempotencyKeyReused):
        if (known := await retry_of(environment, failed_id, intake)) is None:
            raise
        return started_before(known)
    if rollback.evidence["request"] != ours:
        return started_before(rollback)
    target = rollback.called(rollback.target)
    return done(f"Going back to {target} again. Follow it at the address in Location.", rollback)


async def named(operation: Retry, intake: Intake) -> UUID:
    """The rollback to try again. Without a name: the last one, or what the last one is a retry of,
    so that the same request is the same retry.
    """
    if operation.subject is not None:
        return operation.subject
    newest, _ = await intake.engine.store.newest(operation.environment)
    if newest is None:
        raise errors.Conflict(f"{operation.environment.capitalize()} was never rolled back.")
    earlier = newest.evidence.get("retry_of")
    return UUID(earlier) if earlier and newest.status is not Status.FAILED else newest.id


async def retry_of(environment: Environment, failed: UUID, intake: Intake) -> Rollback | None:
    row = await intake.database.one(RETRY_OF, environment=environment, id=str(failed))
    return await intake.engine.store.get(row["id"]) if row else None


def check(failed: Rollback, environment: Environment, live: str | None) -> None:
    if failed.environment is not environment:
        raise errors.NotFound(
            f"{environment.capitalize()} has no such rollback.", rollback_id=str(failed.id)
        )
    check_final(failed)
    if failed.status is not Status.FAILED:
        raise errors.Conflict("That rollback has completed: there is nothing to try again.")
    if live not in (failed.from_deployment, failed.target):
        raise errors.Conflict(
            f"{environment.capitalize()} has moved on to {live} since. Look at it, then start"
            " another rollback."
        )


def started_before(rollback: Rollback) -> Result:
    by = rollback.requested_by
    return so_already(f"It was tried again already, by {by}: {rollback.status}.", rollback)
