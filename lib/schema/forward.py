"""Roll forward: the journal backwards. What the newer code wrote is where it was; the migrations
do not run again.

Several transactions, none of which looks at rows under a lock that the app waits for. A run that
dies in between is `returning`, and goes on where it was. Where the older code's rows contradict
the newer rules, everything is relaxed again and the rows are named.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from lib.schema import catalogue, guard, in_step, journal, orphans, renewing
from lib.schema.journal import Run
from lib.schema.models import (
    CHANGES_ROWS,
    Catalogue,
    Code,
    Do,
    Lock,
    Step,
    Table,
    for_run,
    quote,
)
from lib.schema.orphans import Aside, Contradiction, Orphans
from lib.schema.outcome import Again, Outcome, Refused, State, understood
from lib.schema.purged import purged
from lib.schema.renaming import aside
from lib.schema.session import Session, array, connect, find_ledger, still_as_planned
from lib.schema.undo import NAMES, Return, Undo, settled

MAX_LISTED = 20
#: Our process may be frozen or gone: then another may bring it forward.
SILENT_MS = 10_000
#: From this version on, NOT NULL is a constraint with a name.
NAMES_NOT_NULL = 180_000
CORRECT = "Correct these rows, then bring the database forward again."
INDEX = "SELECT i.indisvalid AS valid FROM pg_index i WHERE i.indexrelid = to_regclass(%s)"
PRIMARY_KEY = """
SELECT a.attname AS name FROM pg_index i JOIN pg_attribute a
  ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
