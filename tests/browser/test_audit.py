"""The audit log on its page: who did what, when, why, with what result."""

import pytest
from playwright.async_api import expect

from tests.browser import facts, scenes_after
from tests.browser.screen import PHONE, answering, screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_entry_is_read_in_a_row(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_after.audit(screen)

        cells = screen.page.locator("#entries tbody tr").nth(1).locator(".cell")
        await expect(cells).to_contain_text(
            [
                "22 Nov 2026, 08:40:00 CET",
                "Automatically",
                "Rollback ended",
                "dpl_good",
                "Page does not open",
                "Failed",
            ]
        )
        await expect(cells.first).to_contain_text("2026-11-22 07:40:00 UTC")
        await expect(screen.page.locator("#live-status")).to_have_text("4 entries")


async def test_what_is_known_beside_is_one_press_away(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_after.audit(screen)
        error = screen.page.get_by_text("Production does not answer.")
        await expect(error).to_be_hidden()

        await screen.page.locator("summary", has_text="Details of entry 13").press("Enter")

        await expect(error).to_be_visible()
        await expect(screen.page.locator("summary")).to_have_count(3)
        await expect(screen.page.get_by_text("Undoes")).to_have_count(0)


async def test_on_a_phone_each_entry_is_a_card_and_still_a_row(browser, address):
    async with screen_on(browser, address, width=PHONE) as screen:
        await scenes_after.audit(screen)

        rows = screen.page.get_by_role("row")
        await expect(rows).to_have_count(5)
        box = await rows.last.bounding_box()
        assert box
        assert box["width"] <= PHONE
        assert await screen.page.evaluate("document.documentElement.scrollWidth") == PHONE


async def test_what_is_asked_for_is_in_the_address_and_in_the_fields(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_after.audit(screen)
        await screen.page.fill("#actor", "Priya Nair")
        await screen.page.select_option("#action", "rollback")
        await screen.page.select_option("#environment", "production")
        await screen.page.fill("#date", "2026-11-22")

        await screen.page.click("#filter-btn")
        await screen.page.wait_for_url("**/admin/audit?actor=Priya+Nair&**")
        await screen.page.wait_for_selector("#entries")

        await expect(screen.page.locator("#actor")).to_have_value("Priya Nair")
        await expect(screen.page.locator("#action")).to_have_value("rollback")
        assert answers.asked[-1] == {
            "actor": "Priya Nair",
            "action": "rollback",
            "environment": "production",
            "until": "2026-11-22T23:00:00.000Z",
        }


async def test_older_entries_are_a_link_that_keeps_what_was_asked(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_after.audit(screen, "?action=rollback.end", older=11)
        await expect(screen.page.locator("#action")).to_have_value("rollback.end")
        await expect(screen.page.locator("#newest")).to_have_count(0)
        answers.audit = facts.audit()

        await screen.page.click("#older")
        await screen.page.wait_for_url("**/admin/audit?action=rollback.end&before=11")

        newest = screen.page.locator("#newest")
        await expect(newest).to_have_attribute("href", "/admin/audit?action=rollback.end")
        await expect(screen.page.locator("#older")).to_have_count(0)
        assert answers.asked[-1] == {"action": "rollback.end", "before": "11"}


@pytest.mark.parametrize(
    ("query", "words"), [("", "Nothing was done yet"), ("?actor=Nobody", "No entry fits")]
)
async def test_where_there_is_nothing_it_says_so(browser, address, query, words):
    async with screen_on(browser, address) as screen:
        await scenes_after.audit(screen, query, entries=[])

        await expect(screen.page.locator("#empty")).to_contain_text(words)
        await expect(screen.page.locator("#live-status")).to_have_text("0 entries")


async def test_a_failure_is_said_and_can_be_tried_again(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_after.audit_error(screen)
        await expect(screen.page.locator("#problem")).to_contain_text("The server did not answer.")
        answers.audit = facts.audit()

        await screen.page.click("#again")

        await expect(screen.page.locator("#entries")).to_be_visible()
        await expect(screen.page.locator("#main")).to_be_focused()


@pytest.mark.parametrize(
    ("status", "slug", "words"),
    [
        (401, "unauthenticated", "You are signed out"),
        (403, "forbidden", "Ask an admin for the role viewer."),
        (422, "invalid-request", "The server's own words."),
    ],
)
async def test_a_refusal_is_explained(browser, address, status, slug, words):
    async with screen_on(browser, address) as screen:
        problem = facts.problem(status, slug, "The server's own words.")
        await answering(screen.page, audit=problem, audit_status=status)
        await screen.open("/admin/audit")

        await expect(screen.page.locator("#page")).to_contain_text(words)


async def test_what_was_really_done_is_in_the_log(browser, stack):
    async with screen_on(browser, stack["control_plane"]) as screen:
        await screen.sign_in(stack["tokens"]["viewer"])
        await screen.page.get_by_role("link", name="Audit log").click()

        entries = screen.page.locator("#entries tbody tr")
        await expect(entries.filter(has_text="Signed in").first).to_be_visible()
        await screen.page.select_option("#action", "deployment")
        await screen.page.click("#filter-btn")
        await expect(screen.page.locator("#entries")).not_to_contain_text("Signed in")
