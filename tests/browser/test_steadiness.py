"""What comes later pushes nothing away: a finger on its way to the emergency button meets it."""

import pytest
from playwright.async_api import expect

from tests.browser import facts, scenes
from tests.browser.screen import DESKTOP, PHONE, answering, screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: The budget of a page that loads: as the Layout Instability API counts.
MOST_SHIFT = 0.02
#: Lighthouse's phone.
LIGHTHOUSE = 412
WATCH = """
window.shifts = [];
window.watching = new PerformanceObserver((seen) => window.shifts.push(...seen.getEntries()));
window.watching.observe({ type: "layout-shift", buffered: true });
"""
SHIFTED = """() => {
  window.shifts.push(...window.watching.takeRecords());
  return [
    window.shifts.reduce((sum, one) => sum + one.value, 0),
    window.shifts.flatMap((one) => one.sources.map(({ node, previousRect, currentRect }) =>
      `${node?.id || node?.nodeName} from ${previousRect.y} to ${currentRect.y}`)),
  ];
}"""
STATES = {
    "ok": "Production is healthy",
    "bad": "Production has problems",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("width", [PHONE, LIGHTHOUSE, DESKTOP])
async def test_nothing_is_pushed_away_while_the_page_loads(browser, address, width, state):
    async with screen_on(browser, address, width=width) as screen:
        await screen.page.add_init_script(WATCH)
        overall = {"state": state, "sentence": STATES[state], "since": facts.NOW}
        answers = await answering(screen.page, overview=facts.overview(overall=overall))
        answers.let_go.clear()
        await screen.open()
        await screen.page.get_by_text("Checking the live version…").wait_for()
        await screen.drawn()

        answers.let_go.set()
        await screen.page.wait_for_selector("#history")
        await screen.drawn()

        shifted, what = await screen.page.evaluate(SHIFTED)
        assert shifted <= MOST_SHIFT, what


async def test_what_does_shift_is_seen(browser, address):
    async with screen_on(browser, address) as screen:
        await screen.page.add_init_script(WATCH)
        await scenes.bad(screen)
        await screen.page.evaluate("document.getElementById('freshness').style.height = '300px'")
        await screen.drawn()

        shifted, _ = await screen.page.evaluate(SHIFTED)

        assert shifted > MOST_SHIFT


async def test_a_look_from_before_the_start_does_not_bring_an_older_failure_back(browser, address):
    async with screen_on(browser, address) as screen:
        older = facts.failed(rollback_id="1a1e5c1e-6d35-4d2e-9c7e-0f6f2d6f9b10")
        answers = await scenes.following(screen, older, "failed", scenes.LAST_FAILED)
        answers.status = facts.running()
        answers.trigger = {"rollback_id": facts.running()["rollback_id"]}
        await screen.page.click("#another-btn")
        await screen.page.check("#reason-0")
        await screen.page.fill("#note", "The provider is back")
        answers.let_go.clear()
        async with screen.page.expect_request("**/api/overview?environment=production"):
            await screen.look_again()

        await screen.page.click("#rollback-confirm")
        heading = screen.page.locator("#rollback-heading")
        await expect(heading).to_have_text("Rolling back…")
        answers.let_go.set()

        await screen.page.wait_for_selector("#rollback-steps [data-step=switch]")
        await expect(heading).to_have_text("Rolling back…")


async def test_what_has_completed_does_not_run_again_by_an_older_answer(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.running(screen)
        answers.overview |= {"now": "2026-11-22T07:41:00.000Z"}

        answers.status = facts.completed()

        await expect(screen.page.locator("#freshness")).to_contain_text("Updated 08:41")
        assert answers.overview["active"]["status"] == facts.running()["status"]
        heading = screen.page.locator("#rollback-heading")
        await expect(heading).to_have_text("Rollback completed")


async def test_a_newer_row_changes_no_button_that_has_the_focus(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.bad(screen)
        button = screen.page.get_by_role("button", name="Roll back to 9be0d33…")
        await button.focus()
        newer = facts.deployment("dpl_next", "d" * 40, "Newer", eligible=True)
        answers.overview = facts.overview(history=[newer, *facts.history()])

        await screen.look_again()

        await expect(screen.page.locator("#history tbody tr")).to_have_count(5)
        await expect(button).to_be_focused()
