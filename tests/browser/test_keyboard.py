"""The whole way with a keyboard only."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser import facts, scenes
from tests.browser.screen import answering, screen_on
from tests.browser.test_dialog import ACCEPTED

pytestmark = pytest.mark.asyncio(loop_scope="session")

RING = "getComputedStyle(document.activeElement).outline"


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
        for _ in range(7):
            await press(screen, "Tab")
            stops.append(await screen.focused())

        assert "rollback-btn" in stops


async def test_a_rollback_is_started_with_nine_keys(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.bad(screen)
        answers.trigger, answers.status = ACCEPTED, facts.running()
        await screen.page.focus("#rollback-btn")

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


@pytest.mark.parametrize(
    "stop", ["#refresh", "#rollback-btn", "#on-call", ".nav-link", "#sign-out"]
)
async def test_every_control_shows_where_the_focus_is(browser, address, stop):
    async with screen_on(browser, address) as screen:
        await scenes.bad(screen)
        await press(screen, "Tab")

        await screen.page.focus(stop)

        assert "3px" in await screen.page.evaluate(RING)


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
