"""The control plane's front door, as the platform's: vercel.json decides, functions answer.

It serves static files, runs functions, and passes what vercel.json sends to another origin on to
the simulator's edge, which plays the rest of the internet.
"""

import asyncio
import itertools
import mimetypes
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from dev import vercel_json
from dev.functions import Functions, Surroundings, entry_name
from dev.instance import FunctionFailed, Instance
from dev.routing import Answer, Asked, Invoke, Outcome, Proxy, Routing, Static

#: https://vercel.com/docs/functions/limitations, read 2026-11-22: 4.5 MB either way.
BODY_BYTES = 4_500_000
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "trailer"}
#: What an answer says of the hop it came over; this server says its own.
OURS = HOP_BY_HOP | {"date", "server"}
#: A little less than the runtime's own five seconds, so that it is not the one to hang up.
IDLE_SECONDS = 3
#: Longer than any function may run; each function's own limit is kept by its instance.
PATIENCE_SECONDS = 900
#: The platform compresses what is text, static or not, for whoever accepts it; here size stands in
#: for type. https://vercel.com/docs/how-vercel-cdn-works/compression, read 2026-11-26.
COMPRESSED_FROM_BYTES = 500
STATIC_CACHE = "public, max-age=0, must-revalidate"
TOLD = {
    404: ("NOT_FOUND", "The page could not be found"),
    405: ("METHOD_NOT_ALLOWED", "This method is not allowed here"),
    413: ("FUNCTION_PAYLOAD_TOO_LARGE", "The request is larger than 4.5 MB"),
    500: ("FUNCTION_INVOCATION_FAILED", "A server error has occurred"),
    502: ("ROUTER_EXTERNAL_TARGET_ERROR", "The other origin did not answer"),
    504: ("FUNCTION_INVOCATION_TIMEOUT", "An error occurred with your deployment"),
}


@dataclass(frozen=True)
class Front:
    """What the router needs to know besides the project's own files."""

    surroundings: Surroundings
    edge: str
    say: Callable[[str], None]
    #: Called whenever a function process has started.
    changed: Callable[[], None]
    #: What functions answer is added to it, for whoever searches it.
    answers: Path | None = None


