"""What comes later pushes nothing away: a finger on its way to the emergency button meets it."""

import pytest

from tests.browser import facts, scenes
from tests.browser.screen import DESKTOP, PHONE, answering, screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: The budget of a page that loads: as the Layout Instability API counts.
MOST_SHIFT = 0.02
#: Lighthouse's phone.
LIGHTHOUSE = 412
WATCH = """
window.shifts = [];
new PerformanceObserver((seen) => window.shifts.push(...seen.getEntries()))
  .observe({ type: "layout-shift", buffered: true });
"""
SHIFTED = """() => [
  window.shifts.reduce((sum, one) => sum + one.value, 0),
  window.shifts.flatMap((one) => one.sources.map(({ node, previousRect, currentRect }) =>
    `${node?.id || node?.nodeName} from ${previousRect.y} to ${currentRect.y}`)),
]"""
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