WHERE i.indrelid = %s AND i.indisprimary ORDER BY a.attnum
"""
VALID = "SELECT convalidated AS it FROM pg_constraint WHERE conrelid = %s AND conname = %s"


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
                await self._prepare(session, undo.catalogue, returns(undo.catalogue, run))
            await self._main(session, run, undo)
        now = await catalogue.read(session.connection)
        back = returns(now, run)
        try:
            await self._prove(session, run, now, back)
        except Refused as refused:
            await self._relax_again(session, back)
            raise refused from None
        await self._finish(session, run, now)

    async def _prepare(self, session: Session, now: Catalogue, back: list[Return]) -> None:
        """Refuse what contradicts while nothing has been done, and build what takes long.

        A key that is built is enforced, so nothing is built while a long reader is in the way of
        what comes after it.
        """
        for one in back:
            if condition := one.contradicts():
                await self._refuse_rows(session, one.table, condition, one.step.name)
        for table in {one.table.oid: one.table for one in back if one.is_key}.values():
            await self._short(session, now, table)
        try:
            await self._build_indexes(session, back)
        except Refused:
            await self._drop_indexes(session, back)
            raise

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

    async def _prove(self, session: Session, run: Run, now: Catalogue, back: list[Return]) -> None:
        await self._build_indexes(session, back)
        for one in back:
            if (adopt := one.adopt_index()) and not await self._has(session, one):
                await self._short(session, now, one.table, adopt)
        for number, one in enumerate(back):
            if one.step.before.startswith("FOREIGN KEY") and one.validate():
                await self._put_orphans_aside(session, run, now, one, number)
        for one in back:
            if statement := one.validate():
                if one.step.do is Do.DROP_NOT_NULL and one.table.column(one.step.column).not_null:
                    continue
                await self._validate(session, one, statement)
        has_names = session.connection.info.server_version >= NAMES_NOT_NULL
        for one in back:
            if one.step.do is Do.DROP_NOT_NULL and not one.table.column(one.step.column).not_null:
                await self._short(
                    session, now, one.table, *one.finish(has_named_not_null=has_names)
                )

    async def _has(self, session: Session, one: Return) -> bool:
        return await session.one(VALID, one.table.oid, one.step.name) is not None

    async def _short(
        self, session: Session, now: Catalogue, table: Table, *statements: str
    ) -> None:
        tables = sorted(now.with_partitions(table.oid), key=lambda one: one.oid)
        locks = [Lock(one.oid, one.sql) for one in tables]
        async with session.transaction():
            await session.reserve(locks)
            await session.locked(locks, *statements)

    async def _validate(self, session: Session, one: Return, statement: str) -> None:
        try:
            async with session.transaction(statement_ms=self._statement_ms):
                await session.run(statement)
        except psycopg.errors.IntegrityError as error:
            await session.run("ROLLBACK")
            if condition := one.contradicts():
                await self._refuse_rows(session, one.table, condition, one.step.name)
            raise understood(error) from error

    @property
    def _statement_ms(self) -> int:
        return int(self.budget.total_seconds() * 1000)

    async def _build_indexes(self, session: Session, back: list[Return]) -> None:
        """Beside the writers; one that an earlier attempt left half built is built again."""
        for one in back:
            if not one.is_key:
                continue
            name = quote(one.table.schema, one.step.name)
            found = await session.one(INDEX, name)
            if found and found["valid"]:
                continue
            await session.run(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            # Waits for older transactions, and nobody waits for it.
            await session.run("SET lock_timeout = 0")
            await session.run(f"SET statement_timeout = {self._statement_ms}")
            try:
                await session.run(one.build_index())
            except psycopg.Error as error:
                raise understood(error) from error

    async def _drop_indexes(self, session: Session, back: list[Return]) -> None:
        for one in back:
            if one.is_key:
                name = quote(one.table.schema, one.step.name)
                await session.run(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")

    async def _put_orphans_aside(
        self, session: Session, run: Run, now: Catalogue, one: Return, number: int
    ) -> None:
        key = orphans.read(now, one.table, one.step.name, one.step.before)
        prefix = f"kept_{self.run_id.hex[:12]}"
        found = Orphans(now, run.new_tables, run.new_columns, prefix)
        try:
            moves = list(found.of(key, number))
        except Contradiction as contradiction:
            await self._refuse_rows(
                session, contradiction.table, contradiction.condition, one.step.name
            )
            return
        if await self._exists(session, key, "t0"):
            await self._move(session, moves)

    async def _exists(self, session: Session, key: orphans.ForeignKey, alias: str) -> bool:
        where = orphans.points_to_nothing(key, alias)
        row = await session.one(
            f"SELECT EXISTS (SELECT FROM ONLY {key.table.sql} {alias} WHERE {where}) AS it"
        )
        return bool(row and row["it"])

    async def _move(self, session: Session, moves: Iterable[Aside]) -> None:
        """All or none; rows that anything else changed on the way end it."""
        async with session.transaction(statement_ms=self._statement_ms):
            before = await session.one(guard.COUNTED)
            kept = 0
            for move in moves:
                await session.run(move.create)
                row = await session.one(move.move)
                moved = row["rows"] if row else 0
                kept += moved
                await session.run(self._note(move, moved))
            after = await session.one(guard.COUNTED)
            if before and after and after["rows"] - before["rows"] != kept:
                raise Refused(
                    Code.GUARD, "moving rows aside would have changed others, which nothing kept"
                )

    def _note(self, move: Aside, rows: int) -> str:
        values = ", ".join(
            "'" + text.replace("'", "''") + "'"
            for text in (move.kept_in, move.table.called, move.constraint)
        )
        return (
            "INSERT INTO _rollback.quarantine"
            " (run_id, kept_in, table_name, constraint_name, rows, what)"
            f" VALUES ('{self.run_id}', {values}, {rows}, '{move.what}')"
            " ON CONFLICT (run_id, kept_in) DO UPDATE SET rows = quarantine.rows + excluded.rows"
        )

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

    async def _refuse_rows(self, session: Session, table: Table, condition: str, what: str) -> None:
        key = await session.all(PRIMARY_KEY, table.oid)
        columns = ", ".join(quote(row["name"]) for row in key) or "ctid"
        rows = await session.all(
            f"SELECT {columns} FROM {table.sql} t0 WHERE {condition} LIMIT {MAX_LISTED}"
        )
        if rows:
            listed = tuple(f"{table.called} {described(row)}" for row in rows)
            raise Refused(
                Code.CONTRADICTION,
                f"rows of {table.called} are not as {what or 'the newer release'} requires",
                CORRECT,
                listed,
            )

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


def named_again(step: Step) -> str:
    if step.do is not Do.RETYPE:
        return step.sql
    kept = quote(aside(step.column, step.name))
    return f"ALTER TABLE {step.before} RENAME COLUMN {kept} TO {quote(step.name)}"


def on_the_way_forward(step: Step) -> Step:
    """As the guard's journal knows it."""
    if step.do is Do.WIDEN:
        return replace(step, do=Do.NARROW)
    if step.do is Do.RETYPE:
        to = aside(step.column, step.name)
        return replace(step, do=Do.RENAME_COLUMN, name=to, before=step.name)
    return step


