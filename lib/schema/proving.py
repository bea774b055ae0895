"""Proof, beside the writers, that the older code's rows are as the newer release requires.

Nothing here looks at rows under a lock that the app waits for; what points to nothing is put aside.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from lib.schema import guard, orphans
from lib.schema.journal import Run
from lib.schema.models import Catalogue, Code, Do, Lock, Table, quote
from lib.schema.orphans import Aside, Contradiction, Orphans
from lib.schema.outcome import Refused, understood
from lib.schema.session import Session
from lib.schema.undo import Return

MAX_LISTED = 20
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


@dataclass(frozen=True, slots=True)
class Proof:
    """Of one run. `now`: the catalogue; `back`: what undoes each of its steps, the last first."""

    session: Session
    run: Run
    now: Catalogue
    back: list[Return]
    statement_ms: int

    async def prepare(self) -> None:
        """Refuse what contradicts while nothing has been done, and build what takes long.

        A key that is built is enforced, so nothing is built while a long reader is in the way of
        what comes after it.
        """
        for one in self.back:
            if condition := one.contradicts():
                await self._refuse_rows(one.table, condition, one.step.name)
        for table in {one.table.oid: one.table for one in self.back if one.is_key}.values():
            await self._short(table)
        try:
            await self._build_indexes()
        except Refused:
            await self._drop_indexes()
            raise

    async def prove(self) -> None:
        """Raises Refused, with the rows that contradict."""
        await self._build_indexes()
        for one in self.back:
            if (adopt := one.adopt_index()) and not await self._has(one):
                await self._short(one.table, adopt)
        for number, one in enumerate(self.back):
            if one.step.before.startswith("FOREIGN KEY") and one.validate():
                await self._put_orphans_aside(one, number)
        for one in self.back:
            if statement := one.validate():
                if one.step.do is Do.DROP_NOT_NULL and one.table.column(one.step.column).not_null:
                    continue
                await self._validate(one, statement)
        has_names = self.session.connection.info.server_version >= NAMES_NOT_NULL
        for one in self.back:
            if one.step.do is Do.DROP_NOT_NULL and not one.table.column(one.step.column).not_null:
                await self._short(one.table, *one.finish(has_named_not_null=has_names))

    async def _has(self, one: Return) -> bool:
        return await self.session.one(VALID, one.table.oid, one.step.name) is not None

    async def _short(self, table: Table, *statements: str) -> None:
        tables = sorted(self.now.with_partitions(table.oid), key=lambda one: one.oid)
        locks = [Lock(one.oid, one.sql) for one in tables]
        async with self.session.transaction():
            await self.session.reserve(locks)
            await self.session.locked(locks, *statements)

    async def _validate(self, one: Return, statement: str) -> None:
        try:
            async with self.session.transaction(statement_ms=self.statement_ms):
                await self.session.run(statement)
        except psycopg.errors.IntegrityError as error:
            await self.session.run("ROLLBACK")
            if condition := one.contradicts():
                await self._refuse_rows(one.table, condition, one.step.name)
            raise understood(error) from error

    async def _build_indexes(self) -> None:
        """Beside the writers; one that an earlier attempt left half built is built again."""
        for one in self.back:
            if not one.is_key:
                continue
            name = quote(one.table.schema, one.step.name)
            found = await self.session.one(INDEX, name)
            if found and found["valid"]:
                continue
            await self.session.run(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            # Waits for older transactions, and nobody waits for it.
            await self.session.run("SET lock_timeout = 0")
            await self.session.run(f"SET statement_timeout = {self.statement_ms}")
            try:
                await self.session.run(one.build_index())
            except psycopg.Error as error:
                raise understood(error) from error

    async def _drop_indexes(self) -> None:
        for one in self.back:
            if one.is_key:
                name = quote(one.table.schema, one.step.name)
                await self.session.run(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")

    async def _put_orphans_aside(self, one: Return, number: int) -> None:
        key = orphans.read(self.now, one.table, one.step.name, one.step.before)
        prefix = f"kept_{UUID(self.run.run_id).hex[:12]}"
        found = Orphans(self.now, self.run.new_tables, self.run.new_columns, prefix)
        try:
            moves = list(found.of(key, number))
        except Contradiction as contradiction:
            await self._refuse_rows(contradiction.table, contradiction.condition, one.step.name)
            return
        if await self._exists(key, "t0"):
            await self._move(moves)

    async def _exists(self, key: orphans.ForeignKey, alias: str) -> bool:
        where = orphans.points_to_nothing(key, alias)
        row = await self.session.one(
            f"SELECT EXISTS (SELECT FROM ONLY {key.table.sql} {alias} WHERE {where}) AS it"
        )
        return bool(row and row["it"])

    async def _move(self, moves: Iterable[Aside]) -> None:
        """All or none; rows that anything else changed on the way end it."""
        async with self.session.transaction(statement_ms=self.statement_ms):
            before = await self.session.one(guard.COUNTED)
            kept = 0
            for move in moves:
                await self.session.run(move.create)
                row = await self.session.one(move.move)
                moved = row["rows"] if row else 0
                kept += moved
                await self.session.run(self._note(move, moved))
            after = await self.session.one(guard.COUNTED)
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
            f" VALUES ('{self.run.run_id}', {values}, {rows}, '{move.what}')"
            " ON CONFLICT (run_id, kept_in) DO UPDATE SET rows = quarantine.rows + excluded.rows"
        )

    async def _refuse_rows(self, table: Table, condition: str, what: str) -> None:
        key = await self.session.all(PRIMARY_KEY, table.oid)
        columns = ", ".join(quote(row["name"]) for row in key) or "ctid"
        rows = await self.session.all(
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


def described(row: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items())
