"""Where a rollback stands: from Redis while its copy is current, else from Postgres."""

import asyncio
from uuid import UUID

from lib import errors
from lib.rollback.models import RollbackStatusResponse
from lib.rollback.progress import Copy, Progress
from lib.rollback.store import RollbackStore
from lib.rollback.view import view


async def read_status(
    store: RollbackStore, progress: Progress, rollback_id: UUID
) -> tuple[RollbackStatusResponse, bool]:
    """The status, and whether its worker has left it. Raises NotFound.

    The copy is used if it is of the row's present revision, so the two cannot contradict each
    other. While Postgres is away the copy is the best that anybody knows; raises
    DatabaseUnavailable if there is none.
    """
    copy, pulse = await asyncio.gather(
        progress.read(rollback_id), store.pulse(rollback_id), return_exceptions=True
    )
    known = copy if isinstance(copy, Copy) else None
    if isinstance(pulse, errors.DatabaseUnavailable) and known is not None:
        return known.view, False
    if isinstance(pulse, BaseException):
        raise pulse
    revision, is_abandoned = pulse
    if known is not None and known.revision == revision:
        return known.view, is_abandoned
    return view(await store.get(rollback_id)), is_abandoned
