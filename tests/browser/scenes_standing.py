"""What is done by itself and why not, the error rate, and what stands in the way of a release."""

from tests.browser import facts
from tests.browser.scenes import Scene, loaded
from tests.browser.scenes_after import ADMIN, WELL
from tests.browser.screen import Answers, Screen, answering

SHARED = (
    "The version to go back to fails as well: the cause is shared, so traffic does not move. Look"
    " at the database and the providers."
)
NEEDS = "Release 77aa0b2 needs the database forward first: 0043 is rolled back."
OTHER = (
    "The app's database is not the one that production knows: this database was restored to an"
    " earlier moment, or is a branch."
)


async def drawn(screen: Screen, **overview: object) -> Answers:
    answers = await loaded(screen, **overview)
    await screen.page.wait_for_selector("#error-rate svg")
    return answers


async def charted(screen: Screen) -> Answers:
    """With its numbers."""
    answers = await drawn(screen)
    await screen.page.click("#error-rate summary")
    return answers


async def chart_of_looks(screen: Screen) -> Answers:
    """Nothing was counted, so our own looks are shown."""
    few = facts.chart(source="looks", requests=[1] * 60, errors=[0] * 58 + [1, 1], markers=[])
    answers = await answering(screen.page, overview=facts.overview(overall=WELL), chart=few)
    await screen.open()
    await screen.page.wait_for_selector("#error-rate svg")
    return answers


async def chart_empty(screen: Screen) -> Answers:
    nothing = facts.chart(requests=[0] * 60, errors=[0] * 60, markers=[])
    answers = await answering(screen.page, overview=facts.overview(overall=WELL), chart=nothing)
    await screen.open()
    await screen.page.get_by_text("Nothing was counted in the last hour.").wait_for()
    return answers


async def chart_old(screen: Screen) -> Answers:
    answers = await drawn(screen)
    answers.overview = answers.chart = None
    await screen.page.click("#refresh")
    await screen.page.get_by_text("This page is not up to date.").wait_for()
    return answers


async def gate_refused(screen: Screen) -> Answers:
    """Two versions were asked, and neither is better."""
    refused = facts.decision(
        "gate_refused",
        SHARED,
        facts.asked("dpl_good", "fails"),
        facts.asked("dpl_old", "unknown", detail="it is protected"),
    )
    sentence = "52 % of the newest 124 requests failed, in 30 s: surely more than 5 %."
    traffic = facts.traffic(
        verdict=facts.verdict("rollback", sentence), is_fresh=True, decision=refused
    )
    outlook = (
        "52 % of 1,240 requests fail; enough evidence; no version is better, so it does nothing."
    )
    answers = await drawn(screen, traffic=traffic, outlook=outlook)
    await screen.page.click("#evidence summary")
    return answers


async def rolling(screen: Screen) -> Answers:
    """A new release is given to some visitors first."""
    under_way = {
        "from": "dpl_good",
        "to": "dpl_live",
        "percent": 10,
        "stage": 1,
        "since": facts.NOW,
        "sentence": "e81c2d7 is rolling out: 10 % of visitors get it, the others 4f2a9c1"
        " (stage 1 of 3). A rollback ends it.",
    }
    return await drawn(screen, rolling=under_way, overall=WELL)


async def held_up(screen: Screen, **overview: object) -> Answers:
    """Locked, another database, conflicts, and a release that waits for the database."""
    next_one = {"deployment_id": "dpl_next", "is_safe": False, "sentence": NEEDS}
    alerts = [facts.alert(1, OTHER, kind="other_database")]
    held = {
        "overall": WELL,
        "viewer": ADMIN,
        "promotion": next_one,
        "conflicts": 3,
        "is_locked": True,
        "alerts": alerts,
    }
    return await drawn(screen, **held | overview)


async def asked_to_unlock(screen: Screen) -> Answers:
    answers = await held_up(screen)
    await screen.page.click("#unlock-btn")
    return answers


async def asked_to_bring_forward(screen: Screen) -> Answers:
    answers = await held_up(screen)
    await screen.page.click("#forward-btn")
    return answers


async def asked_to_accept(screen: Screen) -> Answers:
    answers = await held_up(screen)
    await screen.page.click("#accept-btn")
    return answers


async def asked_to_check(screen: Screen) -> Answers:
    answers = await drawn(screen, overall=WELL)
    await screen.page.click("#preflight-btn")
    return answers


async def staging(screen: Screen) -> Answers:
    well = WELL | {"sentence": "Staging is healthy"}
    shown = facts.overview(environment="staging", overall=well)
    answers = await answering(screen.page, overview=shown, chart=facts.chart(environment="staging"))
    await screen.open("/admin/deployments?environment=staging")
    await screen.page.wait_for_selector("#error-rate svg")
    return answers


SCENES: tuple[Scene, ...] = (
    charted,
    chart_of_looks,
    chart_empty,
    chart_old,
    gate_refused,
    rolling,
    held_up,
    asked_to_unlock,
    asked_to_bring_forward,
    asked_to_accept,
    asked_to_check,
    staging,
)
