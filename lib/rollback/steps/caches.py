"""Step 4: nothing that the bad version cached is served on. A failure here is a warning."""

from lib.redis import RedisUnavailable
from lib.rollback.machine import Done, Failed, Outcome
from lib.rollback.models import Claim
from lib.rollback.steps.base import Tools


async def run(claim: Claim, tools: Tools) -> Outcome:
    if "purged" not in claim.facts:
        await tools.vercel.purge_caches()
        await tools.store.remember(claim, purged=True)
    if tools.app_cache is None:
        return Done("The platform's caches are cleared.")
    try:
        removed, complete = await tools.app_cache.clear()
    except RedisUnavailable:
        return Failed("The app's Redis did not answer; its keys are still there.", retryable=True)
    if not complete:
        return Failed(f"{removed} of the app's cache keys removed; more are left.", retryable=True)
    return Done(f"The platform's caches are cleared, and {removed} of the app's keys.")
