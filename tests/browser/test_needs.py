"""What needs a person, and who takes care of it."""

import pytest
from playwright.async_api import expect

from tests.browser import facts, scenes
from tests.browser.screen import screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAILED = "The rollback of production to 4f2a9c1 failed at verify."
BUTTON = f"I take care of it ({FAILED})"


def taken() -> list[facts.Json]:
    mine = {"acknowledged_by": "Priya Nair", "acknowledged_at": facts.NOW}
    return [item | (mine if item["id"] == 4 else {}) for item in facts.alerts()]


async def test_what_nobody_takes_care_of_stands_first_and_above_the_button(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.needed(screen)

        sentences = screen.page.locator("#needs li p")
        await expect(sentences).to_contain_text([FAILED, "Production is down: it answers 500."])
        needs = await screen.page.locator("#needs").bounding_box()
        emergency = await screen.page.locator("#emergency").bounding_box()
        assert needs["y"] + needs["height"] <= emergency["y"]


async def test_an_alert_is_taken_care_of_with_one_press(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.needed(screen)
        answers.operation = {
            "changed": True,
            "message": "You take care of it.",
            "rollback_id": None,
        }
        answers.overview = facts.overview(alerts=taken())

        await screen.page.get_by_role("button", name=BUTTON).dblclick()

        await expect(screen.page.locator("#live-status")).to_have_text("You take care of it.")
        await expect(screen.page.get_by_role("button", name=BUTTON)).to_have_count(0)
        await expect(screen.page.locator("#needs-title")).to_be_focused()
        await screen.page.get_by_role("button", name="Show 2 more").click()
        await expect(screen.page.locator("#needs li:has(#alert-4)")).to_contain_text(
            "Priya Nair takes care of it, since 08:40"
        )
        [order] = answers.operations
        assert (order["action"], order["subject"]) == ("acknowledge", "4")
        assert order["environment"] == "production"


async def test_where_all_is_taken_care_of_it_says_by_whom(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.loaded(screen, alerts=facts.alerts()[:1])
        answers.operation = {
            "changed": True,
            "message": "You take care of it.",
            "rollback_id": None,
        }
        answers.overview = facts.overview(alerts=taken()[:1])

        await screen.page.get_by_role("button", name=BUTTON).click()

        needs = screen.page.locator("#needs")
        await expect(needs).to_contain_text("Somebody takes care of it")
        await expect(needs).to_contain_text("Priya Nair takes care of it, since 08:40")
        await expect(screen.page.locator("#alert-4")).to_be_focused()


async def test_a_refusal_is_said_and_the_button_stays(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.needed(screen)
        answers.operation = facts.problem(404, "not-found", "Production has no alert 4.")
        answers.operation_status = 404

        await screen.page.get_by_role("button", name=BUTTON).click()

        await expect(screen.page.locator("#needs .problem").first).to_have_text(
            "Production has no alert 4."
        )
        await expect(screen.page.get_by_role("button", name=BUTTON)).to_have_attribute(
            "aria-disabled", "false"
        )


async def test_who_only_reads_gets_no_button(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.loaded(screen, alerts=facts.alerts(), can_rollback=False)

        await expect(screen.page.locator("#needs")).to_contain_text(FAILED)
        await expect(screen.page.get_by_role("button", name="I take care of it")).to_have_count(0)


async def test_many_alerts_leave_the_button_in_sight(browser, address):
    async with screen_on(browser, address) as screen:
        many = [facts.alert(number, f"Trouble {number}.") for number in range(9, 0, -1)]
        await scenes.loaded(screen, alerts=many)
        alerts = screen.page.locator("#needs li")
        await expect(alerts).to_have_count(2)

        await screen.page.get_by_role("button", name="Show 7 more").click()

        await expect(alerts).to_have_count(9)


async def test_how_it_is_set_is_told_as_plain_facts(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.needed(screen)

        facts_shown = screen.page.locator("#standing dd")
        await expect(facts_shown).to_contain_text(
            [
                "Writes down what it would do",
                "New releases do not go live by themselves since Ada's rollback.",
                "Never back past 9be0d33.",
                "77aa0b2 Page does not open",
                "Production was rolled back by itself.",
            ]
        )
        await expect(screen.page.locator("#rollback-hint")).to_contain_text("never proved itself")
