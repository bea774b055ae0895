"""No rule of WCAG 2.0 to 2.2, A and AA, that a machine can check is broken in any state."""

import pytest
from axe_playwright_python.async_playwright import Axe

from tests.browser import scenes_after, scenes_flags, scenes_incidents, scenes_standing
from tests.browser.scenes import SCENES, bad
from tests.browser.screen import DESKTOP, PHONE, screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: Its half a megabyte of script is loaded once for the four looks at a state.
LOADED = Axe(axe_script="0")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


ALL_SCENES = [
    *SCENES,
    *scenes_after.SCENES,
    *scenes_flags.SCENES,
    *scenes_incidents.SCENES,
    *scenes_standing.SCENES,
]
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (PHONE, DESKTOP)]
NARROWEST = 320


@pytest.mark.parametrize("scene", ALL_SCENES, ids=lambda scene: scene.__name__)
async def test_no_state_breaks_a_rule_or_scrolls_sideways(browser, address, scene):
    async with screen_on(browser, address) as screen:
        await scene(screen)
        await screen.page.evaluate(Axe().axe_script)

        broken = [await broken_rules(screen, scene.__name__, *look) for look in LOOKS]

        assert "".join(broken) == ""
        await look_like(screen, "light", NARROWEST)
        await screen.drawn()
        assert await screen.page.evaluate("document.documentElement.scrollWidth") == NARROWEST


async def look_like(screen, scheme, width):
    await screen.page.emulate_media(color_scheme=scheme)
    await screen.page.set_viewport_size({"width": width, "height": 800})


async def broken_rules(screen, name, scheme, width):
    await look_like(screen, scheme, width)
    await screen.keep(f"{name}-{scheme}-{width}")
    results = await LOADED.run(screen.page, options=RULES)
    assert results.response["passes"]
    return results.generate_report() if results.violations_count else ""


async def test_the_button_is_56_pixels_high_and_fills_its_card_on_a_phone(browser, address):
    async with screen_on(browser, address, width=PHONE) as screen:
        await bad(screen)

        box = await screen.page.locator("#rollback-btn").bounding_box()

        assert box
        assert box["height"] >= 56
        assert box["width"] >= PHONE - 2 * 32
