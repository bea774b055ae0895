"""The page of incident reports: the list, one report of each kind, and nothing at all."""

from tests.browser import facts, facts_incidents
from tests.browser.facts import Json
from tests.browser.scenes import Scene
from tests.browser.screen import Answers, Screen, answering

REPORT = f"?id={facts_incidents.ID}"


async def shown(screen: Screen, query: str, selector: str, **given: object) -> Answers:
    answers = await answering(screen.page, **given)
    await screen.open(f"/admin/incidents{query}")
    await screen.page.wait_for_selector(selector)
    return answers


async def incidents(screen: Screen, query: str = "", **more: object) -> Answers:
    given: Json = facts_incidents.incidents(**more)
    return await shown(screen, query, "#sign-out", incidents=given)


async def incidents_empty(screen: Screen) -> Answers:
    return await incidents(screen, incidents=[])


async def incident(screen: Screen, **more: object) -> Answers:
    given = facts_incidents.incident(**more)
    return await shown(screen, REPORT, "#sign-out", incident=given)


async def incident_by_hand(screen: Screen) -> Answers:
    return await shown(screen, REPORT, "#sign-out", incident=facts_incidents.by_hand())


async def incident_missing(screen: Screen) -> Answers:
    given = facts.problem(404, "not-found", "No rollback has this id.")
    return await shown(screen, REPORT, "#missing", incident=given, incident_status=404)


async def incidents_error(screen: Screen) -> Answers:
    return await shown(screen, "", "#problem")


SCENES: tuple[Scene, ...] = (
    incidents,
    incidents_empty,
    incident,
    incident_by_hand,
    incident_missing,
    incidents_error,
)
