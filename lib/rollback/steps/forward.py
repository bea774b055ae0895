"""Step 2 of a roll forward: the database is as the release needs that traffic goes to.

What the undone rollback relaxed or moved is put back in its place, before traffic moves. Where the
older code's rows contradict the newer rules it ends here, and nothing has changed.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from lib.rollback.machine import Done, Failed, Outcome, Skipped, Traffic
from lib.rollback.models import Claim, StepState
from lib.rollback.steps.base import Tools
from lib.rollback.steps.telling import audit_once
from lib.schema import known
from lib.schema.app_database import AppDatabase, Away, Unreadable

if TYPE_CHECKING:
    from lib.schema.outcome import Outcome as Ended

#: One attempt; the step has room for it.
BUDGET = timedelta(seconds=15)
NO_ADDRESS = "The rollback took the app's database back, and its address is not set any more."
SET_ADDRESS = "Set APP_DATABASE_URL to the app's database."


async def run(claim: Claim, tools: Tools) -> Outcome:
    assert claim.rollback.undoes is not None
    undone = await tools.store.get(claim.rollback.undoes)
    if undone.find("database").state is StepState.SKIPPED:
        return Skipped("The rollback left the database as it was, so it stays as it is.")
    app = tools.planner.app
    if app is None:
        return refused(NO_ADDRESS, SET_ADDRESS)
    other = await look_first(claim, tools, app)
    if other is not None:
        return other
    # From here on nobody knows whether it is forward, until the engine says so.
    await tools.store.remember(claim, begun=True)
    return await conclude(claim, tools, await app.forward(undone.id, budget=BUDGET))


async def look_first(claim: Claim, tools: Tools, app: AppDatabase) -> Failed | None:
    """None: it is the database that the rollback was made in."""
    before = await known.read(tools.store.database)
    try:
        standing = await app.standing()
    except Away as away:
        message = f"The app's database could not be read: {away}."
        is_away = not isinstance(away, Unreadable)
        return Failed(message, retryable=is_away, traffic=Traffic.UNCHANGED)
    other = await before.refusal(claim.rollback.environment, standing)
    return refused(other.forward_sentence, other.remedy) if other else None


async def conclude(claim: Claim, tools: Tools, ended: "Ended") -> Outcome:
    if ended.state.value == "done":
        facts = {"quarantined": ended.quarantined, "conflicts": ended.conflicts}
        await tools.store.remember(claim, **facts)
        told = {"undoes": str(claim.rollback.undoes), "sentence": ended.sentence}
        await audit_once(claim, tools, "database.forward", facts | told, ended.mark)
        return Done(ended.sentence)
    why = ended.why_not_forward
    if ended.state.value == "refused":
        await tools.store.remember(claim, begun=False)
        return refused(why, ended.remedy)
    return Failed(why, retryable=True, traffic=Traffic.UNCHANGED, remedy=ended.remedy)


def refused(message: str, remedy: str) -> Failed:
    return Failed(message, retryable=False, traffic=Traffic.UNCHANGED, remedy=remedy)
