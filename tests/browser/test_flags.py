"""Feature switches on their page: read, asked about, turned once, and offered to whom may."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser import facts, scenes, scenes_flags
from tests.browser.screen import PHONE, answering, screen_on

pytestmark = pytest.mark.asyncio(loop_scope="session")

TURNED = {
    "changed": True,
    "message": "RSVP e-mails turned off",
    "feature_rollback_id": "0b9c2f6e-6f0c-4a54-9a52-1f3f1f0a8a11",
}


def rows(screen):
    return screen.page.locator("#flags tbody tr")


async def test_a_switch_is_read_in_a_row(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_flags.flags_off(screen)

        await expect(rows(screen).first.locator(".cell")).to_contain_text(
            [
                "RSVP e-mails",
                "Guests will not get confirmation mails.",
                "Off",
                "Grace",
                "Turn on RSVP e-mails…",
            ]
        )
        changed = rows(screen).first.locator(".cell").nth(3).locator(".title")
        await expect(changed).to_have_text(["today, 08:40 CET", "Error rate is high"])
        await expect(rows(screen).nth(1).locator(".cell").nth(2)).to_have_text("On")
        await expect(rows(screen).nth(1).locator(".cell").nth(3)).to_have_text("Never")


async def test_what_stays_on_says_why_and_has_no_button(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_flags.flags(screen)

        last = rows(screen).last
        await expect(last).to_contain_text(
            "Cannot be turned off: On a wedding day nobody can do without it."
        )
        await expect(last.get_by_role("button")).to_have_count(0)


async def test_no_two_buttons_have_the_same_name(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_flags.flags(screen)

        names = await screen.page.locator("#flags button").all_inner_texts()
        assert len({*names}) == len(names) == 2


async def test_what_is_lost_is_read_before_it_is_turned_off_by_keyboard(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_flags.flags(screen)
        answers.flip = TURNED
        await screen.page.focus("#turn-rsvp-emails")
        await screen.page.keyboard.press("Enter")
        dialog = screen.page.locator("#operation-dialog")
        await expect(dialog.locator("h2")).to_have_text("Turn off RSVP e-mails?")
        await expect(dialog.locator("h2")).to_be_focused()
        await expect(dialog).to_contain_text("Guests will not get confirmation mails.")
        await expect(dialog.locator("#operation-cancel")).to_have_text("Keep it on")
        await expect(dialog.locator("#operation-confirm")).to_have_text("Turn off RSVP e-mails")
        answers.flags = facts.flags(facts.turned_off())

        await screen.page.keyboard.press("Tab")
        await screen.page.keyboard.press("Space")
        for _ in range(3):
            await screen.page.keyboard.press("Tab")
        await screen.page.keyboard.press("Enter")

        await expect(dialog).to_be_hidden()
        await expect(screen.page.locator("#live-status")).to_have_text("RSVP e-mails turned off")
        await expect(screen.page.locator("#told")).to_have_text("RSVP e-mails turned off")
        await expect(rows(screen).first).to_contain_text("Off")
        await expect(screen.page.locator("#turn-rsvp-emails")).to_be_focused()
        assert answers.flips == [
            {
                "environment": "production",
                "key": "rsvp-emails",
                "state": "off",
                "expected_state": "on",
                "reason": "Error rate is high",
            }
        ]


async def test_a_reason_is_asked_for_and_keeping_it_changes_nothing(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_flags.asked_to_turn_off(screen)
        await expect(screen.page.locator("#operation-dialog [role=alert]")).to_have_text(
            "Choose a reason first."
        )

        await screen.page.keyboard.press("Escape")

        await expect(screen.page.locator("#turn-rsvp-emails")).to_be_focused()
        assert answers.flips == []


async def test_two_presses_are_one_order(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_flags.flags(screen)
        await screen.page.click("#turn-rsvp-emails")
        await screen.page.check("#operation-reason-0")
        await screen.page.route("**/api/flags", answers.never)
        sent = []
        screen.page.on("request", lambda request: sent.append(request.method))

        confirm = screen.page.locator("#operation-confirm")
        async with screen.page.expect_request("**/api/flags"):
            await confirm.dblclick()

        await expect(confirm).to_have_text("Sending…")
        assert sent.count("PUT") == 1
        answers.silence.set()


async def test_who_was_faster_is_named_and_the_page_shows_it(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_flags.flags(screen)
        words = "Grace has turned RSVP e-mails off meanwhile. Look again, then decide."
        answers.flip, answers.flip_status = facts.problem(409, "conflict", words), 409
        await screen.page.click("#turn-rsvp-emails")
        answers.flags = facts.flags(facts.turned_off())
        await screen.page.check("#operation-reason-0")

        await screen.page.click("#operation-confirm")

        await expect(screen.page.locator("#operation-dialog [role=alert]")).to_have_text(words)
        await screen.page.click("#operation-cancel")
        await expect(rows(screen).first).to_contain_text("Off")


async def test_no_answer_is_said_and_the_page_shows_whether_it_was_done(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_flags.flags(screen)
        await screen.page.click("#turn-rsvp-emails")
        await screen.page.check("#operation-reason-0")
        answers.flags = facts.flags(facts.turned_off())

        await screen.page.click("#operation-confirm")

        await expect(screen.page.locator("#operation-dialog [role=alert]")).to_contain_text(
            "Close this and look at the page before you ask again."
        )
        await expect(rows(screen).first).to_contain_text("Off")


async def test_who_may_only_look_is_told_and_has_no_button(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_flags.flags_read_only(screen)

        await expect(screen.page.locator("#read-only")).to_contain_text("role operator")
        await expect(screen.page.locator("#flags button")).to_have_count(0)


async def test_where_there_is_nothing_it_says_what_to_do(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_flags.flags_empty(screen)

        await expect(screen.page.locator("#empty")).to_contain_text("docs/flags.md")


async def test_an_old_page_says_so_keeps_its_data_and_comes_back(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_flags.flags_stale(screen)
        await expect(screen.page.locator("#freshness")).to_contain_text("not up to date")
        await expect(screen.page.locator("#live-alert")).to_contain_text("Cannot reach the server")
        await expect(rows(screen)).to_have_count(3)
        answers.flags = facts.flags()

        await screen.page.click("#refresh")

        await expect(screen.page.locator("#freshness")).to_contain_text("Live. Updated 08:40 CET")


async def test_what_nobody_looked_at_for_long_is_not_called_live(browser, address):
    """A tab comes back to the front, and the answer takes a while."""
    async with screen_on(browser, address) as screen:
        await screen.stop_clock()
        answers = await scenes_flags.flags(screen)
        await expect(screen.page.locator("#freshness")).to_contain_text("Live.")
        await screen.page.route("**/api/flags?*", answers.never)

        await screen.page.clock.fast_forward("01:00")

        await expect(screen.page.locator("#freshness")).to_contain_text("not up to date")
        answers.silence.set()


async def test_back_in_sight_it_does_not_wait_for_what_was_asked_before(browser, address):
    async with screen_on(browser, address) as screen:
        await screen.stop_clock()
        answers = await scenes_flags.flags(screen)
        await screen.page.route("**/api/flags?*", answers.never)
        await screen.page.clock.fast_forward("01:00")
        await answers.hangs.wait()
        await screen.page.unroute("**/api/flags?*", answers.never)

        await screen.look_again()

        await expect(screen.page.locator("#freshness")).to_contain_text("Live.")


async def test_offline_it_says_so(browser, address):
    async with screen_on(browser, address) as screen:
        await scenes_flags.flags(screen)

        await screen.page.context.set_offline(offline=True)

        await expect(screen.page.locator("#freshness")).to_contain_text("You are offline.")


async def test_a_failure_is_said_and_can_be_tried_again(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_flags.flags_error(screen)
        await expect(screen.page.locator("#problem")).to_contain_text("The server did not answer.")
        answers.flags = facts.flags()

        await screen.page.click("#again")

        await expect(rows(screen)).to_have_count(3)
        await expect(screen.page.locator("#main")).to_be_focused()


@pytest.mark.parametrize(
    ("status", "slug", "words"),
    [
        (401, "unauthenticated", "You are signed out"),
        (403, "forbidden", "Ask an admin for the role viewer."),
    ],
)
async def test_a_refusal_is_explained(browser, address, status, slug, words):
    async with screen_on(browser, address) as screen:
        problem = facts.problem(status, slug, "The server's own words.")
        await answering(screen.page, flags=problem, flags_status=status)
        await screen.open("/admin/flags")

        await expect(screen.page.locator("#page")).to_contain_text(words)


class TestStaging:
    async def test_everything_on_the_page_is_about_it(self, browser, address):
        async with screen_on(browser, address) as screen:
            asked = []
            screen.page.on("request", lambda one: "/api/" in one.url and asked.append(one.url))
            await scenes_flags.flags_of_staging(screen)

            await expect(screen.page.locator(".environment")).to_have_text("Staging")
            await expect(screen.page).to_have_title(
                "Feature switches of staging \N{EN DASH} WedSync rollback"
            )
            await expect(screen.page.locator("#flags caption")).to_have_text(
                "Feature switches of staging"
            )
            await expect(screen.page.locator("#environment-switch")).to_contain_text(
                "This page is about staging."
            )
            own = [url for url in asked if url.endswith("/api/flags?environment=staging")]
            assert own
            assert len(asked) - len(own) <= 1  # what the page had asked for before any script

    async def test_its_links_stay_there_and_one_leads_back(self, browser, address):
        async with screen_on(browser, address) as screen:
            answers = await scenes_flags.flags_of_staging(screen)
            links = await screen.page.locator("nav a").all()
            addresses = [await link.get_attribute("href") for link in links]
            assert all(one.endswith("?environment=staging") for one in addresses)
            answers.flags = facts.flags()

            await screen.page.click("#environment-switch a")

            await screen.page.wait_for_url("**/admin/flags")
            await expect(screen.page.locator(".environment")).to_have_text("Production")
            await expect(screen.page.locator("#flags caption")).to_have_text(
                "Feature switches of production"
            )

    async def test_what_is_turned_is_turned_there(self, browser, address):
        async with screen_on(browser, address) as screen:
            answers = await scenes_flags.flags_of_staging(screen)
            answers.flip = TURNED
            await screen.page.click("#turn-rsvp-emails")
            await expect(screen.page.locator("#operation-dialog h2")).to_have_text(
                "Turn off RSVP e-mails of staging?"
            )
            await screen.page.check("#operation-reason-0")

            await screen.page.click("#operation-confirm")

            await expect(screen.page.locator("#told")).to_have_text("RSVP e-mails turned off")
            assert [one["environment"] for one in answers.flips] == ["staging"]

    @pytest.mark.parametrize(
        ("page", "link", "leads_to"),
        [
            ("deployments", "Switches", "flags"),
            ("audit", "Switches", "flags"),
            ("flags", "Deployments", "deployments"),
            ("flags", "Incidents", "incidents"),
            ("incidents", "Deployments", "deployments"),
        ],
    )
    async def test_the_other_pages_lead_to_its_own(self, browser, address, page, link, leads_to):
        async with screen_on(browser, address) as screen:
            await answering(screen.page, flags=facts.flags(), audit=facts.audit())
            await screen.open(f"/admin/{page}?environment=staging")

            await screen.page.get_by_role("link", name=link, exact=True).click()

            await screen.page.wait_for_url(f"**/admin/{leads_to}?environment=staging")
            await expect(screen.page.locator(".environment")).to_have_text("Staging")

    async def test_nothing_to_go_back_to_leads_to_the_switches_of_staging(self, browser, address):
        async with screen_on(browser, address) as screen:
            nothing = facts.blocked("nothing", "There is nothing to go back to.")
            shown = facts.overview(environment="staging", blocked=nothing)
            await answering(screen.page, overview=shown)
            await screen.open("/admin/deployments?environment=staging")

            link = screen.page.get_by_role("link", name="Use a feature switch instead.")
            await expect(link).to_have_attribute("href", "/admin/flags?environment=staging")


async def test_the_pages_end_is_not_there_before_what_comes_above_it(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await answering(screen.page)
        await screen.page.route("**/api/flags?*", answers.never)
        await screen.open("/admin/flags")
        await screen.page.get_by_text("Loading the feature switches…").wait_for()
        await screen.drawn()

        await expect(screen.page.locator("#environment-switch")).to_have_count(0)
        answers.silence.set()
        await screen.page.wait_for_selector("#again")
        await expect(screen.page.locator("#environment-switch")).to_have_count(1)


async def test_on_a_phone_each_switch_is_a_card(browser, address):
    async with screen_on(browser, address, width=PHONE) as screen:
        await scenes_flags.flags(screen)

        await expect(screen.page.get_by_role("row")).to_have_count(4)
        assert await screen.page.evaluate("document.documentElement.scrollWidth") == PHONE


async def test_a_feature_is_really_turned_off_and_on_again(browser, stack, api):
    async with screen_on(browser, stack["control_plane"]) as screen:
        await screen.sign_in(stack["tokens"]["operator"])
        await screen.page.get_by_role("link", name="Switches").click()
        for state, other in (("off", "on"), ("on", "off")):
            await screen.page.click("#turn-rsvp-emails")
            await screen.page.check("#operation-reason-0")
            await screen.page.click("#operation-confirm")
            await expect(screen.page.locator("#told")).to_have_text(f"RSVP e-mails turned {state}")
            await expect(screen.page.locator("#turn-rsvp-emails")).to_contain_text(f"Turn {other}")
            listed = (await asyncio.to_thread(api.get, "/api/flags")).json()["flags"]
            assert {one["key"]: one["state"] for one in listed}["rsvp-emails"] == state

        await screen.page.get_by_role("link", name="Audit log").click()
        entries = screen.page.locator("#entries tbody tr")
        await expect(entries.filter(has_text="Feature turned on").first).to_be_visible()


async def test_what_was_typed_outlives_the_session(browser, address):
    async with screen_on(browser, address) as screen:
        answers = await scenes_flags.asked_to_turn_off(screen)
        await screen.page.fill("#operation-note", "Guests get each e-mail twice")
        known = answers.flags
        await scenes.session_ends(screen, answers)

        answers.flags, answers.flags_status = known, 200
        await screen.look_again()
        await screen.page.wait_for_selector("#flags", state="attached")

        note = screen.page.locator("#operation-note")
        await expect(note).to_have_value("Guests get each e-mail twice")
        await expect(note).to_be_visible()
