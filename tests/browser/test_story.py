"""The story, by hand: a bad version is live, somebody on a phone takes production back.

Real functions, database, platform and app: nothing is put in their place.
"""

from contextlib import contextmanager
from http import HTTPStatus

import pytest
from playwright.async_api import expect

from dev import vercel_json
from dev.cron import CronTable
from dev.places import ROOT
from tests.browser.screen import PHONE, screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROLLBACK_MS = 60_000
#: Three failed looks over 15 seconds, and the gate; the sweep comes each minute.
NOTICED_MS = 150_000
#: As often as a step tries: it stays in the switch until the faults are cleared.
HELD = {"name": "slow", "call": "alias", "seconds": 60, "times": 10}


@pytest.fixture
def bad(release, app, good):
    """A version with wrong pages is live, after a coordinator moved the ceremony.

    Its checks are healthy, so that it takes a person to see it; a crash would be gone by itself.
    """
    assert app.put("/api/events/ceremony", json={"starts_at": "16:30"}).status_code == 200
    return release("wrong-content")


@contextmanager
def held_at_the_switch(platform):
    platform.post("/_dev/faults", json=HELD)
    try:
        yield
    finally:
        platform.delete("/_dev/faults")


async def roll_back(screen):
    """Opens the dialog and fills it, up to the last button."""
    await screen.page.click("#rollback-btn[aria-disabled=false]")
    await screen.page.check("#reason-2")


async def wait_until_completed(screen):
    """Of the rollback just confirmed: the one before may still be on the page."""
    await expect(screen.page.locator("#rollback-dialog")).to_be_hidden()
    await screen.page.get_by_role("heading", name="Rollback completed").wait_for(
        timeout=ROLLBACK_MS
    )


async def test_an_emergency_rollback_brings_the_last_good_version_back(
    browser, stack, app, good, bad
):
    assert "Ceremony" not in app.get("/").text
    async with screen_on(browser, stack["control_plane"], width=PHONE) as screen:
        await screen.sign_in(stack["tokens"]["operator"])
        await roll_back(screen)
        await screen.keep("story-1-dialog")
        await screen.page.click("#rollback-confirm")
        await screen.page.wait_for_selector("#rollback-steps li")
        await screen.keep("story-2-progress")
        await wait_until_completed(screen)
        await screen.keep("story-3-completed")

        steps = screen.page.locator("#rollback-steps li")
        await expect(steps).to_have_count(5)
        assert app.get("/api/health").json()["deployment_id"] == good
        assert "16:30" in app.get("/").text
        row = screen.page.locator("#history tr.is-live")
        await expect(row).to_contain_text("Show the day's timeline")
        await expect(row).to_contain_text("Rollback")


async def test_enter_pressed_three_times_starts_one_rollback(browser, stack, platform, good, bad):
    platform.delete("/_dev/calls")
    async with screen_on(browser, stack["control_plane"]) as screen:
        await screen.sign_in(stack["tokens"]["operator"])
        await roll_back(screen)
        await screen.page.focus("#rollback-confirm")

        for _ in range(3):
            await screen.page.keyboard.press("Enter")

        await wait_until_completed(screen)
        calls = platform.get("/_dev/calls").json()
        moved = [call for call in calls if call["method"] == "POST" and "aliases" in call["path"]]
        assert len(moved) == 1


async def test_a_reload_in_the_middle_shows_the_same_rollback(browser, stack, platform, good, bad):
    async with screen_on(browser, stack["control_plane"]) as screen:
        await screen.sign_in(stack["tokens"]["operator"])
        await roll_back(screen)
        with held_at_the_switch(platform):
            await screen.page.click("#rollback-confirm")
            await screen.page.locator("[data-step=switch][data-state=run]").wait_for()

            await screen.page.reload()

            await screen.page.locator("[data-step=switch][data-state=run]").wait_for()
            await expect(screen.page.locator("#rollback-progress")).to_contain_text(
                "Wrong or missing data"
            )
            button = screen.page.locator("#rollback-btn")
            await expect(button).to_have_attribute("aria-disabled", "true")
            hint = screen.page.locator("#rollback-hint")
            await expect(hint).to_have_text("A rollback is running.")
        await wait_until_completed(screen)


