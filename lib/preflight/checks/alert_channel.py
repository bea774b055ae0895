"""Somebody is woken when a person is needed, and when the control plane itself has stopped."""

from lib.notify import configured
from lib.preflight.kit import Kit, ok, warning
from lib.preflight.models import Finding
from lib.rollback.models import Environment


async def check(kit: Kit, _: Environment) -> Finding:
    pages = [channel.name for channel in configured(kit.settings) if channel.pages]
    missing = []
    if not pages:
        missing.append(
            "No channel wakes a person (PAGERDUTY_ROUTING_KEY): alerts wait until somebody looks."
        )
    if kit.settings.deadman_url is None:
        missing.append("Nobody notices if the control plane itself stops (DEADMAN_URL).")
    if missing:
        return warning(" ".join([*missing, "How to set them: docs/alerts.md."]))
    return ok(f"People are woken by {', '.join(pages)}, and a sign of life is watched.")
