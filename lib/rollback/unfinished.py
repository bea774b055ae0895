"""An unfinished rollback is in the way: what whoever asks for something else is told."""

from datetime import datetime
from uuid import UUID

from lib import errors
from lib.rollback.models import Rollback


def in_the_way(
    message: str, *, rollback_id: UUID, requested_by: str, requested_at: datetime
) -> errors.RollbackInProgress:
    """With what it takes to follow it."""
    return errors.RollbackInProgress(
        message,
        rollback_id=str(rollback_id),
        requested_by=requested_by,
        requested_at=requested_at.isoformat().replace("+00:00", "Z"),
    )


def check_final(rollback: Rollback) -> None:
    """Raises RollbackInProgress."""
    if not rollback.is_final:
        raise in_the_way(
            f"{rollback.requested_by}'s rollback of {rollback.environment} has not ended.",
            rollback_id=rollback.id,
            requested_by=rollback.requested_by,
            requested_at=rollback.requested_at,
        )
