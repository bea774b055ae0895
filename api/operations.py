"""POST /api/operations: retry, roll or bring forward, unlock, lift, acknowledge, mode, floor."""

from http import HTTPStatus

from starlette.background import BackgroundTask
from starlette.requests import Request

from lib.access.models import Caller
from lib.operations.models import OPERATION, OperationResponse
from lib.web import Reply, endpoint, read_union
from lib.web.deadline import stop_at
from lib.wiring import services


async def post(request: Request, caller: Caller) -> Reply:
    operation = await read_union(request, OPERATION)
    result = await services().operations.carry_out(operation, caller)
    await services().changes.tell()
    body = OperationResponse(
        changed=result.changed,
        message=result.message,
        rollback_id=result.rollback.id if result.rollback else None,
    )
    if result.rollback is None:
        return Reply(body, after=BackgroundTask(services().notifier.send_due))
    headers = {"location": f"/api/rollback/status/{result.rollback.id}"}
    if not result.changed:
        return Reply(body, headers=headers)
    work = BackgroundTask(
        services().notifier.beside,
        services().engine.run,
        result.rollback.id,
        stop_at=stop_at(120),
    )
    return Reply(body, HTTPStatus.ACCEPTED, headers, work)


app = endpoint("/api/operations", post=post)
