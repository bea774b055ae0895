"""What each state says, and what the emergency button does in it."""

import pytest
from playwright.async_api import expect

from tests.browser import facts, scenes
from tests.browser.screen import screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAYS = [
    (scenes.loading, "Loading the live status…"),
    (scenes.healthy, "Goes back to 4f2a9c1 (healthy for 26 h). You confirm on the next screen."),
    (scenes.unknown, "We do not know how production is"),
    (scenes.empty, "No deployments yet"),
    (scenes.error, "The status cannot be loaded"),
    (scenes.error, "Goes back to the previous healthy version; the server chooses it."),
    (scenes.stale, "This page is not up to date. Last update"),
    (scenes.offline, "You are offline."),
    (scenes.no_access, "Ask an admin for the role operator."),
    (scenes.signed_out, "You are signed out"),
    (scenes.read_only, scenes.READ_ONLY),
    (scenes.nothing_to_go_back_to, scenes.NO_TARGET),
    (scenes.running, "Started by Jonas Weber: Page does not open"),
    (scenes.running, "A rollback is running."),
    (scenes.automatic, "Started automatically: the app does not answer"),
    (scenes.overdue, "Taking longer than 60 seconds"),
    (scenes.failed, "Visitors still get e81c2d7, the version with problems."),
    (scenes.failed, scenes.LAST_FAILED),
    (scenes.completed, "Rollback completed"),
    (scenes.completed, "Production runs 4f2a9c1 again. It took 8 seconds."),
    (scenes.new_page_version, "This page was updated."),
]


@pytest.mark.parametrize(("scene", "words"), SAYS)
async def test_the_state_is_said_in_words(browser, address, scene, words):
    async with screen_on(browser, address) as screen:
        await scene(screen)

        await expect(screen.page.locator("main")).to_contain_text(words)


@pytest.mark.parametrize(
    ("scene", "is_blocked"),
    [
        (scenes.loading, "true"),
        (scenes.healthy, "false"),
        (scenes.bad, "false"),
        (scenes.error, "false"),
        (scenes.stale, "false"),
        (scenes.offline, "false"),
        (scenes.read_only, "true"),
        (scenes.nothing_to_go_back_to, "true"),
        (scenes.running, "true"),
        (scenes.failed, "true"),
        (scenes.completed, "false"),
    ],
)
async def test_the_button_is_blocked_only_where_it_must_be(browser, address, scene, is_blocked):
    async with screen_on(browser, address) as screen:
        await scene(screen)

        button = screen.page.locator("#rollback-btn")
        await expect(button).to_have_attribute("aria-disabled", is_blocked)
        await expect(button).to_have_js_property("disabled", value=False)


@pytest.mark.parametrize("scene", [scenes.empty, scenes.no_access, scenes.signed_out])
async def test_the_button_is_absent_where_it_has_no_meaning(browser, address, scene):
    async with screen_on(browser, address) as screen:
        await scene(screen)

        await expect(screen.page.locator("#rollback-btn")).to_have_count(0)


@pytest.mark.parametrize(
    ("scene", "is_red"),
    [(scenes.bad, True), (scenes.unknown, True), (scenes.healthy, False), (scenes.running, False)],
)
async def test_the_button_is_red_only_while_production_is_not_well(browser, address, scene, is_red):
    async with screen_on(browser, address) as screen:
        await scene(screen)

        red = screen.page.locator("#rollback-btn.btn-danger")
        await expect(red).to_have_count(int(is_red))


async def test_pressing_the_blocked_button_says_why(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.read_only(screen)

        await screen.page.click("#rollback-btn", force=True)

        await expect(screen.page.locator("#live-status")).to_have_text(scenes.READ_ONLY)
        await expect(screen.page.locator("#rollback-dialog")).to_be_hidden()


async def test_without_any_script_the_page_says_what_it_is_and_whom_to_call(browser, address):
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{address}/admin/deployments")

    await expect(page.locator("h1")).to_have_text("Deployments")
    await expect(page.locator("#rollback-btn")).to_have_text("Checking the live version…")
    await expect(page.locator("#rollback-btn")).to_have_attribute("aria-disabled", "true")
    await expect(page.locator("#on-call")).to_have_attribute("href", "tel:")
    await context.close()


async def test_the_number_to_call_is_known_when_nothing_can_be_loaded(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.healthy(screen)
        answers.overview = None

        await screen.page.reload()

        await screen.page.get_by_text("The status cannot be loaded").wait_for()
        await expect(screen.page.locator("#on-call")).to_contain_text(facts.ON_CALL)
        await expect(screen.page.locator("#on-call")).to_have_attribute("href", "tel:+491510000000")


async def test_silence_of_two_minutes_is_not_shown_as_health(browser, address):
    async with screen_on(browser, address) as screen:
        await screen.page.clock.install()
        answers = await scenes.healthy(screen)
        answers.overview = None

        await screen.page.clock.fast_forward("02:05")

        overall = screen.page.locator("#overall")
        await expect(overall).to_have_attribute("data-state", "unknown")
        await expect(overall).to_contain_text("We do not know how production is")


async def test_a_first_answer_that_takes_long_is_said_to_be_slow(browser, address):
    async with screen_on(browser, address) as screen:
        await screen.page.clock.install()
        await scenes.loading(screen)
        await screen.page.wait_for_selector("#refresh")

        await screen.page.clock.fast_forward("00:09")

        await expect(screen.page.locator("#freshness")).to_contain_text("Slow connection.")


async def test_the_page_is_loaded_with_one_call(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.healthy(screen)

        assert answers.overviews == 1


async def test_checks_are_told_by_name_and_words(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.bad(screen)

        checks = screen.page.locator("#health li")
        await expect(checks).to_have_count(4)
        await expect(screen.page.locator("[data-check=api]")).to_contain_text("Not healthy")
        await expect(screen.page.locator("[data-check=stripe]")).to_contain_text("Payments")
        await expect(screen.page.locator("[data-check=stripe]")).to_contain_text("No answer yet")


async def test_a_row_offers_to_go_back_or_says_why_not(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.bad(screen)

        actions = screen.page.locator("#history tbody td:last-child .cell")
        await expect(actions).to_have_text(
            [
                "This version is live now",
                "Roll back to 4f2a9c1…",
                "Roll back to 9be0d33…",
                "Was unhealthy",
            ]
        )


async def test_no_two_buttons_have_the_same_name(browser, address):
    async with screen_on(browser, address) as screen:
        twice = [*facts.history(), facts.history()[1]]
        await scenes.loaded(screen, history=twice)

        names = await screen.page.get_by_role("button").all_inner_texts()

        assert len(names) == len(set(names))


async def test_a_closed_result_stays_closed_after_a_reload(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.completed(screen)

        await screen.page.get_by_role("button", name="Close").click()
        await screen.page.reload()

        await screen.page.wait_for_selector("#history")
        await expect(screen.page.locator("#rollback-progress")).to_have_count(0)


async def test_skipped_steps_are_shown_as_not_needed(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.completed(screen)

        step = screen.page.locator("#rollback-steps [data-step=database]")
        await expect(step).to_have_attribute("data-state", "skipped")
        await expect(step).to_contain_text("Not needed")
