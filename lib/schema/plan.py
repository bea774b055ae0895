"""What becomes of the database if one goes back to an older release, in words and as a plan.

Most often its ledger is as that release knew it, and nothing else is asked. Where it has moved,
the engine says how far it can go back, or why not.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lib.deployments.models import UNKNOWN, DatabaseSeen
from lib.deployments.store import DeploymentStore
from lib.migrations.ledger import Ledger
from lib.migrations.records import RecordedText, RecordStore
from lib.rollback.models import Environment
from lib.schema import known
from lib.schema.app_database import AppDatabase, Away, Present
from lib.schema.known import Known

if TYPE_CHECKING:
    from lib.schema import models

#: A page that polls must not cost the app's database a connection each time, nor wait for it.
SHOWN_SECONDS = 10.0

STAYS = "Database stays as it is."
STRAGGLERS = "People still on the newer version will see errors."
CHOOSE = "Choose a version that was live with the present database, or turn the feature off."
LATER = "Try again when the app's database answers. " + CHOOSE


@dataclass(frozen=True, slots=True)
class Stays:
    """The target's code finds the database as it knew it, or can live with it as it is."""

    sentence: str = STAYS


@dataclass(frozen=True, slots=True)
class GoesBack:
    """`is_exclusive`: the newer release's code fails from then on, so a person has to choose it."""

    sentence: str
    is_exclusive: bool
    down: "models.Down"


@dataclass(frozen=True, slots=True)
class Refused:
    """The rollback stops before traffic moves."""

    sentence: str
    remedy: str = CHOOSE
    #: The app's database did not answer; otherwise the same again is refused again.
    may_pass: bool = False
    #: Nobody can tell whether the target's code runs on the present schema, and nothing else speaks
    #: against it.
    is_only_unproven: bool = False

    @property
    def in_full(self) -> str:
        return f"{self.sentence} {self.remedy}"


Plan = Stays | GoesBack | Refused


def is_shared(plan: Plan) -> bool:
    """Both releases' code runs afterwards, if perhaps not each statement of the newer one: what may
    be done without anybody's choice.

    Every statement of a plan is derived, none was written by somebody: an automatic rollback runs
    all of it.
    """
    return isinstance(plan, Stays) or (isinstance(plan, GoesBack) and not plan.is_exclusive)


def judge(now: DatabaseSeen, then: DatabaseSeen) -> Stays | Refused:
    """`now` against `then`, the moment when the target went live. Pure."""
    if now.ledger is not None and now.standing == then.standing:
        return Stays()
    if now.ledger is None or then.ledger is None:
        if UNKNOWN not in (now.newest, then.newest) and now.newest == then.newest:
            return Stays()
        if UNKNOWN in (now.newest, then.newest):
            return Refused(
                "It is not known whether the database has changed since this version was live,"
                " so traffic does not move."
            )
    return Refused(
        f"The database has moved from {then.newest} to {now.newest} since this version was live,"
        " and going back would have to undo that. Traffic does not move."
    )


@dataclass(slots=True)
class Seen:
    """The app's database at one moment: read as far as somebody asks, and no further."""

    at: float = field(default_factory=lambda: -SHOWN_SECONDS)
    ledger: Ledger | None = None
    present: Present | None = None
    why_absent: str = ""
    texts: Mapping[str, RecordedText] | None = None
    #: Which database our side knew before it was read.
    known: Known | None = None
    #: By the versions that a target contains.
    derived: dict[tuple[Environment, tuple[str, ...] | None], Plan] = field(default_factory=dict)

    @property
    def is_old(self) -> bool:
        return time.monotonic() - self.at >= SHOWN_SECONDS


