"""The states of the page, each as a way to bring a window into it."""

from collections.abc import Awaitable, Callable

from tests.browser import facts
from tests.browser.screen import Answers, Screen, answering

type Scene = Callable[[Screen], Awaitable[Answers]]

#: Drawn when all else is.
LAST = "#environment-switch"
NO_TARGET = "There is no earlier version to go back to."
READ_ONLY = "You can look, but not roll back. Ask an admin for the role operator."
LAST_FAILED = (
    "The last rollback did not finish. Read what visitors get now; you can start another one."
)


async def loaded(screen: Screen, **overview: object) -> Answers:
    answers = await answering(screen.page, overview=facts.overview(**overview))
    await screen.open()
    await screen.page.wait_for_selector(LAST)
    return answers


async def loading(screen: Screen) -> Answers:
    answers = Answers()
    await screen.page.route("**/api/overview**", answers.never)
    await screen.open()
    return answers


async def healthy(screen: Screen) -> Answers:
    state = {"state": "ok", "sentence": "Production is healthy", "since": facts.NOW}
    return await loaded(screen, overall=state)


async def bad(screen: Screen) -> Answers:
    return await loaded(screen)


async def judged(screen: Screen) -> Answers:
    """By counted requests: it may be time to act soon, and some are still on an older version."""
    sentence = (
        "8.2 % of the newest 124 requests failed, in 30 s: surely more than 5 %; within 20 s it is"
        " time to act if it goes on."
    )
    state = {
        "state": "ok",
        "sentence": "Production may have problems: 8.2 % of requests fail",
        "since": facts.NOW,
        "warning": sentence,
    }
    traffic = facts.traffic(
        verdict=facts.verdict("suspect", sentence),
        is_fresh=True,
        stragglers={"deployment_id": "dpl_old", "per_minute": 312.0, "until": 1795333200},
    )
    outlook = "8.2 % of 1,240 requests fail; enough evidence; acts in 20 s unless it stops."
    answers = await loaded(screen, overall=state, traffic=traffic, outlook=outlook)
    await screen.page.click("#evidence summary")
    return answers


async def unknown(screen: Screen) -> Answers:
    state = {"state": "unknown", "sentence": "We do not know how production is", "since": None}
    return await loaded(screen, overall=state)


async def empty(screen: Screen) -> Answers:
    nothing = facts.blocked("nothing", NO_TARGET)
    return await loaded(screen, history=[], recommended=None, blocked=nothing)


async def error(screen: Screen) -> Answers:
    answers = await answering(screen.page, overview=None)
    await screen.open()
    await screen.page.get_by_role("heading", name="The status cannot be loaded").wait_for()
    return answers


async def stale(screen: Screen) -> Answers:
    answers = await loaded(screen)
    answers.overview = None
    await screen.page.click("#refresh")
    await screen.page.get_by_text("This page is not up to date.").wait_for()
    return answers


async def offline(screen: Screen) -> Answers:
    answers = await loaded(screen)
    await screen.page.context.set_offline(offline=True)
    await screen.page.get_by_text("You are offline.").wait_for()
    return answers


async def refused(screen: Screen, status: int, slug: str) -> Answers:
    body = facts.problem(status, slug, "Not for you.")
    answers = await answering(screen.page, overview=body, overview_status=status)
    await screen.open()
    await screen.page.locator("#page h2").first.wait_for()
    return answers


async def no_access(screen: Screen) -> Answers:
    answers = await refused(screen, 403, "forbidden")
    await screen.page.get_by_role("heading", name="You do not have access").wait_for()
    return answers


async def signed_out(screen: Screen) -> Answers:
    answers = await refused(screen, 401, "unauthenticated")
    await screen.page.get_by_role("heading", name="You are signed out").wait_for()
    return answers


async def read_only(screen: Screen) -> Answers:
    viewer = {"name": "Vera Lind", "role": "viewer"}
    lock = facts.blocked("read_only", READ_ONLY)
    return await loaded(screen, viewer=viewer, can_rollback=False, blocked=lock)


async def nothing_to_go_back_to(screen: Screen) -> Answers:
    lock = facts.blocked("nothing", NO_TARGET)
    only = [facts.history()[0], facts.history()[3]]
    return await loaded(screen, history=only, recommended=None, blocked=lock)


