"""Where a rollback stands: from Redis while its copy is current, else from Postgres."""

import asyncio
from uuid import UUID

from lib import errors
from lib.rollback.models import RollbackStatusResponse
from lib.rollback.progress import Progress
from lib.rollback.store import RollbackStore
from lib.rollback.view import view

#: A page polls each second: with a copy at hand, a Postgres that hangs is not waited for.
PULSE_SECONDS = 1.0


async def read_status(
    store: RollbackStore, progress: Progress, rollback_id: UUID
) -> tuple[RollbackStatusResponse, bool]:
    """The status, and whether its worker has left it. Raises NotFound.

    The copy is used if it is of the row's present revision, so the two cannot contradict each
    other. While Postgres is away the copy is the best that anybody knows; raises
    DatabaseUnavailable if there is none.
    """
    pulse = asyncio.create_task(store.pulse(rollback_id))
    copy = await progress.read(rollback_id)
    if copy is not None:
        await asyncio.wait([pulse], timeout=PULSE_SECONDS)
        if is_away(pulse):
            return copy.view, False
    revision, is_abandoned = await pulse
    if copy is not None and copy.revision == revision:
        return copy.view, is_abandoned
    return view(await store.get(rollback_id)), is_abandoned


def is_away(pulse: asyncio.Task[tuple[int, bool]]) -> bool:
    """Also of one that hangs: it is left to end by itself, and its error is not news."""
    if not pulse.done():
        pulse.add_done_callback(lambda task: task.cancelled() or task.exception())
        return True
    return isinstance(pulse.exception(), errors.DatabaseUnavailable)
