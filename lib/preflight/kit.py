"""What checks look with."""

from dataclasses import dataclass
from datetime import timedelta

from lib.deployments.eligibility import candidates
from lib.deployments.models import DeploymentRow
from lib.deployments.store import DeploymentStore
from lib.health.probe import Prober
from lib.postgres import Database
from lib.preflight.models import Finding, State
from lib.preflight.store import PreflightStore
from lib.redis import RedisClient
from lib.rollback.models import Environment
from lib.settings import Settings
from lib.traffic.counts import Counts
from lib.vercel.client import VercelClient

#: So far back a version to go back to is looked for, among those that were live.
HISTORY_LIMIT = 200
#: The first is what a rollback goes to; the others are named if it is gone.
TARGETS = 3


@dataclass(frozen=True, slots=True)
class Kit:
    settings: Settings
    database: Database
    store: PreflightStore
    deployments: DeploymentStore
    vercel: VercelClient
    prober: Prober
    redis: RedisClient | None
    counts: Counts | None
    #: A transaction of the app that is older blocks a change of its tables.
    long_transaction: timedelta = timedelta(seconds=60)

    @property
    def app_database_url(self) -> str | None:
        url = self.settings.app_database_url
        return url.get_secret_value() if url else None

    async def history(self, environment: Environment) -> list[DeploymentRow]:
        """What was live, newest first."""
        return await self.deployments.history(environment, limit=HISTORY_LIMIT, was_live=True)


def targets(rows: list[DeploymentRow]) -> list[DeploymentRow]:
    """The version that would be gone back to, and the next ones without it."""
    return candidates(rows)[:TARGETS]


def ok(sentence: str) -> Finding:
    return Finding(State.OK, sentence)


def failed(sentence: str) -> Finding:
    return Finding(State.FAILED, sentence)


def warning(sentence: str) -> Finding:
    return Finding(State.WARNING, sentence)


def unknown(sentence: str) -> Finding:
    return Finding(State.UNKNOWN, sentence)


def not_used(sentence: str) -> Finding:
    return Finding(State.NOT_USED, sentence)
