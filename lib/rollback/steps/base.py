"""What a step is given and what it promises."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from lib.deployments.tracker import Tracker
from lib.health.probe import Prober
from lib.rollback.app_cache import AppCache
from lib.rollback.machine import Failed, Outcome, Traffic
from lib.rollback.models import Claim
from lib.rollback.store import RollbackStore
from lib.schema.plan import Planner
from lib.vercel.client import VercelClient
from lib.vercel.models import Deployment
from lib.vercel.routing import Routing


@dataclass(frozen=True, slots=True)
class Tools:
    store: RollbackStore
    vercel: VercelClient
    routing: Routing
    tracker: Tracker
    planner: Planner
    prober: Prober
    app_cache: AppCache | None


@dataclass(frozen=True, slots=True)
class Step:
    """`run` asks first and acts second: repeated, it finds its own work and does not redo it."""

    name: str
    run: Callable[[Claim, Tools], Awaitable[Outcome]]
    #: How long it may go on trying: a platform that answers 500 for half a minute is outlasted.
    budget: timedelta
    #: More than a step's budget has room for with back-off; what they bound is a step that kills
    #: its worker each time.
    attempts: int = 10
    #: Its failure is a warning, not a failed rollback.
    optional: bool = False


def traffic_after(claim: Claim) -> Traffic:
    """What visitors get if the step fails without saying so itself.

    `asked`: the switch has asked for the change, and was not refused.
    """
    step, switch = (claim.rollback.find(name).position for name in (claim.step, "switch"))
    if step == switch:
        return Traffic.UNKNOWN if claim.facts.get("asked") else Traffic.UNCHANGED
    return Traffic.MOVED if step > switch else Traffic.UNCHANGED


def moved_meanwhile(claim: Claim, live: Deployment) -> Failed:
    """Whoever it was may be right: what they did is not taken back."""
    return Failed(
        f"Somebody else moved {claim.rollback.environment} to {live.called} meanwhile.",
        retryable=False,
        traffic=Traffic.UNKNOWN,
    )
