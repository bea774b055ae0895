"""Runs a plan against the app's database: once, or not at all.

A run is known by its id. Whoever asks again, because the answer to COMMIT was lost or another
worker took over, finds the run's row and does nothing. Only what may work in a moment is tried
again: a lock that others hold, a deadlock, a lost connection.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from psycopg.rows import DictRow

from lib.schema import catalogue, conflicts, guard, in_step, journal, renewing
from lib.schema.conflicts import Conflict
from lib.schema.forward import Forward
from lib.schema.journal import Run, Standing
from lib.schema.models import CHANGES_ROWS, Catalogue, Code, Do, Down, Lock, Mode, for_run, quote
from lib.schema.outcome import PLAN_AGAIN, Again, Outcome, Refused, State
from lib.schema.session import (
    FIND_LEDGER,
    STATEMENT_MS,
    array,
    as_ledger,
    connect,
    still_as_planned,
)

BUDGET = timedelta(seconds=25)
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 1.5

#: Rows are changed under the lock: at most MAX_CHANGED_ROWS of a table.
ROWS_MS = 20_000
BLOCKERS = """
SELECT DISTINCT s.pid, s.state, extract(epoch FROM now() - s.xact_start)::int AS seconds
FROM pg_locks l JOIN pg_stat_activity s USING (pid)
WHERE l.relation = ANY(%s) AND l.granted AND s.pid <> pg_backend_pid() AND s.xact_start IS NOT NULL
ORDER BY seconds DESC LIMIT 3
"""
#: Between two statements of a transaction that works there is less than a second.
END_SLEEPERS = """
SELECT pg_terminate_backend(s.pid) FROM pg_locks l JOIN pg_stat_activity s USING (pid)
WHERE l.relation = ANY(%s) AND l.granted AND s.state LIKE 'idle in transaction%%'
  AND s.state_change < clock_timestamp() - interval '1 second'
  AND s.usename = current_user AND s.pid <> pg_backend_pid()
