"""Rows and values of the newer code that point to what the older code removed meanwhile.

They are moved aside, whole and typed, before the foreign key is proved; what hangs on such a row
goes with it. Only what the older code never knew is moved: anything else contradicts. Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lib.schema.models import Catalogue, Table, quote
from lib.schema.statements import names

DEEPEST = 6


@dataclass(frozen=True, slots=True)
class ForeignKey:
    table: Table
    name: str
    columns: tuple[str, ...]
    target: Table
    target_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Aside:
    """`move`: one statement that moves, and returns how many rows it kept."""

    table: Table
    constraint: str
    kept_in: str
    create: str
    move: str
    what: str


class Contradiction(Exception):
    """Rows that the older code knows point to nothing."""

    def __init__(self, table: Table, condition: str) -> None:
        super().__init__(table.called)
        self.table = table
        self.condition = condition


def read(catalogue: Catalogue, table: Table, name: str, definition: str) -> ForeignKey:
    """From the definition that the server wrote, names qualified."""
    import pgparse  # noqa: PLC0415 - as in statements.py

    parsed: list[Any] = pgparse.parse(f"ALTER TABLE x ADD {definition}")
    command = parsed[0]["stmt"]["AlterTableStmt"]["cmds"][0]["AlterTableCmd"]
    node = command["def"]["Constraint"]
    schema, target = node["pktable"]["schemaname"], node["pktable"]["relname"]
    return ForeignKey(
        table,
        name,
        names(node["fk_attrs"]),
        next(one for one in catalogue if (one.schema, one.name) == (schema, target)),
        names(node["pk_attrs"]),
    )


@dataclass(frozen=True, slots=True)
class Orphans:
    catalogue: Catalogue
    new_tables: frozenset[int]
    new_columns: frozenset[tuple[int, int]]
    #: Begins the name of each table that something is kept in.
    prefix: str

    def of(self, key: ForeignKey, number: int) -> Iterator[Aside]:
        """What is to move, dependents first. Raises Contradiction where it may not be moved."""
        yield from self._aside(key, points_to_nothing(key, "t0"), f"{self.prefix}_{number}", 0)

    def _aside(self, key: ForeignKey, where: str, kept_in: str, depth: int) -> Iterator[Aside]:
        table = key.table
        if table.oid in self.new_tables and depth < DEEPEST:
            for index, below in enumerate(self._pointing_to(table)):
                joined = " AND ".join(
                    f"t{depth + 1}.{quote(ours)} = t{depth}.{quote(theirs)}"
                    for ours, theirs in zip(below.columns, below.target_columns, strict=True)
                )
                inner = f"EXISTS (SELECT FROM {table.sql} t{depth} WHERE {joined} AND {where})"
                yield from self._aside(below, inner, f"{kept_in}_{index}", depth + 1)
            yield self._rows(key, where, kept_in, depth)
        elif self._may_be_emptied(key):
            yield self._values(key, where, kept_in, depth)
        else:
            raise Contradiction(table, where.replace(f"t{depth}.", "t0."))

    def _pointing_to(self, table: Table) -> Iterator[ForeignKey]:
        for other in self.catalogue:
            for one in other.constraints:
                if one.kind == "f" and one.references == table.oid and not one.is_inherited:
                    yield read(self.catalogue, other, one.name, one.definition)

    def _may_be_emptied(self, key: ForeignKey) -> bool:
        columns = [column for column in key.table.columns if column.name in key.columns]
        return all(
            (key.table.oid, column.number) in self.new_columns and not column.not_null
            for column in columns
        )

    def _rows(self, key: ForeignKey, where: str, kept_in: str, depth: int) -> Aside:
        kept = quote("_rollback", kept_in)
        return Aside(
            key.table,
            key.name,
            kept_in,
            f"CREATE TABLE IF NOT EXISTS {kept} AS TABLE {key.table.sql} WITH NO DATA",
            f"WITH gone AS (DELETE FROM ONLY {key.table.sql} t{depth} WHERE {where}"
            f" RETURNING t{depth}.*), kept AS (INSERT INTO {kept} SELECT * FROM gone RETURNING 1)"
            " SELECT count(*) AS rows FROM kept",
            "rows",
        )

    def _values(self, key: ForeignKey, where: str, kept_in: str, depth: int) -> Aside:
        """The whole row is kept as it was; in its place the columns of the key become empty."""
        kept, table = quote("_rollback", kept_in), key.table
        empty = ", ".join(f"{quote(name)} = NULL" for name in key.columns)
        return Aside(
            table,
            key.name,
            kept_in,
            f"CREATE TABLE IF NOT EXISTS {kept} AS TABLE {table.sql} WITH NO DATA",
            f"WITH kept AS (INSERT INTO {kept} SELECT t{depth}.* FROM ONLY {table.sql} t{depth}"
            f" WHERE {where} RETURNING 1), emptied AS (UPDATE ONLY {table.sql} t{depth} SET {empty}"
            f" WHERE {where} RETURNING 1) SELECT (SELECT count(*) FROM kept) AS rows,"
            " (SELECT count(*) FROM emptied) AS emptied",
            "values",
        )


def points_to_nothing(key: ForeignKey, alias: str) -> str:
    filled = " AND ".join(f"{alias}.{quote(name)} IS NOT NULL" for name in key.columns)
    same = " AND ".join(
        f"target.{quote(theirs)} = {alias}.{quote(ours)}"
        for ours, theirs in zip(key.columns, key.target_columns, strict=True)
    )
    return f"{filled} AND NOT EXISTS (SELECT FROM {key.target.sql} target WHERE {same})"
