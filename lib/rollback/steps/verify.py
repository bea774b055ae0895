"""Step 5: every host really serves the target, and it is healthy. A plain 200 proves nothing."""

import asyncio
from datetime import timedelta

from lib.health.probe import Health, Look
from lib.rollback.machine import Done, Outcome, Traffic, Wait
from lib.rollback.models import Claim
from lib.rollback.steps.base import Tools, moved_meanwhile
from lib.vercel.models import Deployment

RECHECK = timedelta(seconds=1)
#: The platform may name what was live before once more: so many answers in a row are believed.
ANSWERS = 5
#: Fresh connections that must all agree, per host: one may be answered by a stale edge node.
LOOKS = 3


async def run(claim: Claim, tools: Tools) -> Outcome:
    rollback = claim.rollback
    live = await tools.routing.live(rollback.environment)
    if live is not None and live.id != rollback.target:
        return await look_again(claim, tools, live)
    if claim.facts.get("elsewhere"):
        await tools.store.remember(claim, elsewhere=0)
    hosts = await tools.routing.hosts(rollback.environment)
    if not hosts:
        return Wait(RECHECK, "The platform lists no host that could be looked at.", Traffic.MOVED)
    asked = [host for host in hosts for _ in range(LOOKS)]
    looks = await asyncio.gather(
        *(tools.prober.look(host, expected=rollback.target) for host in asked)
    )
    for host, look in zip(asked, looks, strict=True):
        if look.health is not Health.OK:
            is_other = look.deployment_id not in (None, rollback.target)
            traffic = Traffic.UNKNOWN if is_other else Traffic.MOVED
            return Wait(RECHECK, f"{host}: {look.detail}.", traffic)
    return Done(warning(looks[0]))


async def look_again(claim: Claim, tools: Tools, live: Deployment) -> Outcome:
    """Is it there by an old answer, or because somebody has moved it?"""
    elsewhere = claim.facts.get("elsewhere", 0) + 1
    moved = moved_meanwhile(claim, live)
    if elsewhere >= ANSWERS:
        return moved
    await tools.store.remember(claim, elsewhere=elsewhere)
    return Wait(RECHECK, moved.message, moved.traffic)


def warning(look: Look) -> str:
    slow = [name for name, state in look.checks.items() if state != "healthy"]
    return f"Healthy; not well yet: {', '.join(slow)}." if slow else "Healthy on every host."
