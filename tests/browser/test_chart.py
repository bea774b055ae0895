"""The error rate of the last hour, for whoever sees it, hears it, or prints it."""

import re

import pytest
from playwright.async_api import expect

from tests.browser import facts, scenes, scenes_standing
from tests.browser.screen import PHONE, screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECOND = 1000
#: Below this a text of the drawing cannot be read on a phone.
SMALLEST_PX = 12
TEXT_SIZES = """
[...document.querySelectorAll("#error-rate svg text")].map((text) => {
  const { a } = text.getScreenCTM();
  return parseFloat(getComputedStyle(text).fontSize) * a;
})
"""
COLOURS = """
(selector) => {
  const style = getComputedStyle(document.querySelector(selector));
  return [style.stroke, style.fill];
}
"""


async def test_it_says_in_a_sentence_what_it_draws(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_standing.charted(screen)

        drawing = screen.page.get_by_role("img", name=re.compile("^Error rate In the last hour"))

        await expect(drawing).to_have_accessible_name(
            re.compile(
                r"of [\d,]+ requests failed. The most in one minute: 8.9 %, at .* limit is 5 %"
            )
        )
        await expect(drawing).to_contain_text("Limit 5 %")


async def test_what_went_live_is_marked_and_listed(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_standing.charted(screen)
        listed = screen.page.locator(".chart-markers li")

        await expect(screen.page.locator(".chart-marker")).to_have_count(2)
        await expect(listed).to_have_text(
            [
                re.compile(r"\s*today, 08:33 CET: 4f2a9c1 rolled back: The venue's phone number"),
                re.compile(r"\s*today, 08:17 CET: e81c2d7 deployed: Shot list"),
            ]
        )


async def test_each_minute_with_requests_is_a_row_newest_first(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_standing.charted(screen)
        rows = screen.page.locator("#error-rate tbody tr")

        await expect(rows).to_have_count(57)
        await expect(rows.first).to_contain_text("08:40 CET")


@pytest.mark.parametrize("width", [320, PHONE])
async def test_its_text_is_never_too_small_on_a_phone(browser, address, width):
    async with screen_on(browser, address, width=width) as screen:
        await scenes_standing.charted(screen)

        sizes = await screen.page.evaluate(TEXT_SIZES)

        assert sizes
        assert min(sizes) >= SMALLEST_PX


async def test_it_is_drawn_anew_when_the_phone_is_turned(browser, address):
    async with screen_on(browser, address, width=PHONE) as screen:
        await scenes_standing.charted(screen)
        drawing = screen.page.locator("#error-rate svg[role=img]")
        before = await drawing.get_attribute("width")
        await screen.page.set_viewport_size({"width": 844, "height": 390})

        await expect(drawing).not_to_have_attribute("width", before)
        assert min(await screen.page.evaluate(TEXT_SIZES)) >= SMALLEST_PX


async def test_with_forced_colours_it_is_drawn_in_them(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_standing.charted(screen)
        own = await screen.page.evaluate(COLOURS, ".chart-line")
        await screen.page.emulate_media(forced_colors="active")

        forced = await screen.page.evaluate(COLOURS, ".chart-line")
        limit = await screen.page.evaluate(COLOURS, ".chart-limit")

        assert forced[0] not in (own[0], limit[0])


async def test_an_old_one_says_so(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_standing.chart_old(screen)

        await expect(screen.page.locator("#error-rate-title")).to_have_text("Error rate old")


async def test_without_counted_requests_it_says_what_is_shown(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_standing.chart_of_looks(screen)

        await expect(screen.page.locator("#error-rate-summary")).to_have_text(
            "No requests were counted in the last hour. Of 60 looks of our own, 2 failed."
        )


async def test_one_that_cannot_be_had_takes_nothing_else_with_it(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_standing.answering(screen.page, overview=facts.overview())
        answers.chart = None
        await screen.open()

        await expect(screen.page.locator("#error-rate-summary")).to_have_text(
            "It could not be loaded. This page tries again by itself."
        )
        await expect(screen.page.locator("#history, table").first).to_be_visible()


async def test_it_is_not_asked_for_with_each_look_at_a_rollback(browser, address):
    async with screen_on(browser, address) as screen:
        asked = []
        screen.page.on("request", lambda one: "part=chart" in one.url and asked.append(one.url))
        await screen.stop_clock()
        answers = await scenes.loaded(screen)
        await screen.page.clock.run_for(SECOND)
        await screen.page.wait_for_selector("#error-rate svg")

        for minute in (41, 42, 43):
            await look(screen, answers, minute)
        assert len(asked) == 1

        async with screen.page.expect_request("**part=chart**"):
            await screen.page.clock.run_for(12 * SECOND)
            await look(screen, answers, 44)


async def look(screen, answers, minute):
    """And what follows from its answer once that is drawn."""
    answers.overview |= {"now": f"2026-11-22T07:{minute}:00.000Z"}
    await screen.look_again()
    await expect(screen.page.locator("#freshness")).to_contain_text(f"Updated 08:{minute}")
    await screen.page.clock.run_for(SECOND)
