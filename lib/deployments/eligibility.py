"""Which version production can go back to, and why another one not. Pure."""

from collections.abc import Mapping, Sequence

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
    """The version to go back to, if there is one. `rows`: newest first."""
    return next(iter(candidates(rows)), None)


def candidates(rows: Sequence[DeploymentRow]) -> list[DeploymentRow]:
    """The versions that may be gone back to, the best first: those whose checks passed.

    Ones that never proved themselves are there only if there is no other. `rows`: newest first.
    """
    live = next((row for row in rows if row.is_live), None)
    allowed = [row for row in rows if why_not(row, live) is None]
    return [row for row in allowed if row.health == "passing"] or allowed


def changed(then: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    """Names of variables set, changed or removed between the two; each maps to its change time."""
    return sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
