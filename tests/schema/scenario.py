"""Random apps: a schema, migrations of a newer release, and what both releases' code writes.

Everything is made of small numbers, so that a failing example shrinks. A change that the server
itself refuses on the rows that are there is left out.
"""

from dataclasses import dataclass, field
from typing import Any

import psycopg
from hypothesis import strategies as st

from lib.schema.models import quote

#: Name -> SQL type and the n-th value of it.
TYPES: dict[str, tuple[str, str]] = {
    "int": ("int", "{n}"),
    "text": ("text", "'t{n}'"),
    "odd text": ("text", "E'\\\\\\'\\n{n} ü'"),
    "varchar": ("varchar(20)", "'v{n}'"),
    "numeric": ("numeric(8,2)", "{n}.50"),
    "float": ("float8", "-0.1e{n}"),
    "timestamptz": ("timestamptz", "'2026-01-01 00:00:0{n}+02'"),
    "date": ("date", "'2026-02-1{n}'"),
    "bool": ("boolean", "{n} > 4"),
    "json": ("json", '\'{{"b": {n},  "a": -0}}\''),
    "jsonb": ("jsonb", "'[{n}]'"),
    "uuid": ("uuid", "'00000000-0000-0000-0000-00000000000{n}'"),
    "array": ("int[]", "'[0:1]={{{n},NULL}}'"),
    "bytea": ("bytea", "'\\x0{n}'"),
    "enum": ("mood", "CASE WHEN {n} > 4 THEN 'good'::mood ELSE 'bad' END"),
    "domain": ("short", "'s{n}'"),
}
KINDS = tuple(TYPES)
#: A newer column may hold another's values as text.
AS_TEXT = ("int", "numeric", "date", "bool", "enum", "uuid")
TYPES |= {
    f"text of {kind}": ("text", f"CAST({TYPES[kind][1]} AS {TYPES[kind][0]})::text")
    for kind in AS_TEXT
}
#: Have no equality: cannot be unique.
INCOMPARABLE = {"json"}
NAMES = ("guests", 'Odd "table"', "select", "Çafé", "t$1")
COLUMNS = ("a", 'b "q"', "user", "Ünï", "e", "f", "g", "h", "i", "j")
ON_DELETE = ("NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT")
PREPARED = """
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN short AS text CHECK (length(VALUE) < 30);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
"""

small = st.integers(0, 9)


@dataclass(frozen=True)
class ColumnSpec:
    kind: str
    extra: int  #: nothing, NOT NULL, DEFAULT, both, UNIQUE, CHECK

    def sql(self, name: str, n: int = 1) -> str:
        of, value = TYPES[self.kind]
        value = value.format(n=n)
        extra = ("", "NOT NULL", f"DEFAULT {value}", f"NOT NULL DEFAULT {value}", "UNIQUE")
        if self.extra == 5 and self.kind not in INCOMPARABLE:
            return f"{quote(name)} {of} CHECK ({quote(name)} IS DISTINCT FROM {value})"
        chosen = extra[self.extra % 5]
        if chosen == "UNIQUE" and self.kind in INCOMPARABLE:
            chosen = ""
        return f"{quote(name)} {of} {chosen}"


@dataclass(frozen=True)
class TableSpec:
    columns: list[ColumnSpec]
    #: none; a trigger; a view; an index that computes; partitions
    extra: int
    has_key: bool
    #: A foreign key to the first table, and what a delete there does.
    points: int


@dataclass(frozen=True)
class Scenario:
    tables: list[TableSpec]
    #: What, in which table, which column, of which type, and one more number.
    changes: list[tuple[str, int, int, str, int]]
    #: Which code, what, in which table, which column, which value.
    before: list[tuple[bool, str, int, int, int]]
    between: list[tuple[bool, str, int, int, int]]


CHANGES = (
    "add column",
    "add required",
    "add unique column",
    "add pointing column",
    "add computed column",
    "create table",
    "add check",
    "add unique",
    "add unique index",
    "add foreign key",
    "set not null",
    "drop not null",
    "drop default",
    "set default",
    "rename column",
    "rename table",
    "reuse column name",
    "reuse table name",
    "create trigger",
    "create index",
    "narrow",
    "widen",
    "exclude",
    "drop column",
    "derive column",
    "derive column",
    "map values",
    "bring rows",
    "change type",
)
#: Of the newer code: may name what is new. Of the older: what there was.
WRITES = ("insert", "insert", "update", "update", "delete", "few", "read")

