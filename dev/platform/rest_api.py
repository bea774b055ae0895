"""The platform's REST API: who asks, which call, what goes wrong on request, the answer."""

import asyncio
import json
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from dev.platform import (
    account_calls,
    check_calls,
    deployment_calls,
    project_calls,
    rolling_calls,
    team_calls,
    upload_calls,
    variable_calls,
)
from dev.platform.calls import Answer, Ask, Call, Refused
from dev.platform.cloud import Cloud, now_ms
from dev.platform.faults import Fault
from dev.platform.jobs import Jobs
from dev.platform.rolling import RollingReleases

CALLS: tuple[Call, ...] = (
    *account_calls.CALLS,
    *check_calls.CALLS,
    *deployment_calls.CALLS,
    *project_calls.CALLS,
    *rolling_calls.CALLS,
    *team_calls.CALLS,
    *upload_calls.CALLS,
    *variable_calls.CALLS,
)

FILE = "application/octet-stream"


class RestApi:
    def __init__(self, cloud: Cloud, jobs: Jobs, rolling: RollingReleases) -> None:
        self.cloud = cloud
        self.jobs = jobs
        self.rolling = rolling
        #: Every call received, oldest first; `status` is None for one that never got an answer.
        self.received: list[dict[str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        is_file = request.headers.get("content-type") == FILE
        record: dict[str, Any] = {
            "method": request.method,
            "path": request.url.path,
            "query": dict(request.query_params),
            "body": None if is_file else body.decode(errors="replace"),
            "status": None,
            "at_ms": now_ms(),
        }
        self.received.append(record)
        response = await self.respond(request, body, receive)
        if response is not None:
            record["status"] = response.status_code
            await response(scope, receive, send)

    async def respond(self, request: Request, body: bytes, receive: Receive) -> Response | None:
        """None: the caller went away before there was an answer."""
        try:
            self._check_token(request)
            call, params = find_call(request)
            fault = self.cloud.faults.for_call(call.name)
            if fault and (response := await self._before(fault)):
                return response
            if fault and fault.name == "hang":
                return await give_up(receive, fault.seconds)
            answer = call.answer(self._ask(request, params, body))
        except Refused as refused:
            return JSONResponse(refused.body, refused.status)
        if call.method != "GET":
            self.cloud.commit()
        if fault and fault.name == "500-after-applying":
            return internal_error()
        if fault and fault.name == "timeout-after-applying":
            return await give_up(receive, fault.seconds)
        return render(answer)

    def _check_token(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not given:
            raise Refused(401, "missing_authentication", "No authentication token was sent.")
        expires = self.cloud.config.token_expires_ms
        is_over = expires is not None and expires <= now_ms()
        if given != f"Bearer {self.cloud.config.token}" or is_over:
            raise Refused(403, "forbidden", "Not authorized", invalidToken=True)
        if request.query_params.get("teamId", self.cloud.config.team_id) != (
            self.cloud.config.team_id
        ):
            raise Refused(403, "forbidden", "You don't have permission to access this team.")

    def _ask(self, request: Request, params: dict[str, str], body: bytes) -> Ask:
        query = dict(request.query_params)
        told = {} if request.headers.get("content-type") == FILE else read_object(body)
        return Ask(self.cloud, self.jobs, self.rolling, params, query, told, body)

    async def _before(self, fault: Fault) -> Response | None:
        """What a fault answers in place of the call."""
        match fault.name:
            case "409":
                refused = Refused(409, "conflict", "Another change is under way.")
                return JSONResponse(refused.body, refused.status)
            case "429":
                message = "Too many requests. Try again later."
                refused = Refused(429, "rate_limited", message)
                headers = {"retry-after": str(fault.retry_after)}
                return JSONResponse(refused.body, refused.status, headers)
            case "500":
                return internal_error()
            case "slow":
                await self.cloud.faults.dawdle(fault.seconds)
        return None


def find_call(request: Request) -> tuple[Call, dict[str, str]]:
    for call in CALLS:
        params = call.match(request.method, request.url.path)
        if params is not None:
            return call, params
    raise Refused(404, "not_found", f"There is no {request.method} {request.url.path}.")


def read_object(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        read = json.loads(body)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise Refused(400, "bad_request", "The body should be a JSON object.")
    return read


def render(answer: Answer) -> Response:
    if answer.body is None:
        return Response(status_code=answer.status)
    return JSONResponse(answer.body, HTTPStatus(answer.status))


def internal_error() -> Response:
    refused = Refused(500, "internal_server_error", "An unexpected error occurred.")
    return JSONResponse(refused.body, refused.status)


async def give_up(receive: Receive, seconds: float) -> Response | None:
    """Silence until the caller goes away; one who has more patience gets a gateway's 504."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        refused = Refused(504, "gateway_timeout", "The request took too long.")
        return JSONResponse(refused.body, refused.status)
    return None
