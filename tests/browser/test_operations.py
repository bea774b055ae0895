"""What people can do beside rolling back: asked first, done once, and offered to whom may."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser import facts, scenes, scenes_after
from tests.browser.screen import screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

STARTED = {
    "changed": True,
    "message": "Rolling forward to e81c2d7.",
    "rollback_id": facts.running()["rollback_id"],
}


def done(message: str) -> facts.Json:
    return {"changed": True, "message": message, "rollback_id": None}


def offers(screen):
    return screen.page.locator("#standing button, #rollback-progress #undo-btn")


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("viewer", []),
        ("operator", ["Undo the rollback…", "Lift the pin…", "Lift 77aa0b2…"]),
        (
            "admin",
            [
                "Change the mode…",
                "Undo the rollback…",
                "Lift the pin…",
                "Move the floor…",
                "Lift 77aa0b2…",
            ],
        ),
    ],
)
async def test_only_what_the_role_may_do_is_offered(browser, address, role, offered):
    async with screen_on(browser, address) as screen:
        viewer = {"name": "Priya Nair", "role": role}
        await scenes_after.rolled_back(screen, viewer=viewer, can_rollback=role != "viewer")

        await expect(offers(screen)).to_have_text(offered)
        await expect(screen.page.locator("#standing")).to_contain_text(
            "Off. People are told, and nothing is done by itself."
            " Set by Grace, today, 08:40 CET: The wedding is today"
        )


async def test_what_undoing_does_is_read_before_it_is_done(browser, address):
    async with screen_on(browser, address) as screen:
        effect = "The database comes forward again to 0043, before traffic moves."
        answers = await scenes_after.rolled_back(screen, undo=facts.undo(database_effect=effect))
        await screen.page.click("#undo-btn")

        dialog = screen.page.get_by_role("dialog", name="Undo the rollback?")
        await expect(dialog).to_contain_text("goes forward again to e81c2d7, Shot list")
        await expect(dialog).to_contain_text(effect)
        assert answers.operations == []


async def test_a_rollback_is_undone_from_its_result_and_followed(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_after.asked_to_undo(screen)
        answers.operation, answers.operation_status = STARTED, 202
        answers.status = facts.running(kind="forward")
        await screen.page.get_by_label("It was not the release").check()
        await screen.page.fill("#operation-note", "The provider was down")

        await screen.page.locator("#operation-confirm").dblclick()

        await expect(screen.page.locator("#rollback-heading")).to_be_focused()
        await expect(screen.page.locator("#rollback-heading")).to_contain_text("Rolling forward")
        assert answers.operations == [
            {
                "action": "roll_forward",
                "environment": "production",
                "subject": facts.undo()["rollback_id"],
                "reason": "It was not the release: The provider was down",
            }
        ]


async def test_what_failed_is_tried_again_and_followed(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_after.asked_to_try_again(screen)
        dialog = screen.page.get_by_role("dialog", name="Try the rollback again?")
        await expect(dialog).to_contain_text("Now: Visitors still get e81c2d7")
        await expect(dialog).to_contain_text("Database stays as it is.")
        answers.operation, answers.operation_status = STARTED, 202
        answers.status = facts.running()
        await screen.page.get_by_label("The platform is back").check()

        await screen.page.get_by_role("button", name="Try 4f2a9c1 again").click()

        await expect(screen.page.locator("#rollback-heading")).to_be_focused()
        await expect(screen.page.locator("#rollback-heading")).to_have_text("Rolling back…")
        [order] = answers.operations
        assert (order["action"], order["subject"]) == ("retry", facts.failed()["rollback_id"])


async def test_while_a_rollback_runs_what_it_decides_is_not_offered(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_after.rolled_back(screen, active=facts.running())
        answers.status = facts.running()

        await expect(offers(screen)).to_have_text(
            ["Change the mode…", "Move the floor…", "Lift 77aa0b2…"]
        )
        pin = screen.page.locator("#standing dd", has_text="New releases do not go live")
        await expect(pin).to_contain_text("A rollback is running.")


async def test_a_reason_is_needed(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_after.asked_to_undo(screen)

        await screen.page.click("#operation-confirm")

        await expect(screen.page.locator("#operation-dialog .problem")).to_have_text(
            "Choose a reason first."
        )
        await expect(screen.page.locator("#operation-reason-0")).to_be_focused()
        assert answers.operations == []


async def test_a_version_is_let_out_of_quarantine_with_a_note(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_after.asked_to_lift(screen)
        await expect(screen.page.locator("#operation-note")).to_be_focused()
        assert answers.operations == []
        answers.operation = done("77aa0b2 may be gone back to again.")
        answers.overview = facts.overview(viewer=scenes_after.ADMIN)

        await screen.page.fill("#operation-note", "The provider was down, not us")
        await screen.page.click("#operation-confirm")

        await expect(screen.page.locator("#live-status")).to_have_text(
            "77aa0b2 may be gone back to again."
        )
        await expect(screen.page.locator("#standing .told")).to_have_text(
            "77aa0b2 may be gone back to again."
        )
        await expect(screen.page.locator("#standing-title")).to_be_focused()
        [order] = answers.operations
        assert order["subject"] == facts.BAD_SHA
        assert order["reason"] == "The provider was down, not us"


async def test_what_was_left_unnamed_can_only_be_lifted_by_its_deployment(browser, address):
    async with screen_on(browser, address) as screen:
        unnamed = facts.quarantined(git_sha="unknown")
        nobody_knows = unnamed | {"deployment_id": None}
        await scenes_after.rolled_back(screen, quarantined=[unnamed, nobody_knows])

        lifts = screen.page.get_by_role("button", name="Lift dpl_bad…")
        await expect(lifts).to_have_count(1)
        await expect(screen.page.locator("#standing li")).to_have_count(2)


async def test_the_pin_is_lifted(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_after.rolled_back(screen)
        answers.operation = done("New releases go live by themselves again.")
        answers.overview = facts.overview(viewer=scenes_after.ADMIN)
        await screen.page.click("#pin-btn")
        await screen.page.get_by_label("The next release is ready").check()

        await screen.page.click("#operation-confirm")

        await expect(screen.page.locator("#pin-btn")).to_have_count(0)
        [order] = answers.operations
        assert (order["action"], order["reason"]) == ("lift_pin", "The next release is ready")
        assert "subject" not in order


async def test_an_admin_changes_the_mode_to_another_one(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_after.asked_for_mode(screen)
        answers.operation = done("What would be done in production is written down.")
        answers.overview = facts.overview(viewer=scenes_after.ADMIN, mode="shadow")
        dialog = screen.page.locator("#operation-dialog")
        await expect(dialog).to_contain_text("Writes down what it would do, and does nothing.")
        await screen.page.fill("#operation-note", "We try it")

        await screen.page.click("#operation-confirm")
        await expect(dialog).to_contain_text("It is so now.")
        await screen.page.get_by_label("Shadow").check()
        await expect(screen.page.locator("#operation-confirm")).to_have_text("Set to shadow")
        await screen.page.click("#operation-confirm")

        await expect(screen.page.locator("#mode-btn")).to_be_focused()
        await expect(screen.page.locator("#standing")).to_contain_text("Shadow.")
        assert [order["subject"] for order in answers.operations] == ["shadow"]


async def test_an_admin_takes_the_floor_away(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_after.asked_for_floor(screen)
        answers.operation = done("Production has no security floor.")
        await expect(screen.page.get_by_label("9be0d33")).to_be_checked()
        await screen.page.get_by_label("No floor").check()
        await screen.page.fill("#operation-note", "The hole was elsewhere")

        await screen.page.click("#operation-confirm")

        await expect(screen.page.locator("#floor-btn")).to_be_focused()
        [order] = answers.operations
        assert (order["action"], order["subject"]) == ("set_security_floor", "")


@pytest.mark.parametrize(
    ("status", "slug", "words"),
    [
        (403, "forbidden", "You do not have permission."),
        (422, "invalid-request", "The server's own words."),
        (409, "conflict", "The server's own words."),
        (401, "unauthenticated", "You are signed out."),
    ],
)
async def test_a_refusal_is_explained_and_can_be_pressed_again(
    browser, address, status, slug, words
):
    async with screen_on(browser, address) as screen:
        answers = await scenes_after.asked_to_undo(screen)
        answers.operation_status = status
        answers.operation = facts.problem(status, slug, "The server's own words.")
        await screen.page.check("#operation-reason-0")

        await screen.page.click("#operation-confirm")

        await expect(screen.page.locator("#operation-dialog [role=alert]")).to_contain_text(words)
        confirm = screen.page.locator("#operation-confirm")
        await expect(confirm).to_have_attribute("aria-disabled", "false")
        await expect(confirm).to_have_text("Roll forward to e81c2d7")


async def test_a_rollback_of_somebody_else_can_be_shown(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_after.asked_to_undo(screen)
        answers.status, answers.operation_status = facts.running(), 409
        answers.operation = facts.problem(
            *(409, "rollback-in-progress", "A rollback is running."),
            rollback_id=facts.running()["rollback_id"],
            requested_by="Jonas Weber",
            requested_at=facts.running()["requested_at"],
        )
        await screen.page.check("#operation-reason-0")
        await screen.page.click("#operation-confirm")

        await screen.page.get_by_role("button", name="Show it").click()

        await expect(screen.page.locator("#operation-dialog")).to_be_hidden()
        await expect(screen.page.locator("#rollback-heading")).to_be_focused()


async def test_without_an_answer_one_is_sent_to_look_before_it_is_sent_again(browser, address):
    """Somebody may have changed since what it did: the server cannot tell it from a new order."""
    async with screen_on(browser, address) as screen:
        answers = await scenes_after.rolled_back(screen)
        await screen.page.click("#pin-btn")
        await screen.page.check("#operation-reason-0")
        answers.overview |= {"pin": None}

        await screen.page.click("#operation-confirm")

        dialog = screen.page.locator("#operation-dialog")
        await expect(dialog).to_contain_text(
            "Your request may still have arrived."
            " Close this and look at the page before you ask again."
        )
        await expect(screen.page.locator("#pin-btn")).to_have_count(0)
        assert len(answers.operations) == 1


async def test_offline_the_same_can_be_sent_again(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_after.asked_to_undo(screen)
        await screen.page.check("#operation-reason-0")

        await screen.page.context.set_offline(offline=True)
        await screen.page.click("#operation-confirm")

        dialog = screen.page.locator("#operation-dialog")
        await expect(dialog).to_contain_text("You are offline.")


async def test_while_it_is_sent_it_says_so_and_holds_still(browser, address):
    answered = asyncio.Event()

    async def later(route):
        await answered.wait()
        await route.abort()

    async with screen_on(browser, address) as screen:
        await scenes_after.asked_for_mode(screen)
        await screen.page.route("**/api/operations", later)
        await screen.page.get_by_label("Shadow").check()
        await screen.page.fill("#operation-note", "We try it")

        await screen.page.click("#operation-confirm")

        confirm = screen.page.locator("#operation-confirm")
        await expect(confirm).to_have_text("Sending…")
        await expect(confirm).to_have_attribute("aria-disabled", "true")
        await expect(screen.page.get_by_label("Shadow")).to_be_disabled()
        answered.set()


async def test_a_question_is_closed_with_the_keyboard_and_gives_the_focus_back(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_after.rolled_back(screen)
        await screen.page.focus("#pin-btn")

        await screen.page.keyboard.press("Enter")
        await expect(screen.page.locator("#operation-title")).to_be_focused()
        await screen.page.keyboard.press("Escape")

        await expect(screen.page.locator("#operation-dialog")).to_be_hidden()
        await expect(screen.page.locator("#pin-btn")).to_be_focused()


async def test_what_is_asked_outlives_the_session(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_after.asked_to_undo(screen)
        await screen.page.fill("#operation-note", "It was the provider")
        await scenes.session_ends(screen, answers)

        await screen.page.check("#operation-reason-0")
        await screen.page.click("#operation-confirm")

        dialog = screen.page.locator("#operation-dialog")
        await expect(dialog.get_by_role("link", name="Sign in")).to_be_visible()
        await expect(screen.page.locator("#operation-note")).to_have_value("It was the provider")
        await screen.page.click("#operation-cancel")
        await expect(screen.page.locator("#main")).to_be_focused()
