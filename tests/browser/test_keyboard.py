"""The whole way with a keyboard only."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser import facts, scenes, scenes_after, scenes_flags, scenes_incidents
from tests.browser.screen import DESKTOP, PHONE, answering, screen_on
from tests.browser.test_dialog import ACCEPTED

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: As many as the specification allows from the page's load to the emergency button.
MOST_STOPS = 7
#: More than any page has.
MANY_STOPS = 80
#: Where the focus is now: null where it is on nothing, or where it was before.
STOP = """() => {
  const one = document.activeElement;
  window.stops ??= new Set([document.body]);
  if (window.stops.has(one)) return null;
  window.stops.add(one);
  const box = one.getBoundingClientRect();
  const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(one);
  const met = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    name: one.id || one.textContent.trim() || one.tagName,
    ring: `${outlineWidth} ${outlineStyle} at ${outlineOffset}`,
    isSeen: Boolean(met) && (one.contains(met) || met.contains(one)),
  };
}"""
RINGED = {"ring": "3px solid at 2px", "isSeen": True}


async def press(screen, *keys):
    for key in keys:
        await screen.page.keyboard.press(key)


async def test_the_first_stop_skips_to_the_content(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.bad(screen)

        await press(screen, "Tab", "Enter")

        await expect(screen.page.locator("#main")).to_be_focused()


async def test_the_button_is_within_seven_stops(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.bad(screen)
        stops = []
        for _ in range(MOST_STOPS):
            await press(screen, "Tab")
            stops.append(await screen.focused())

        assert "rollback-btn" in stops


async def test_a_rollback_is_started_from_the_pages_load_with_eight_keys_more(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.bad(screen)
        answers.trigger, answers.status = ACCEPTED, facts.running()
        for _ in range(MOST_STOPS):
            await press(screen, "Tab")
            if await screen.focused() == "rollback-btn":
                break

        await press(screen, "Enter", "Tab", "Tab", "Space", "Tab", "Tab", "Tab", "Enter")

        await expect(screen.page.locator("#rollback-heading")).to_be_focused()
        assert answers.orders[0][1]["reason"] == "Error rate is high"


async def test_enter_pressed_twice_sends_one_order(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.dialog(screen)
        answers.trigger, answers.status = ACCEPTED, facts.running()
        await screen.page.check("#reason-0")
        await screen.page.focus("#rollback-confirm")

        await press(screen, "Enter", "Enter", "Enter")

        await expect(screen.page.locator("#rollback-heading")).to_be_focused()
        await expect(screen.page.locator("#rollback-dialog")).to_be_hidden()
        assert len(answers.orders) == 1


SCENES = [
    scenes.bad,
    scenes.needed,
    scenes.not_armed,
    scenes.failed,
    scenes.completed,
    scenes.error,
    scenes.dialog,
    scenes.sign_in,
    scenes_after.rolled_back,
    scenes_after.asked_for_mode,
    scenes_after.audit_in_detail,
    *scenes_flags.SCENES,
    *scenes_incidents.SCENES,
]


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_every_stop_shows_where_the_focus_is_and_nothing_covers_it(
    browser, address, scene, width
):
    async with screen_on(browser, address, width=width) as screen:
        await scene(screen)
        await screen.page.evaluate("document.activeElement.blur()")
        stops = {}
        for _ in range(MANY_STOPS):
            await press(screen, "Tab")
            if (stop := await screen.page.evaluate(STOP)) is None:
                break
            stops[stop.pop("name")] = stop

        assert stops
        assert {name: stop for name, stop in stops.items() if stop != RINGED} == {}


async def test_the_focus_on_the_button_outlives_the_script_and_the_data(browser, address):
    loaded = asyncio.Event()

    async def later(route):
        await loaded.wait()
        await route.continue_()

    async with screen_on(browser, address) as screen:
        await answering(screen.page)
        await screen.page.route("**/assets/deployments.js", later)
        await screen.page.goto(f"{address}/admin/deployments", wait_until="commit")
        await screen.page.focus("#rollback-btn")

        loaded.set()

        await screen.page.wait_for_selector("#history")
        await expect(screen.page.locator("#rollback-btn")).to_be_focused()


async def test_the_buttons_of_the_dialog_never_cover_the_focus(browser, address):
    async with screen_on(browser, address, width=390) as screen:
        await screen.page.set_viewport_size({"width": 390, "height": 600})
        await scenes.dialog(screen)
        await screen.page.focus("#reason-3")

        field = await screen.page.locator("#reason-3").bounding_box()
        buttons = await screen.page.locator(".dialog-end").bounding_box()

        assert field
        assert buttons
        assert field["y"] + field["height"] <= buttons["y"]
