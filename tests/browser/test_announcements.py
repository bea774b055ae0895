"""What a screen reader is told, and that the outcome of a rollback is never talked over."""

import re

import pytest
from playwright.async_api import expect

from tests.browser import facts, scenes
from tests.browser.screen import screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def press_refresh(screen):
    await screen.page.click("#refresh")


async def has_answer_of(screen, minute):
    """All that it brings is on the page, or waits to be said."""
    await expect(screen.page.locator("#freshness")).to_contain_text(f"Updated 08:{minute} CET")


def at(minute):
    return f"2026-11-22T07:{minute}:00.000Z"


async def test_nothing_is_said_while_nothing_changes(browser, address):
    async with screen_on(browser, address) as screen:
        await screen.stop_clock()
        await screen.listen()
        answers = await scenes.healthy(screen)
        answers.overview = answers.overview | {"now": at(41)}

        await screen.page.clock.fast_forward("01:00")

        await has_answer_of(screen, 41)
        assert await screen.said() == []


async def test_a_rollback_started_by_somebody_else_is_an_alert(browser, address):
    async with screen_on(browser, address) as screen:
        await screen.listen()
        answers = await scenes.healthy(screen)
        answers.overview = facts.overview(active=facts.running())
        answers.status = facts.running()

        await screen.look_again()

        await screen.hears("Jonas Weber started a rollback.", alert=True)
        await screen.hears("Step 2 of 5: Switch traffic")


async def test_the_outcome_is_said_at_once_and_stays(browser, address):
    async with screen_on(browser, address) as screen:
        await screen.stop_clock()
        answers = await scenes.running(screen)
        answers.status = facts.completed()
        answers.overview = facts.overview(active=facts.completed(), now=at(41))
        await screen.page.clock.fast_forward("00:02")
        status = screen.page.locator("#live-status")
        await expect(status).to_have_text("Rollback completed")
        await has_answer_of(screen, 41)

        answers.overview |= {"now": at(42)}
        await press_refresh(screen)
        await has_answer_of(screen, 42)
        await screen.page.clock.fast_forward("00:03")
        await expect(status).to_have_text("Rollback completed")

        await screen.page.clock.fast_forward("00:03")
        await expect(status).to_have_text("Updated")


async def test_a_failure_is_an_alert_that_names_the_step(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.running(screen)
        answers.status = facts.failed()
        answers.overview = facts.overview(active=facts.failed())

        await expect(screen.page.locator("#live-alert")).to_have_text(
            "Rollback failed at: Check it works. Production does not serve 4f2a9c1."
        )


async def test_taking_longer_than_a_minute_is_an_alert(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.running(screen)
        late = facts.running(overdue=True)
        answers.status, answers.overview = late, facts.overview(active=late)

        await expect(screen.page.locator("#live-alert")).to_have_text(
            "The rollback takes longer than 60 seconds."
        )


async def test_losing_the_server_and_finding_it_again_is_said(browser, address):
    async with screen_on(browser, address) as screen:
        await screen.listen()
        answers = await scenes.stale(screen)
        await screen.hears("Cannot reach the server. Showing the last known data.", alert=True)

        answers.overview = facts.overview()
        await screen.look_again()

        await screen.hears("Connection is back. Data is current.")


async def test_a_manual_refresh_is_confirmed(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.healthy(screen)

        await press_refresh(screen)

        await expect(screen.page.locator("#live-status")).to_have_text("Updated")


@pytest.mark.parametrize(
    ("scene", "title"),
    [
        (scenes.healthy, "Deployments"),
        (scenes.bad, "● Problems"),
        (scenes.running, "Rolling back 2/5"),
        (scenes.completed, "Rollback completed"),
        (scenes.failed, "● Rollback failed"),
    ],
)
async def test_the_title_tells_the_state(browser, address, scene, title):
    async with screen_on(browser, address) as screen:
        await scene(screen)

        await expect(screen.page).to_have_title(re.compile(f"^{re.escape(title)}"))


async def test_crossing_the_limit_is_an_alert_and_coming_back_is_said(browser, address):
    above = "Error rate is 8.2 percent, above the 5 percent limit."
    below = "Error rate is back below 5 percent."

    async with screen_on(browser, address) as screen:
        await screen.listen()
        answers = await scenes.loaded(screen)
        for minute, state, rate in ((41, "healthy", 0.004), (42, "suspect", 0.082)):
            assert await screen.said() == []
            known = facts.verdict(state, "8.2 % failed.", rate=rate)
            traffic = facts.traffic(verdict=known, is_fresh=True)
            answers.overview = facts.overview(traffic=traffic, now=at(minute))
            await screen.look_again()
            await has_answer_of(screen, minute)
        await screen.hears(above, alert=True)
        known = facts.verdict("healthy", "8.2 % failed.", rate=0.004)
        answers.overview = facts.overview(traffic=facts.traffic(verdict=known, is_fresh=True))
        await screen.look_again()

        await screen.hears(below)
        assert await screen.said() == [above, below]


async def test_what_is_said_behind_an_open_dialog_is_said_once_it_is_closed(browser, address):
    """Nothing behind a modal dialog reaches a screen reader."""
    async with screen_on(browser, address) as screen:
        await screen.stop_clock()
        answers = await scenes.dialog(screen)
        alert = screen.page.locator("#live-alert")
        answers.overview, answers.status = facts.overview(active=facts.running()), facts.running()
        await screen.look_again()
        await screen.page.wait_for_selector("#rollback-progress", state="attached")
        await screen.page.clock.fast_forward("00:03")
        await expect(alert).to_be_empty()

        await screen.page.keyboard.press("Escape")
        await screen.page.clock.fast_forward("00:02")

        await expect(alert).to_have_text("Jonas Weber started a rollback.")


async def test_that_nothing_could_be_loaded_is_said_and_each_press_is_answered(browser, address):
    async with screen_on(browser, address) as screen:
        await screen.stop_clock()  # or it tries again by itself
        answers = await scenes.error(screen)
        alert, status = screen.page.locator("#live-alert"), screen.page.locator("#live-status")
        await expect(alert).to_have_text("The status cannot be loaded. You can still roll back.")
        again = screen.page.locator("#again")

        await again.click()
        await screen.page.clock.fast_forward("00:02")
        await expect(status).to_have_text("Still no answer.")
        answers.let_go.clear()
        answers.overview = facts.overview()
        await again.click()
        await expect(again).to_have_text("Trying…")
        answers.let_go.set()

        await expect(screen.page.locator("#overall")).to_have_attribute("data-state", "bad")
        await expect(screen.page.locator("#main")).to_be_focused()


async def test_that_the_session_ended_is_said_and_not_that_the_page_was_updated(browser, address):
    async with screen_on(browser, address) as screen:
        await screen.stop_clock()
        await screen.listen()
        answers = await scenes.healthy(screen)
        over = facts.problem(401, "unauthenticated", "Nobody is signed in.")
        answers.overview, answers.overview_status = over, 401

        await press_refresh(screen)
        await expect(screen.page.locator("#main")).to_be_focused()

        await screen.page.clock.fast_forward("00:02")
        assert await screen.said() == ["You are signed out."]
