"""What each state says, and what the emergency button does in it."""

import re

import pytest
from playwright.async_api import Route, expect

from tests.browser import facts, scenes
from tests.browser.screen import answering, screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

PICKED = "Goes back to 4f2a9c1 (healthy for 26 h). You confirm on the next screen."
SERVER_PICKS = "Goes back to the previous healthy version; the server chooses it."
RUNS = "A rollback is running."
#: The state, what it says, and how the button is in it.
SWITCH_OFF = "Use a feature switch instead."
STATES = [
    (scenes.loading, "Loading the live status…", "blocked"),
    (scenes.healthy, PICKED, "outlined"),
    (scenes.bad, PICKED, "red"),
    (scenes.unknown, "We do not know how production is", "red"),
    (scenes.empty, "No deployments yet", "absent"),
    (scenes.error, f"The status cannot be loaded…{SERVER_PICKS}", "red"),
    (scenes.stale, "This page is not up to date. Last update", "red"),
    (scenes.offline, "You are offline.", "red"),
    (scenes.no_access, "Ask an admin for the role operator.", "absent"),
    (scenes.signed_out, "You are signed out…A sign-in ends by itself after some hours", "absent"),
    (scenes.read_only, scenes.READ_ONLY, "blocked"),
    (scenes.nothing_to_go_back_to, f"{scenes.NO_TARGET}…{SWITCH_OFF}", "blocked"),
    (scenes.running, f"Started by Jonas Weber: Page does not open…{RUNS}", "blocked"),
    (scenes.automatic, f"Started automatically: the app does not answer…{RUNS}", "blocked"),
    (scenes.overdue, "Taking longer than 60 seconds…60 s of 60 s used", "blocked"),
    (scenes.failed, f"Visitors still get e81c2d7…{scenes.LAST_FAILED}", "blocked"),
    (scenes.completed, "Production runs 4f2a9c1 again. It took 8 seconds.", "outlined"),
    (scenes.rolling_forward, f"Rolling forward to 4f2a9c1…{RUNS}", "blocked"),
    (scenes.forward, "Roll forward completed…Production runs 4f2a9c1 again.", "red"),
    (scenes.new_page_version, "This page was updated.", "red"),
    (scenes.not_armed, "Rollbacks may not work…4f2a9c1 is no longer on the platform.", "outlined"),
]
BUTTONS = {
    "blocked": "#rollback-btn.btn-outline[aria-disabled=true]:not([disabled])",
    "outlined": "#rollback-btn.btn-outline[aria-disabled=false]",
    "red": "#rollback-btn.btn-danger[aria-disabled=false]",
    "absent": "body:not(:has(#rollback-btn))",
}


@pytest.mark.parametrize(("scene", "words", "button"), STATES)
async def test_the_state_is_said_in_words_and_the_button_fits_it(
    browser, address, scene, words, button
):
    async with screen_on(browser, address) as screen:
        await scene(screen)

        main = screen.page.locator("main")
        in_order = ".*".join(map(re.escape, words.split("…")))
        await expect(main).to_contain_text(re.compile(in_order, re.DOTALL))
        await expect(screen.page.locator(BUTTONS[button])).to_have_count(1)


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


@pytest.mark.parametrize("lacks", ["AbortSignal.timeout", "window.HTMLDialogElement"])
async def test_a_browser_that_is_too_old_says_so_and_whom_to_call(browser, address, lacks):
    async with screen_on(browser, address) as screen:
        await screen.page.add_init_script(f"delete {lacks}")
        await screen.open()

        hint = screen.page.locator("#rollback-hint")
        await expect(hint).to_contain_text("This browser is too old for this page.")
        await expect(screen.page.locator("#rollback-btn")).to_have_attribute(
            "aria-disabled", "true"
        )
        await expect(screen.page.locator("#on-call")).to_be_visible()


