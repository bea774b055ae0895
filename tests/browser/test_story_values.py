"""The ceremony moves to 4:30 on the app's own page, and stays moved while versions come and go."""

import pytest
from playwright.async_api import expect

from dev.recording import record
from tests.browser.screen import PHONE, Screen, screen_on
from tests.browser.test_story import ROLLBACK_MS, roll_back, wait_until_completed
from tests.story.canaries import planted_stack

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """One of its own: the app's database is another one afterwards, for every version to come."""
    with planted_stack(tmp_path_factory.mktemp("values")) as canaries:
        yield canaries.stack


@pytest.fixture
def retimes(stack, platform, release, good):
    """The newer version's own address; it is live, recorded as CI does, and `good` was before."""
    deployment_id = release("retimes")
    deployments = platform.get("/_dev/state").json()["deployments"]
    (made,) = [one for one in deployments if one["id"] == deployment_id]
    record(stack["control_plane"], stack["tokens"]["admin"], made)
    return made["url"]


def address(stack, host):
    """A browser finds every host of the edge under localhost."""
    port = stack["edge"]["address"].rpartition(":")[2]
    return f"http://{host.partition('.')[0]}.localhost:{port}"


async def move(screen: Screen, event: str, starts_at: str) -> None:
    """On the app's page, as a coordinator does."""
    shown = screen.page.locator(f"#{event}")
    await shown.get_by_text("Move").click()
    await shown.locator("input").fill(starts_at)
    await shown.get_by_role("button", name="Save").click()
    await expect(screen.page.get_by_role("status")).to_contain_text(f"now starts at {starts_at}")


async def reads(screen: Screen, event: str, starts_at: str) -> None:
    await screen.open("/")
    await expect(screen.page.locator(f"#time-{event}")).to_have_text(starts_at)


async def test_everybody_reads_what_the_newer_and_the_older_page_said(
    browser, stack, retimes, good
):
    live = address(stack, stack["edge"]["hosts"]["production"])
    async with (
        screen_on(browser, stack["control_plane"]) as screen,
        screen_on(browser, address(stack, retimes)) as tab,
        screen_on(browser, live, width=PHONE) as vendor,
    ):
        await tab.open("/")
        await move(tab, "ceremony", "16:30")
        await screen.sign_in(stack["tokens"]["operator"])
        await roll_back(screen)
        await screen.page.click("#rollback-confirm")
        await wait_until_completed(screen)

        await reads(vendor, "ceremony", "16:30")
        await expect(vendor.page.locator("footer")).to_contain_text(good)
        await vendor.keep("values-1-older-page")
        await move(vendor, "ceremony", "17:00")
        await move(tab, "cake", "18:00")
        await reads(vendor, "cake", "18:00")

        await screen.page.click("#undo-btn")
        dialog = screen.page.get_by_role("dialog", name="Undo the rollback?")
        await expect(dialog).to_contain_text("The database comes forward again to 20")
        await screen.page.get_by_label("It was not the release").check()
        await screen.page.click("#operation-confirm")
        await screen.page.get_by_role("heading", name="Roll forward completed").wait_for(
            timeout=ROLLBACK_MS
        )
        await reads(vendor, "ceremony", "17:00")
        await reads(vendor, "cake", "18:00")
        await expect(vendor.page.locator("footer")).to_contain_text("retimes")
        await vendor.keep("values-2-newer-page")
