"""Names given back to the older code; what stands in their place goes aside, and keeps its rows.

Pure. Statements are made for the names as they are when each of them runs.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from lib.schema.models import Catalogue, Code, Do, Step, Table, cut, quote
from lib.schema.statements import Name
from lib.schema.unfit import Unfit


@dataclass(slots=True)
class Names:
    catalogue: Catalogue
    new_tables: AbstractSet[int]
    new_columns: AbstractSet[tuple[int, int]]
    steps: list[Step] = field(default_factory=list)
    tables: dict[int, Name] = field(default_factory=dict)
    columns: dict[int, dict[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for table in self.catalogue:
            self.tables[table.oid] = (table.schema, table.name)
            self.columns[table.oid] = {column.number: column.name for column in table.columns}

    def rename_column(self, table: Table, number: int, to: str) -> None:
        taken = next((n for n, name in self.columns[table.oid].items() if name == to), None)
        if taken is not None:
            if (table.oid, taken) not in self.new_columns:
                raise in_the_way(f"{table.called}.{to}")
            self._rename_column(table, taken, aside(taken, to))
        self._rename_column(table, number, to)

    def put_aside(self, table: Table, number: int) -> None:
        self._rename_column(table, number, aside(number, self.columns[table.oid][number]))

    def _rename_column(self, table: Table, number: int, to: str) -> None:
        name = self.columns[table.oid][number]
        self.columns[table.oid][number] = to
        here = quote(*self.tables[table.oid])
        self.steps.append(
            Step(
                Do.RENAME_COLUMN,
                table.oid,
                f"ALTER TABLE {here} RENAME COLUMN {quote(name)} TO {quote(to)}",
                f"{table.called}.{name} is called {to} again"
                if not to.startswith("_rb_")
                else f"{table.called}.{name} goes aside",
                column=number,
                name=to,
                before=name,
            )
        )

    def rename_table(self, table: Table, to: Name) -> None:
        """A new name, a new schema, or both, one after the other."""
        schema, name = self.tables[table.oid]
        taken = next((oid for oid, called in self.tables.items() if called == to), None)
        if taken is not None and taken != table.oid:
            if taken not in self.new_tables:
                raise in_the_way(".".join(to))
            self._rename_table(self.catalogue.table(taken), aside(taken, to[1]))
        if schema != to[0]:
            self._set_schema(table, to[0])
        if name != to[1]:
            self._rename_table(table, to[1])

    def _rename_table(self, table: Table, to: str) -> None:
        schema, name = self.tables[table.oid]
        self.tables[table.oid] = (schema, to)
        self.steps.append(
            Step(
                Do.RENAME_TABLE,
                table.oid,
                f"ALTER TABLE {quote(schema, name)} RENAME TO {quote(to)}",
                f"{name} is called {to} again"
                if not to.startswith("_rb_")
                else f"{name} goes aside",
                name=to,
                before=name,
            )
        )

    def _set_schema(self, table: Table, to: str) -> None:
        schema, name = self.tables[table.oid]
        if {schema, to} & self.catalogue.published:
            raise Unfit(
                Code.UNSUPPORTED,
                f"{name} would leave or join a publication with its schema.",
                "Choose another version, or fix forward.",
            )
        self.tables[table.oid] = (to, name)
        self.steps.append(
            Step(
                Do.SET_SCHEMA,
                table.oid,
                f"ALTER TABLE {quote(schema, name)} SET SCHEMA {quote(to)}",
                f"{name} is in {to} again",
                name=to,
                before=schema,
            )
        )


def aside(number: int, name: str) -> str:
    """A name that nobody uses, from which people see what it was."""
    return cut(f"_rb_{number}_{name}")


def in_the_way(name: str) -> Unfit:
    return Unfit(
        Code.LEFT_OVER,
        f"{name} is in the way, and is not this release's.",
        "Find out whose it is; rename it, or bring an earlier rollback forward first.",
    )