async def test_a_screen_reader_hears_the_whole_rollback_once(browser, stack, platform, good, bad):
    async with screen_on(browser, stack["control_plane"]) as screen:
        await screen.listen()
        await screen.sign_in(stack["tokens"]["operator"])
        await roll_back(screen)
        with held_at_the_switch(platform):
            await screen.page.click("#rollback-confirm")
            await screen.hears("Step 2 of 5: Switch traffic")
        await wait_until_completed(screen)
        await screen.hears("Rollback completed")

        said = await screen.said()

        steps = [one for one in said if one.startswith("Step ")]
        assert steps == sorted(set(steps))
        assert said.count("Rollback completed") == 1
        assert said.index("Rollback completed") > said.index(steps[-1])
        assert not [one for one in said if "started a rollback" in one]  # it was us


async def test_a_viewer_looks_and_cannot_roll_back(browser, stack, good):
    async with screen_on(browser, stack["control_plane"]) as screen:
        await screen.sign_in(stack["tokens"]["viewer"])

        button = screen.page.locator("#rollback-btn")
        await expect(screen.page.locator("#history")).to_be_visible()
        await expect(button).to_have_attribute("aria-disabled", "true")
        await expect(screen.page.locator("#rollback-hint")).to_contain_text("role operator")


async def test_a_wrong_token_signs_nobody_in(browser, address):
    async with screen_on(browser, address) as screen:
        await screen.open("/admin/sign-in")
        await screen.page.fill("#token", "wsr_wrong")

        await screen.page.click("#sign-in-btn")

        await expect(screen.page.locator("#sign-in-error")).to_contain_text("not valid")
        await screen.open()
        await expect(screen.page.locator("main")).to_contain_text("You are signed out")


async def test_no_script_can_read_what_signs_in(browser, stack, good):
    token = stack["tokens"]["operator"]
    async with screen_on(browser, stack["control_plane"]) as screen:
        await screen.sign_in(token)
        await screen.page.wait_for_selector("#history")

        [cookie] = await screen.page.context.cookies()
        readable = await screen.page.evaluate(
            "JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }])"
        )

        assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Strict")
        assert cookie["value"] not in readable
        assert token not in readable


async def test_signing_out_ends_the_session(browser, stack, good):
    async with screen_on(browser, stack["control_plane"]) as screen:
        await screen.sign_in(stack["tokens"]["operator"])
        await screen.page.click("#sign-out")
        await screen.page.wait_for_url("**/admin/sign-in")

        await screen.open()

        await expect(screen.page.locator("main")).to_contain_text("You are signed out")
        assert await screen.page.context.cookies() == []


async def test_a_poll_without_news_carries_no_body(browser, stack, good):
    async with screen_on(browser, stack["control_plane"]) as screen:
        await screen.sign_in(stack["tokens"]["operator"])
        await screen.page.wait_for_selector("#history")

        # What is live is looked at every ten seconds: not every look has news.
        while await refreshed(screen) != HTTPStatus.NOT_MODIFIED:
            pass


async def refreshed(screen):
    async with screen.page.expect_response("**/api/overview?environment=production") as answer:
        await screen.page.click("#refresh")
    return (await answer.value).status


@pytest.fixture
def crons(stack):
    """As the platform fires them."""
    declared = vercel_json.read(ROOT).crons
    table = CronTable(declared, stack["control_plane"], stack["cron_secret"], print)
    table.start()
    yield
    table.stop()


@pytest.mark.timeout(400)
async def test_a_crash_is_rolled_back_by_itself_before_our_eyes(
    browser, stack, crons, release, api, app, good
):
    async with screen_on(browser, stack["control_plane"]) as screen:
        await screen.sign_in(stack["tokens"]["viewer"])
        await screen.page.wait_for_selector("#history")

        bad = release("crash")
        started = screen.page.locator("#rollback-progress").get_by_text("Started automatically")
        await started.wait_for(timeout=NOTICED_MS)
        await wait_until_completed(screen)
        # Not always to `good`: one that was live for longer has proved itself.
        went_to = api.get("/api/overview").json()["active"]["target"]["deployment_id"]
        assert app.get("/api/health").json()["deployment_id"] == went_to != bad
