"""The edge: sends each request to the deployment that its host points at."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from dev.platform.cloud import Cloud
from dev.platform.instances import Crashed, Instances
from dev.platform.state import Deployment

#: Meant for one connection only: not passed on, either way.
FOR = b"x-forwarded-for"
HOP_BY_HOP = {b"connection", b"keep-alive", b"transfer-encoding", b"te", b"trailer", b"upgrade"}

#: Error -> status and what visitors read.
ERRORS = {
    "DEPLOYMENT_NOT_FOUND": (404, "The deployment could not be found on Vercel."),
    "DEPLOYMENT_PROTECTED": (401, "Authentication is required to see this deployment."),
    "FUNCTION_INVOCATION_FAILED": (500, "A server error has occurred"),
    "FUNCTION_INVOCATION_TIMEOUT": (504, "An error occurred with your deployment"),
}


@dataclass(frozen=True)
class Visit:
    """One request that went through, and how it ended."""

    request_id: str
    deployment: Deployment
    host: str
    method: str
    path: str
    status: int
    error: str | None
    client: str
    user_agent: str
    started: float
    seconds: float


class Failed(Exception):
    """The deployment did not answer; the message is the platform's name for it."""


class Edge:
    def __init__(
        self, cloud: Cloud, instances: Instances, watchers: Sequence[Callable[[Visit], None]]
    ) -> None:
        self.cloud = cloud
        self.instances = instances
        self.watchers = watchers
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=50)
        # No time-out of its own: the answer may take `function_seconds`, its body any time.
        unlimited = httpx.Timeout(None)
        self.http = httpx.AsyncClient(trust_env=False, timeout=unlimited, limits=limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        host = host_of(request, self.cloud)
        deployment = self.cloud.served_at(host, request.headers.get("x-forwarded-for"))
        if deployment is None:
            response = error_page("DEPLOYMENT_NOT_FOUND", new_request_id())
        elif self._is_closed(request, host, deployment):
            response = error_page("DEPLOYMENT_PROTECTED", new_request_id())
        else:
            try:
                response = await self._visit(request, host, deployment)
            except ClientDisconnect:
                return
        await response(scope, receive, send)

    async def _visit(self, request: Request, host: str, deployment: Deployment) -> Response:
        """Ask the deployment, and tell the watchers how it went."""
        request_id, error = new_request_id(), None
        started, clock = time.time(), time.monotonic()
        try:
            response = await self._answer(request, host, deployment, request_id)
        except Failed as failed:
            error = str(failed)
            response = error_page(error, request_id)
        visit = Visit(
            request_id=request_id,
            deployment=deployment,
            host=host,
            method=request.method,
            path=request.url.path,
            status=response.status_code,
            error=error,
            client=client_of(request),
            user_agent=request.headers.get("user-agent", ""),
            started=started,
            seconds=time.monotonic() - clock,
        )
        for watcher in self.watchers:
            watcher(visit)
        return response

    async def _answer(
        self, request: Request, host: str, deployment: Deployment, request_id: str
    ) -> Response:
        """Raises Failed."""
        try:
            async with asyncio.timeout(self.cloud.config.function_seconds):
                upstream = await self._pass_on(request, host, deployment, request_id)
        except TimeoutError:
            raise Failed("FUNCTION_INVOCATION_TIMEOUT") from None
        except (Crashed, httpx.TransportError):
            raise Failed("FUNCTION_INVOCATION_FAILED") from None
        response = StreamingResponse(stream(upstream), upstream.status_code)
        response.raw_headers = [
            *((k.lower(), v) for k, v in upstream.headers.raw if k.lower() not in HOP_BY_HOP),
            (b"server", b"Vercel"),
            (b"x-vercel-id", request_id.encode()),
            (b"x-vercel-cache", b"MISS"),
        ]
        return response

    async def _pass_on(
        self, request: Request, host: str, deployment: Deployment, request_id: str
    ) -> httpx.Response:
        address = httpx.URL(self.instances.address(deployment))
        passed_on = self.http.build_request(
            request.method,
            address.copy_with(raw_path=raw_path(request)),
            headers=[
                *((k, v) for k, v in request.headers.raw if k not in {*HOP_BY_HOP, FOR}),
                (b"x-forwarded-host", host.encode()),
                (b"x-forwarded-proto", b"https"),
                (FOR, client_of(request).encode()),
                (b"x-vercel-id", request_id.encode()),
                (b"x-vercel-deployment-url", deployment.url.encode()),
            ],
            content=await request.body() or None,
        )
        return await self.http.send(passed_on, stream=True)

    def _is_closed(self, request: Request, host: str, deployment: Deployment) -> bool:
        """Deployment Protection, if it is on."""
        secret, aliases = self.cloud.config.protection_bypass_secret, self.cloud.config.aliases
        if secret is None or host not in {deployment.url, aliases.blue, aliases.green}:
            return False
        return request.headers.get("x-vercel-protection-bypass") != secret


def host_of(request: Request, cloud: Cloud) -> str:
    """The host asked for. `NAME.localhost` stands for `NAME.vercel.app`, for a browser here: an
    alias, or a deployment's own address, where a page that stays with it is opened.
    """
    host = request.headers.get("host", "").partition(":")[0].lower()
    if not host.endswith(".localhost"):
        return host
    name = host.removesuffix(".localhost")
    state = cloud.state
    known = (*state.aliases, *(deployment.url for deployment in state.deployments.values()))
    return next((one for one in known if one.partition(".")[0] == name), host)


def new_request_id() -> str:
    return f"dev1::{secrets.token_hex(8)}"


def client_of(request: Request) -> str:
    """Made-up visitors say where they come from: here they all share one address."""
    own = request.client.host if request.client else ""
    return request.headers.get("x-forwarded-for", own)


def raw_path(request: Request) -> bytes:
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return path + b"?" + query if query else path


def error_page(error: str, request_id: str) -> Response:
    status, sentence = ERRORS[error]
    headers = {"x-vercel-error": error, "x-vercel-id": request_id}
    return PlainTextResponse(f"{sentence}\n\n{error}\n\n{request_id}\n", status, headers)


async def stream(upstream: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in upstream.aiter_raw():
            yield chunk
    finally:
        await upstream.aclose()
