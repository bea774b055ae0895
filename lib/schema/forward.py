"""Roll forward: the journal backwards. What the newer code wrote is where it was; the migrations
do not run again.

Several transactions, none of which looks at rows under a lock that the app waits for. A run that
dies in between is `returning`, and goes on where it was. Where the older code's rows contradict
the newer rules, everything is relaxed again and the rows are named.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import psycopg

from lib.schema import catalogue, guard, journal, renewing
from lib.schema.forward_statements import (
    is_altered,
    main,
    named_again,
    on_the_way_forward,
    put_back,
    relaxed_again,
    renamed,
    returns,
    too_long,
    without_triggers,
)
from lib.schema.journal import Run
from lib.schema.models import CHANGES_ROWS, Catalogue, Code, Do, Lock, for_run
from lib.schema.outcome import Again, Outcome, Refused, State, understood
from lib.schema.proving import Proof
from lib.schema.purged import purged
from lib.schema.session import Session, array, connect, find_ledger, still_as_planned
from lib.schema.undo import NAMES, Return, Undo, settled

#: Our process may be frozen or gone: then another may bring it forward.
SILENT_MS = 10_000


@dataclass(slots=True)
class Forward:
    url: str
    run_id: UUID
    budget: timedelta
    end_sessions: bool = False
    quarantined: int = 0
    locked_ms: float = 0.0

    async def go(self) -> Outcome:
        async with connect(self.url) as session:
            alone = await session.run(
                f"SET idle_session_timeout = {SILENT_MS}",
                f"SELECT pg_try_advisory_lock({journal.FORWARD_KEY}) AS it",
            )
            if not (alone and alone["it"]):
                raise Again("another brings it forward")
            run = await self._find(session)
            if run.state != "forward":
                await self._return(session, run)
                if self.end_sessions and renewing.is_needed(run.steps):
                    await renewing.renew(session)
            self.quarantined = await self._count(session)
            conflicts = await self._conflicts(session)
            mark = await journal.mark(session.connection)
            self.locked_ms = max(self.locked_ms, session.locked_ms)
        aside = f" {self.quarantined} that pointed to nothing were put aside." * bool(
            self.quarantined
        )
        listed = f" {conflicts} that the other version could not see are listed." * bool(conflicts)
        return Outcome(
            State.DONE,
            f"The database is forward again, at {run.versions[0]}.{aside}{listed}",
            locked_ms=self.locked_ms,
            quarantined=self.quarantined,
            conflicts=conflicts,
            mark=mark,
        )

    async def _find(self, session: Session) -> Run:
        if not await journal.is_there(session.connection):
            raise Refused(Code.UNRECORDED, "this database was never rolled back")
        run = await journal.find(session.connection, self.run_id)
        if run is None:
            raise Refused(Code.UNRECORDED, "there is no such run in this database")
        standing = await journal.standing(session.connection)
        if run.state != "forward" and standing.open_runs[-1] != run.run_id:
            raise Refused(
                Code.LEFT_OVER,
                "a later run went back further",
                f"Bring {standing.open_runs[-1]} forward first.",
            )
        return run

    async def _return(self, session: Session, run: Run) -> None:
        if gone := await purged(session.connection, self.run_id):
            raise Refused(Code.DESTROYED, gone.sentence, gone.remedy)
        now = await catalogue.read(session.connection)
        run = replace(run, steps=settled(now, run.steps))
        undo = Undo(now, run.steps)
        if missing := undo.missing():
            raise Refused(Code.DESTROYED, f"what was kept was really dropped: {missing.sentence}")
        if run.state == "back":
            if not undo.is_named:
                back = returns(undo.catalogue, run)
                await Proof(session, run, undo.catalogue, back, self._statement_ms).prepare()
            await self._main(session, run, undo)
        now = await catalogue.read(session.connection)
        back = returns(now, run)
        try:
            await Proof(session, run, now, back, self._statement_ms).prove()
            await self._finish(session, run, now)
        except (Refused, psycopg.DatabaseError) as error:
            refused = error if isinstance(error, Refused) else understood(error)
            if isinstance(refused, Refused):
                await self._relax_again(session, back)
            raise refused from None

    async def _main(self, session: Session, run: Run, undo: Undo) -> None:
        ledger = await find_ledger(session)
        steps = [step for step in run.steps if is_altered(step)]
        tables = {step.table for step in steps} | {step.other for step in steps} - {0}
        locks = [
            Lock(table.oid, table.sql)
            for oid in sorted(tables)
            for table in undo.catalogue.with_partitions(oid)
        ]
        locks = sorted({lock.table: lock for lock in locks}.values(), key=lambda one: one.table)
        shared = [Lock(ledger.oid, ledger.sql, "SHARE")] if ledger else []
        later = renamed(undo)
        actions = [on_the_way_forward(step) for step in reversed(run.steps)]
        async with session.transaction():
            await session.reserve(
                locks,
                *guard.prepare(self.run_id, "forward"),
                journal.record_actions(self.run_id, "forward", actions),
                f"UPDATE _rollback.runs SET state = 'returning' WHERE run_id = '{self.run_id}'",
            )
            await session.locked(
                sorted([*locks, *shared], key=lambda one: one.table),
                still_as_planned(locks, ledger, f"{{ledger}} @> {array(run.versions)}"),
                "SET LOCAL search_path = ''",
                guard.CAPTURE,
                *undo.names(),
                *too_long(returns(later, run)),
                *map(self._of_run, without_triggers(run, main(returns(later, run)))),
                guard.JUDGE,
                "NOTIFY pgrst, 'reload schema'",
            )

    def _of_run(self, sql: str) -> str:
        return for_run(sql, self.run_id, "back", 0, 0)

    async def _finish(self, session: Session, run: Run, now: Catalogue) -> None:
        """Rows that a down part changed or deleted are put back last: it cannot be undone."""
        it_is_done = (
            "UPDATE _rollback.runs SET state = 'forward', went_forward_at = clock_timestamp(),"
            f" in_step = in_step AND {str(not run.ends_in_step).lower()}"
            f" WHERE run_id = '{self.run_id}'"
        )
        steps = [step for step in run.steps if step.do in CHANGES_ROWS and step.undo]
        if not steps:
            await session.run(it_is_done)
            return
        oids = sorted({step.table for step in steps})
        locks = [Lock(oid, now.table(oid).sql, "SHARE ROW EXCLUSIVE") for oid in oids]
        async with session.transaction(statement_ms=self._statement_ms):
            await session.reserve(locks, *guard.prepare(self.run_id, "forward"))
            await session.locked(
                locks,
                "SET LOCAL search_path = ''",
                guard.CAPTURE,
                *put_back(run),
                guard.JUDGE,
                it_is_done,
            )

    @property
    def _statement_ms(self) -> int:
        return int(self.budget.total_seconds() * 1000)

    async def _count(self, session: Session) -> int:
        row = await session.one(
            "SELECT coalesce(sum(rows), 0)::bigint AS rows FROM _rollback.quarantine"
            " WHERE run_id = %s AND what IN ('rows', 'values')",
            self.run_id,
        )
        return int(row["rows"]) if row else 0

    async def _conflicts(self, session: Session) -> int:
        row = await session.one(
            "SELECT count(*) AS it FROM _rollback.conflicts WHERE run_id = %s", self.run_id
        )
        return int(row["it"]) if row else 0

    async def _relax_again(self, session: Session, back: list[Return]) -> None:
        """Back to where it was before: with names away if they were, and nothing half proved."""
        await session.run("ROLLBACK")
        run = await journal.find(session.connection, self.run_id)
        assert run
        now = await catalogue.read(session.connection)
        names = [named_again(step) for step in settled(now, run.steps) if step.do in NAMES]
        tables = {one.table.oid: one.table for one in back if is_altered(one.step)}
        triggers = [step.sql for step in run.steps if step.do is Do.KEEP_IN_STEP and step.undo]
        locks = [Lock(oid, table.sql) for oid, table in sorted(tables.items())]
        async with session.transaction():
            await session.locked(
                locks,
                "SET LOCAL search_path = ''",
                *map(self._of_run, without_triggers(run, relaxed_again(back))),
                *names,
                *map(self._of_run, triggers),
                f"DELETE FROM _rollback.actions WHERE run_id = '{self.run_id}'"
                " AND direction = 'forward'",
                f"UPDATE _rollback.runs SET state = 'back' WHERE run_id = '{self.run_id}'",
            )
