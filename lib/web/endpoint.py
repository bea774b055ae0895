"""Turns plain async functions into the ASGI `app` that the platform looks for in each api/ file."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lib import errors, logs
from lib.access.cookie import renewed
from lib.access.doors import DOORS, LIMITED, Door
from lib.audit.origin import CURRENT, Origin
from lib.web import audited
from lib.web.entrance import enter
from lib.web.limited import count
from lib.web.problems import NOT_ALLOWED, problem_for, problem_response, respond
from lib.web.reading import read_address, read_request_id

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """`after`: work that goes on once the answer is sent; the platform waits for it.

    A text is of the type that the headers name; a model is sent as JSON.
    """

    body: BaseModel | str | None = None
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)
    after: BackgroundTask | None = None


#: Takes the request, and who calls or what was signed, by its door.
Handler = Callable[..., Awaitable[Reply]]
WarmUp = Callable[[], Awaitable[object]]


class NoSuchDoor(Exception):
    """A function and its row in lib/access/doors.py do not name the same methods."""


def endpoint(route: str, warm_up: WarmUp | None = None, **handlers: Handler) -> ASGIApp:
    """Serve one URL, by its doors. Keyword names are lower-case HTTP methods: `get=…, post=…`.

    `warm_up` runs once per instance, before its first request. Raises NoSuchDoor.
    """
    doors = DOORS.get(route, {})
    if not doors or doors.keys() != {name.upper() for name in handlers}:
        raise NoSuchDoor(route)
    logs.install()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send, warm_up)
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        request_id = read_request_id(request)
        origin = Origin(request_id, read_address(request))
        token = CURRENT.set(origin)
        try:
            response = await answer(request, route, handlers, request_id)
            audited.follow(response, origin)
            if cookie := renewed(request):
                response.headers.append("set-cookie", cookie)
            await response(scope, receive, send)
        finally:
            CURRENT.reset(token)

    return app


def below(prefix: str, app: ASGIApp, other: ASGIApp) -> ASGIApp:
    """`app` answers under `prefix`, `other` everything else: a rewrite keeps the path as asked."""

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        is_below = scope["type"] == "http" and scope["path"].startswith(prefix)
        await (app if is_below else other)(scope, receive, send)

    return choose


async def live(receive: Receive, send: Send, warm_up: WarmUp | None) -> None:
    """The instance's own life, by the ASGI lifespan protocol. A failed warm-up is not a failed
    instance: what was wrong comes back with the first request, and is answered there.
    """
    await receive()
    if warm_up is not None:
        try:
            await warm_up()
        except errors.Error as error:
            log.warning("warm_up_failed", extra={"why": str(error)})
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def answer(
    request: Request,
    route: str,
    handlers: Mapping[str, Handler],
    request_id: str,
) -> Response:
    doors = DOORS[route]
    door = doors.get(request.method)
    if door is None:
        allowed = ", ".join(sorted(doors))
        response = respond(NOT_ALLOWED, f"Use {allowed}.", request_id=request_id)
        response.headers["allow"] = allowed
        return response
    try:
        is_limited = (route, request.method) in LIMITED
        handler = handlers[request.method.lower()]
        return to_response(await serve(request, door, handler, is_limited=is_limited))
    except errors.Error as error:
        log.warning(
            "request_refused",
            extra={
                "request_id": request_id,
                "path": request.url.path,
                "problem": problem_for(error).slug,
                "why": str(error),
            },
        )
        response = problem_response(error, request_id=request_id)
        audited.note_refusal(response, request, error)
        return response
    except Exception as error:
        log.exception("request_crashed", extra={"request_id": request_id, "path": request.url.path})
        return problem_response(error, request_id=request_id)


async def serve(request: Request, door: Door, handler: Handler, *, is_limited: bool) -> Reply:
    try:
        return await handler(request, *await enter(request, door))
    except (errors.Unauthenticated, errors.Forbidden) as error:
        if is_limited:
            await count(request, error)
        raise


def to_response(reply: Reply) -> Response:
    headers = {"cache-control": "no-store", **reply.headers}
    if reply.body is None:
        return Response(status_code=reply.status, headers=headers, background=reply.after)
    text, kind = (
        (reply.body, None)
        if isinstance(reply.body, str)
        else (reply.body.model_dump_json(), "application/json")
    )
    return Response(
        text, status_code=reply.status, media_type=kind, headers=headers, background=reply.after
    )