def put_back(run: Run) -> Iterator[str]:
    """What takes back the changes of rows, the last first."""
    for position, (back, step) in enumerate(reversed(list(enumerate(run.steps)))):
        if step.do in CHANGES_ROWS and step.undo:
            yield for_run(step.undo, UUID(run.run_id), "forward", position, back)


def main(back: list[Return]) -> list[str]:
    return [statement for one in back for statement in one.main()]


def relaxed_again(back: list[Return]) -> list[str]:
    return [statement for one in back for statement in one.relax_again()]


def without_triggers(run: Run, statements: list[str]) -> list[str]:
    """A trigger that names a column keeps its type from changing: it is made again afterwards."""
    narrowed = {step.table for step in run.steps if step.do is Do.WIDEN}
    in_the_way = [
        step
        for step in run.steps
        if step.do is Do.KEEP_IN_STEP and not step.undo and step.table in narrowed
    ]
    return [
        *(in_step.end(step.table) for step in in_the_way),
        *statements,
        *(step.sql for step in in_the_way),
    ]


def is_altered(step: Step) -> bool:
    """On the way forward its table is: what keeps values in step stays, where names stay."""
    return step.do not in CHANGES_ROWS and (step.do is not Do.KEEP_IN_STEP or bool(step.undo))


def returns(now: Catalogue, run: Run) -> list[Return]:
    """The way back of all that is not a name, the last first."""
    tables = {table.oid: table for table in now}
    return [
        Return(tables[step.table], step) for step in reversed(run.steps) if step.do not in NAMES
    ]


def every_statement(now: Catalogue, run: Run) -> list[str]:
    """What the way forward does to the app's tables, in order, as far as it is known beforehand."""
    undo = Undo(now, run.steps)
    back = returns(renamed(undo), run)
    return [
        *(one.build_index() for one in back if one.is_key),
        *undo.names(),
        *(
            for_run(statement, UUID(run.run_id), "back", 0, 0)
            for statement in without_triggers(run, main(back))
        ),
        *(adopt for one in back if (adopt := one.adopt_index())),
        *(validate for one in back if (validate := one.validate())),
        *(statement for one in back for statement in one.finish(has_named_not_null=False)),
        *put_back(run),
    ]


def renamed(undo: Undo) -> Catalogue:
    """The catalogue as it will be once the names are as the newer code knows them."""
    tables = dict(undo.tables)
    for step in reversed([step for step in undo.steps if step.do in NAMES]):
        table = tables[step.table]
        match step.do:
            case Do.RENAME_TABLE:
                table = replace(table, name=step.before)
            case Do.SET_SCHEMA:
                table = replace(table, schema=step.before)
            case Do.RETYPE | Do.RENAME_COLUMN:
                to = step.before
                if step.do is Do.RETYPE:
                    to = aside(step.column, step.name)
                columns = tuple(
                    replace(one, name=to) if one.number == step.column else one
                    for one in table.columns
                )
                table = replace(table, columns=columns)
        tables[step.table] = table
    return replace(undo.catalogue, tables=tuple(tables.values()))


def too_long(back: list[Return]) -> list[str]:
    """Narrowing cuts blanks off without a word: asked under the lock."""
    return [
        f"""DO $fits$ BEGIN IF EXISTS (SELECT FROM {one.table.sql} WHERE {condition}) THEN
  RAISE EXCEPTION 'a value is longer than the newer type' USING ERRCODE = 'RB003';
END IF; END $fits$"""
        for one in back
        if one.step.do is Do.WIDEN and (condition := one.contradicts())
    ]


def described(row: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items())
