"""The app's database forward, and nothing else: traffic stays where it is.

After B -> A a team ships C. C's tool takes B's migrations for applied, as the app's ledger says
so, while they are rolled back: the database has to come forward before C does.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from lib import errors
from lib.access.models import Caller
from lib.audit.store import write_audit
from lib.deployments.needs_forward import NeedsForward
from lib.operations.models import DatabaseForward, Result, done, so_already
from lib.postgres import Database
from lib.rollback.models import Environment
from lib.rollback.unfinished import in_the_way
from lib.schema import known
from lib.schema.app_database import AppDatabase, Away, Unreadable

if TYPE_CHECKING:
    from lib.schema.identity import Mark
    from lib.schema.journal import Standing
    from lib.schema.outcome import Outcome

#: For each run; and for all of them, with time left to answer in.
BUDGET, ALL_SECONDS = timedelta(seconds=25), 60.0

#: The app has one database, whichever environment's rollback is at it.
RUNNING = """
SELECT id, environment, requested_by, requested_at FROM rollbacks
 WHERE status IN ('pending', 'in_progress') LIMIT 1
"""

MEANS = (
    " Traffic was not touched: what is live now meets the newer rules again, and what it writes"
    " against them is refused. Let the release that needs them go live."
)
NOTHING_BACK = "Nothing is rolled back: the database is as its newest migration made it."

NOT_BACK = "The database's journal has no such run that is still rolled back."


@dataclass(frozen=True, slots=True)
class ForwardRoom:
    database: Database
    #: None: there is no database of the app to care for.
    app: AppDatabase | None
    needs_forward: NeedsForward

    async def bring(self, operation: DatabaseForward, caller: Caller) -> Result:
        """The newest rolled-back run first, as it must be; a named one and those after it.

        Raises Conflict, with the rows that are in the way, or AppDatabaseUnavailable. Audited
        before and after: who dies in between leaves the first entry, and the same again goes on.
        """
        if self.app is None:
            raise errors.Conflict(
                "No database of the app is set here (APP_DATABASE_URL): nothing can be rolled back."
            )
        runs = chosen(await self._open_runs(self.app, operation.environment), operation.subject)
        if not runs:
            return so_already(NOT_BACK if operation.subject else NOTHING_BACK)
        await self._refuse_while_running()
        await self._audit(operation, caller, "accepted", runs=[str(run) for run in runs])
        ends = time.monotonic() + ALL_SECONDS
        ended: list[Outcome] = []
        for run in runs:
            if time.monotonic() > ends:
                raise errors.Conflict(
                    "Some of it is forward, and there was no time for the rest. Ask again."
                )
            await self._refuse_while_running()
            outcome = await self.app.forward(run, budget=BUDGET)
            await self._audit(
                operation,
                caller,
                outcome.state,
                mark=outcome.mark,
                run=str(run),
                sentence=outcome.sentence,
            )
            check_done(outcome)
            ended.append(outcome)
        await self.needs_forward.look()
        return done(came(ended) + MEANS)

    async def _open_runs(self, app: AppDatabase, environment: Environment) -> list[UUID]:
        """Newest first. Raises Conflict, also for another database, or AppDatabaseUnavailable."""
        before = await known.read(self.database)
        standing = await standing_of(app)
        other = await before.refusal(environment, standing)
        if other is not None:
            raise errors.Conflict(f"{other.forward_sentence} {other.remedy}", code=other.code)
        return [UUID(run) for run in reversed(standing.open_runs)]

    async def _refuse_while_running(self) -> None:
        """A rollback plans for the database as it is. Raises RollbackInProgress."""
        running = await self.database.one(RUNNING)
        if running is not None:
            raise in_the_way(
                f"{running['requested_by']}'s rollback of {running['environment']} is running, and"
                " may be at the database. Ask again when it has ended.",
                rollback_id=running["id"],
                requested_by=running["requested_by"],
                requested_at=running["requested_at"],
            )

    async def _audit(
        self,
        operation: DatabaseForward,
        caller: Caller,
        result: str,
        *,
        mark: "Mark | None" = None,
        **facts: Any,
    ) -> None:
        async with self.database.transaction() as connection:
            await known.note(connection, operation.environment, mark)
            await write_audit(
                connection,
                actor=caller.name,
                action=f"operation.{operation.action}",
                environment=operation.environment,
                subject=str(operation.subject) if operation.subject else None,
                reason=operation.reason,
                result=result,
                facts=facts,
            )


async def standing_of(app: AppDatabase) -> "Standing":
    """Raises Conflict or AppDatabaseUnavailable."""
    try:
        return await app.standing()
    except Unreadable as error:
        raise errors.Conflict(f"The journal cannot be read: {error}.") from error
    except Away as away:
        raise errors.AppDatabaseUnavailable(
            f"The app's database did not answer ({away}). Nothing was changed; ask again."
        ) from away


def chosen(runs: list[UUID], subject: UUID | None) -> list[UUID]:
    """`runs`: newest first. One that is forward, or never was, is none of them."""
    if subject is None:
        return runs
    return runs[: runs.index(subject) + 1] if subject in runs else []


def came(ended: "list[Outcome]") -> str:
    if len(ended) == 1:
        return ended[0].sentence
    aside = sum(outcome.quarantined for outcome in ended)
    put_aside = f" {aside} that pointed to nothing were put aside." if aside else ""
    return f"The database is forward again: {len(ended)} rollbacks of it are undone.{put_aside}"


def check_done(outcome: "Outcome") -> None:
    """Raises Conflict or AppDatabaseUnavailable, with what to do."""
    sentence = f"{outcome.why_not_forward} {outcome.remedy}".strip()
    if outcome.state.value == "unknown":
        raise errors.AppDatabaseUnavailable(sentence)
    if outcome.state.value != "done":
        raise errors.Conflict(sentence, code=outcome.code)
