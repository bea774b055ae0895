"""GET /api/rollback/status/{id}: where a rollback stands."""

from starlette.background import BackgroundTask
from starlette.requests import Request

from lib.access.models import Caller
from lib.rollback.status import read_status
from lib.web import Reply, endpoint, read_last_segment
from lib.web.deadline import stop_at
from lib.wiring import services


async def get(request: Request, _: Caller) -> Reply:
    engine = services().engine
    rollback_id = read_last_segment(request)
    status, is_abandoned = await read_status(engine.store, engine.progress, rollback_id)
    standby = BackgroundTask(
        services().notifier.beside, engine.take_over, rollback_id, stop_at=stop_at(30)
    )
    return Reply(status, after=standby if is_abandoned else None)


app = endpoint("/api/rollback/status/[id]", get=get)