columns = st.builds(ColumnSpec, st.sampled_from(KINDS), st.integers(0, 5))
tables = st.builds(
    TableSpec,
    st.lists(columns, min_size=1, max_size=4),
    st.integers(0, 4),
    st.booleans(),
    st.integers(0, 5),
)
changes = st.tuples(st.sampled_from(CHANGES), small, small, st.sampled_from(KINDS), small)
writes = st.tuples(st.booleans(), st.sampled_from(WRITES), small, small, small)
scenarios = st.builds(
    Scenario,
    st.lists(tables, min_size=1, max_size=3),
    st.lists(changes, min_size=1, max_size=4),
    st.lists(writes, max_size=8),
    st.lists(writes, min_size=2, max_size=10),
)


@dataclass
class Seen:
    """A table as one release's code knows it: names, and how to write a value."""

    name: str
    columns: dict[str, str] = field(default_factory=dict)  #: name -> kind
    required: set[str] = field(default_factory=set)

    def copy(self) -> "Seen":
        return Seen(self.name, dict(self.columns), set(self.required))


@dataclass
class App:
    """Makes the statements. `row` numbers rows, so that values that must differ do."""

    scenario: Scenario
    old: list[Seen] = field(default_factory=list)
    new: list[Seen] = field(default_factory=list)
    row: int = 0
    made: int = 0
    #: Of the last change.
    down: str = ""

    def create(self) -> str:
        parts = [PREPARED]
        for number, spec in enumerate(self.scenario.tables):
            seen = Seen(NAMES[number])
            lines = ["rid int PRIMARY KEY" if spec.has_key or number == 0 else "rid int NOT NULL"]
            for index, column in enumerate(spec.columns):
                seen.columns[COLUMNS[index]] = column.kind
                if column.extra == 1:
                    seen.required.add(COLUMNS[index])
                lines.append(column.sql(COLUMNS[index]))
            if number and spec.points < len(ON_DELETE):
                action = ON_DELETE[spec.points]
                lines.append(f"ref int REFERENCES {quote(NAMES[0])} ON DELETE {action}")
                seen.columns["ref"] = "int"
            name = quote(seen.name)
            rest = ""
            if spec.extra == 4 and number and not spec.has_key and self._may_be_parted(spec):
                rest = f" PARTITION BY RANGE (rid); CREATE TABLE p{number}a PARTITION OF {name}"
                rest += " FOR VALUES FROM (0) TO (5); "
                rest += f"CREATE TABLE p{number}b PARTITION OF {name} DEFAULT"
            parts.append(f"CREATE TABLE {name} ({', '.join(lines)}){rest}")
            if spec.extra == 1:
                parts.append(
                    f"CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON {name}"
                    " FOR EACH ROW EXECUTE FUNCTION touch()"
                )
            elif spec.extra == 2:
                parts.append(f"CREATE VIEW seen{number} AS SELECT rid FROM {name}")
            elif spec.extra == 3:
                parts.append(f"CREATE INDEX ON {name} ((rid + 1)) WHERE rid > 3")
            self.old.append(seen)
        self.new = [seen.copy() for seen in self.old]
        return ";\n".join(parts)

    @staticmethod
    def _may_be_parted(spec: TableSpec) -> bool:
        return all(column.extra != 4 for column in spec.columns)

    def change(self, change: tuple[str, int, int, str, int]) -> str:
        """The statements of one change, for the newer code's names; "": not here."""
        what, at, which, kind, n = change
        seen = self.new[at % len(self.new)]
        named = list(seen.columns)
        column = named[which % len(named)] if named else ""
        table, of, value = quote(seen.name), *TYPES[kind]
        value = value.format(n=n)
        self.made += 1
        self.down = ""
        fresh = f"new {self.made}"
        alter = f"ALTER TABLE {table}"
        match what:
            case "derive column" | "map values" | "change type" if column:
                return self._values(what, seen, column, fresh, n)
            case "bring rows":
                rid = 1000 + self.made
                self.down = f"DELETE FROM {table} WHERE rid = {rid}"
                names = [c for c in named if c in seen.required]
                values = [TYPES[seen.columns[c]][1].format(n=n) for c in names]
                into = ", ".join(["rid", *map(quote, names)])
                return f"INSERT INTO {table} ({into}) VALUES ({', '.join([str(rid), *values])})"
            case "add column":
                seen.columns[fresh] = kind
                extra = ("", f"DEFAULT {value}", f"NOT NULL DEFAULT {value}")[n % 3]
                return f"{alter} ADD COLUMN {quote(fresh)} {of} {extra}"
            case "add required":
                seen.columns[fresh] = kind
                seen.required.add(fresh)
                return (
                    f"{alter} ADD COLUMN {quote(fresh)} {of};"
                    f" UPDATE {table} SET {quote(fresh)} = {value};"
                    f" {alter} ALTER COLUMN {quote(fresh)} SET NOT NULL"
                )
            case "add unique column" if kind not in INCOMPARABLE:
                seen.columns[fresh] = kind
                return f"{alter} ADD COLUMN {quote(fresh)} {of} UNIQUE"
            case "add pointing column":
                seen.columns[fresh] = "int"
                target, action = quote(self.new[0].name), ON_DELETE[n % len(ON_DELETE)]
                return (
                    f"{alter} ADD COLUMN {quote(fresh)} int REFERENCES {target} ON DELETE {action}"
                )
            case "add computed column":
                extra = ("GENERATED ALWAYS AS IDENTITY", "GENERATED ALWAYS AS (rid || '!') STORED")
                chosen = extra[n % 2].replace("rid", "lower('x')")
                return f"{alter} ADD COLUMN {quote(fresh)} {('int', 'text')[n % 2]} {chosen}"
            case "create table":
                action, target = ON_DELETE[n % len(ON_DELETE)], quote(seen.name)
                made = Seen(fresh, {"ref": "int", "c": kind})
                if n % 2:
                    made.required.add("c")
                self.new.append(made)
                required = "NOT NULL" if n % 2 else ""
                return (
                    f"CREATE TABLE {quote(fresh)} (rid int PRIMARY KEY,"
                    f" ref int REFERENCES {target} ON DELETE {action}, c {of} {required})"
                )
            case "add check" if column and kind not in INCOMPARABLE:
                of, value = TYPES[seen.columns[column]]
                if seen.columns[column] in INCOMPARABLE:
                    return ""
                return (
                    f"{alter} ADD CONSTRAINT {quote('check ' + fresh)}"
                    f" CHECK ({quote(column)} IS DISTINCT FROM {value.format(n=n)})"
                )
            case "add unique" if column and seen.columns[column] not in INCOMPARABLE:
                timing = ("", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED")[n % 3]
                return f"{alter} ADD UNIQUE ({quote(column)}) {timing}"
            case "add unique index" if column and seen.columns[column] not in INCOMPARABLE:
                where = ("", "WHERE rid > 2", "NULLS NOT DISTINCT")[n % 3]
                return f"CREATE UNIQUE INDEX ON {table} ({quote(column)}, (rid % 3)) {where}"
            case "add foreign key" if column and seen.columns[column] == "int":
                target, action = quote(self.new[0].name), ON_DELETE[n % len(ON_DELETE)]
                late = "NOT VALID" if n % 2 else ""
                return (
                    f"{alter} ADD FOREIGN KEY ({quote(column)}) REFERENCES {target}"
                    f" ON DELETE {action} {late}"
                )
            case "set not null" if column:
                seen.required.add(column)
                return f"{alter} ALTER COLUMN {quote(column)} SET NOT NULL"
            case "drop not null" if column:
                return f"{alter} ALTER COLUMN {quote(column)} DROP NOT NULL"
            case "drop default" if column:
                return f"{alter} ALTER COLUMN {quote(column)} DROP DEFAULT"
            case "set default" if column:
                value = TYPES[seen.columns[column]][1].format(n=n)
                return f"{alter} ALTER COLUMN {quote(column)} SET DEFAULT {value}"
            case "rename column" | "reuse column name" if column:
                seen.columns[fresh] = seen.columns.pop(column)
                if column in seen.required:
                    seen.required ^= {column, fresh}
                rename = f"{alter} RENAME COLUMN {quote(column)} TO {quote(fresh)}"
                if what == "rename column":
                    return rename
                seen.columns[column] = kind
                return f"{rename}; {alter} ADD COLUMN {quote(column)} {of}"
            case "rename table" | "reuse table name":
                seen.name, had = fresh, seen.name
                rename = f"{alter} RENAME TO {quote(fresh)}"
                if what == "rename table":
                    return rename
                self.new.append(Seen(had, {"c": kind}))
                return f"{rename}; CREATE TABLE {quote(had)} (rid int PRIMARY KEY, c {of})"
            case "create trigger":
                return (
                    f"CREATE TRIGGER {quote(fresh)} BEFORE INSERT OR DELETE ON {table}"
                    f" FOR EACH ROW EXECUTE FUNCTION touch()"
                )
            case "create index":
                return f"CREATE INDEX ON {table} (rid, {quote(column or 'rid')})"
            case "narrow" if column and seen.columns[column] in ("text", "odd text"):
                return f"{alter} ALTER COLUMN {quote(column)} TYPE varchar(9)"
            case "widen" if column and seen.columns[column] == "varchar":
                return f"{alter} ALTER COLUMN {quote(column)} TYPE text"
            case "exclude":
                return f"{alter} ADD EXCLUDE USING btree (rid WITH =)"
            case "drop column" if column and n == 0:
                del seen.columns[column]
                seen.required.discard(column)
                return f"{alter} DROP COLUMN {quote(column)}"
        return ""

    def _values(self, what: str, seen: Seen, column: str, fresh: str, n: int) -> str:
        """A change that moves or converts values, with its down part."""
        kind, table = seen.columns[column], quote(seen.name)
        of, value = TYPES[kind]
        had, alter = quote(column), f"ALTER TABLE {table}"
        to_text = kind in AS_TEXT and n % 2 == 0
        if what == "map values":
            one, other = value.format(n=n), value.format(n=(n + 3) % 10)
            self.down = f"UPDATE {table} SET {had} = {one} WHERE {had} = {other}"
            return f"UPDATE {table} SET {had} = {other} WHERE {had} = {one}"
        if what == "change type":
            if kind not in AS_TEXT:
                return ""
            seen.columns[column] = f"text of {kind}"
            self.down = f"{alter} ALTER COLUMN {had} TYPE {of} USING {had}::{of}"
            return f"{alter} ALTER COLUMN {had} TYPE text USING {had}::text"
        seen.columns[fresh] = f"text of {kind}" if to_text else kind
        new, cast = quote(fresh), "::text" if to_text else ""
        self.down = f"UPDATE {table} SET {had} = {new}{f'::{of}' if to_text else ''}"
        up = f"{alter} ADD COLUMN {new} {'text' if to_text else of};"
        up += f" UPDATE {table} SET {new} = {had}{cast} WHERE {new} IS NULL"
        if column in seen.required and n % 3 == 0:
            seen.required.add(fresh)
            up += f"; {alter} ALTER COLUMN {new} SET NOT NULL"
        return up

    def write(self, write: tuple[bool, str, int, int, int], *, new: bool) -> str:
        _, what, at, which, n = write
        known = self.new if new else self.old
        seen = known[at % len(known)]
        table, names = quote(seen.name), list(seen.columns)
        column = names[which % len(names)] if names else ""
        self.row += 1
        match what:
            case "insert" | "few":
                chosen = [c for c in names if what == "insert" or c in seen.required]
                values = [
                    TYPES[seen.columns[c]][1].format(n=(n + index) % 10)
                    for index, c in enumerate(chosen)
                ]
                into = ", ".join(["rid", *map(quote, chosen)])
                return (
                    f"INSERT INTO {table} ({into}) VALUES ({', '.join([str(self.row), *values])})"
                )
            case "update" if column:
                value = TYPES[seen.columns[column]][1].format(n=n)
                empty = n == 0 and column not in seen.required
                return (
                    f"UPDATE {table} SET {quote(column)} = {'NULL' if empty else value}"
                    f" WHERE rid % 4 = {which % 4}"
                )
            case "delete":
                return f"DELETE FROM {table} WHERE rid % 5 = {n % 5}"
        everything = ", ".join(["rid", *map(quote, names)])
        return f"SELECT {everything} FROM {table}"


def try_to(connection: psycopg.Connection[Any], statement: str) -> psycopg.Error | None:
    """In a transaction of its own; what the server said against it."""
    try:
        with connection.transaction():
            connection.execute(statement)
    except psycopg.Error as error:
        return error
    return None
