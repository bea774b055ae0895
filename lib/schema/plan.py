"""Whether the database fits an older release: it stays as it is, or it has moved on."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from lib.deployments.models import UNKNOWN, DatabaseSeen
from lib.deployments.store import DeploymentStore
from lib.migrations.ledger import read_ledger
from lib.rollback.models import Environment

#: A page that polls must not cost the app's database a connection each time, nor wait for it.
SHOWN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Stays:
    """The target's code finds the database as it knew it."""

    sentence: str


@dataclass(frozen=True, slots=True)
class MovedOn:
    """Migrations ran since, or nobody knows; the rollback stops before traffic moves."""

    sentence: str


Plan = Stays | MovedOn


def judge(now: DatabaseSeen, then: DatabaseSeen) -> Plan:
    """`now` against `then`, the moment when the target went live. Pure."""
    if now.ledger is not None and now.ledger == then.ledger:
        return Stays("Database stays as it is.")
    if now.ledger is None or then.ledger is None:
        if UNKNOWN not in (now.newest, then.newest) and now.newest == then.newest:
            return Stays("Database stays as it is.")
        if UNKNOWN in (now.newest, then.newest):
            return MovedOn(
                "It is not known whether the database has changed since this version was live,"
                " so traffic does not move."
            )
    return MovedOn(
        f"The database has moved from {then.newest} to {now.newest} since this version was live,"
        " and going back would have to undo that. Traffic does not move."
    )


@dataclass(slots=True)
class Planner:
    """`app_database_url` None: the app has no database that a rollback must care for."""

    deployments: DeploymentStore
    app_database_url: str | None
    _read: tuple[float, list[str] | None] = (-SHOWN_SECONDS, None)

    async def plan(self, environment: Environment, target: str) -> Plan:
        """By the app's ledger as it is at this moment or, if its database is away, as last seen."""
        self._read = (-SHOWN_SECONDS, None)
        return (await self.plans(environment, [target]))[target]

    async def plans(self, environment: Environment, targets: Sequence[str]) -> dict[str, Plan]:
        """To show: as `plan`, by what was read at most SHOWN_SECONDS ago."""
        if self.app_database_url is None:
            return dict.fromkeys(targets, Stays("Database stays as it is."))
        known = await self.deployments.known_databases(environment)
        ledger = await self._ledger(self.app_database_url)
        live = known.live or DatabaseSeen()
        now = live if ledger is None else DatabaseSeen(live.version, tuple(ledger))
        return {target: judge(now, known.of.get(target, DatabaseSeen())) for target in targets}

    async def _ledger(self, url: str) -> list[str] | None:
        read_at, ledger = self._read
        if time.monotonic() - read_at >= SHOWN_SECONDS:
            ledger = await read_ledger(url)
            self._read = (time.monotonic(), ledger)
        return ledger
