"""What is done by itself, why not, and what people can do about that."""

import re

import pytest
from playwright.async_api import expect

from tests.browser import facts, scenes, scenes_standing
from tests.browser.screen import screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

DASH = "\N{EN DASH}"
#: What it does, its button, and what is asked before.
ACTIONS = [
    ("unlock", "#unlock-btn", "Let it act by itself again?"),
    ("database_forward", "#forward-btn", "Bring the database forward?"),
    ("accept_database", "#accept-btn", "Go on with this database?"),
    ("preflight", "#preflight-btn", "Check whether a rollback would work?"),
]


async def test_the_verdict_says_when_it_acts(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.judged(screen)

        await expect(screen.page.locator("#outlook")).to_have_text(
            "8.2 % of 1,240 requests fail; enough evidence; acts in 20 s unless it stops."
        )
        await expect(screen.page.locator("#overall-warning")).to_have_count(0)
        await expect(screen.page.locator("#stragglers")).to_contain_text(
            "312 requests/min still on 9be0d33"
        )


async def test_each_version_that_was_asked_is_named_with_its_answer(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_standing.gate_refused(screen)

        await expect(screen.page.locator("#outlook")).to_contain_text("no version is better")
        await expect(screen.page.locator("#gate li")).to_have_text(
            [
                re.compile(
                    "4f2a9c1 is not well either: 19 of 20 looks .* It answers 500.", re.DOTALL
                ),
                re.compile(
                    "9be0d33 could not be asked: 20 of 20 looks .* It is protected.", re.DOTALL
                ),
            ]
        )


async def test_a_rolling_release_is_named(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_standing.rolling(screen)

        await expect(screen.page.locator("#rolling")).to_contain_text("e81c2d7 is rolling out")


async def test_what_the_other_version_cannot_read_is_counted(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_standing.held_up(screen)

        await expect(screen.page.locator("#standing")).to_contain_text(
            "3 values that one version wrote are not what the other reads."
        )


async def test_where_nothing_is_wrong_none_of_it_is_offered(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_standing.drawn(screen)

        for _, button, _ in ACTIONS[:3]:
            await expect(screen.page.locator(button)).to_have_count(0)


async def test_who_may_not_is_offered_none_of_it(browser, address):
    async with screen_on(browser, address) as screen:
        viewer = {"name": "Vera Lind", "role": "viewer"}
        await scenes_standing.held_up(screen, viewer=viewer, can_rollback=False)

        await expect(screen.page.locator("#standing")).to_contain_text("Locked")
        for _, button, _ in ACTIONS:
            await expect(screen.page.locator(button)).to_have_count(0)


@pytest.mark.parametrize(("action", "button", "title"), ACTIONS, ids=[one[0] for one in ACTIONS])
async def test_each_is_asked_first_and_done_once(browser, address, action, button, title):
    async with screen_on(browser, address) as screen:
        answers = await scenes_standing.held_up(screen)
        answers.operation = {"changed": True, "message": "It is done.", "rollback_id": None}
        await screen.page.click(button)
        await expect(screen.page.get_by_role("dialog")).to_contain_text(title)
        assert answers.operations == []
        await screen.page.click("#operation-confirm")
        await screen.page.get_by_text("Choose a reason first.").wait_for()
        await screen.page.check("#operation-reason-0")
        await screen.page.click("#operation-confirm")
        await expect(screen.page.locator(".told")).to_have_text("It is done.")

        [sent] = answers.operations
        assert (sent["action"], sent["environment"]) == (action, "production")
        assert sent["reason"]


async def test_the_title_says_how_bad_it_is(browser, address):
    async with screen_on(browser, address) as screen:
        known = facts.verdict("rollback", "52 % failed.", rate=0.52)
        await scenes.loaded(screen, traffic=facts.traffic(verdict=known, is_fresh=True))

        await expect(screen.page).to_have_title(
            f"● 52 % {DASH} Deployments {DASH} WedSync rollback"
        )


class TestStaging:
    async def test_everything_on_the_page_is_about_it(self, browser, address):
        async with screen_on(browser, address) as screen:
            asked = []
            screen.page.on("request", lambda one: "/api/" in one.url and asked.append(one.url))
            await scenes_standing.staging(screen)

            await expect(screen.page.locator(".environment")).to_have_text("Staging")
            await expect(screen.page).to_have_title(
                f"Deployments of staging {DASH} WedSync rollback"
            )
            await expect(screen.page.locator("#rollback-btn")).to_have_text("Roll back staging…")
            own = [url for url in asked if "environment=staging" in url]
            assert len({*own}) == 2
            assert len(asked) - len(own) <= 1  # what the page had asked for before any script

    async def test_its_links_stay_there_and_one_leads_back(self, browser, address):
        async with screen_on(browser, address) as screen:
            await scenes_standing.staging(screen)
            links = screen.page.locator("nav a")

            addresses = [await link.get_attribute("href") for link in await links.all()]
            assert all(one.endswith("?environment=staging") for one in addresses)
            await screen.page.click("#environment-switch a")
            await expect(screen.page.locator(".environment")).to_have_text("Production")

    async def test_a_rollback_is_one_of_staging(self, browser, address):
        async with screen_on(browser, address) as screen:
            answers = await scenes_standing.staging(screen)
            await screen.page.click("#rollback-btn")
            await expect(screen.page.locator("#rollback-title")).to_have_text("Roll back staging?")
            await screen.page.check("#reason-0")
            await screen.page.click("#rollback-confirm")
            await screen.page.get_by_text("No answer yet.").wait_for()

            [(_, order)] = answers.orders
            assert order["environment"] == "staging"
