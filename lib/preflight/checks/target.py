"""There is a version to go back to: the platform still has it, it is ready, and it answers."""

import asyncio

from lib import errors
from lib.deployments.models import DeploymentRow
from lib.health.probe import Health
from lib.preflight.kit import Kit, failed, not_used, ok, targets, unknown, warning
from lib.preflight.models import Finding, State
from lib.rollback.models import Environment


async def check(kit: Kit, environment: Environment) -> Finding:
    rows = await kit.history(environment)
    if not any(row.is_live for row in rows):
        return not_used(f"Nothing is live on {environment}.")
    candidates = targets(rows)
    if not candidates:
        return none_left(rows)
    first, *others = await asyncio.gather(*(look(kit, row) for row in candidates))
    if first.state is not State.FAILED:
        return first
    well = [
        row.called
        for row, found in zip(candidates[1:], others, strict=True)
        if found.state in (State.OK, State.WARNING)
    ]
    by_hand = f"{well[0]} answers: go back to it by hand if you must. " if well else ""
    return failed(
        f"{first.sentence} {by_hand}Release a good version again, so that there is one to go"
        " back to."
    )


def none_left(rows: list[DeploymentRow]) -> Finding:
    if sum(row.live_from is not None for row in rows) == 1:
        return warning(
            "Only one version was ever live: from the next release on there is one to go back to."
        )
    return failed(
        "There is no earlier version to go back to: each was rolled back, was unhealthy or is the"
        " live one. Release a good version, or lift a quarantine that is not right."
    )


async def look(kit: Kit, row: DeploymentRow) -> Finding:
    name = f"{row.called}, the version to go back to,"
    try:
        deployment = await kit.vercel.deployment(row.deployment_id)
    except errors.VercelMissing:
        return failed(
            f"{name} is no longer on the platform. If retention deleted it, let the app's project"
            " keep production deployments for longer (Settings, Security)."
        )
    except errors.Upstream as error:
        return unknown(f"Whether {name} is still there is not known. {error}")
    if deployment.ready_state != "READY":
        return failed(f"{name} is {deployment.ready_state or 'of no state'} on the platform.")
    seen = await kit.prober.look(deployment.url or row.url, expected=row.deployment_id)
    if seen.health is Health.FAILED:
        return failed(f"{name} is not well: {seen.detail}.")
    if seen.health is Health.UNKNOWN:
        return unknown(f"{name} is ready, and could not be looked at: {seen.detail}.")
    if not row.is_proven:
        return warning(f"{name} is there, and healthy, but it never proved itself.")
    return ok(f"{name} is there, and healthy.")