async def following(screen: Screen, rollback: facts.Json, code: str, sentence: str) -> Answers:
    answers = await answering(
        screen.page,
        overview=facts.overview(active=rollback, blocked=facts.blocked(code, sentence)),
        status=rollback,
    )
    await screen.open()
    await screen.page.wait_for_selector("#rollback-progress")
    await screen.page.wait_for_selector(LAST)
    return answers


async def running(screen: Screen) -> Answers:
    return await following(screen, facts.running(), "running", "A rollback is running.")


async def automatic(screen: Screen) -> Answers:
    by_itself = facts.running(
        automatic=True, requested_by="health sweep", reason="the app does not answer"
    )
    return await following(screen, by_itself, "running", "A rollback is running.")


async def overdue(screen: Screen) -> Answers:
    late = facts.running(overdue=True, requested_at="2026-11-22T07:38:40.000Z")
    return await following(screen, late, "running", "A rollback is running.")


async def failed(screen: Screen) -> Answers:
    return await following(screen, facts.failed(), "failed", LAST_FAILED)


async def rolling_forward(screen: Screen) -> Answers:
    forward = facts.running("ok", "run", "wait", "wait", "wait", kind="forward")
    return await following(screen, forward, "running", "A rollback is running.")


async def forward(screen: Screen) -> Answers:
    """It was undone, and a newer release waits for the database."""
    sentence = "Release 77aa0b2 needs the database forward first: 0043 is rolled back."
    waiting = {"deployment_id": "dpl_next", "is_safe": False, "sentence": sentence}
    live, *older = facts.history()
    by = {"how": "roll_forward", "by": "Jonas Weber", "reason": "It was the provider"}
    return await loaded(
        screen,
        active=facts.completed(kind="forward"),
        history=[live | by, *older],
        promotion=waiting,
    )


async def completed(screen: Screen) -> Answers:
    well = {"state": "ok", "sentence": "Production is healthy", "since": facts.NOW}
    return await loaded(screen, active=facts.completed(), recommended="dpl_old", overall=well)


async def needed(screen: Screen) -> Answers:
    """Alerts are open, and a rollback has left its traces."""
    return await loaded(
        screen,
        alerts=facts.alerts(),
        mode="shadow",
        pin=facts.pin(),
        security_floor="dpl_old",
        quarantined=[facts.quarantined()],
        caution="4f2a9c1 never proved itself here.",
    )


async def dialog(screen: Screen) -> Answers:
    answers = await loaded(screen)
    await screen.page.click("#rollback-btn")
    await screen.page.wait_for_selector("#rollback-dialog[open]")
    return answers


async def session_ends(screen: Screen, answers: Answers) -> None:
    """The page has heard of it; whatever is open on it stays."""
    over = facts.problem(401, "unauthenticated", "Nobody is signed in.")
    for name in ("overview", "flags", "trigger", "operation"):
        setattr(answers, name, over)
        setattr(answers, f"{name}_status", 401)
    await screen.look_again()
    await screen.page.wait_for_selector("#signed-out-title", state="attached")


async def dialog_without_reason(screen: Screen) -> Answers:
    answers = await dialog(screen)
    await screen.page.click("#rollback-confirm")
    await screen.page.get_by_text("Choose a reason first.").wait_for()
    return answers


async def new_page_version(screen: Screen) -> Answers:
    answers = await loaded(screen)
    answers.overview = facts.overview(ui_version="2")
    await screen.page.click("#refresh")
    await screen.page.get_by_text("This page was updated.").wait_for()
    return answers


async def not_armed(screen: Screen) -> Answers:
    well = {"state": "ok", "sentence": "Production is healthy", "since": facts.NOW}
    found = facts.armed(
        facts.check("target", "failed", "4f2a9c1 is no longer on the platform."),
        facts.check("cron", "failed", "Scheduled sweeps come every 24 hours only."),
        facts.check("drain", "not_used", "No log drain is set up (DRAIN_SECRET)."),
    )
    return await loaded(screen, overall=well, armed=found)


async def sign_in(screen: Screen) -> Answers:
    await screen.open("/admin/sign-in")
    return Answers()


SCENES: tuple[Scene, ...] = (
    loading,
    healthy,
    bad,
    judged,
    unknown,
    empty,
    error,
    stale,
    offline,
    no_access,
    signed_out,
    read_only,
    nothing_to_go_back_to,
    running,
    automatic,
    overdue,
    failed,
    completed,
    rolling_forward,
    forward,
    needed,
    dialog,
    dialog_without_reason,
    new_page_version,
    not_armed,
    sign_in,
)
