"""The app's database as other rooms use it: the one door to the engine of this room.

The engine and PostgreSQL's parser are loaded when they are first used. Most functions never do:
a health report, a log drain and a webhook must not wait for them.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from lib.migrations.ledger import Ledger, read_whole_ledger
from lib.migrations.records import RecordedText

if TYPE_CHECKING:
    from lib.schema.conflicts import Conflict
    from lib.schema.executor import Executor
    from lib.schema.journal import Run, Standing
    from lib.schema.models import Catalogue, Down, Plan
    from lib.schema.outcome import Outcome

#: Two queries of the catalogue; what takes longer is not waited for.
LOOK_SECONDS = 5.0
LATE = "it did not answer in time"
#: One run, several of which fit into the step's budget.
RUN_BUDGET = timedelta(seconds=6)
#: By hand there is time: long indexes are built beside the writers.
FORWARD_BUDGET = timedelta(minutes=10)


class Away(Exception):
    """The app's database did not answer, or not this time: later it may."""


class Unreadable(Away):
    """It answered, and does not let its journal be read: somebody has to see to that."""


@dataclass(frozen=True, slots=True)
class Present:
    """Its catalogue, and what earlier runs left, at one moment."""

    catalogue: "Catalogue"
    standing: "Standing"


@dataclass(frozen=True, slots=True)
class AppDatabase:
    """`url`: without a pooler. It may hold a password, and is never shown."""

    url: str = field(repr=False)
    run_budget: timedelta = RUN_BUDGET
    #: Sessions of the app's role may be ended: a setting.
    end_sessions: bool = False

    async def ledger(self) -> Ledger | None:
        """None when it does not answer in time. Loads no engine."""
        return await read_whole_ledger(self.url)

    async def look(self) -> Present:
        """What a plan is made of, besides ledger and texts. Raises Away."""
        from lib.schema.outcome import Again, Refused

        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return Present(*await self._executor(RUN_BUDGET).look())
        except (TimeoutError, Again, Refused) as error:
            raise Away(str(error) or LATE) from error

    def plan(
        self,
        ledger: Ledger,
        versions: tuple[str, ...] | None,
        texts: Mapping[str, RecordedText],
        present: Present,
    ) -> "Plan":
        """Whether, and how, it goes back to `versions`. Pure, and some milliseconds of work."""
        from lib.schema.models import Migration
        from lib.schema.planner import Facts, plan

        return plan(
            Facts(
                applied=ledger.applied,
                target=versions,
                texts={
                    version: Migration(
                        version=version,
                        name=text.name,
                        up=text.up,
                        down=text.down,
                        up_sha256=text.up_sha256.hex(),
                        down_sha256=text.down_sha256.hex() if text.down_sha256 else None,
                    )
                    for version, text in texts.items()
                },
                catalogue=present.catalogue,
                rolled_back=present.standing.rolled_back,
                standing=present.standing.fingerprint,
                returning=present.standing.returning,
                open_runs=present.standing.open_runs,
            )
        )

    async def run(self, run_id: UUID, plan: "Down", *, exclusive: bool) -> "Outcome":
        """Go back, once for this id. `exclusive`: a person chose that the newer code fails."""
        return await self._executor(self.run_budget).run(run_id, plan, exclusive=exclusive)

    async def forward(self, run_id: UUID, *, budget: timedelta = FORWARD_BUDGET) -> "Outcome":
        """Undo the run."""
        return await self._executor(budget).forward(run_id)

    async def let_go(self) -> "Outcome":
        """End what keeps values in step, of all runs that are forward again."""
        return await self._executor(RUN_BUDGET).let_go()

    async def conflicts(self, run_id: UUID | None) -> "list[Conflict]":
        """What one release's code wrote and the other's could not see, the newest first; None: of
        all runs. Raises Away."""
        from lib.schema.outcome import Again, Refused

        try:
            return await self._executor(RUN_BUDGET).conflicts(run_id)
        except (Again, Refused) as error:
            raise Away(str(error)) from error

    async def status(self, run_id: UUID) -> "Run | None":
        """None: nothing of this run was ever done. Raises Away."""
        from lib.schema.outcome import Again, Refused

        try:
            return await self._executor(RUN_BUDGET).status(run_id)
        except (Again, Refused) as error:
            raise Away(str(error)) from error

    async def standing(self) -> "Standing":
        """What earlier runs left, without the catalogue. Raises Away, or Unreadable."""
        from lib.schema.outcome import Again, Refused

        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await self._executor(RUN_BUDGET).standing()
        except (TimeoutError, Again) as error:
            raise Away(str(error) or LATE) from error
        except Refused as error:
            raise Unreadable(str(error)) from error

    async def open_runs(self) -> tuple[str, ...]:
        """Those that are not forward again, the oldest first. Raises Away, or Unreadable."""
        return (await self.standing()).open_runs

    def statements(self, run_id: UUID, plan: "Down") -> list[str]:
        """Every statement of a run, in order."""
        from lib.schema.executor import every_statement

        return every_statement(run_id, plan)

    async def forward_statements(self, run_id: UUID) -> list[str]:
        """Of the way back of a run. Raises Away; empty where there is nothing to bring forward."""
        from lib.schema.forward_statements import every_statement

        found = await self.status(run_id)
        if found is None or found.state == "forward":
            return []
        return every_statement((await self.look()).catalogue, found)

    def _executor(self, budget: timedelta) -> "Executor":
        from lib.schema.executor import Executor

        return Executor(self.url, budget, self.end_sessions)
