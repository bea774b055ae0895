"""How a bad version misbehaves: a layer around the app, so that the app itself stays good."""

import secrets
from dataclasses import dataclass, field

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dev.sample_app.pages import render
from dev.sample_app.versions import Version

DECK = 100


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

    def __init__(self, app: ASGIApp, version: Version) -> None:
        self.app = app
        self.version = version
        self.visitors = Deck(version.errors_percent)
        self.monitors = Deck(version.errors_percent)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        healthy_path = scope["path"] == "/api/health"
        if self.version.hangs:
            await until_they_give_up(receive)
        elif (self.monitors if healthy_path else self.visitors).deal():
            await HTMLResponse(render("error.html"), 500)(scope, receive, send)
        elif self.version.wrong_content and not healthy_path:
            await HTMLResponse(render("wrong.html"))(scope, receive, send)
        else:
            await self.app(scope, receive, send)


async def until_they_give_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