"""
NAMES_OF = """
SELECT c.oid::bigint AS oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS sql
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY(%s) ORDER BY c.oid
"""
#: PostgREST and Supabase keep the schema in memory.
TELL = "NOTIFY pgrst, 'reload schema'"


@dataclass(slots=True)
class Executor:
    """`url`: the app's database, without a pooler. It may hold a password, and is never shown."""

    url: str = field(repr=False)
    budget: timedelta = BUDGET
    #: Sessions of the app's role may be ended: those that sleep in a transaction in the way, in the
    #: second half of the budget, and idle ones whose prepared statements would fail afterwards.
    end_sessions: bool = False

    async def look(self) -> tuple[Catalogue, Standing]:
        """What a plan is made of, besides ledger and texts."""
        async with connect(self.url) as session:
            return await catalogue.read(session.connection), await journal.standing(
                session.connection
            )

    async def standing(self) -> Standing:
        """Of that, what earlier runs left."""
        async with connect(self.url) as session:
            return await journal.standing(session.connection)

    async def status(self, run_id: UUID) -> Run | None:
        """None: nothing of this run was ever done. Raises Again while the database is away."""
        async with connect(self.url) as session:
            if not await journal.is_there(session.connection):
                return None
            return await journal.find(session.connection, run_id)

    async def run(self, run_id: UUID, plan: Down, *, exclusive: bool = False) -> Outcome:
        """Go back. `exclusive`: a person chose that the newer release stops working."""
        if plan.mode is Mode.EXCLUSIVE and not exclusive:
            return Outcome(
                State.REFUSED,
                "the newer release's code would stop working.",
                Code.NOT_ALLOWED,
                "A person may choose that; open pages of the newer release then fail.",
            )
        tables = [lock.table for lock in plan.locks]
        return await self.persist(lambda: self._go_back(run_id, plan), tables)

    async def forward(self, run_id: UUID) -> Outcome:
        """Undo the run: everything that was kept is put back in its place."""
        outcome = await self.persist(
            lambda: Forward(self.url, run_id, self.budget, self.end_sessions).go(), []
        )
        if outcome.state is State.BUSY:
            sentence = outcome.sentence.replace("Nothing was changed", "It is not forward yet")
            return replace(outcome, sentence=sentence, remedy="The same again goes on from there.")
        return outcome

    async def conflicts(self, run_id: UUID | None) -> list[Conflict]:
        """Raises Again while the database is away."""
        async with connect(self.url) as session:
            return await conflicts.read(session.connection, run_id)

    async def let_go(self) -> Outcome:
        """End what keeps values in step, of all runs that are forward again."""
        return await self.persist(self._let_go, [])

    async def _let_go(self) -> Outcome:
        async with connect(self.url) as session:
            let_go: list[str] = []
            for run in await journal.in_step(session.connection):
                oids = [step.table for step in run.steps if step.do is Do.KEEP_IN_STEP]
                there = await session.all(NAMES_OF, oids)
                async with session.transaction():
                    await session.locked(
                        [Lock(row["oid"], row["sql"]) for row in there],
                        *ended(run, set(oids)),
                        f"UPDATE _rollback.runs SET in_step = false WHERE run_id = '{run.run_id}'",
                    )
                let_go += run.versions
        versions = ", ".join(let_go)
        return Outcome(
            State.DONE,
            f"Values of {versions} are not kept in step any more."
            if let_go
            else "No values are kept in step with a release that is forward again.",
        )

    async def persist(
        self, attempt: Callable[[], Awaitable[Outcome]], tables: list[int]
    ) -> Outcome:
        """Until it is done, refused, or the budget is used up."""
        ends = time.monotonic() + self.budget.total_seconds()
        pause, attempts, is_lost = FIRST_PAUSE_SECONDS, 0, False
        while True:
            attempts += 1
            try:
                return replace(await attempt(), attempts=attempts)
            except Refused as refused:
                return replace(refused.outcome, attempts=attempts)
            except Again as again:
                is_lost = again.is_lost or (is_lost and not again.is_settled)
                wait = pause * random.uniform(0.5, 1.5)  # noqa: S311 - spreads, hides nothing
                left = ends - time.monotonic()
                if left < wait and is_lost:
                    return unknown(again, attempts)
                if left < wait:
                    return await self._give_up(again, tables, attempts)
                if self.end_sessions and tables and left - wait < self.budget.total_seconds() / 2:
                    await self._quietly(END_SLEEPERS, tables)
                await asyncio.sleep(wait)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _give_up(self, again: Again, tables: list[int], attempts: int) -> Outcome:
        held = await self._quietly(BLOCKERS, tables)
        by = ", ".join(f"pid {row['pid']} ({row['state']}, {row['seconds']} s)" for row in held)
        return Outcome(
            State.BUSY,
            f"Nothing was changed: {again}{f': {by}' if by else ''}.",
            remedy="End what holds it, or try again.",
            attempts=attempts,
        )

    async def _quietly(self, query: str, tables: list[int]) -> list[dict[str, object]]:
        """What is only nice to have is not worth an error."""
        try:
            async with connect(self.url) as session:
                return [dict(row) for row in await session.all(query, tables)]
        except (Again, Refused):
            return []

    async def _go_back(self, run_id: UUID, plan: Down) -> Outcome:
        async with connect(self.url) as session:
            there, ledger_row = await session.answers(journal.IS_THERE, FIND_LEDGER)
            if not (there and there["it"]):
                await session.run(journal.CREATE)
            ledger = as_ledger(ledger_row)
            changes_rows = any(step.do in CHANGES_ROWS for step in plan.steps)
            async with session.transaction(
                journal.RUN.format(run_id=run_id),
                journal.FINGERPRINT,
                statement_ms=ROWS_MS if changes_rows else STATEMENT_MS,
            ) as (run, fingerprint):
                is_done = already_done(plan, run, fingerprint)
                if not is_done:
                    ends = [
                        statement
                        for old in map(journal.as_run, await session.all(journal.IN_STEP))
                        for statement in ended(old, {lock.table for lock in plan.locks})
                    ]
                    locks = list(plan.locks)
                    if ledger:
                        locks.append(Lock(ledger.oid, ledger.sql, "SHARE"))
                    await session.reserve(
                        plan.locks,
                        *guard.prepare(run_id, "back"),
                        journal.record_run(run_id, plan),
                        journal.record_actions(run_id, "back", plan.steps),
                    )
                    await session.locked(
                        sorted(locks, key=lambda one: one.table),
                        still_as_planned(plan.locks, ledger, f"{{ledger}} = {array(plan.ledger)}"),
                        *ends,
                        *under_the_lock(run_id, plan),
                    )
            mark = await journal.mark(session.connection)
        try:
            await self._check(plan)
        except Refused as refused:
            raise Refused(
                Code.MOVED,
                f"the database went back, and then could not be read as before: {refused}",
                "Look who changed it at the same time, and plan again.",
            ) from refused
        return Outcome(
            State.DONE,
            plan.sentence,
            locked_ms=session.locked_ms,
            mark=mark,
            facts={"steps": [step.sentence for step in plan.steps], "was_done": is_done},
        )

    async def _check(self, plan: Down) -> None:
        """On a fresh connection: what the older code reads can be read."""
        async with connect(self.url) as session:
            if self.end_sessions and renewing.is_needed(plan.steps):
                await renewing.renew(session)
            await session.run(
                *(
                    f"SELECT {', '.join(map(quote, read.columns)) or '1'} FROM {read.table} LIMIT 0"
                    for read in plan.reads
                )
            )


