"""The page of incident reports: the list, a report, and what one does with it."""

import json
import re

import pytest
from playwright.async_api import expect

from tests.browser import facts, facts_incidents, scenes_after, scenes_incidents
from tests.browser.scenes_incidents import REPORT
from tests.browser.screen import SCREENSHOTS, answering, screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_list_says_of_each_when_what_who_why_and_how_it_ended(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_incidents.incidents(screen)

        rows = screen.page.locator("#incidents tbody tr")
        await expect(rows).to_have_count(4)
        await expect(rows.nth(1).locator(".cell")).to_contain_text(
            [
                "22 Nov 2026, 08:39:48 CET",
                "Rollback from e81c2d7 to 4f2a9c1",
                "Priya Nair",
                "Page does not open",
                "Failed",
                "Read",
            ]
        )
        await expect(rows.nth(1)).to_contain_text("Took longer than planned")
        await expect(rows.nth(2)).to_contain_text("Roll forward from an unknown version to 4f2a9c1")
        await expect(rows.nth(3)).to_contain_text("Undone since")
        await expect(screen.page.locator("#live-status")).to_have_text("4 reports")


async def test_older_ones_are_a_link(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_incidents.incidents(screen, f"?before={facts_incidents.ID}", older="next")

        older = screen.page.locator("#older")
        await expect(older).to_have_attribute("href", "/admin/incidents?before=next")
        newest = screen.page.locator("#newest")
        await expect(newest).to_have_attribute("href", "/admin/incidents")


async def test_where_there_was_none_it_says_so(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_incidents.incidents_empty(screen)

        await expect(screen.page.locator("#empty")).to_contain_text("No rollback yet")


async def test_a_report_is_read_by_its_parts(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_incidents.incident(screen)

        heads = screen.page.locator("#report :is(h2, caption)")
        await expect(heads).to_have_text(
            [
                "Rollback of production: e81c2d7 to 4f2a9c1",
                "In short",
                "Error rate",
                "Why",
                "Timeline",
                "Steps",
                "Database",
                "Afterwards",
                "Alerts",
                "Audit log",
            ]
        )
        detected = screen.page.locator(".timeline li").first
        await expect(detected).to_contain_text("22 Nov 2026, 08:39:28 CET")
        await expect(detected).to_contain_text("2026-11-22 07:39:28 UTC")
        await expect(screen.page.locator(".draft")).to_contain_text("Draft: the release is watched")
        await expect(screen.page).to_have_title(re.compile("^Rollback of production: e81c2d7"))
        await expect(screen.page.locator("#live-status")).to_have_text(
            "Rollback of production: e81c2d7 to 4f2a9c1"
        )


async def test_what_a_person_wrote_is_text(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_incidents.incident_by_hand(screen)

        await expect(screen.page.locator(".note")).to_have_text(
            re.compile("<b>The couple</b> called")
        )
        await expect(screen.page.locator("#report b, #report a[href*=evil]")).to_have_count(0)
        await expect(screen.page.get_by_text("Not measured:")).to_have_count(2)


async def test_an_unknown_report_leads_to_the_list(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_incidents.incident_missing(screen)

        await expect(screen.page.locator("#missing")).to_contain_text("There is no such report")
        await expect(screen.page.get_by_role("link", name="All incident reports")).to_be_visible()


async def test_a_failure_is_said_and_can_be_tried_again(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_incidents.incidents_error(screen)
        await expect(screen.page.locator("#problem")).to_contain_text("The server did not answer.")
        answers.incidents = facts_incidents.incidents()

        await screen.page.press("#again", "Enter")

        await expect(screen.page.locator("#incidents")).to_be_visible()
        await expect(screen.page.locator("#main")).to_be_focused()


async def test_offline_it_says_so(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_incidents.incidents_error(screen)
        await screen.page.context.set_offline(True)

        await screen.page.click("#again")

        await expect(screen.page.locator("#problem")).to_contain_text("You are offline.")


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "You are signed out"), (403, "Ask an admin for the role viewer.")],
)
async def test_whoever_may_not_read_it_is_told(browser, address, status, words):
    async with screen_on(browser, address) as screen:
        problem = facts.problem(status, "forbidden", "No.")
        await answering(screen.page, incident=problem, incident_status=status)
        await screen.open(f"/admin/incidents{REPORT}")

        await expect(screen.page.locator("#page")).to_contain_text(words)


async def test_by_keyboard_the_files_and_the_printer_come_first(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_incidents.incident(screen)
        await screen.page.evaluate("window.print = () => (window.wasPrinted = true)")
        await screen.page.focus("nav [aria-current]")

        stops = []
        for _ in range(4):
            await screen.page.keyboard.press("Tab")
            stops.append(await screen.focused())
        await screen.page.press("#print", "Enter")

        assert stops == ["markdown", "json", "print", "all"]
        assert await screen.page.evaluate("window.wasPrinted")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_on_paper_there_is_the_report_and_no_controls(browser, address, scheme):
    async with screen_on(browser, address, scheme=scheme) as screen:
        await scenes_incidents.incident(screen)
        await screen.page.pdf(path=SCREENSHOTS / f"incident-{scheme}.pdf", format="A4")
        await screen.page.emulate_media(media="print")
        await screen.page.set_viewport_size({"width": 794, "height": 1123})
        await screen.keep(f"incident-print-{scheme}")

        await expect(screen.page.locator("#report")).to_be_visible()
        await expect(screen.page.locator("body")).to_have_css("color", "rgb(20, 24, 29)")
        for control in ("#print", "#markdown", "#sign-out", "nav", ".skip-link"):
            await expect(screen.page.locator(control).first).to_be_hidden()


async def test_a_finished_rollback_leads_to_its_report(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_after.undoable(screen)

        link = screen.page.get_by_role("link", name="See the incident report")
        await expect(link).to_have_attribute("href", f"/admin/incidents{REPORT}")


async def test_a_version_that_was_gone_back_to_leads_to_the_report(browser, address):
    async with screen_on(browser, address) as screen:
        live, good, *older = facts.history()
        back = good | {"how": "rollback", "rollback_id": facts_incidents.ID}
        await scenes_after.rolled_back(screen, history=[live, back, *older])

        link = screen.page.get_by_role("link", name="Incident report of going to 4f2a9c1")
        await expect(link).to_have_attribute("href", f"/admin/incidents{REPORT}")


async def test_of_staging_the_list_and_its_reports_stay_there(browser, address):
    async with screen_on(browser, address) as screen:
        rows = [
            one | {"environment": "staging"} for one in facts_incidents.incidents()["incidents"]
        ]
        async with screen.page.expect_request("**/api/incidents?environment=staging"):
            await scenes_incidents.incidents(
                screen, "?environment=staging", incidents=rows, older="next"
            )

        await expect(screen.page.locator(".environment")).to_have_text("Staging")
        links = await screen.page.locator("main a").evaluate_all("all => all.map((a) => a.search)")
        assert all("environment=staging" in one for one in links)
        assert len(links) > 1


async def test_a_report_says_of_which_environment_it_is_whatever_its_address(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_incidents.incident(screen, environment="staging")

        await expect(screen.page.locator(".environment")).to_have_text("Staging")
        links = screen.page.locator("nav a, #all")
        searches = await links.evaluate_all("all => all.map((a) => a.search)")
        assert {*searches} == {"?environment=staging"}


async def test_the_list_of_all_leads_to_a_report_in_its_environment(browser, address):
    async with screen_on(browser, address) as screen:
        rows = facts_incidents.incidents()["incidents"]
        rows[1] |= {"environment": "staging"}
        await scenes_incidents.incidents(screen, incidents=rows)

        links = screen.page.locator("#incidents tbody a")
        searches = await links.evaluate_all("all => all.map((a) => a.search)")
        is_staging = [one.endswith("&environment=staging") for one in searches]
        assert is_staging == [False, True, False, False]


async def test_a_rollback_of_staging_leads_to_its_report_there(browser, address):
    async with screen_on(browser, address) as screen:
        await answering(screen.page, overview=facts.overview(active=facts.completed()))
        await screen.open("/admin/deployments?environment=staging")

        await screen.page.get_by_role("link", name="See the incident report").click()

        await screen.page.wait_for_url("**/admin/incidents?id=*&environment=staging")


async def test_a_real_rollback_is_read_and_saved_by_a_viewer(browser, stack, api, good, release):
    bad = release("wrong-content")  # nobody but us goes back from it
    started = api.post(
        "/api/rollback/trigger",
        json={
            "deployment_id": good,
            "environment": "production",
            "reason": "Page does not open",
            "note": "=1+1 | <b>called</b>",
        },
    ).json()
    path = f"/api/rollback/status/{started['rollback_id']}"
    while api.get(path).json()["status"] not in ("completed", "failed"):
        pass
    async with screen_on(browser, stack["control_plane"]) as screen:
        await screen.sign_in(stack["tokens"]["viewer"])
        await screen.page.get_by_role("link", name="Incidents").click()
        await screen.page.locator("#incidents a").first.click()
        await expect(screen.page.locator("#report")).to_contain_text("=1+1 | <b>called</b>")
        await screen.keep("incident-real")

        saved = await save(screen, "#markdown")
        facts_saved = json.loads((await save(screen, "#json"))[1])
        await screen.page.get_by_role("link", name="Audit log").click()
        name, table = await save(screen, "#csv")

    assert re.fullmatch(r"incident-\d{4}-\d\d-\d\d-[0-9a-f]{7}\.md", saved[0])
    assert "> =1+1 \\| \\<b\\>called\\</b\\>" in saved[1].replace("\\=", "=")
    assert facts_saved["from_deployment"]["deployment_id"] == bad
    assert name.startswith("audit-")
    assert table.startswith("number,at,actor,")
    assert ",rollback.end," in table


async def save(screen, selector: str) -> tuple[str, str]:
    async with screen.page.expect_download() as waiting:
        await screen.page.click(selector)
    download = await waiting.value
    path = await download.path()
    return download.suggested_filename, path.read_text()
