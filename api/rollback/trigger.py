"""POST /api/rollback/trigger: start a rollback."""

from http import HTTPStatus

from starlette.background import BackgroundTask
from starlette.requests import Request

from lib.access.models import Caller
from lib.rollback.models import RollbackRequest, RollbackResponse
from lib.web import Reply, endpoint, read_body, read_idempotency_key
from lib.web.deadline import stop_at
from lib.wiring import services


async def post(request: Request, caller: Caller) -> Reply:
    rollback = await services().intake.start(
        await read_body(request, RollbackRequest),
        requested_by=caller.name,
        idempotency_key=read_idempotency_key(request),
    )
    message = (
        f"Going back to {rollback.called(rollback.target)}. Follow it at the address in Location."
    )
    return Reply(
        RollbackResponse(success=True, rollback_id=rollback.id, message=message),
        HTTPStatus.ACCEPTED,
        {"location": f"/api/rollback/status/{rollback.id}"},
        BackgroundTask(
            services().notifier.beside,
            services().engine.run,
            rollback.id,
            stop_at=stop_at(120),
        ),
    )


app = endpoint("/api/rollback/trigger", post=post)
