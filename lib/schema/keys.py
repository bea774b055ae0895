"""Constraints and unique indexes of the newer release that the older code may run into. Pure."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from lib.schema.models import (
    Catalogue,
    Code,
    Column,
    Constraint,
    Do,
    Index,
    Step,
    Table,
    quote,
)
from lib.schema.statements import Change
from lib.schema.unfit import Unfit

#: An exclusion constraint comes back only with a look at every row while the table is locked.
MAX_SCANNED_ROWS = 100_000
KINDS = {"add_check": "c", "add_foreign_key": "f", "add_unique": "u", "add_exclude": "x"}
NO_WAY_FORWARD = "Choose another version, or fix forward."


@dataclass(slots=True)
class Keys:
    catalogue: Catalogue
    new_tables: AbstractSet[int]
    new_columns: AbstractSet[tuple[int, int]]
    #: Of these, those that have a value in what the older code writes.
    derived: AbstractSet[tuple[int, int]] = frozenset()
    #: By oid of the constraint or index.
    steps: dict[int, Step] = field(default_factory=dict)
    #: Names of those that rest and that the newer code's ON CONFLICT may need.
    arbiters: list[str] = field(default_factory=list)
    #: What an unnamed one was found to be: not what an older one of the same columns is.
    _taken: set[int] = field(default_factory=set)

    def ordered(self) -> tuple[Step, ...]:
        """Foreign keys first: others may be what they rest on."""
        steps = self.steps.values()
        return (*(s for s in steps if s.other), *(s for s in steps if not s.other))

    def release_added(self, table: Table, change: Change, columns: tuple[int, ...]) -> None:
        """A constraint that a migration added; a named one that is gone hinders nobody."""
        kind = KINDS[change.kind]
        found = [
            one
            for one in table.constraints
            if one.kind == kind
            and (
                one.name == change.name
                if change.name
                else kind == "x" or set(one.columns) == set(columns)
            )
        ]
        if found := self._newest(found):
            self._release(table, found[0])
        elif not change.name:
            raise not_found(table, change)

    def _newest[Found: (Constraint, Index)](self, found: list[Found]) -> list[Found]:
        """The walk is from the newest migration to the oldest, and so are they taken."""
        left = sorted((o for o in found if o.oid not in self._taken), key=lambda one: -one.oid)
        self._taken |= {one.oid for one in left[:1]}
        return left[:1]

    def release_column(self, table: Table, column: Column) -> None:
        """Whatever a new column brought with it."""
        for constraint in table.constraints:
            if column.number in constraint.columns:
                self._release(table, constraint)
        for index in table.indexes:
            if column.number in index.columns and index.is_unique and not index.constraint:
                self._release_index(table, index)

    def release_references(self, table: Table) -> None:
        for constraint in table.constraints:
            if constraint.kind == "f" and constraint.references not in self.new_tables:
                self._drop(table, constraint)

    def release_index(self, table: Table, change: Change, columns: tuple[int, ...]) -> None:
        found = [
            one
            for one in table.indexes
            if (one.name == change.name if change.name else one.columns == columns)
            and (one.is_unique or change.kind == "expression_index")
        ]
        if found := self._newest(found):
            self._release_index(table, found[0])
        elif not change.name:
            raise not_found(table, change)

    def _release(self, table: Table, constraint: Constraint) -> None:
        match constraint.kind:
            case "p":
                raise Unfit(
                    Code.UNSUPPORTED, f"{table.called} has a new primary key.", NO_WAY_FORWARD
                )
            case "f" if constraint.references in self.new_tables and self._all_empty(
                table, constraint.columns
            ):
                return
            case "u" | "x" if self._has_empty(table, constraint):
                return
            case "c" | "f" | "u" | "x":
                self._drop(table, constraint)

    def _has_empty(self, table: Table, constraint: Constraint) -> bool:
        """Rows that the older code writes have no value in it, and so conflict with none."""
        index = next((one for one in table.indexes if one.oid == constraint.index), None)
        if index is None or index.nulls_conflict:
            return False
        return any(self._is_empty(table, number) for number in constraint.columns)

    def _all_empty(self, table: Table, columns: tuple[int, ...]) -> bool:
        return all(self._is_empty(table, number) for number in columns)

    def _is_empty(self, table: Table, number: int) -> bool:
        if (table.oid, number) not in self.new_columns or (table.oid, number) in self.derived:
            return False
        return not table.column(number).fills_itself

    def _release_index(self, table: Table, index: Index) -> None:
        if index.constraint:
            self._release(table, next(c for c in table.constraints if c.oid == index.constraint))
            return
        empty = any(self._is_empty(table, number) for number in index.columns if number)
        if index.is_unique and empty and not index.nulls_conflict:
            return
        self._drop_resting(index.oid)
        self._must_come_back(table, "an index")
        if index.is_unique:
            self.arbiters.append(index.name)
        self.steps[index.oid] = Step(
            Do.DROP_INDEX,
            table.oid,
            f"DROP INDEX {quote(table.schema, index.name)}",
            f"index {index.name} of {table.called} rests",
            name=index.name,
            index=index.definition,
        )

    def _drop(self, table: Table, constraint: Constraint) -> None:
        if constraint.is_inherited or constraint.oid in self.steps:
            return
        if constraint.kind != "c":
            self._must_come_back(table, "a key")
        if constraint.kind == "x" and table.rows > MAX_SCANNED_ROWS:
            raise Unfit(
                Code.BUDGET,
                f"{constraint.name} would come back only with {table.called} locked for long.",
                NO_WAY_FORWARD,
            )
        if constraint.kind in "ux":
            if not constraint.timing:  # ON CONFLICT takes no deferrable one
                self.arbiters.append(constraint.name)
            self._drop_resting(constraint.index)
        indexes = {one.oid: one.definition for one in table.indexes}
        self.steps[constraint.oid] = Step(
            Do.DROP_CONSTRAINT,
            table.oid,
            f"ALTER TABLE {table.sql} DROP CONSTRAINT {quote(constraint.name)}",
            f"{constraint.name} of {table.called} rests",
            name=constraint.name,
            before=constraint.definition,
            index=indexes.get(constraint.index, "") if constraint.kind == "u" else "",
            timing=constraint.timing,
            other=constraint.references,
        )

    def _drop_resting(self, index: int) -> None:
        """Foreign keys that point to a key which goes."""
        for table in self.catalogue:
            for one in table.constraints:
                if one.kind == "f" and one.index == index:
                    self._drop(table, one)

    def _must_come_back(self, table: Table, what: str) -> None:
        if table.kind == "p":
            raise Unfit(
                Code.UNSUPPORTED,
                f"{what} of the partitioned {table.called} would come back only under a long lock.",
                NO_WAY_FORWARD,
            )


def not_found(table: Table, change: Change) -> Unfit:
    """It may be there and hinder the older code, and cannot be told from others."""
    return Unfit(
        Code.UNSUPPORTED,
        f"what line {change.line} added to {table.called} without a name cannot be found.",
        "Name constraints and indexes in migrations. " + NO_WAY_FORWARD,
    )
