"""Whose rows: columns and values, compared as the column's type does. Never SQL that people wrote.

Several values of a column: any of them; several columns: all of them. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lib.archive.models import Column
from lib.commands import Misused, Stopped
from lib.schema.models import literal, quote

KEY = "(key)::jsonb"


@dataclass(frozen=True, slots=True)
class Condition:
    """The values are somebody's: they are in no log and no document."""

    values: tuple[tuple[str, tuple[str, ...]], ...] = field(repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.values)

    def of(self, columns: Iterable[Column]) -> list[Column]:
        """Those that it asks about. Raises Stopped where one is lacking."""
        there = {column.name: column for column in columns}
        if lacking := [name for name in self.columns if name not in there]:
            raise Stopped(
                f"it has no column {', '.join(lacking)}, so nobody can tell whose its rows are."
                " Name a column that it has."
            )
        return [there[name] for name in self.columns]

    def sql(self, columns: Iterable[Column]) -> str:
        """For rows of these columns, be they typed or text."""
        types = [column.type for column in self.of(columns)]
        return " AND ".join(
            f"{quote(name)}::{kind} IN"
            f" ({', '.join(f'{literal(value)}::{kind}' for value in values)})"
            for kind, (name, values) in zip(types, self.values, strict=True)
        )

    def in_conflicts(self, table: str, types: Mapping[str, str]) -> str:
        """For the log of conflicts, which tells each row by its key."""
        keys = " AND ".join(
            f"({KEY} ->> {literal(name)})::{types.get(name, 'text')} IN"
            f" ({', '.join(f'{literal(value)}::{types.get(name, "text")}' for value in values)})"
            for name, values in self.values
        )
        # Of other tables' keys the same name may be of another type.
        return f"CASE WHEN table_name = {literal(table)} THEN {keys} ELSE false END"

    def untold_in_conflicts(self, table: str) -> str:
        """Of which nobody can tell whose they are: the key has other columns."""
        told = " AND ".join(f"jsonb_exists({KEY}, {literal(name)})" for name in self.columns)
        return f"table_name = {literal(table)} AND NOT ({told})"


def read_condition(words: Iterable[str]) -> Condition:
    """From `id=42`, `id=43`. Raises Misused."""
    values: dict[str, list[str]] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise Misused("Write whose rows as COLUMN=VALUE, such as --where id=42.")
        values.setdefault(name, []).append(value)
    return Condition(tuple((name, tuple(each)) for name, each in values.items()))
