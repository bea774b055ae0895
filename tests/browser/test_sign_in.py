"""Signing in leads back to where one came from, and to no place that somebody else chose."""

from urllib.parse import quote

import pytest
from playwright.async_api import Route, expect

from tests.browser import facts, facts_incidents
from tests.browser.scenes_incidents import REPORT
from tests.browser.screen import answering, screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: For how many milliseconds each request is waited for.
PATIENCE = """
window.patience = [];
const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => (window.patience.push(ms), timeout(ms));
"""
STAGING_REPORT = f"/admin/incidents{REPORT}&environment=staging"


async def taken(route: Route) -> None:
    await route.fulfill(status=204)


async def sign_in(screen):
    await screen.page.route("**/api/session", taken)
    await screen.page.fill("#token", "of a viewer")
    await screen.page.press("#token", "Enter")


async def test_what_has_to_wake_up_first_is_waited_for(browser, address):
    """As long as for a page's first answer."""
    async with screen_on(browser, address) as screen:
        await screen.page.add_init_script(PATIENCE)
        await screen.open("/admin/sign-in")

        await screen.page.fill("#token", "wsr_wrong")
        await screen.page.press("#token", "Enter")

        await expect(screen.page.locator("#sign-in-error")).to_contain_text("not valid")
        assert await screen.page.evaluate("window.patience") == [20_000]


async def test_whoever_signs_in_again_comes_back_to_where_they_were(browser, address):
    async with screen_on(browser, address) as screen:
        over = facts.problem(401, "unauthenticated", "Nobody is signed in.")
        answers = await answering(screen.page, incident=over, incident_status=401)
        await screen.open(STAGING_REPORT)
        await screen.page.get_by_role("link", name="Sign in").click()
        answers.incident = facts_incidents.incident(environment="staging")
        answers.incident_status = 200

        await sign_in(screen)

        await expect(screen.page.locator("#report")).to_be_visible()
        await expect(screen.page).to_have_url(address + STAGING_REPORT)


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/admin/audit",
        "//evil.example/admin/audit",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)//admin/audit",
        "/admin/../api/session",
        "/admin//evil.example",
        "/admin/sign-in?to=%2Fadmin%2Faudit",
        "admin/audit",
    ],
)
async def test_it_leads_to_no_other_place(browser, address, to):
    async with screen_on(browser, address) as screen:
        await answering(screen.page, overview=facts.overview())
        await screen.open(f"/admin/sign-in?to={quote(to, safe='')}")

        await sign_in(screen)

        await expect(screen.page.locator("#history")).to_be_visible()
        await expect(screen.page).to_have_url(f"{address}/admin/deployments")
