"""Which deployment to go back to, by what the platform itself knows. Pure."""

from collections.abc import Sequence

from lib.breakglass.models import Deployment, Method, Stopped

WHY = "the newest before {live} that was production, is READY, and is another commit"
CHOOSE = "Choose one: --to dpl_…"


def candidates(found: Sequence[Deployment], live: Deployment, method: Method) -> list[Deployment]:
    """The best first. Raises Stopped where going further back has to be somebody's choice."""
    newer = [one for one in found if one.was_promoted and one.created > live.created]
    if newer:
        raise Stopped(
            f"{live.called} is live, and {newer[0].called}, which is newer, was live before: it"
            " looks as if production was taken back already. Nothing was changed.",
            remedy=f"To go to another one: --to dpl_…. There are: {named(found, live)}.",
        )
    older = [one for one in found if not hinders(one, live, method) and one.created < live.created]
    return sorted(older, key=lambda one: -one.created)


def hinders(one: Deployment, live: Deployment, method: Method) -> str:
    """Why it is not chosen; empty: nothing speaks against it."""
    if one.id == live.id:
        return "it is live"
    if one.sha and one.sha == live.sha:
        return "it is the live commit"
    if not one.was_promoted:
        return "it was never production, as far as the platform says"
    return refused(one, method)


def refused(one: Deployment, method: Method) -> str:
    """What nobody can choose."""
    if one.state != "READY":
        return f"it cannot serve: it is {one.state.lower() or 'in an unknown state'}"
    if one.target != "production":
        return "it was not built for production"
    if method == "instant" and one.is_candidate is False:
        return "the platform does not roll back to it"
    return ""


def named(found: Sequence[Deployment], live: Deployment) -> str:
    others = [f"{one.id} ({one.called})" for one in found if one.id != live.id and one.was_promoted]
    return ", ".join(others[:5]) or "none that was production"
