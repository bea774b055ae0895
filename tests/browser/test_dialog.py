"""The dialog before a rollback: nothing starts by accident, nothing starts twice."""

import pytest
from playwright.async_api import expect

from tests.browser import facts, scenes
from tests.browser.screen import screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

ACCEPTED = {"success": True, "rollback_id": facts.running()["rollback_id"], "message": "Started"}


async def test_a_rollback_needs_a_reason(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.dialog_without_reason(screen)

        await expect(screen.page.locator("#reason-0")).to_be_focused()
        assert answers.orders == []


async def test_focus_starts_on_the_question_and_returns_to_the_button(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.dialog(screen)
        await expect(screen.page.locator("#rollback-title")).to_be_focused()

        await screen.page.keyboard.press("Escape")

        await expect(screen.page.locator("#rollback-dialog")).to_be_hidden()
        await expect(screen.page.locator("#rollback-btn")).to_be_focused()


@pytest.mark.parametrize(
    ("plan", "says"), [("stays", True), ("goes_back", True), ("refused", False), ("unknown", False)]
)
async def test_that_data_is_kept_is_said_where_it_is_known(browser, address, plan, says):
    async with screen_on(browser, address) as screen:
        left, good, *older = facts.history()
        await scenes.loaded(screen, history=[left, good | {"database_plan": plan}, *older])
        await screen.page.click("#rollback-btn")

        dialog = screen.page.locator("#rollback-dialog")
        await expect(dialog).to_contain_text("This takes less than 60 seconds.")
        assert ("Guests and couples keep their data." in await dialog.inner_text()) is says


async def test_a_click_beside_the_dialog_does_nothing(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.dialog(screen)

        await screen.page.mouse.click(5, 5)

        await expect(screen.page.locator("#rollback-dialog")).to_be_visible()


async def test_the_order_says_what_why_and_from_where(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.dialog(screen)
        answers.trigger, answers.status = ACCEPTED, facts.running()

        await screen.page.check("text=Wrong or missing data")
        await screen.page.fill("#note", "Seating plan is empty")
        await screen.page.click("#rollback-confirm")

        await screen.page.wait_for_selector("#rollback-steps [data-step=switch]")
        [(key, order)] = answers.orders
        assert len(key) == 36
        assert order == {
            "deployment_id": "dpl_good",
            "environment": "production",
            "reason": "Wrong or missing data",
            "expected_current": "dpl_live",
            "note": "Seating plan is empty",
        }


async def test_once_started_the_focus_is_on_the_progress(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.dialog(screen)
        answers.trigger, answers.status = ACCEPTED, facts.running()

        await screen.page.check("#reason-0")
        await screen.page.click("#rollback-confirm")

        await expect(screen.page.locator("#rollback-heading")).to_be_focused()
        await expect(screen.page.locator("#rollback-dialog")).to_be_hidden()


async def test_a_row_opens_the_dialog_with_its_own_version(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.bad(screen)

        await screen.page.get_by_role("button", name="Roll back to 9be0d33…").click()

        await expect(screen.page.locator("#target-dpl_old")).to_be_checked()
        await expect(screen.page.locator("#rollback-confirm")).to_have_text("Roll back to 9be0d33")


async def test_what_stops_the_newer_version_has_to_be_ticked(browser, address):
    async with screen_on(browser, address) as screen:
        versions = facts.history()
        versions[1] |= {"is_exclusive": True, "database_effect": "Goes back one step."}
        answers = await scenes.loaded(screen, history=versions)
        await screen.page.click("#rollback-btn")
        await screen.page.check("#reason-0")

        await screen.page.click("#rollback-confirm")
        await expect(screen.page.locator("#allow-exclusive")).to_be_focused()
        assert answers.orders == []

        answers.trigger, answers.status = ACCEPTED, facts.running()
        await screen.page.check("text=People still on the newer version will see errors.")
        await screen.page.click("#rollback-confirm")
        await screen.page.wait_for_selector("#rollback-steps [data-step=switch]")
        assert answers.orders[0][1]["allow_exclusive"] is True


async def test_what_was_ticked_for_one_version_is_not_for_another(browser, address):
    async with screen_on(browser, address) as screen:
        versions = facts.history()
        versions[1] |= {"is_exclusive": True}
        await scenes.loaded(screen, history=versions)
        await screen.page.click("#rollback-btn")
        await screen.page.check("#allow-exclusive")

        await screen.page.check("#target-dpl_old")
        await expect(screen.page.locator("#allow-exclusive")).to_have_count(0)
        await screen.page.check("#target-dpl_good")

        await expect(screen.page.locator("#allow-exclusive")).not_to_be_checked()


async def test_only_three_versions_are_offered_until_more_are_asked_for(browser, address):
    async with screen_on(browser, address) as screen:
        many = [facts.deployment(f"dpl_{n}", f"{n}" * 40, "More", eligible=True) for n in range(5)]
        await scenes.loaded(screen, history=[facts.history()[0], *many], recommended="dpl_0")
        await screen.page.click("#rollback-btn")
        await expect(screen.page.locator("input[name=target]")).to_have_count(3)

        await screen.page.get_by_role("button", name="Show older").click()

        await expect(screen.page.locator("input[name=target]")).to_have_count(5)


async def test_after_no_answer_the_same_order_is_sent_under_the_same_key(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.dialog(screen)
        await screen.page.check("#reason-0")
        await screen.page.click("#rollback-confirm")
        await screen.page.get_by_text("it will not run twice").wait_for()
        await expect(screen.page.locator("#reason-1")).to_be_disabled()

        answers.trigger, answers.status = ACCEPTED, facts.running()
        await screen.page.click("#rollback-confirm")

        await expect(screen.page.locator("#rollback-heading")).to_be_focused()
        assert len(answers.orders) == 2
        assert answers.orders[0] == answers.orders[1]


async def test_a_rollback_of_somebody_else_is_named_and_can_be_shown(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.dialog(screen)
        theirs = facts.running()
        answers.status = theirs
        answers.trigger_status = 409
        answers.trigger = facts.problem(
            *(409, "rollback-in-progress", "A rollback is running."),
            rollback_id=theirs["rollback_id"],
            requested_by="Jonas Weber",
            requested_at=theirs["requested_at"],
        )
        await screen.page.check("#reason-0")
        await screen.page.click("#rollback-confirm")
        dialog = screen.page.locator("#rollback-dialog")
        await expect(dialog).to_contain_text("Jonas Weber already started a rollback")

        await screen.page.get_by_role("button", name="Show it").click()

        await expect(screen.page.locator("#rollback-progress")).to_contain_text("Jonas Weber")
        await expect(dialog).to_be_hidden()


@pytest.mark.parametrize(
    ("status", "slug", "words"),
    [
        (403, "forbidden", "You do not have permission."),
        (422, "invalid-request", "The server's own words."),
        (409, "conflict", "The server's own words."),
        (401, "unauthenticated", "You are signed out."),
    ],
)
async def test_a_refusal_is_explained_in_the_dialog(browser, address, status, slug, words):
    async with screen_on(browser, address) as screen:
        answers = await scenes.dialog(screen)
        answers.trigger_status = status
        answers.trigger = facts.problem(status, slug, "The server's own words.")

        await screen.page.check("#reason-0")
        await screen.page.click("#rollback-confirm")

        await expect(screen.page.locator("#rollback-dialog [role=alert]")).to_contain_text(words)


async def test_after_a_failed_rollback_another_one_needs_a_note(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.failed(screen)
        await screen.page.click("#another-btn")
        await screen.page.check("#reason-0")

        await screen.page.click("#rollback-confirm")

        await expect(screen.page.locator("#rollback-dialog")).to_contain_text("Write a note first.")
        await expect(screen.page.locator("#note")).to_be_focused()
        assert answers.orders == []


async def test_without_data_the_server_is_asked_to_choose(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.error(screen)
        answers.trigger, answers.status = ACCEPTED, facts.running()
        await screen.page.click("#rollback-btn")
        await screen.page.check("#reason-1")

        await screen.page.click("#rollback-confirm")

        await expect(screen.page.locator("#rollback-heading")).to_be_focused()
        [(_, order)] = answers.orders
        assert order["deployment_id"] == "last-stable"
        assert "expected_current" not in order


async def test_what_was_typed_outlives_the_session(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.dialog(screen)
        await screen.page.check("#reason-2")
        await screen.page.fill("#note", "Seating plan is empty")
        await scenes.session_ends(screen, answers)
        await screen.page.click("#rollback-confirm")
        link = screen.page.locator("#rollback-dialog").get_by_role("link", name="Sign in")
        async with screen.page.expect_popup() as signing_in:
            await link.click()
        await (await signing_in.value).wait_for_url("**/admin/sign-in?to=%2Fadmin%2Fdeployments")

        answers.overview, answers.overview_status = facts.overview(), 200
        answers.trigger, answers.trigger_status = ACCEPTED, 202
        answers.status = facts.running()
        await screen.look_again()
        await screen.page.click("#rollback-confirm")

        await expect(screen.page.locator("#rollback-heading")).to_be_focused()
        assert answers.orders[0] == answers.orders[1]
        assert answers.orders[1][1]["note"] == "Seating plan is empty"


async def test_where_the_button_is_gone_reading_goes_on_in_the_page(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.bad(screen)
        await screen.page.get_by_role("button", name="Roll back to 9be0d33…").click()
        answers.overview = facts.overview(active=facts.running())
        answers.status = facts.running()
        await screen.look_again()
        await screen.page.wait_for_selector("#rollback-progress", state="attached")

        await screen.page.keyboard.press("Escape")

        await expect(screen.page.locator("#main")).to_be_focused()


async def test_after_a_contradiction_the_next_question_is_about_what_is_live_by_then(
    browser, address
):
    async with screen_on(browser, address) as screen:
        answers = await scenes.dialog(screen)
        answers.trigger_status = 409
        answers.trigger = facts.problem(409, "conflict", "Production has moved on to dpl_next.")
        live = {**facts.history()[0], "deployment_id": "dpl_next", "title": "Quieter e-mails"}
        answers.overview = facts.overview(live=live)
        await screen.page.check("#reason-0")
        await screen.page.click("#rollback-confirm")
        await screen.page.get_by_text("Production has moved on").wait_for()
        await expect(screen.page.locator("#overall")).to_contain_text("Quieter e-mails")
        await screen.page.click("#rollback-cancel")

        await screen.page.click("#rollback-btn")
        await screen.page.check("#reason-0")
        await screen.page.click("#rollback-confirm")

        await screen.page.get_by_text("Production has moved on").wait_for()
        assert [order["expected_current"] for _, order in answers.orders] == [
            "dpl_live",
            "dpl_next",
        ]
