"""The states of the page of feature switches, each as a way to bring a window into it."""

from tests.browser import facts
from tests.browser.scenes import Scene
from tests.browser.screen import Answers, Screen, answering

VIEWER = {"name": "Vera Lind", "role": "viewer"}


async def flags(screen: Screen, *listed: facts.Json, **more: object) -> Answers:
    answers = await answering(screen.page, flags=facts.flags(*listed, **more))
    await screen.open("/admin/flags")
    await screen.page.wait_for_selector("#sign-out")
    return answers


async def flags_off(screen: Screen) -> Answers:
    return await flags(screen, facts.turned_off())


async def flags_read_only(screen: Screen) -> Answers:
    return await flags(screen, facts.turned_off(), viewer=VIEWER, can_turn=False)


async def flags_empty(screen: Screen) -> Answers:
    return await flags(screen, flags=[])


async def flags_of_staging(screen: Screen) -> Answers:
    answers = await answering(screen.page, flags=facts.flags(environment="staging"))
    await screen.open("/admin/flags?environment=staging")
    await screen.page.wait_for_selector("#flags")
    return answers


async def flags_stale(screen: Screen) -> Answers:
    answers = await flags(screen)
    answers.flags = None
    await screen.page.click("#refresh")
    await screen.page.wait_for_selector(".freshness-warn")
    return answers


async def flags_error(screen: Screen) -> Answers:
    answers = await answering(screen.page)
    await screen.open("/admin/flags")
    await screen.page.wait_for_selector("#problem")
    return answers


async def asked_to_turn_off(screen: Screen) -> Answers:
    """And the last button was pressed too soon."""
    answers = await flags(screen)
    await screen.page.click("#turn-rsvp-emails")
    await screen.page.click("#operation-confirm")
    return answers


async def asked_to_turn_on(screen: Screen) -> Answers:
    answers = await flags_off(screen)
    await screen.page.click("#turn-rsvp-emails")
    return answers


SCENES: tuple[Scene, ...] = (
    flags,
    flags_off,
    flags_read_only,
    flags_empty,
    flags_of_staging,
    flags_stale,
    flags_error,
    asked_to_turn_off,
    asked_to_turn_on,
)
