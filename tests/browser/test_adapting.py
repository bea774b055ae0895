"""The page as people have set their device: larger and wider text, colours of their own, no motion,
a phone that sleeps, a connection that comes and goes.
"""

import pytest
from playwright.async_api import expect

from tests.browser import facts, scenes
from tests.browser.screen import DESKTOP, screen_on
from tests.browser.test_accessibility import NARROWEST

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: WCAG 2.2, 1.4.12: nothing may be lost where a reader spaces text so.
SPACED = """
* { line-height: 1.5 !important }
* { letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
p { margin-bottom: 2em !important }
"""
#: What a person sets in the browser; 16 is where it begins.
TWICE_AS_LARGE = {"fontSizes": {"standard": 32, "fixed": 26}}
#: The policy forbids style elements; a sheet that a script makes is not one.
ADOPT = """css => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
}"""
#: What is cut off: text wider or higher than the box that hides the rest of it.
CUT_OFF = """() => [...document.querySelectorAll("body *")]
  .filter((one) => one.clientWidth && !one.closest(".visually-hidden, thead, textarea, svg"))
  .filter((one) => ["hidden", "clip"].includes(getComputedStyle(one).overflowX))
  .filter((one) => one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.id || one.className || one.tagName)"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: Of each control and each card: is its edge drawn, where backgrounds are taken away?
EDGELESS = """() => [...document.querySelectorAll(".card-box, .btn, .status, input")]
  .filter((one) => one.checkVisibility())
  .filter((one) => {
    const style = getComputedStyle(one);
    return style.borderTopStyle === "none" || parseFloat(style.borderTopWidth) === 0;
  })
  .map((one) => one.id || one.className)"""
INVISIBLE_ICONS = """() => [...document.querySelectorAll("svg.icon")]
  .filter((one) => one.checkVisibility())
  .filter((one) => getComputedStyle(one).color === getComputedStyle(document.body).backgroundColor)
  .length"""
VISIBILITY = """() => {{
  Object.defineProperty(document, "hidden", {{ value: {hidden}, configurable: true }});
  document.dispatchEvent(new Event("visibilitychange"));
}}"""
OVERVIEW = "**/api/overview?environment=production"
SLEEP, WAKE = (VISIBILITY.format(hidden=hidden) for hidden in ("true", "false"))

DENSE = [
    scenes.bad,
    scenes.judged,
    scenes.needed,
    scenes.running,
    scenes.failed,
    scenes.completed,
    scenes.dialog,
    scenes.not_armed,
]


@pytest.mark.parametrize("scene", DENSE, ids=lambda scene: scene.__name__)
async def test_spaced_text_is_neither_cut_off_nor_wider_than_the_phone(browser, address, scene):
    async with screen_on(browser, address, width=NARROWEST) as screen:
        await scene(screen)

        await screen.page.evaluate(ADOPT, SPACED)

        assert await screen.page.evaluate(OVERFLOW) == 0
        assert await screen.page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("scene", DENSE, ids=lambda scene: scene.__name__)
async def test_text_of_twice_the_size_is_not_cut_off(browser, address, scene):
    async with screen_on(browser, address, width=DESKTOP) as screen:
        devtools = await screen.page.context.new_cdp_session(screen.page)
        await devtools.send("Page.setFontSizes", TWICE_AS_LARGE)
        await scene(screen)
        assert await screen.page.evaluate("getComputedStyle(document.body).fontSize") == "32px"

        assert await screen.page.evaluate(OVERFLOW) == 0
        assert await screen.page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("scene", DENSE, ids=lambda scene: scene.__name__)
async def test_with_forced_colours_edges_and_icons_stay(browser, address, scene):
    async with screen_on(browser, address) as screen:
        await screen.page.emulate_media(forced_colors="active")
        await scene(screen)

        assert await screen.page.evaluate(EDGELESS) == []
        assert await screen.page.evaluate(INVISIBLE_ICONS) == 0
        await screen.keep(f"{scene.__name__}-forced-colours")


@pytest.mark.parametrize("scene", DENSE, ids=lambda scene: scene.__name__)
async def test_nothing_moves_for_who_wants_no_motion(browser, address, scene):
    async with screen_on(browser, address) as screen:
        await scene(screen)

        assert await screen.page.evaluate("document.getAnimations().length") == 0


async def test_a_phone_that_slept_looks_at_once_when_it_wakes(browser, address):
    """Not at what it asked before it slept: on that connection nothing may ever come."""
    async with screen_on(browser, address) as screen:
        await screen.stop_clock()
        answers = await scenes.healthy(screen)
        await screen.page.evaluate(SLEEP)
        await screen.page.route(OVERVIEW, answers.never)
        await screen.page.clock.fast_forward("10:00")  # one was due just then
        await answers.hangs.wait()

        await screen.page.unroute(OVERVIEW, answers.never)
        answers.overview = facts.overview(active=facts.running())
        answers.status = facts.running()
        await screen.page.evaluate(WAKE)

        await expect(screen.page.locator("#rollback-heading")).to_have_text("Rolling back…")
        assert answers.overviews == 2


async def test_asleep_it_asks_nothing(browser, address):
    async with screen_on(browser, address) as screen:
        await screen.stop_clock()
        answers = await scenes.healthy(screen)
        asked = []
        screen.page.on("request", lambda one: asked.append(one.url))
        freshness = screen.page.locator("#freshness")
        await screen.page.evaluate(SLEEP)
        answers.overview |= {"now": "2026-11-22T07:50:00.000Z"}
        await screen.page.clock.fast_forward("10:00")
        await expect(freshness).to_contain_text("Updated 08:50")

        await screen.page.clock.fast_forward("10:00")

        answers.overview |= {"now": "2026-11-22T08:00:00.000Z"}
        await screen.page.evaluate(WAKE)
        await expect(freshness).to_contain_text("Updated 09:00")
        asked = [url for url in asked if url.endswith("?environment=production")]
        assert len(asked) == 2  # what was due when it fell asleep, and what it asks awake


async def test_a_rollback_whose_status_fails_is_followed_by_the_overview(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.running(screen)
        answers.status = None
        answers.overview = facts.overview(active=facts.completed())

        await expect(screen.page.locator("#rollback-heading")).to_have_text("Rollback completed")


async def test_pages_of_errors_during_a_rollback_are_no_failure(browser, address):
    """While traffic moves, what answers may be something else: it is asked again."""
    async with screen_on(browser, address) as screen:
        await screen.stop_clock()
        answers = await scenes.running(screen)

        async def html(route):
            await route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")

        await screen.page.route("**/api/**", html)
        warning = screen.page.get_by_text("This page is not up to date.")
        await screen.page.clock.fast_forward("00:02")
        await expect(warning).to_be_visible()
        heading = screen.page.locator("#rollback-heading")
        await expect(heading).to_have_text("Rolling back…")

        await screen.page.unroute("**/api/**", html)
        answers.status = facts.completed()
        answers.overview = facts.overview(active=facts.completed())
        await screen.page.clock.fast_forward("00:10")

        await expect(heading).to_have_text("Rollback completed")
        await expect(warning).to_be_hidden()


async def test_after_success_the_button_never_offers_what_is_live(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.running(screen)
        left, back, *older = facts.history()
        back |= {"is_live": True, "eligible": False, "why_not": "This version is live now"}
        left |= {"is_live": False, "why_not": "Was unhealthy"}
        answers.status = facts.completed()
        answers.overview = facts.overview(
            active=facts.completed(), history=[back, left, *older], recommended="dpl_old"
        )

        await expect(screen.page.locator("#rollback-heading")).to_have_text("Rollback completed")
        hint = screen.page.locator("#rollback-hint")
        await expect(hint).to_contain_text(facts.OLD_SHA[:7])
        await screen.page.click("#rollback-btn")
        dialog = screen.page.locator("#rollback-dialog")
        await expect(dialog).to_contain_text(f"Roll back to {facts.OLD_SHA[:7]}")
        await expect(dialog).not_to_contain_text(facts.GOOD_SHA[:7])


async def test_the_edge_of_a_choice_that_is_not_taken_is_seen(browser, address):
    """3:1 against what it stands on, in light and dark."""
    for scheme in ("light", "dark"):
        async with screen_on(browser, address, scheme=scheme) as screen:
            await scenes.dialog(screen)

            colours = await screen.page.evaluate(
                """() => [
                  getComputedStyle(document.getElementById("reason-0")).borderTopColor,
                  getComputedStyle(document.getElementById("rollback-dialog")).backgroundColor,
                ]"""
            )

            assert contrast(*map(rgb, colours)) >= 3


def rgb(colour):
    return [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]


def contrast(one, other):
    """WCAG 2.2's own formula."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    parts = [part / 255 for part in colour]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
