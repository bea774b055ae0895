"""The way back of each step, from what the journal kept. Pure.

Nothing here looks at rows while it holds a lock that readers or writers wait for: keys come back
NOT VALID and are validated later, and an index is built beside the writers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lib.schema.models import Catalogue, Do, Step, Table, quote
from lib.schema.renaming import aside

CHECK = re.compile(r"^CHECK \((?P<expression>.*)\)(?: NO INHERIT)?(?: NOT VALID)?$", re.DOTALL)
ENABLE = {"O": "ENABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}
NAMES = (Do.RENAME_COLUMN, Do.RENAME_TABLE, Do.SET_SCHEMA, Do.RETYPE)


@dataclass(slots=True)
class Undo:
    """Of one run's steps, for the catalogue as it is now."""

    catalogue: Catalogue
    steps: tuple[Step, ...]
    tables: dict[int, Table] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tables = {table.oid: table for table in self.catalogue}

    @property
    def is_named(self) -> bool:
        """Names change: a definition that the journal kept fits only afterwards."""
        return any(step.do in NAMES for step in self.steps)

    def missing(self) -> Step | None:
        """A step whose table or column somebody really dropped meanwhile."""
        for step in self.steps:
            table = self.tables.get(step.table)
            if table is None or (
                step.column and step.column not in {column.number for column in table.columns}
            ):
                return step
        return None

    def names(self) -> Iterator[str]:
        """Every name as the newer code knows it, the last change first."""
        called = {oid: (table.schema, table.name) for oid, table in self.tables.items()}
        columns = {
            (table.oid, column.number): column.name
            for table in self.catalogue
            for column in table.columns
        }
        for step in reversed([step for step in self.steps if step.do in NAMES]):
            schema, name = called[step.table]
            here = f"ALTER TABLE {quote(schema, name)}"
            if step.do is Do.RETYPE:
                to = aside(step.column, step.name)
                columns[step.table, step.column] = to
                yield f"{here} RENAME COLUMN {quote(step.name)} TO {quote(to)}"
            elif step.do is Do.RENAME_COLUMN:
                now = columns[step.table, step.column]
                columns[step.table, step.column] = step.before
                yield f"{here} RENAME COLUMN {quote(now)} TO {quote(step.before)}"
            elif step.do is Do.RENAME_TABLE:
                called[step.table] = (schema, step.before)
                yield f"{here} RENAME TO {quote(step.before)}"
            else:
                called[step.table] = (step.before, name)
                yield f"{here} SET SCHEMA {quote(step.before)}"


