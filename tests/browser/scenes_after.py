"""What a rollback left behind, what is asked before it is changed, and the audit log of it all."""

from tests.browser import facts
from tests.browser.scenes import Scene, failed, loaded
from tests.browser.screen import Answers, Screen, answering

ADMIN = {"name": "Ada Byron", "role": "admin"}
WELL = {"state": "ok", "sentence": "Production is healthy", "since": facts.NOW}


async def rolled_back(screen: Screen, **overview: object) -> Answers:
    """A while ago; an admin looks at what it left behind."""
    live, good, *older = facts.history()
    left = live | {"is_live": False, "live_until": facts.NOW, "why_not": "Was unhealthy"}
    back = good | {"is_live": True, "eligible": False, "why_not": "This version is live now"}
    standing = {
        "overall": WELL,
        "history": [back, left, *older],
        "recommended": "dpl_old",
        "viewer": ADMIN,
        "undo": facts.undo(),
        "mode": "off",
        "mode_set": {"by": "Grace", "at": facts.NOW, "reason": "The wedding is today"},
        "pin": facts.pin(),
        "security_floor": "dpl_old",
        "quarantined": [facts.quarantined()],
    }
    return await loaded(screen, **standing | overview)


async def undoable(screen: Screen) -> Answers:
    """It has just completed."""
    return await rolled_back(screen, active=facts.completed())


async def asked_to_undo(screen: Screen) -> Answers:
    answers = await undoable(screen)
    await screen.page.click("#undo-btn")
    return answers


async def asked_for_mode(screen: Screen) -> Answers:
    answers = await rolled_back(screen)
    await screen.page.click("#mode-btn")
    return answers


async def asked_for_floor(screen: Screen) -> Answers:
    answers = await rolled_back(screen)
    await screen.page.click("#floor-btn")
    return answers


async def asked_to_lift(screen: Screen) -> Answers:
    """And the last button was pressed too soon."""
    answers = await rolled_back(screen)
    await screen.page.get_by_role("button", name="Lift 77aa0b2…").click()
    await screen.page.click("#operation-confirm")
    return answers


async def asked_to_try_again(screen: Screen) -> Answers:
    answers = await failed(screen)
    await screen.page.click("#retry-btn")
    return answers


async def audit(screen: Screen, query: str = "", **answer: object) -> Answers:
    answers = await answering(screen.page, audit=facts.audit(**answer))
    await screen.open(f"/admin/audit{query}")
    await screen.page.wait_for_selector("#sign-out")
    return answers


async def audit_in_detail(screen: Screen) -> Answers:
    answers = await audit(screen, "?action=rollback&before=40", older=11)
    await screen.page.locator("#entries summary").nth(1).click()
    return answers


async def audit_empty(screen: Screen) -> Answers:
    return await audit(screen, "?actor=Nobody", entries=[])


async def audit_error(screen: Screen) -> Answers:
    answers = await answering(screen.page)
    await screen.open("/admin/audit")
    await screen.page.wait_for_selector("#problem")
    return answers


SCENES: tuple[Scene, ...] = (
    rolled_back,
    undoable,
    asked_to_undo,
    asked_to_try_again,
    asked_for_mode,
    asked_for_floor,
    asked_to_lift,
    audit,
    audit_in_detail,
    audit_empty,
    audit_error,
)
