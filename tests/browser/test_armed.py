"""Whether a rollback would work is said on the page, and a failure stands at its top."""

import pytest
from playwright.async_api import expect

from tests.browser import facts, scenes
from tests.browser.screen import screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: 07:00 UTC in the zone of the test's windows.
CHECKED = "today, 08:00 CET"


@pytest.mark.parametrize(
    ("armed", "words"),
    [
        (facts.armed(), f"Armed, checked {CHECKED}"),
        (
            facts.armed(
                facts.check("token", "unknown", "Whether the token is valid is not known.")
            ),
            f"Armed as far as is known (1 not known), checked {CHECKED}",
        ),
        (facts.armed(checked_at="2026-11-22T04:00:00.000Z"), "Not checked since today, 05:00 CET"),
        (None, "Not checked yet whether rollbacks would work."),
    ],
    ids=["armed", "not-known", "stale", "never"],
)
async def test_one_line_says_how_it_is(browser, address, armed, words):
    async with screen_on(browser, address) as screen:
        await scenes.loaded(screen, armed=armed)

        await expect(screen.page.locator(".armed-line")).to_contain_text(words)
        await expect(screen.page.locator("#not-armed")).to_have_count(0)


async def test_every_failure_is_named_above_the_state_of_production(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.not_armed(screen)

        banner = screen.page.get_by_role("region", name="Rollbacks may not work")
        await expect(banner.get_by_role("listitem")).to_have_text(
            ["4f2a9c1 is no longer on the platform.", "Scheduled sweeps come every 24 hours only."]
        )
        await expect(banner).to_contain_text(f"Checked {CHECKED}.")
        await expect(screen.page.locator("#not-armed ~ #overall")).to_have_count(1)


async def test_a_failure_found_long_ago_says_how_long(browser, address):
    async with screen_on(browser, address) as screen:
        old = facts.armed(
            facts.check("target", "failed", "It is gone."), checked_at="2026-11-21T07:00:00.000Z"
        )
        await scenes.loaded(screen, armed=old)

        banner = screen.page.locator("#not-armed")
        await expect(banner).to_contain_text("Not checked since 21 Nov, 08:00 CET.")


async def test_what_is_good_to_know_is_one_press_away(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.not_armed(screen)

        note = screen.page.get_by_text("No log drain is set up (DRAIN_SECRET).")
        await expect(note).to_be_hidden()
        await screen.page.get_by_text("Good to know (1)").click()
        await expect(note).to_be_visible()
