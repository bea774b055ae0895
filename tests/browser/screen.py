"""A browser window on the dashboard, and answers put in the functions' place where a test needs."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.async_api import Browser, ConsoleMessage, Page, Route

from tests.browser.facts import NOW, Json, chart, overview

SCREENSHOTS = Path(".cache/screenshots")
PHONE = 390
DESKTOP = 1280
#: Than NOW, by more than it takes to stop a clock.
EARLIER = "2026-11-22T07:00:00.000Z"
#: What a page may not make the browser say: something that the policy stopped.
FORBIDDEN = "Content Security Policy"
#: The browser has other words for some of it, and none for the rest.
HEAR_POLICY = f"""
addEventListener("securitypolicyviolation", ({{ violatedDirective, blockedURI, sample }}) =>
  console.error(`{FORBIDDEN}: ${{violatedDirective}} stopped ${{blockedURI}} ${{sample}}`));
"""

#: Runs before the page's own scripts: what is put into the two live regions, in order.
LISTEN = """
window.said = [];
addEventListener("DOMContentLoaded", () => {
  for (const id of ["live-status", "live-alert"]) {
    const region = document.getElementById(id);
    new MutationObserver(() => region.textContent && window.said.push([id, region.textContent]))
      .observe(region, { childList: true, characterData: true, subtree: true });
  }
});
"""
WAS_SAID = "([id, text]) => window.said.some((one) => one[0] === id && one[1] === text)"

#: The next one shows what has changed by now; after it that was reported, too.
TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass
class Screen:
    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str = "/admin/deployments") -> None:
        await self.page.goto(self.address + path)

    async def sign_in(self, token: str) -> None:
        await self.open("/admin/sign-in")
        await self.page.fill("#token", token)
        await self.page.press("#token", "Enter")
        await self.page.wait_for_url("**/admin/deployments")

    async def focused(self) -> str:
        return str(await self.page.evaluate("document.activeElement.id"))

    async def drawn(self) -> None:
        """Two frames from now: whatever has changed by now is on the screen, and was reported."""
        await self.page.evaluate(TWO_FRAMES)

    async def stop_clock(self) -> None:
        """Before a page is opened: no time passes there but what a test lets pass."""
        await self.page.clock.install(time=EARLIER)
        await self.page.clock.pause_at(NOW)

    async def listen(self) -> None:
        """Before a page is opened: keeps what a screen reader is told."""
        await self.page.add_init_script(LISTEN)

    async def hears(self, text: str, *, alert: bool = False) -> None:
        """Waits until it was said; it may have given way to the next by now."""
        region = "live-alert" if alert else "live-status"
        await self.page.wait_for_function(WAS_SAID, arg=[region, text])

    async def said(self) -> list[str]:
        return [text for _, text in await self.page.evaluate("window.said")]

    async def look_again(self) -> None:
        """The page came back into sight: it asks at once."""
        await self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    async def keep(self, name: str) -> None:
        await self.drawn()
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def hear(self, message: ConsoleMessage) -> None:
        if FORBIDDEN in message.text:
            self.complaints.append(message.text)


@asynccontextmanager
async def screen_on(
    browser: Browser, address: str, *, width: int = DESKTOP, scheme: str = "light"
) -> AsyncIterator[Screen]:
    """A window of its own; fails if a script broke or the content security policy was hit."""
    opened = await browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 800},
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
    )
    async with opened as context:  # a test that failed leaves no page that goes on asking
        await context.add_init_script(HEAR_POLICY)
        page = await context.new_page()
        screen = Screen(page, address)
        page.on("console", screen.hear)
        page.on("pageerror", lambda error: screen.complaints.append(str(error)))
        yield screen
    assert screen.complaints == []


@dataclass
class Answers:
    """Answers in the functions' place; None: no answer at all. Tests change them as they go."""

    overview: Json | None = field(default_factory=overview)
    overview_status: int = 200
    chart: Json | None = field(default_factory=chart)
    status: Json | None = None
    trigger: Json | None = None
    trigger_status: int = 202
    operation: Json | None = None
    operation_status: int = 200
    operations: list[Json] = field(default_factory=list)
    audit: Json | None = None
    audit_status: int = 200
    flags: Json | None = None
    flags_status: int = 200
    flip: Json | None = None
    flip_status: int = 200
    flips: list[Json] = field(default_factory=list)
    #: The list, and one of them.
    incidents: Json | None = None
    incident: Json | None = None
    incident_status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)
    orders: list[tuple[str, Json]] = field(default_factory=list)
    overviews: int = 0
    #: The overview is not answered before this is set.
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    silence: asyncio.Event = field(default_factory=asyncio.Event)
    #: A request waits for that silence to end.
    hangs: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.let_go.set()

    async def answer(self, route: Route) -> None:
        path = route.request.url.partition("/api/")[2].partition("?")[0]
        query = dict(parse_qsl(urlsplit(route.request.url).query))
        if path == "overview" and query.get("part") == "chart":
            await self.fulfil(route, self.chart, 200)
        elif path == "overview":
            await self.let_go.wait()
            self.overviews += 1
            await self.fulfil(route, self.overview, self.overview_status)
        elif path == "audit":
            self.asked.append(query)
            await self.fulfil(route, self.audit, self.audit_status)
        elif path == "flags" and route.request.method == "PUT":
            self.flips.append(route.request.post_data_json)
            await self.fulfil(route, self.flip, self.flip_status)
        elif path == "flags":
            await self.fulfil(route, self.flags, self.flags_status)
        elif path.startswith("incidents"):
            body = self.incidents if path == "incidents" else self.incident
            await self.fulfil(route, body, self.incident_status)
        elif path == "rollback/trigger":
            key = route.request.headers.get("idempotency-key", "")
            self.orders.append((key, route.request.post_data_json))
            await self.fulfil(route, self.trigger, self.trigger_status)
        elif path == "operations":
            self.operations.append(route.request.post_data_json)
            await self.fulfil(route, self.operation, self.operation_status)
        else:
            await self.fulfil(route, self.status, 200)

    async def fulfil(self, route: Route, body: Json | None, status: int) -> None:
        if body is None:
            await route.abort()
            return
        kind = "application/json" if status < 400 else "application/problem+json"
        await route.fulfill(status=status, content_type=kind, body=json.dumps(body))

    async def never(self, route: Route) -> None:
        """The connection stays open and nothing comes, until the test is over."""
        self.hangs.set()
        await self.silence.wait()
        await route.abort()


async def answering(page: Page, **answers: Any) -> Answers:
    given = Answers(**answers)
    await page.route("**/api/**", given.answer)
    return given
