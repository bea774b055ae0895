"""Step 1: the target exists, can serve, is the app's, and is not live. Nothing is changed."""

from lib import errors
from lib.deployments.eligibility import BELOW_FLOOR, caution
from lib.deployments.models import DeploymentRow
from lib.rollback.machine import Done, Failed, Outcome, Traffic
from lib.rollback.models import DATABASE_FIRST, Claim, Environment, SwitchMethod
from lib.rollback.steps.base import Tools
from lib.schema.plan import Stays
from lib.vercel.models import Deployment

IS_OVER = "Its rolling release was ended in the platform, before we could."


async def run(claim: Claim, tools: Tools) -> Outcome:
    rollback = claim.rollback
    try:
        target = await tools.vercel.deployment(rollback.target)
    except errors.VercelMissing:
        return refused(f"The platform knows no deployment {rollback.target}.")
    if (why_not := await unfit(claim, target, tools)) is not None:
        return refused(why_not)
    live = await tools.routing.live(rollback.environment)
    is_over = False
    if live is not None and live.id == target.id and await is_complete(claim, tools):
        is_over = await has_stopped_rolling(claim, tools)
        if not is_over:
            return refused(f"{target.called} is live already.")
    if rollback.undoes is not None and live is not None and is_another(claim, live.id):
        return refused(f"{live.called} has gone live meanwhile, so there is nothing to undo.")
    await tools.tracker.record_platform(rollback.environment, target)
    [known] = await tools.tracker.deployments.history(rollback.environment, only=[target.id])
    if known.below_floor:
        return refused(f"{target.called}: {BELOW_FLOOR}")
    if rollback.undoes is None:
        plan = await tools.planner.plan(rollback.environment, rollback.target)
        if not isinstance(plan, Stays):
            await tools.store.reorder(claim, DATABASE_FIRST)
    # A deployment keeps its variables: this is what the target will not know of.
    changed = await tools.tracker.changed_variables(rollback.environment, target.id)
    before = rollback.from_deployment if is_over else live and live.called
    sentence = f"From {before or 'nothing'} to {target.called}."
    return Done(told(f"{sentence} {IS_OVER}" if is_over else sentence, known, changed))


def told(sentence: str, target: DeploymentRow, changed: list[str]) -> str:
    return " ".join(
        [
            sentence,
            *([f"Variables changed since: {', '.join(changed)}."] if changed else []),
            *filter(None, [caution(target)]),
        ]
    )


def is_another(claim: Claim, live_id: str) -> bool:
    return live_id not in (claim.rollback.from_deployment, claim.rollback.target)


async def unfit(claim: Claim, target: Deployment, tools: Tools) -> str | None:
    """What speaks against the deployment itself; None: nothing."""
    if target.project_id != tools.vercel.project_id:
        return f"{target.called} belongs to another project."
    if target.ready_state != "READY":
        state = target.ready_state.lower() or "in an unknown state"
        return f"{target.called} cannot serve: it is {state}."
    if await is_foreign(claim, target, tools):
        return f"{target.called} was not built for production, and was never live there."
    return None


async def is_foreign(claim: Claim, target: Deployment, tools: Tools) -> bool:
    """It has the variables of a preview or of staging, and with them perhaps another database.

    Whatever was live in production can be gone back to all the same.
    """
    where = claim.rollback.environment
    if where is not Environment.PRODUCTION or target.target == where:
        return False
    rows = await tools.tracker.deployments.history(where, only=[target.id])
    return not any(row.live_from for row in rows)


async def is_complete(claim: Claim, tools: Tools) -> bool:
    """False while the platform names the target as live and some of its hosts have not moved."""
    is_instant = claim.rollback.switch_method is SwitchMethod.INSTANT
    return not (is_instant and await tools.vercel.failed_aliases())


async def has_stopped_rolling(claim: Claim, tools: Tools) -> bool:
    """What we were to leave was rolling out, and the platform's gate, or somebody, was faster.

    What is left to do is to see that what they went back to is well.
    """
    last = await tools.vercel.rolling_release()
    return (
        last is not None
        and last.state == "ABORTED"
        and last.canary == claim.rollback.from_deployment
        and last.base == claim.rollback.target
    )


def refused(message: str) -> Failed:
    return Failed(
        message,
        retryable=False,
        traffic=Traffic.UNCHANGED,
        remedy="Choose a version from the deployment history.",
    )