class Router:
    """Answers for one project. `app` is its ASGI face; `pids` may be read from any thread."""

    def __init__(self, front: Front) -> None:
        root = front.surroundings.root
        self.configuration = vercel_json.read(root)
        files = [file for file in vercel_json.functions(root) if entry_name(root / file)]
        self._routing = Routing(root, self.configuration, files)
        self._front = front
        self._functions: Functions | None = None
        self._client = httpx.AsyncClient()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = False
        self._numbers = itertools.count(1)
        self.app: ASGIApp = Starlette(
            routes=[Route("/{path:path}", self._answer, methods=METHODS)],
            middleware=[Middleware(GZipMiddleware, minimum_size=COMPRESSED_FROM_BYTES)],
            lifespan=self._lifespan,
        )

    @property
    def pids(self) -> dict[str, int]:
        return self._functions.pids if self._functions else {}

    def close(self) -> None:
        """End the functions, and with them every request under way. From any thread."""
        if self._functions and self._loop:
            self._closing = True
            self._loop.call_soon_threadsafe(self._functions.close)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        self._functions = Functions(self._front.surroundings, self._front.changed)
        limits = httpx.Limits(max_connections=None, keepalive_expiry=IDLE_SECONDS)
        # The environment's proxies are not for what stays on this machine.
        self._client = httpx.AsyncClient(timeout=PATIENCE_SECONDS, limits=limits, trust_env=False)
        yield
        self._functions.close()
        await self._client.aclose()

    async def _answer(self, request: Request) -> Response:
        outcome = self._routing.decide(_asked(request))
        response = await self._carry_out(outcome, request)
        for name, value in outcome.headers.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("server", "Vercel")
        return response

    async def _carry_out(self, outcome: Outcome, request: Request) -> Response:
        match outcome:
            case Static():
                return _static(outcome, request)
            case Answer(status=status):
                return _error(status) if status in TOLD else Response(status_code=status)
            case Proxy():
                return await self._proxy(outcome, request)
            case Invoke():
                return await self._invoke(outcome, request)

    async def _proxy(self, outcome: Proxy, request: Request) -> Response:
        target = f"{self._front.edge}{outcome.path}" + _query(outcome.query)
        headers = {**_forwarded(request), "host": outcome.host}
        try:
            return await self._pass_on(request, target, headers, await request.body())
        except httpx.TransportError:
            return _error(502)

    async def _invoke(self, outcome: Invoke, request: Request) -> Response:
        body = await request.body()
        if len(body) > BODY_BYTES:
            return _error(413)
        if self._closing:  # nothing is started any more
            return _error(500)
        assert self._functions is not None
        while True:
            try:
                instance = await self._functions.instance(outcome.function)
            except FunctionFailed as error:
                self._front.say(f"{outcome.function} could not be started: {_last_line(error)}")
                return _error(500)
            try:
                return await self._ask(instance, outcome, request, body)
            except httpx.ConnectError:
                instance.leaving = True  # it has not seen the request: another one may
            except httpx.TransportError:
                return self._died(outcome.function, instance)

    async def _ask(
        self, instance: Instance, outcome: Invoke, request: Request, body: bytes
    ) -> Response:
        seconds = self.configuration.seconds(outcome.function)
        headers = {**_forwarded(request), "x-vercel-id": self._id(), **instance.begin(seconds)}
        target = f"{instance.url}{_path(request)}" + _query(outcome.query)
        return await self._pass_on(request, target, headers, body)

    def _died(self, function: str, instance: Instance) -> Response:
        if self._closing:
            return _error(500)
        if instance.overran:
            self._front.say(f"{function} took too long and was ended")
            return _error(504)
        self._front.say(f"{function} ended before it answered")
        return _error(500)

    async def _pass_on(
        self, request: Request, target: str, headers: Mapping[str, str], body: bytes
    ) -> Response:
        # Any byte of a header is passed on as it came.
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        sent = self._client.build_request(request.method, target, headers=raw, content=body)
        answer = await self._client.send(sent, stream=True)
        response = StreamingResponse(self._body(answer), answer.status_code)
        named = [(name.lower(), value) for name, value in answer.headers.raw]
        response.raw_headers = [pair for pair in named if pair[0].decode() not in OURS]
        return response

    async def _body(self, answer: httpx.Response) -> AsyncIterator[bytes]:
        passed_on = [b": ".join(pair) + b"\n" for pair in answer.headers.raw]
        try:
            async for part in answer.aiter_raw():
                passed_on.append(part)
                yield part
        finally:
            await answer.aclose()
            if self._front.answers:
                with self._front.answers.open("ab") as kept:
                    kept.write(b"".join([*passed_on, b"\n\n"]))

    def _id(self) -> str:
        return f"dev1::{next(self._numbers):06}"


def _asked(request: Request) -> Asked:
    host = request.headers.get("host", "").rpartition(":")
    return Asked(
        host=(host[0] or host[2]).lower(),
        path=_path(request),
        query=request.url.query,
        headers=dict(request.headers),
        cookies=request.cookies,
    )


def _path(request: Request) -> str:
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return raw.partition(b"?")[0].decode("latin-1")


def _query(query: str) -> str:
    return f"?{query}" if query else ""


def _forwarded(request: Request) -> dict[str, str]:
    """The caller's headers, without what only the platform may say, and with what it does say."""
    kept = {
        name: value
        for name, value in request.headers.items()
        if name not in HOP_BY_HOP and not name.startswith("x-vercel-internal-")
    }
    caller = request.client.host if request.client else ""
    host = request.headers.get("host", "")
    said = {"x-forwarded-for": caller, "x-real-ip": caller, "x-forwarded-host": host}
    return {**kept, **said, "x-forwarded-proto": "http"}


def _static(outcome: Static, request: Request) -> Response:
    if request.method not in {"GET", "HEAD"}:
        return _error(405)
    content = outcome.file.read_bytes()
    headers = {"etag": f'"{sha256(content).hexdigest()[:32]}"'}
    if "cache-control" not in {name.lower() for name in outcome.headers}:
        headers["cache-control"] = STATIC_CACHE
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, outcome.status, headers, _media_type(outcome.file))


def _media_type(file: Path) -> str:
    kind, _ = mimetypes.guess_type(file.name)
    return kind or "application/octet-stream"


def _error(status: int) -> Response:
    code, sentence = TOLD[status]
    return PlainTextResponse(
        f"{sentence}\n\n{code}\n", status, {"x-vercel-error": code, "cache-control": "no-store"}
    )


def _last_line(error: FunctionFailed) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else "it said nothing"