def ended(run: Run, tables: set[int]) -> list[str]:
    """What ends its keeping values of these tables in step."""
    return [
        for_run(in_step.end(step.table), UUID(run.run_id), "forward", 0, 0)
        for step in run.steps
        if step.do is Do.KEEP_IN_STEP and step.table in tables
    ]


def already_done(plan: Down, run: DictRow | None, fingerprint: DictRow | None) -> bool:
    """Raises Refused if the id stands for something else, or others were here since."""
    if run is not None:
        if run["plan_sha256"] != plan.sha256:
            raise Refused(Code.MOVED, "this run was done with another plan", PLAN_AGAIN)
        if run["state"] != "back":
            raise Refused(Code.MOVED, "this run was brought forward again", PLAN_AGAIN)
        return True
    if fingerprint is None or fingerprint["it"] != plan.standing:
        raise Refused(Code.MOVED, "another run was here since the plan", PLAN_AGAIN)
    return False


def unknown(again: Again, attempts: int) -> Outcome:
    return Outcome(
        State.UNKNOWN,
        f"It is not known whether it was done: {again}.",
        remedy="The same run again finds out.",
        attempts=attempts,
    )


def every_statement(run_id: UUID, plan: Down) -> list[str]:
    """All that a run changes and locks, in order, as far as it is known beforehand."""
    return [
        "BEGIN",
        *guard.prepare(run_id, "back"),
        journal.record_run(run_id, plan),
        journal.record_actions(run_id, "back", plan.steps),
        *(f"LOCK TABLE ONLY {one.sql} IN {one.mode} MODE" for one in plan.locks),
        *under_the_lock(run_id, plan),
        "COMMIT",
    ]


def under_the_lock(run_id: UUID, plan: Down) -> list[str]:
    """Everything between the lock and COMMIT."""
    return [
        "SET LOCAL search_path = ''",
        guard.CAPTURE,
        *(for_run(step.sql, run_id, "back", n, n) for n, step in enumerate(plan.steps)),
        guard.JUDGE,
        TELL,
    ]
