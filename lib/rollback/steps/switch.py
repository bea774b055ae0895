"""Step 2: the environment's hosts serve the target."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus

from lib import errors
from lib.rollback.machine import Done, Failed, Outcome, Traffic, Wait
from lib.rollback.models import Claim, SwitchMethod
from lib.rollback.steps.base import Tools, moved_meanwhile, traffic_after
from lib.vercel.models import AliasRequest, Deployment, Project

RECHECK = timedelta(seconds=0.5)
#: The platform's job ended, and what it says is final.
JOB_ENDED_BADLY = ("failed", "skipped")


async def run(claim: Claim, tools: Tools) -> Outcome:
    if (moved_on := await find_other_release(claim, tools)) is not None:
        return moved_on
    if claim.rollback.switch_method is SwitchMethod.ALIAS:
        return await move_alias(claim, tools)
    return await instant_rollback(claim, tools)


async def find_other_release(claim: Claim, tools: Tools) -> Failed | None:
    """What speaks against one release does not take back the next, which may be the mend.

    A person's order stands: it says what to go back to, whatever is live.
    """
    rollback = claim.rollback
    if not rollback.automatic or claim.facts.get("asked") or "asked_after" in claim.facts:
        return None
    live = await tools.routing.live(rollback.environment)
    if live is None or live.id in (rollback.from_deployment, rollback.target):
        return None
    return Failed(
        f"Somebody let {live.called} go live meanwhile, and nothing is known against it.",
        retryable=False,
        traffic=Traffic.OTHER,
    )


async def move_alias(claim: Claim, tools: Tools) -> Outcome:
    """An alias does not pin: the next production push would take it back, so that is turned off.

    The setting's earlier value is kept with the step before it is changed, and what was live, so
    that a repetition can tell a platform that is slow from a person who has moved it meanwhile.
    """
    rollback = claim.rollback
    project = await tools.vercel.project()
    if "auto_assign_before" not in claim.facts:
        await tools.store.remember(claim, auto_assign_before=project.auto_assign)
    if project.auto_assign:
        try:
            await tools.vercel.set_auto_assign(on=False)
        except errors.VercelConflict as error:
            # Another change of the project is under way; ours comes after it.
            return Wait(RECHECK, str(error), traffic_after(claim))
    await keep_pin(claim, tools)
    if (rolls := await end_rolling(claim, tools, project)) is not None:
        return rolls
    live = await tools.routing.live(rollback.environment)
    if live is None or live.id != rollback.target:
        if live is not None and is_somebody_elses(claim, live):
            return moved_meanwhile(claim, live)
        if "left" not in claim.facts:
            await tools.store.remember(claim, left=live.id if live else None)
        alias = tools.routing.settings.alias(rollback.environment)
        await ask(claim, tools, lambda: tools.vercel.assign_alias(rollback.target, alias))
        live = await tools.routing.live(rollback.environment)
    if live is None or live.id != rollback.target:
        return Wait(RECHECK, "The platform accepted the switch and still names the old version.")
    return await done(claim, tools)


def is_somebody_elses(claim: Claim, live: Deployment) -> bool:
    """We have asked, and neither the target nor what we left is live: a person was here.

    Asking again would take back what they did. What rolled out when we asked may have come to its
    last stage by itself: that is what we leave.
    """
    expected = (claim.rollback.target, claim.facts.get("left"), claim.facts.get("rolled"))
    return bool(claim.facts.get("asked")) and live.id not in expected


async def end_rolling(claim: Claim, tools: Tools, project: Project) -> Outcome | None:
    """None: no release is rolling out, or not any more.

    Moving an alias would not end it: only a rollback of the platform's does, to what the other
    visitors get. As in `instant_rollback`, its job is told from an older one, and asked for once.
    """
    rolling = await tools.routing.rolling(claim.rollback.environment)
    if rolling is None:
        return None
    # Once we have asked for anything, one that we did not find is somebody's answer to it.
    found = claim.facts.get("rolled", None if claim.facts.get("asked") else rolling.canary)
    if found != rolling.canary:
        return moved_meanwhile(claim, await tools.vercel.deployment(rolling.canary))
    job = project.last_alias_request
    if "rolled" not in claim.facts:
        asked_after = job.requested_at if job else 0
        facts = {"rolled": rolling.canary, "left": rolling.base, "asked_after": asked_after}
        await tools.store.remember(claim, **facts)
    if not is_ours(job, claim, rolling.base):
        return await ask_for_job(claim, tools, rolling.base)
    assert job is not None
    if job.job_status in JOB_ENDED_BADLY:
        return await job_failed(claim, job, tools)
    return Wait(RECHECK, f"The platform's job is {job.job_status}; the release still rolls out.")


async def instant_rollback(claim: Claim, tools: Tools) -> Outcome:
    """The platform answers before it has moved anything: its job is watched to its end.

    `asked_after` is the time of the last job before ours. It is stored before we ask, so that an
    invocation that takes over can tell our job from an older one and does not ask twice, and from
    what somebody has asked for since, which is not taken back.
    """
    rollback = claim.rollback
    project = await tools.vercel.project()
    job = project.last_alias_request
    if "auto_assign_before" not in claim.facts:
        await tools.store.remember(claim, auto_assign_before=project.auto_assign)
    before = job.requested_at if job else 0
    if not claim.facts.get("asked") and claim.facts.get("asked_after") != before:
        await tools.store.remember(claim, asked_after=before)
    is_live = project.live == rollback.target
    rolling = await tools.routing.rolling(rollback.environment)
    is_whole = is_live and rolling is None
    if not project.auto_assign and (is_live or is_ours(job, claim, rollback.target)):
        # The platform pins by itself, at the end of its job.
        await keep_pin(claim, tools)
    if not is_ours(job, claim, rollback.target):
        if is_whole and not await tools.vercel.failed_aliases():
            return await done(claim, tools)
        if job is not None and is_anothers(job, claim):
            return moved_meanwhile(claim, await tools.vercel.deployment(job.to_deployment))
        return await ask_for_job(claim, tools, rollback.target)
    assert job is not None
    if job.job_status in JOB_ENDED_BADLY:
        return await job_failed(claim, job, tools)
    if rolling is not None and rolling.started_at > job.requested_at:
        return moved_meanwhile(claim, await tools.vercel.deployment(rolling.canary))
    if job.job_status != "succeeded" or not is_whole:
        return Wait(RECHECK, f"The platform's job is {job.job_status}.")
    failed = await tools.vercel.failed_aliases()
    return hosts_failed(claim, failed) if failed else await done(claim, tools)


async def keep_pin(claim: Claim, tools: Tools) -> None:
    """New releases do not go live by themselves now; what was before is set back later.

    Where nobody looked before, they did: that is the platform's default.
    """
    before = claim.facts.get("auto_assign_before", True)
    await tools.tracker.pins.keep(claim.rollback.id, claim.rollback.fence, before=before)


async def ask_for_job(claim: Claim, tools: Tools, to: str) -> Wait:
    rollback = claim.rollback
    description = f"{rollback.requested_by}: {rollback.reason}"[:200]
    try:
        await ask(claim, tools, lambda: tools.vercel.roll_back(to, description=description))
    except errors.VercelConflict as error:
        # A job of somebody else is under way; ours comes after it.
        return Wait(RECHECK, str(error), traffic_after(claim))
    return Wait(RECHECK, "The platform accepted the rollback.")


async def ask(claim: Claim, tools: Tools, change: Callable[[], Awaitable[None]]) -> None:
    """Remember that we asked: without an answer, nobody knows whether it took effect.

    A refusal is an answer: what was asked this time has not been done.
    """
    asked_before = claim.facts.get("asked", False)
    if not asked_before:
        await tools.store.remember(claim, asked=True)
    try:
        await change()
    except errors.Upstream as error:
        is_refused = isinstance(error, errors.VercelRejected) or (
            error.facts.get("status_code") == HTTPStatus.TOO_MANY_REQUESTS
        )
        if is_refused and not asked_before:
            await tools.store.remember(claim, asked=False)
        raise


def is_ours(job: AliasRequest | None, claim: Claim, to: str) -> bool:
    return (
        job is not None
        and job.requested_at > claim.facts["asked_after"]
        and job.to_deployment == to
    )


def is_anothers(job: AliasRequest, claim: Claim) -> bool:
    """Not ours, and later than when we asked."""
    return (
        bool(claim.facts.get("asked"))
        and job.requested_at > claim.facts["asked_after"]
        and job.job_status not in JOB_ENDED_BADLY
    )


async def job_failed(claim: Claim, job: AliasRequest, tools: Tools) -> Failed:
    """The platform does not say what it had done by then: every host is asked who answers."""
    rollback = claim.rollback
    hosts = await tools.routing.hosts(rollback.environment)
    looks = await asyncio.gather(*(tools.prober.look(host) for host in hosts))
    answering = {look.deployment_id for look in looks}
    unmoved = rollback.from_deployment is not None and answering == {rollback.from_deployment}
    return Failed(
        f"The platform's rollback job {job.job_status}.",
        retryable=False,
        traffic=Traffic.UNCHANGED if unmoved else Traffic.UNKNOWN,
    )


def hosts_failed(claim: Claim, hosts: list[str]) -> Failed:
    named = ", ".join(hosts)
    target = claim.rollback.called(claim.rollback.target)
    return Failed(
        f"These hosts did not move: {named}.",
        retryable=False,
        traffic=Traffic.UNKNOWN,
        remedy=f"Roll back to {target} once more, or assign {named} to it in the platform.",
    )


async def done(claim: Claim, tools: Tools) -> Done:
    rollback = claim.rollback
    await tools.tracker.reconcile(rollback.environment)
    return Done(f"{rollback.environment.capitalize()} serves {rollback.called(rollback.target)}.")
