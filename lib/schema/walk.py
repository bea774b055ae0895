"""Back through the migrations, newest first: which table and column of today each change meant.

Names change on the way, so they are undone one by one: after the walk, `names` holds what the
older code calls things. What IF NOT EXISTS may have found is not new. What a migration dropped
gets a ghost (a negative number) until the migration that made it is met; ghosts that remain were
the older code's. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from itertools import count

from lib.schema.models import Catalogue
from lib.schema.statements import Change, Name

NAMING = ("rename_column", "rename_table", "set_schema")
MADE = ("create_object",)
UNMADE = (
    "drop_object",
    "replace_object",
    "rename_object",
    "change_object",
    "rename_value",
    "add_enum_value",
)


@dataclass(frozen=True, slots=True)
class Met:
    """A change of a version, and what it meant. `table`, `column` 0: nothing that is there."""

    version: str
    change: Change
    table: int = 0
    column: int = 0
    columns: tuple[int, ...] = ()
    #: The author says that the older code runs on it.
    is_asserted: bool = False
    #: Of a change that writes or converts rows: the table's columns by their names of then.
    scope: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Walk:
    catalogue: Catalogue
    names: dict[Name, int] = field(default_factory=dict)
    columns: dict[int, dict[str, int]] = field(default_factory=dict)
    new_tables: set[int] = field(default_factory=set)
    new_columns: set[tuple[int, int]] = field(default_factory=set)
    #: Objects without columns, in question until what made them is met.
    open: dict[str, Met] = field(default_factory=dict)
    met: list[Met] = field(default_factory=list)
    #: Dropped by ...; those that remain, the older code misses.
    ghosts: dict[int, Met] = field(default_factory=dict)
    _ghost: Iterable[int] = field(default_factory=lambda: count(-1, -1))

    def __post_init__(self) -> None:
        for table in self.catalogue:
            self.names[table.schema, table.name] = table.oid
            self.columns[table.oid] = {column.name: column.number for column in table.columns}

    def undo(self, version: str, changes: Iterable[Change], *, is_asserted: bool) -> None:
        for change in reversed(list(changes)):
            table, column = getattr(self, f"_undo_{change.kind}", self._look)(change)
            met = self._met(version, change, table, column, is_asserted=is_asserted)
            self.met.append(met)
            self._keep_ghost(met)
            self._keep_open(met)

    def writes(self, version: str, down: Iterable[Change], *, is_asserted: bool) -> Iterator[Met]:
        """What a down part writes, where nothing of its version is undone yet."""
        then = copy(self)
        then.columns = {table: dict(names) for table, names in self.columns.items()}
        return then.writes_onward(version, down, is_asserted=is_asserted)

    def writes_onward(
        self, version: str, changes: Iterable[Change], *, is_asserted: bool
    ) -> Iterator[Met]:
        """By the names that the same text has given until then, which become the walk's."""
        for change in changes:
            if change.kind == "write_old":
                yield self._met(version, change, *self._look(change), is_asserted=is_asserted)
            elif change.kind in NAMING:
                self._rename(change)

    def _rename(self, change: Change) -> None:
        assert change.table
        table, column = self._look(change)
        if change.kind == "rename_column":
            if self.columns.get(table, {}).pop(change.column, 0):
                self.columns[table][change.to] = column
        elif change.kind == "rename_table":
            self._call(table, (self._schema(table, change.table), change.to))
        else:
            self._call(table, (change.to, change.table[1]))

    def _met(
        self, version: str, change: Change, table: int, column: int, *, is_asserted: bool
    ) -> Met:
        columns = tuple(self._column(table, name) for name in change.columns)
        needs_scope = change.kind in ("write_old", "retype")
        scope = dict(self.columns.get(table, {})) if needs_scope else {}
        return Met(version, change, table, column, columns, is_asserted, scope)

    def find(self, name: Name | None) -> int:
        if name is None:
            return 0
        schemas = (name[0],) if name[0] else self.catalogue.search_path
        return next((self.names[s, name[1]] for s in schemas if (s, name[1]) in self.names), 0)

    def is_new(self, table: int) -> bool:
        return table in self.new_tables

    def _column(self, table: int, name: str) -> int:
        if table < 0 and name:
            return table
        return self.columns.get(table, {}).get(name, 0)

    def _look(self, change: Change) -> tuple[int, int]:
        table = self.find(change.table)
        return table, self._column(table, change.column)

    def _named(self, name: Name) -> Name:
        return (name[0] or self.catalogue.search_path[0], name[1])

    def _undo_create_table(self, change: Change) -> tuple[int, int]:
        table = self.find(change.table)
        if change.is_new:
            self.names = {name: oid for name, oid in self.names.items() if oid != table}
            self.ghosts.pop(table, None)
        if table > 0 and change.is_new:
            self.new_tables.add(table)
        return table, 0

    def _undo_add_column(self, change: Change) -> tuple[int, int]:
        table, column = self._look(change)
        if change.is_new and table > 0:
            self.columns[table].pop(change.column, None)
            self.ghosts.pop(column, None)
        if column > 0 and change.is_new:
            self.new_columns.add((table, column))
        return table, column

    _undo_add_required = _undo_add_column

    def _undo_create_object(self, change: Change) -> tuple[int, int]:
        """A view has a name among the tables'."""
        return self._undo_create_table(change) if change.table else (0, 0)

    def _undo_rename_table(self, change: Change) -> tuple[int, int]:
        assert change.table
        table = self.find((change.table[0], change.to))
        self._call(table, (self._schema(table, change.table), change.table[1]))
        return table, 0

    def _undo_set_schema(self, change: Change) -> tuple[int, int]:
        assert change.table
        table = self.find((change.to, change.table[1]))
        self._call(table, self._named(change.table))
        return table, 0

    def _call(self, table: int, name: Name) -> None:
        if table:
            self.names = {had: oid for had, oid in self.names.items() if oid != table}
            self.names[name] = table

    def _schema(self, table: int, name: Name) -> str:
        had = (schema for (schema, _), oid in self.names.items() if oid == table)
        return next(had, self._named(name)[0])

    def _undo_rename_column(self, change: Change) -> tuple[int, int]:
        table = self.find(change.table)
        column = self._column(table, change.to)
        if table > 0 and column:
            del self.columns[table][change.to]
            self.columns[table][change.column] = column
        return table, column

    def _undo_drop_table(self, change: Change) -> tuple[int, int]:
        assert change.table
        ghost = next(iter(self._ghost))
        self.names[self._named(change.table)] = ghost
        return ghost, 0

    def _undo_drop_column(self, change: Change) -> tuple[int, int]:
        table = self.find(change.table)
        if table <= 0:
            return table, 0
        ghost = next(iter(self._ghost))
        self.columns[table][change.column] = ghost
        return table, ghost

    def _keep_ghost(self, met: Met) -> None:
        if met.change.kind == "drop_table":
            self.ghosts[met.table] = met
        elif met.change.kind == "drop_column" and met.column:
            self.ghosts[met.column] = met

    def _keep_open(self, met: Met) -> None:
        name = met.change.name
        if met.change.kind in UNMADE:
            self.open[name] = met
        elif met.change.kind in MADE and name not in self.catalogue.overloaded:
            self.open.pop(name, None)