async def test_the_number_to_call_is_known_when_nothing_can_be_loaded(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes.healthy(screen)
        answers.overview = None

        await screen.page.reload()

        await screen.page.get_by_role("heading", name="The status cannot be loaded").wait_for()
        await expect(screen.page.locator("#on-call")).to_contain_text(facts.ON_CALL)
        await expect(screen.page.locator("#on-call")).to_have_attribute("href", "tel:+491510000000")


async def test_signed_in_again_in_another_tab_the_page_comes_back(browser, address):
    """The same page is there as before: the server says so with 304."""
    tag, asked = {"etag": '"same"'}, []

    async def tagged(route: Route) -> None:
        asked.append(route.request.headers.get("if-none-match"))
        if "part=chart" in route.request.url or answers.overview_status != 200:
            await route.fallback()
        elif asked[-1] == tag["etag"]:
            await route.fulfill(status=304, headers=tag)
        else:
            await route.fulfill(json=facts.overview(), headers=tag)

    async with screen_on(browser, address) as screen:
        answers = await answering(screen.page)
        await screen.page.route("**/api/overview?*", tagged)
        await screen.open()
        await screen.page.wait_for_selector("#sign-out")
        answers.overview = facts.problem(401, "unauthenticated", "Not for you.")
        answers.overview_status = 401
        await screen.page.click("#refresh")
        await screen.page.get_by_role("heading", name="You are signed out").wait_for()
        answers.overview_status = 200

        await screen.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

        await expect(screen.page.locator("#overall")).to_have_attribute("data-state", "bad")
        assert tag["etag"] in asked


async def test_silence_of_two_minutes_is_not_shown_as_health(browser, address):
    async with screen_on(browser, address) as screen:
        await screen.stop_clock()
        answers = await scenes.healthy(screen)
        answers.overview = None

        await screen.page.clock.fast_forward("02:05")

        overall = screen.page.locator("#overall")
        await expect(overall).to_have_attribute("data-state", "unknown")
        await expect(overall).to_contain_text("We do not know how production is")


async def test_the_day_after_nothing_is_of_today_though_nothing_has_changed(browser, address):
    """Each look is answered with 304, which tells no time."""
    async with screen_on(browser, address) as screen:
        await screen.stop_clock()
        await scenes.needed(screen)
        history, needs = screen.page.locator("#history"), screen.page.locator("#needs")
        await expect(history).to_contain_text("today")
        await expect(needs).to_contain_text("today")
        await screen.page.route(
            "**/api/overview?environment=production", lambda route: route.fulfill(status=304)
        )

        await screen.page.clock.fast_forward("24:00:00")

        await expect(history).not_to_contain_text("today")
        await expect(needs).not_to_contain_text("today")
        await expect(screen.page.locator("#freshness")).to_contain_text("Live.")


async def test_a_first_answer_that_takes_long_is_said_to_be_slow(browser, address):
    async with screen_on(browser, address) as screen:
        await screen.stop_clock()
        await scenes.loading(screen)
        await screen.page.wait_for_selector("#refresh")

        await screen.page.clock.fast_forward("00:09")

        await expect(screen.page.locator("#freshness")).to_contain_text("Slow connection.")


async def test_the_page_is_loaded_with_one_call(browser, address):
    async with screen_on(browser, address) as screen:
        await screen.stop_clock()
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


async def test_what_turns_the_direction_of_writing_turns_nothing_on_the_page(browser, address):
    """A commit's title is anybody's, and stands in a sentence of ours."""
    async with screen_on(browser, address) as screen:
        versions = facts.history()
        versions[0] |= {"title": "Shot \u202elist\u2067: by place", "by": "\u2066Mina\u202d Rao"}
        await scenes.loaded(screen, history=versions)

        sentence = "Live version e81c2d7: Shot list: by place. Mina Rao deployed"
        await expect(screen.page.locator("#overall")).to_contain_text(sentence)
        text = await screen.page.inner_text("body")
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)


async def test_no_two_buttons_have_the_same_name(browser, address):
    async with screen_on(browser, address) as screen:
        again = facts.history()[1] | {"deployment_id": "dpl_again"}
        twice = [*facts.history(), again]
        await scenes.loaded(screen, history=twice)

        names = await screen.page.get_by_role("button").all_inner_texts()

        assert len(names) == len(set(names))


async def test_a_result_that_was_overtaken_does_not_say_what_runs_now(browser, address):
    async with screen_on(browser, address) as screen:
        newer = {**facts.history()[0], "live_from": "2026-11-22T07:45:00.000Z"}
        await scenes.loaded(screen, active=facts.completed(), history=[newer])

        progress = screen.page.locator("#rollback-progress")
        await expect(progress).to_contain_text("Another version is live by now.")
        await expect(progress).not_to_contain_text("again")


async def test_what_was_rolled_forward_is_called_so_and_what_waits_is_said(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes.forward(screen)

        row = screen.page.locator("#history tbody tr").first
        await expect(row).to_contain_text("Roll forward")
        await expect(row).to_contain_text("Jonas Weber rolled forward")
        await expect(screen.page.locator("#standing")).to_contain_text(
            "needs the database forward first: 0043 is rolled back."
        )
        assert (await screen.page.title()).startswith("Roll forward completed")


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


async def test_whoever_goes_back_to_the_sign_in_can_sign_in_again(browser, address):
    """The browser shows the page as it was left; this one keeps none, so it is told so."""
    async with screen_on(browser, address) as screen:
        await screen.page.route("**/api/session", lambda route: route.fulfill(status=204))
        await screen.page.route("**/admin/deployments", lambda route: route.fulfill(status=204))
        await scenes.sign_in(screen)
        await screen.page.fill("#token", "of another role")
        button = screen.page.locator("#sign-in-btn")
        async with screen.page.expect_response("**/admin/deployments"):
            await button.click()
        await expect(button).to_have_text("Signing in…")

        await screen.page.evaluate(
            "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
        )

        await expect(button).to_have_text("Sign in")
        await expect(button).to_have_attribute("aria-disabled", "false")
