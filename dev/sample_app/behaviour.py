"""How a bad version misbehaves: a layer around the app, so that the app itself stays good."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dev.sample_app.pages import render
from dev.sample_app.versions import Version

DECK = 100
#: How a line of a function's log reaches the platform, which takes it off the answer.
LOG = b"x-function-log"


@dataclass
class Deck:
    """Deals exactly `errors_percent` failures in each hundred requests, in random order."""

    errors_percent: int
    cards: list[bool] = field(default_factory=list)

    def deal(self) -> bool:
        if not self.cards:
            self.cards = [n < self.errors_percent for n in range(DECK)]
            secrets.SystemRandom().shuffle(self.cards)
        return self.cards.pop()


class Misbehaving:
    """Monitors have a deck of their own: few as they are, they see the errors in proportion."""

    def __init__(
        self, app: ASGIApp, version: Version, active: Callable[[], list[str]] = list
    ) -> None:
        """`active`: the switches that are on at the moment."""
        self.app = app
        self.version = version
        self.active = active
        self.visitors = Deck(version.errors_percent)
        self.monitors = Deck(version.errors_percent)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        healthy_path = scope["path"] == "/api/health"
        active = self.active()
        if self.version.sends_rsvps:
            send = logging(send, active)
        if self.version.errors_while_on and not active:
            await self.app(scope, receive, send)
        elif self.version.hangs:
            await until_they_give_up(receive)
        elif (self.monitors if healthy_path else self.visitors).deal():
            await HTMLResponse(render("error.html"), 500)(scope, receive, send)
        elif self.version.wrong_content and not healthy_path:
            await HTMLResponse(render("wrong.html"))(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def logging(send: Send, active: list[str]) -> Send:
    """One line for each request, with the switches that were on: docs/flags.md."""

    async def send_with_log(message: Message) -> None:
        if message["type"] == "http.response.start":
            line = json.dumps({"status": message["status"], "active_flags": active})
            message["headers"] = [*message.get("headers", []), (LOG, line.encode())]
        await send(message)

    return send_with_log


async def until_they_give_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
