"""A column whose type a release changed, given back to the older code in its own type.

The newer code's column goes aside with its values; a column of the older type takes its name, and
is filled from it as the down part says. Both are kept in step while the older code is live. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lib.schema import expressions, statements, types
from lib.schema.counted import COUNT, NOTE, block
from lib.schema.expressions import Node
from lib.schema.in_step import Group, Side
from lib.schema.models import (
    Catalogue,
    Code,
    Column,
    Do,
    Step,
    Table,
    quote,
)
from lib.schema.past import same_column
from lib.schema.rendering import NotSimple, render
from lib.schema.statements import Change
from lib.schema.unfit import Unfit, unproven
from lib.schema.updates import Assignment, Reader, Update, called
from lib.schema.walk import Met

#: All of the table's rows are written, while nobody else reads or writes it.
MAX_ROWS = 1_000_000
MAX_BYTES = 600_000_000
CHOOSE = "Choose another version, or fix forward."


@dataclass(frozen=True, slots=True)
class Known:
    """The column as the older code knows it."""

    name: str
    type: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Retyping:
    """`column`: of the newer type."""

    table: Table
    column: Column
    known: Known
    older: Update
    newer: Update

    @property
    def number(self) -> int:
        """Of the older code's column, which has none yet: nobody else's number."""
        return -self.column.number

    @property
    def group(self) -> Group:
        made = Column(self.number, self.known.name, self.known.type, default=self.known.default)
        both = replace(self.table, columns=(*self.table.columns, made))
        return Group(
            both,
            Side((self.number,), ((self.older, self.older.assignments[0]),)),
            Side((self.column.number,), ((self.newer, self.newer.assignments[0]),)),
        )

    def step(self, here: str, names: Mapping[int, str], path: Sequence[str]) -> Step:
        """Once the newer column is aside. Nothing is overwritten: rows are counted, not kept.

        `path`: the schemas in which the authors' types are found.
        """
        name = quote(self.known.name)
        value = render(self.older.assignments[0].value, called(self.older.scope, names, ""))
        default = ""
        if self.known.default is not None:
            default = f"ALTER TABLE {here} ALTER COLUMN {name} SET DEFAULT {self.known.default};\n"
        return Step(
            Do.RETYPE,
            self.table.oid,
            block(
                path,
                f"UPDATE {here} SET {name} = {value};\n  {COUNT}\n  {NOTE}",
                first=f"ALTER TABLE {here} ADD COLUMN {name} {self.known.type};\n{default}",
            ),
            f"{self.table.called}.{self.known.name} is {self.known.type} again, with what the"
            " newer code wrote",
            name=self.known.name,
            before=here,
        )


def retyping(reader: Reader, met: Met, known: Known, down: str | None) -> Retyping:
    """Raises Unfit where nobody can tell how one type follows from the other."""
    table = reader.catalogue.table(met.table)
    column = table.column(met.column)
    check(reader.catalogue, table, column)
    change = met.change
    back = next((c for c in downs(down) if c.kind == "retype" and same_column(c, change)), None)
    if change.value is not None and back is None:
        raise unproven(met)
    scope = dict(met.scope) | {change.column: column.number}
    older = back.value if back and back.value else cast(change.column, types.base(known.type))
    newer = change.value or cast(change.column, types.base(change.to))
    try:
        return Retyping(
            table,
            column,
            known,
            follows(reader, met, -column.number, older, scope),
            follows(reader, met, column.number, newer, scope | {change.column: -column.number}),
        )
    except NotSimple as reason:
        raise Unfit(
            Code.UNSUPPORTED,
            f"how {met.version} converts {table.called}.{column.name} cannot be derived: it"
            f" {reason} (line {change.line}).",
            "Convert with functions of PostgreSQL and the row's own columns only. " + CHOOSE,
        ) from None


def follows(reader: Reader, met: Met, column: int, value: Node, scope: Mapping[str, int]) -> Update:
    reader.check_value(value)
    reader.reads(met, value)
    reads = frozenset(scope[name] for name in expressions.columns(value))
    assignment = Assignment(column, value, reads, is_touch=False)
    return Update(met.version, met.table, (assignment,), (), scope)


def check(catalogue: Catalogue, table: Table, column: Column) -> None:
    if not catalogue.is_whole(table):
        raise Unfit(
            Code.UNSUPPORTED,
            f"{table.called} is partitioned or inherits: the type of {column.name} stays.",
            CHOOSE,
        )
    keys = [one.columns for one in table.constraints if one.kind in "pfux"]
    keys += [one.columns for one in table.indexes if one.is_unique]
    if any(column.number in key for key in keys) or points_to(catalogue, table, column):
        raise Unfit(
            Code.UNSUPPORTED,
            f"{table.called}.{column.name} is part of a key, and its type stays.",
            CHOOSE,
        )
    if column.has_grants:
        raise Unfit(
            Code.UNSUPPORTED,
            f"roles have rights on {table.called}.{column.name} alone, and a column of the older"
            " type would not have them.",
            CHOOSE,
        )
    if table.rows > MAX_ROWS or table.size_bytes > MAX_BYTES:
        raise Unfit(
            Code.BUDGET,
            f"{table.called} has about {table.rows} rows, which would all be written for the type"
            f" of {column.name}.",
            CHOOSE,
        )


def points_to(catalogue: Catalogue, table: Table, column: Column) -> bool:
    keys = {one.oid for one in table.indexes if column.number in one.columns}
    return any(
        one.index in keys for other in catalogue for one in other.constraints if one.kind == "f"
    )


def downs(text: str | None) -> tuple[Change, ...]:
    return statements.read(text or "").changes


def cast(column: str, to: str) -> Node:
    import pgparse  # noqa: PLC0415 - as in statements.py

    (parsed,) = pgparse.parse(f"SELECT CAST({quote(column)} AS {to})")
    (target,) = parsed["stmt"]["SelectStmt"]["targetList"]
    found: Node = target["ResTarget"]["val"]
    return found
