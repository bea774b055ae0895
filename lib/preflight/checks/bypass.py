"""Deployments' own addresses can be probed: the platform's protection lets us through."""

from lib.health.probe import Health
from lib.preflight.kit import Kit, failed, not_used, ok, targets, unknown
from lib.preflight.models import Finding
from lib.rollback.models import Environment

WHERE = (
    "Copy the secret from the app's project (Settings, Deployment Protection, Protection Bypass"
    " for Automation) and deploy. Until then targets cannot be looked at before a rollback."
)


async def check(kit: Kit, environment: Environment) -> Finding:
    """At the target's address or, where nobody answers there, at that of the live deployment."""
    rows = await kit.history(environment)
    tried = [*targets(rows)[:1], *(row for row in rows if row.is_live)]
    silent = ""
    for row in filter(lambda row: row.url, tried):
        seen = await kit.prober.look(row.url, expected=row.deployment_id)
        if seen.is_refused:
            return refused(kit, row.url, seen.detail)
        if seen.health is not Health.UNKNOWN:
            return ok("Deployments' own addresses can be probed.")
        silent = f"Whether {row.url} can be probed is not known: {seen.detail}."
    if silent:
        return unknown(silent)
    return not_used(f"Nothing is live on {environment} whose own address could be probed.")


def refused(kit: Kit, host: str, detail: str) -> Finding:
    secret = kit.settings.app_protection_bypass_secret
    what = "does not accept" if secret else "asks for"
    return failed(
        f"Deployment Protection {what} APP_PROTECTION_BYPASS_SECRET: at {host} {detail}. {WHERE}"
    )
