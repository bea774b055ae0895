"""Slack, PagerDuty and any other address that is told something, at one server."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

#: Longer than whoever asks is ready to wait, and soon over for a test.
HANG_SECONDS = 3.0


@dataclass
class Vendors:
    """Accepts everything, unless told otherwise; keeps what it got."""

    #: Per path, what is answered next; nothing: 200.
    answers: dict[str, deque[Response]] = field(default_factory=dict)
    #: Path, headers and body of each request.
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    hanging: set[str] = field(default_factory=set)
    #: Done with a request in hand, before it is answered.
    on_request: Callable[[], None] = lambda: None

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "POST"])])

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        self.requests.append((path, dict(request.headers), await request.body()))
        self.on_request()
        if path in self.hanging:
            await asyncio.sleep(HANG_SECONDS)
        waiting = self.answers.get(path)
        return waiting.popleft() if waiting else Response("ok")

    def fail(
        self, path: str, status: int, *, times: int = 1, headers: dict[str, str] | None = None
    ) -> None:
        self.answers[path] = deque(Response(None, status, headers) for _ in range(times))

    def got(self, path: str) -> list[dict[str, Any]]:
        return [json.loads(body) for where, _, body in self.requests if where == path]
