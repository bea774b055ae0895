"""Step 3: the database fits the target's code. It stays as it is, or the rollback stops here."""

from lib.rollback.machine import Failed, Outcome, Skipped, Traffic
from lib.rollback.models import Claim
from lib.rollback.steps import forward
from lib.rollback.steps.base import Tools
from lib.schema.plan import Stays


async def run(claim: Claim, tools: Tools) -> Outcome:
    if claim.rollback.undoes is not None:
        return await forward.run(claim, tools)
    plan = await tools.planner.plan(claim.rollback.environment, claim.rollback.target)
    if isinstance(plan, Stays):
        return Skipped(plan.sentence)
    before_switch = claim.rollback.after("database") == "switch"
    return Failed(
        plan.sentence,
        retryable=False,
        traffic=Traffic.UNCHANGED if before_switch else Traffic.MOVED,
        remedy="Choose a version that was live with the present database, or turn the feature off.",
    )