def settled(catalogue: Catalogue, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """With the numbers of the columns that the run made for the older code; what keeps its rows
    there is told by its name."""
    tables = {table.oid: table for table in catalogue}
    moved = {(step.table, step.column) for step in steps if step.do is Do.RENAME_COLUMN}

    def number_of(step: Step) -> int:
        table = tables.get(step.table)
        names = (
            one.number
            for one in (table.columns if table else ())
            if one.name in (step.name, aside(one.number, step.name))
            and (step.table, one.number) not in moved
        )
        return max(names, default=0)

    return tuple(
        replace(step, column=number_of(step)) if step.do is Do.RETYPE else step for step in steps
    )


def proxy(step: Step) -> str:
    """A check that stands for NOT NULL until that has been proved."""
    return f"_rb_not_null_{step.table}_{step.column}"


@dataclass(frozen=True, slots=True)
class Return:
    """Of the steps but names, with the names that the newer code knows."""

    table: Table
    step: Step

    @property
    def column(self) -> str:
        return quote(self.table.column(self.step.column).name)

    @property
    def here(self) -> str:
        return f"ALTER TABLE {self.table.sql}"

    @property
    def is_key(self) -> bool:
        """It rests on an index, which is built first."""
        return bool(self.step.index)

    def build_index(self) -> str:
        return re.sub(r"^(CREATE (?:UNIQUE )?INDEX) ", r"\1 CONCURRENTLY ", self.step.index)

    def main(self) -> Iterator[str]:
        """Short, under the lock."""
        step = self.step
        match step.do:
            case Do.DROP_NOT_NULL if not self.table.column(step.column).not_null:
                yield (
                    f"{self.here} ADD CONSTRAINT {quote(proxy(step))}"
                    f" CHECK ({self.column} IS NOT NULL) NOT VALID"
                )
            case Do.SET_DEFAULT:
                default = f"SET DEFAULT {step.before}" if step.before else "DROP DEFAULT"
                yield f"{self.here} ALTER COLUMN {self.column} {default}"
            case Do.DISABLE_TRIGGER:
                yield f"{self.here} {ENABLE[step.before]} TRIGGER {quote(step.name)}"
            case Do.KEEP_IN_STEP if step.undo:
                yield step.undo  # it names what is called otherwise from here on
            case Do.WIDEN:
                yield f"{self.here} ALTER COLUMN {self.column} TYPE {step.before}"
            case Do.DROP_CONSTRAINT if not self.is_key:
                yield f"{self.here} ADD CONSTRAINT {quote(step.name)} {self._unproved()}"

    def _unproved(self) -> str:
        definition = self.step.before
        provable = definition.startswith(("CHECK", "FOREIGN KEY"))
        if not provable or definition.endswith((" NOT VALID", " NOT ENFORCED")):
            return definition
        return f"{definition} NOT VALID"

    def adopt_index(self) -> str | None:
        """Make the constraint that it was of the index that is built."""
        if self.step.do is not Do.DROP_CONSTRAINT or not self.is_key:
            return None
        name = quote(self.step.name)
        return f"{self.here} ADD CONSTRAINT {name} UNIQUE USING INDEX {name} {self.step.timing}"

    def validate(self) -> str | None:
        """Looks at every row; readers and writers go on meanwhile."""
        if self.step.do is Do.DROP_NOT_NULL:
            return f"{self.here} VALIDATE CONSTRAINT {quote(proxy(self.step))}"
        if self.step.do is Do.DROP_CONSTRAINT and self._unproved() != self.step.before:
            return f"{self.here} VALIDATE CONSTRAINT {quote(self.step.name)}"
        return None

    def finish(self, *, has_named_not_null: bool) -> list[str]:
        """NOT NULL itself: the validated check proves it, so that no row is looked at again."""
        if self.step.do is not Do.DROP_NOT_NULL:
            return []
        named = f"{self.here} ALTER COLUMN {self.column} SET NOT NULL"
        if self.step.name and has_named_not_null:
            named = f"{self.here} ADD CONSTRAINT {quote(self.step.name)} NOT NULL {self.column}"
        return [named, f"{self.here} DROP CONSTRAINT {quote(proxy(self.step))}"]

    def relax_again(self) -> Iterator[str]:
        """As the run did it, whatever of the way forward was reached."""
        step = self.step
        match step.do:
            case Do.DROP_NOT_NULL:
                yield f"{self.here} DROP CONSTRAINT IF EXISTS {quote(proxy(step))}"
                yield step.sql
            case Do.DROP_CONSTRAINT:
                yield f"{self.here} DROP CONSTRAINT IF EXISTS {quote(step.name)}"
                if self.is_key:
                    yield f"DROP INDEX IF EXISTS {quote(self.table.schema, step.name)}"
            case Do.DROP_INDEX:
                yield f"DROP INDEX IF EXISTS {quote(self.table.schema, step.name)}"
            case Do.COPY_BACK | Do.DELETE_ROWS | Do.KEEP_IN_STEP:
                pass
            case _:
                yield step.sql

    def contradicts(self) -> str | None:
        """A condition that finds the rows which the newer rules do not allow; None: not by row."""
        if self.step.do is Do.DROP_NOT_NULL:
            return f"{self.column} IS NULL"
        if self.step.do is Do.DROP_CONSTRAINT and (found := CHECK.match(self.step.before)):
            return f"NOT ({found['expression']})"
        if self.step.do is Do.WIDEN:
            length = re.match(r"^character varying\((\d+)\)$", self.step.before)
            return f"char_length({self.column}::text) > {length[1]}" if length else None
        return None