@dataclass(slots=True)
class Planner:
    """`app` None: the app has no database that a rollback must care for."""

    deployments: DeploymentStore
    records: RecordStore
    app: AppDatabase | None
    _shown: Seen = field(default_factory=Seen)
    _one_reads: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def plan(self, environment: Environment, target: str) -> Plan:
        """By the app's database at this moment or, if it is away, as it was last seen."""
        if self.app is None:
            return Stays()
        seen = await look_at(self.app)
        return (await self._plans(self.app, environment, [target], seen))[target]

    async def plans(self, environment: Environment, targets: Sequence[str]) -> dict[str, Plan]:
        """To show: as `plan`, by what was read at most SHOWN_SECONDS ago."""
        if self.app is None:
            return dict.fromkeys(targets, Stays())
        async with self._one_reads:
            if self._shown.is_old:
                self._shown = await look_at(self.app)
            return await self._plans(self.app, environment, targets, self._shown)

    async def plan_to(self, environment: Environment, last: str) -> Plan:
        """Back to a version of the ledger, whichever release that was."""
        assert self.app
        seen = await look_at(self.app)
        if seen.ledger is None:
            return Refused("The app's database does not answer.", LATER, may_pass=True)
        standing = DatabaseSeen(UNKNOWN, seen.ledger.applied, seen.ledger.rolled_back).standing
        if not standing or last not in standing:
            return Refused(
                f"The app's database does not stand on {last}.",
                f"It stands on: {', '.join(standing or ()) or 'nothing'}.",
            )
        versions = standing[: standing.index(last) + 1]
        return await self._derive(self.app, environment, seen, versions)

    async def forget(self) -> None:
        """Whatever was read: what was just done must show."""
        async with self._one_reads:
            self._shown = Seen()

    async def _plans(
        self, app: AppDatabase, environment: Environment, targets: Sequence[str], seen: Seen
    ) -> dict[str, Plan]:
        known = await self.deployments.known_databases(environment, targets)
        now = known.live or DatabaseSeen()
        if seen.ledger is not None:
            now = DatabaseSeen(now.version, seen.ledger.applied, seen.ledger.rolled_back)
        plans: dict[str, Plan] = {
            target: judge(now, known.of.get(target, DatabaseSeen())) for target in targets
        }
        moved = [target for target, plan in plans.items() if isinstance(plan, Refused)]
        if seen.ledger is None:
            away = "The app's database does not answer."
            return plans | {
                target: Refused(f"{away} {plans[target].sentence}", LATER, may_pass=True)
                for target in moved
            }
        if moved:
            contained = await self.records.contained(environment, moved)
            for target in moved:
                plans[target] = await self._derive(app, environment, seen, contained.get(target))
        return plans

    async def _derive(
        self,
        app: AppDatabase,
        environment: Environment,
        seen: Seen,
        versions: tuple[str, ...] | None,
    ) -> Plan:
        """The engine's plan for these versions, by what was read of the database once.

        Where there is nothing to do in it, it does not matter which database it is.
        """
        assert seen.ledger
        if (environment, versions) not in seen.derived:
            await self._read_rest(app, seen)
            if seen.present is None or seen.texts is None:
                sentence = f"The app's database could not be read: {seen.why_absent}."
                return Refused(sentence, LATER, may_pass=True)
            # Parsing is work of the processor, and others are waiting.
            found = await asyncio.to_thread(
                app.plan, seen.ledger, versions, seen.texts, seen.present
            )
            plan = in_words(found)
            if not isinstance(plan, Stays):
                assert seen.known
                other = await seen.known.refusal(environment, seen.present.standing)
                plan = in_words(other) if other else plan
            seen.derived[environment, versions] = plan
        return seen.derived[environment, versions]

    async def _read_rest(self, app: AppDatabase, seen: Seen) -> None:
        """Catalogue and texts, once for all targets; what failed is not tried again for each."""
        assert seen.ledger
        if seen.present is None and not seen.why_absent:
            seen.known = await known.read(self.records.database)
            try:
                seen.present = await app.look()
            except Away as away:
                seen.why_absent = str(away)
        if seen.present is not None and seen.texts is None:
            seen.texts = await self.records.texts(seen.ledger.applied)


async def look_at(app: AppDatabase) -> Seen:
    ledger = await app.ledger()
    return Seen(time.monotonic(), ledger)


def in_words(plan: "models.Plan") -> Plan:
    from lib.schema.models import Down, Mode, Refuse

    match plan:
        case Down(mode=Mode.EXCLUSIVE):
            return GoesBack(f"{plan.sentence} {STRAGGLERS}", is_exclusive=True, down=plan)
        case Down():
            sentence = f"{plan.sentence} {plan.warning}".strip()
            return GoesBack(sentence, is_exclusive=False, down=plan)
        case Refuse():
            return Refused(plan.sentence, plan.remedy, is_only_unproven=plan.is_only_unproven)
    return Stays(plan.sentence)
