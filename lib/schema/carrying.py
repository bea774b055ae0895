"""Rows that the way back changes or deletes: kept whole first, and put back afterwards. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lib.schema.counted import COUNT, NOTE, block
from lib.schema.in_step import comparable
from lib.schema.models import (
    BACK,
    POSITION,
    RUN,
    RUN_ID,
    TOO_MANY,
    Do,
    Step,
    Table,
    literal,
    quote,
)
from lib.schema.rendering import Called, render
from lib.schema.types import base
from lib.schema.updates import Assignment, Delete, Update, called

#: More would hold the table for too long.
MAX_CHANGED_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class Carrying:
    """For one table. `here`, `names`: as it and its columns will be called once it is back.

    `path`: the schemas in which the authors' types are found; all else is named with its own.
    """

    table: Table
    here: str
    names: Mapping[int, str]
    path: Sequence[str]

    def copy_back(self, update: Update, mine: Sequence[Assignment], *, is_mapping: bool) -> Step:
        """`mine`: what it sets of what the older code knows.

        `is_mapping`: it reads nothing that is new, so that the newer code's value is in what is
        kept, and nowhere else.
        """
        row = called(update.scope, self.names, "")
        differs = []
        for one in (one for one in mine if not one.is_touch):
            now = comparable(self.table.column(one.column), self._name(one))
            then = self._made(one, row)
            differs.append(f"({then} IS NOT NULL AND {now} IS DISTINCT FROM {then})")
        where = [render(one, row) for one in update.where]
        sets = ", ".join(
            f"{self._name(one)} = COALESCE({self._cast(one, row)}, {self._name(one)})"
            for one in mine
        )
        changed = ", ".join(f"{self.table.called}.{self.names[one.column]}" for one in mine)
        return Step(
            Do.COPY_BACK,
            self.table.oid,
            self._changing(
                "before",
                " AND ".join([*where, f"({' OR '.join(differs) or 'true'})"]),
                f"UPDATE {self.here} SET {sets} WHERE",
            ),
            f"{changed} {'has' if len(mine) == 1 else 'have'} what the newer code wrote",
            name=f"before_{RUN}_{POSITION}",
            undo=self._put_back(update, mine) if is_mapping else "",
        )

    def delete(self, delete: Delete) -> Step:
        row = called(delete.scope, self.names, "")
        where = " AND ".join(render(one, row) for one in delete.where) or "true"
        columns = [one for one in self.table.columns if not one.is_generated]
        names = ", ".join(quote(one.name) for one in columns)
        kept = ", ".join(self._kept(one.number) for one in columns)
        source = f"_rollback.deleted_{RUN}_{BACK}"
        return Step(
            Do.DELETE_ROWS,
            self.table.oid,
            self._changing("deleted", where, f"DELETE FROM {self.here} WHERE"),
            f"rows of {self.table.called} that the newer release brought go aside",
            name=f"deleted_{RUN}_{POSITION}",
            undo=f"""
DO $rollback$ BEGIN
  IF to_regclass('{source}') IS NOT NULL THEN
    INSERT INTO {self.table.sql} ({names}) OVERRIDING SYSTEM VALUE SELECT {kept}
      FROM {source} kept WHERE NOT EXISTS (SELECT FROM {self.table.sql} now WHERE {self._same});
  END IF;
END $rollback$""".strip(),
        )

    @property
    def _same(self) -> str:
        """The row of today, and the one that was kept."""
        return " AND ".join(
            f"now.{quote(one.name)} = {self._kept(one.number)}" for one in self.table.key
        )

    def _kept(self, number: int) -> str:
        """It was kept under the name of then."""
        return f"kept.{quote(self.names[number])}"

    def _name(self, one: Assignment) -> str:
        return quote(self.names[one.column])

    def _cast(self, one: Assignment, row: Called) -> str:
        return f"CAST({render(one.value, row)} AS {base(self.table.column(one.column).type)})"

    def _made(self, one: Assignment, row: Called) -> str:
        return comparable(self.table.column(one.column), self._cast(one, row))

    def _changing(self, what: str, condition: str, change: str) -> str:
        """Rows are kept, then changed; the journal is told how many. Nothing else writes now."""
        kept = f"{what}_{RUN}_{POSITION}"
        called = self.table.called.replace("'", "''").replace("%", "%%")
        return block(
            self.path,
            f"""CREATE TABLE _rollback.{kept} AS
    SELECT * FROM {self.here} WHERE {condition} LIMIT {MAX_CHANGED_ROWS + 1};
  {COUNT}
  IF rollback_rows = 0 THEN
    DROP TABLE _rollback.{kept};
    RETURN;
  ELSIF rollback_rows > {MAX_CHANGED_ROWS} THEN
    RAISE EXCEPTION 'more than {MAX_CHANGED_ROWS} rows of {called} would change'
      USING ERRCODE = '{TOO_MANY}';
  END IF;
  {change} {condition};
  {self._noted(kept, what)}""",
        )

    def _put_back(self, update: Update, mine: Sequence[Assignment]) -> str:
        """Where nobody has changed since what the down part made of it."""
        kept_row = called(update.scope, self.names, "kept.")
        unchanged, differs, sets = [], [], []
        for one in mine:
            column = self.table.column(one.column)
            now, was = quote(column.name), self._kept(one.column)
            sets.append(f"{now} = {was}")
            if not one.is_touch:
                is_now = comparable(column, f"now.{now}")
                unchanged.append(f"{is_now} IS NOT DISTINCT FROM {self._made(one, kept_row)}")
                differs.append(f"{is_now} IS DISTINCT FROM {comparable(column, was)}")
        where = " AND ".join([self._same, *unchanged, f"({' OR '.join(differs) or 'true'})"])
        source, kept = f"_rollback.before_{RUN}_{BACK}", f"replaced_{RUN}_{POSITION}"
        return block(
            self.path,
            f"""IF to_regclass('{source}') IS NULL THEN
    RETURN;
  END IF;
  CREATE TABLE _rollback.{kept} AS
    SELECT now.* FROM {self.table.sql} now, {source} kept WHERE {where};
  {COUNT}
  IF rollback_rows = 0 THEN
    DROP TABLE _rollback.{kept};
    RETURN;
  END IF;
  UPDATE {self.table.sql} now SET {", ".join(sets)} FROM {source} kept WHERE {where};
  {self._noted(kept, "replaced")}""",
        )

    def _noted(self, kept: str, what: str) -> str:
        return f"""{NOTE}
  INSERT INTO _rollback.quarantine (run_id, kept_in, table_name, constraint_name, rows, what)
    VALUES ('{RUN_ID}', '{kept}', {literal(self.table.called)}, '', rollback_rows, '{what}');"""
