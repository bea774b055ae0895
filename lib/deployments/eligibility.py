"""Which version production can go back to, and why another one not. Pure."""

from collections.abc import Sequence

from lib.deployments.models import UNKNOWN, DeploymentRow


def why_not(row: DeploymentRow, live: DeploymentRow | None) -> str | None:
    """A sentence for people; None: it can be gone back to."""
    if row.is_live:
        return "This version is live now."
    if row.live_from is None:
        return "It was never live here."
    if live is not None and row.git_sha == live.git_sha != UNKNOWN:
        return "Same as the live version."
    if row.quarantined:
        return "It was rolled back before."
    if row.health == "failing":
        return "Was unhealthy."
    return None


def last_stable(rows: Sequence[DeploymentRow]) -> DeploymentRow | None:
    """The version to go back to: of those that may, the last one whose checks passed.

    One that never proved itself is taken only if there is no other. `rows`: newest first.
    """
    live = next((row for row in rows if row.is_live), None)
    candidates = [row for row in rows if why_not(row, live) is None]
    passing = [row for row in candidates if row.health == "passing"]
    return next(iter(passing or candidates), None)


def changed_variables(row: DeploymentRow, now: DeploymentRow | None) -> list[str]:
    """Names set, changed or removed since `row` was recorded, by what the platform says."""
    if now is None:
        return []
    names = row.variables.keys() | now.variables.keys()
    return sorted(name for name in names if row.variables.get(name) != now.variables.get(name))
