"""Which version production can go back to, and why another one not. Pure."""

from collections.abc import Mapping, Sequence

from lib.deployments.models import UNKNOWN, DeploymentRow

#: A note does not override it: what was fixed since would be open again.
BELOW_FLOOR = "It is older than the security floor."
NEVER_LIVE = "It was never live here."
UNPROVEN = (
    "never proved itself here: it was not live for 30 minutes with 1,000 requests or 20 good looks."
)


def why_not(row: DeploymentRow, live: DeploymentRow | None) -> str | None:
    """A sentence for people; None: it can be gone back to."""
    if row.is_live:
        return "This version is live now."
    if row.live_from is None:
        return NEVER_LIVE
    if row.below_floor:
        return BELOW_FLOOR
    if live is not None and row.git_sha == live.git_sha != UNKNOWN:
        return "Same as the live version."
    if row.quarantined:
        return "It was rolled back before."
    if row.health == "failing":
        return "Was unhealthy."
    return None


def candidates(rows: Sequence[DeploymentRow]) -> list[DeploymentRow]:
    """The versions to go back to, the best first. `rows`: newest first.

    What the other visitors get while the live one rolls out; else proven before unproven; of the
    unproven, those whose checks passed; then the newest.
    """
    live = next((row for row in rows if row.is_live), None)
    eligible = [row for row in rows if why_not(row, live) is None]
    return sorted(
        eligible, key=lambda row: (not row.is_base, not row.is_proven, not row.is_passing)
    )


def last_stable(rows: Sequence[DeploymentRow]) -> DeploymentRow | None:
    """The version to go back to. One that never proved itself only if there is no other."""
    return next(iter(candidates(rows)), None)


def caution(row: DeploymentRow) -> str | None:
    """What to know before going back to it; None: it proved itself."""
    return None if row.is_proven else f"{row.called} {UNPROVEN}"


def changed(then: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    """Names of variables set, changed or removed between the two; each maps to its change time."""
    return sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
