"""The trigger that keeps two releases' columns in step: what one code writes, the other reads.

It does for each row that is written what the migration's own UPDATEs do for all of them. Who
wrote is told by which columns changed; who writes both means both. Last writer wins; what the other
side could not have seen is kept in `_rollback.conflicts`, and so is what cannot be converted: a
write never fails because of it. Pure.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lib.schema import expressions, types
from lib.schema.expressions import Node
from lib.schema.models import RUN, RUN_ID, Catalogue, Column, Table, literal, quote
from lib.schema.rendering import Called, render
from lib.schema.undo import CHECK
from lib.schema.updates import Assignment, Update, called

#: From this version on the server says whether a text is a value of a type, without an error.
ASKS_INPUT = 160_000
#: Equal only where a reader sees the same, by an operator that nobody can make a closer one of.
EXACT = frozenset(
    ["smallint", "integer", "bigint", "numeric", "real", "double precision", "boolean", "uuid"]
).union(["date", "time", "timestamp", "timestamptz", "bytea", "jsonb"])
#: In a column's default: what is between quotes, and names of functions.
QUOTED, CALLED = re.compile(r"'(?:[^']|'')*'"), re.compile(r'(\w+)"?\(')
TEXTS = frozenset(["text", "varchar"])
#: What one statement says of one column.
Told = tuple[Update, Assignment]


@dataclass(frozen=True, slots=True)
class Side:
    """One release's columns of a group, and how they follow from the other's, in order."""

    columns: tuple[int, ...]
    updates: tuple[Told, ...]


@dataclass(slots=True)
class Group:
    """Columns that are in step. `newer` follows from `older` by up texts, `older` by down texts."""

    table: Table
    older: Side
    newer: Side

    @property
    def named(self) -> set[int]:
        """Every column that the function names: none of them may be renamed under it."""
        asked = {
            update.scope[name]
            for side in (self.older, self.newer)
            for update, _ in side.updates
            for one in update.conditions()
            for name in expressions.columns(one)
        }
        return {*self.older.columns, *self.newer.columns, *asked}

    @property
    def is_two_way(self) -> bool:
        return bool(self.older.updates)


@dataclass(slots=True)
class Writer:
    """Of one trigger function. `names`: the columns as they will be called.

    `required`: those that are NOT NULL while it stands; `relaxed`: those that are not, and are for
    the newer code: a row without them is the older's.
    """

    catalogue: Catalogue
    table: Table
    names: Mapping[int, str]
    required: frozenset[int]
    relaxed: frozenset[int]
    variables: dict[str, str] = field(default_factory=dict)
    #: Every expression over `new` and `old`, to be tried before any row meets it.
    tried: list[str] = field(default_factory=list)

    def group(self, group: Group) -> Iterator[str]:
        missing = [
            f"{self._of('new', self.table.column(number))} IS NULL"
            for number in group.newer.columns
            if number in self.relaxed
        ]
        yield f"older_wrote := {self._wrote(group.older, missing)};"
        yield f"newer_wrote := {self._wrote(group.newer)};"
        yield "IF older_wrote AND NOT newer_wrote THEN"
        yield from self._follow(group, group.newer, group.older, "older")
        if group.is_two_way:
            yield "ELSIF newer_wrote AND NOT older_wrote THEN"
            yield from self._follow(group, group.older, group.newer, "newer")
        yield "END IF;"

    def _wrote(self, side: Side, missing: Sequence[str] = ()) -> str:
        """An INSERT says nothing of a column whose value is what it has by default.

        `missing`: what else says that it was this side's code.
        """
        if not side.columns:
            return "tg_op = 'INSERT'"
        columns = [self.table.column(number) for number in side.columns]
        given = [self._differ(one, "new", self._default(one)) for one in columns]
        inserted = " OR ".join([*given, *missing])
        updated = " OR ".join(self._differ(one, "new", self._of("old", one)) for one in columns)
        self.tried += [inserted, updated]
        return f"CASE WHEN tg_op = 'INSERT' THEN {inserted} ELSE {updated} END"

    def _default(self, column: Column) -> str:
        """What an INSERT that does not name it puts there; what no two calls agree on, or the app's
        own functions make, is taken as given.
        """
        called = CALLED.findall(QUOTED.sub("", column.default or ""))
        if {*called} & (self.catalogue.volatile | self.catalogue.functions):
            return "NULL"
        return f"CAST({column.default or 'NULL'} AS {column.type})"

    def _differ(self, column: Column, row: str, other: str) -> str:
        return f"{comparable(column, self._of(row, column))} IS DISTINCT FROM " + (
            comparable(column, other)
        )

    def _of(self, row: str, column: Column) -> str:
        return f"{row}.{quote(self.names[column.number])}"

    def _follow(self, group: Group, side: Side, source: Side, who: str) -> Iterator[str]:
        derived = list(dict.fromkeys(assignment.column for _, assignment in side.updates))
        for number in derived:
            updates = [one for one in side.updates if one[1].column == number]
            yield f"-- of what the {who} code wrote"
            yield from self._assign(group, updates, source, who)
        for number in side.columns:
            if number not in derived and group.is_two_way:
                yield self._note(number, source, who, "not_followed")

    def _assign(
        self, group: Group, updates: Sequence[Told], source: Side, who: str
    ) -> Iterator[str]:
        """`updates`: all of one column, in order."""
        column = self.table.column(updates[0][1].column)
        value = self._variable("value", column)
        if not group.is_two_way:
            yield from self._evaluate_all(updates, column, "old", "was")
            yield f"IF {self._was_in_step(column)} THEN"
        yield from self._evaluate_all(updates, column, "new", "value")
        yield from self._check(column)
        if any(update.conditions() for update, _ in updates):
            yield "IF NOT told THEN"
            noted = group.is_two_way and self._depends_on(source, updates)
            yield self._note(column.number, source, who, "not_followed") if noted else "NULL;"
            yield "ELSIF failed THEN"
        else:
            yield "IF failed THEN"
        yield self._note(column.number, source, who, "not_converted")
        if column.number in self.required:
            yield f"ELSIF {value} IS NULL THEN"
            yield self._note(column.number, source, who, "required")
        yield f"ELSIF {self._differ(column, 'new', value)} THEN"
        if group.is_two_way:
            yield from self._keep_superseded(updates, column, source, who)
        yield f"{self._of('new', column)} := {value};"
        yield "END IF;"
        if not group.is_two_way:
            yield "END IF;"

    def _check(self, column: Column) -> Iterator[str]:
        """What a check of the table does not allow is no value, either."""
        for check in self.table.constraints:
            found = CHECK.match(check.definition)
            # One of whole rows is left to the server.
            if found and column.number in check.columns and min(check.columns) > 0:
                row = {n: self._of("new", self.table.column(n)) for n in check.columns}
                self.tried.append(self._holds(found["expression"], row))
                row[column.number] = self._variable("value", column)
                yield "IF told AND NOT failed THEN"
                yield "BEGIN"
                yield f"failed := NOT {self._holds(found['expression'], row)};"
                yield "EXCEPTION WHEN others THEN"
                yield "failed := true;"
                yield "END;"
                yield "END IF;"

    def _holds(self, expression: str, row: Mapping[int, str]) -> str:
        """For the columns as the check's definition calls them."""
        named = (f"{sql} AS {quote(self.table.column(n).name)}" for n, sql in row.items())
        return f"(SELECT ({expression}) IS NOT FALSE FROM (SELECT {', '.join(named)}) AS checked)"

    def _depends_on(self, source: Side, updates: Sequence[Told]) -> bool:
        """What was written decides whether anything follows from it."""
        return any(
            update.scope[name] in source.columns
            for update, _ in updates
            for condition in update.conditions()
            for name in expressions.columns(condition)
        )

    def _was_in_step(self, column: Column) -> str:
        """What the newer code wrote of its own accord stays."""
        before = self._of("old", column)
        differs = self._differ(column, "old", self._variable("was", column))
        return (
            "(tg_op = 'INSERT' OR CASE WHEN told THEN"
            f" NOT (failed OR {differs}) ELSE {before} IS NULL END)"
        )

    def _keep_superseded(
        self, updates: Sequence[Told], column: Column, source: Side, who: str
    ) -> Iterator[str]:
        """It was not what the other side saw: the writer cannot have meant to replace it."""
        was = self._variable("was", column)
        yield f"IF tg_op = 'UPDATE' AND {self._of('old', column)} IS NOT NULL THEN"
        yield from self._evaluate_all(updates, column, "old", "was")
        yield f"IF NOT told OR failed OR {self._differ(column, 'old', was)} THEN"
        yield self._note(column.number, source, who, "superseded")
        yield "END IF;"
        yield "END IF;"

    def _evaluate_all(
        self, updates: Sequence[Told], column: Column, row: str, into: str
    ) -> Iterator[str]:
        """One after the other, as the statements ran. `told`: one of them is about the row."""
        yield f"told := {str(not all(one.conditions() for one, _ in updates)).lower()};"
        for update, assignment in updates:
            conditions = [render(one, self._row(update, row)) for one in update.conditions()]
            self.tried += conditions
            if conditions:
                yield f"IF ({' AND '.join(conditions)}) THEN"  # one may have a THEN of its own
                yield "told := true;"
            yield from self._evaluate(update, assignment, column, row, into)
            if conditions:
                yield "END IF;"

    def _evaluate(
        self, update: Update, assignment: Assignment, column: Column, row: str, into: str
    ) -> Iterator[str]:
        """Into a variable; `failed` where the row has no such value.

        Catching an error is a subtransaction for each row: not where none can come.
        """
        value = render(assignment.value, self._row(update, row))
        self.tried.append(value)
        assign = f"{self._variable(into, column)} := {value};"
        if cannot_fail(assignment.value, column):
            yield "failed := false;"
            yield assign
        elif (text := self._text_that_is_cast(assignment.value, update, column)) is not None:
            given = self._of(row, text)
            yield (
                f"failed := {given} IS NOT NULL AND NOT"
                f" pg_catalog.pg_input_is_valid({given}, {literal(column.type)});"
            )
            yield "IF NOT failed THEN"
            yield assign
            yield "END IF;"
        else:
            yield "BEGIN"
            yield "failed := false;"
            yield assign
            yield "EXCEPTION WHEN others THEN"
            yield "failed := true;"
            yield "END;"

    def _text_that_is_cast(self, value: Node, update: Update, column: Column) -> Column | None:
        if self.catalogue.server_version < ASKS_INPUT or not expressions.is_plain_cast(value):
            return None
        cast = value["TypeCast"]
        (name,) = expressions.columns(cast)
        source = self.table.column(update.scope[name])
        is_text = (types.parsed(source.type) or ("",))[0] in TEXTS
        same = types.is_same(expressions.type_name(cast["typeName"]), column.type)
        return source if is_text and same else None

    def _row(self, update: Update, row: str) -> Called:
        return called(update.scope, self.names, f"{row}.")

    def _variable(self, use: str, column: Column) -> str:
        name = f"{use}_{column.number}".replace("_-", "_of_older_")
        self.variables[name] = column.type
        return name

    def _note(self, number: int, source: Side, who: str, why: str) -> str:
        column = self.table.column(number)
        kept = self._of("old" if why == "superseded" else "new", column)
        written = [self._of("new", self.table.column(one)) + "::text" for one in source.columns]
        return (
            "INSERT INTO _rollback.conflicts (run_id, table_name, key, column_name, writer, why,"
            f" kept, written) VALUES ('{RUN_ID}', {literal(self.table.called)}, {self._key()},"
            f" {literal(column.name)}, '{who}', '{why}', {kept}::text,"
            f" pg_catalog.concat_ws(', ', {', '.join(written) or 'NULL'}));"
        )

    def _key(self) -> str:
        parts = [f"{literal(one.name)}, {self._of('new', one)}" for one in self.table.key]
        return f"pg_catalog.jsonb_build_object({', '.join(parts)})" if parts else "to_jsonb(new)"


def comparable(column: Column, sql: str) -> str:
    """For others than EXACT by what is read: json has no equality, to citext 'Ann' and 'ann' are
    one, and so are 30 days and a month; two columns may also have two collations.
    """
    is_exact = (types.parsed(column.type) or ("",))[0] in EXACT
    return sql if is_exact else f'({sql})::pg_catalog.text COLLATE pg_catalog."C"'


def cannot_fail(value: Node, column: Column) -> bool:
    parsed = types.parsed(column.type) or ("", (0,))
    return parsed[0] in TEXTS and not parsed[1] and expressions.never_fails(value)


def indented(lines: Iterable[str]) -> Iterator[str]:
    """As people write it: they read it in psql when something is wrong."""
    depth = 1
    for line in lines:
        closes = line.startswith(("END", "ELSIF", "EXCEPTION"))
        depth -= closes
        yield "  " * depth + line
        depth += line.endswith(("THEN", "BEGIN"))


def statements(writer: Writer, groups: Sequence[Group], here: str) -> str:
    """Function and triggers, as one text. `here`: the table as it will be called.

    What cannot be evaluated at all fails here, and not where somebody writes a row. A text is the
    same moment whichever time zone its writer's session has.
    """
    table, names = writer.table, writer.names
    lines = list(indented(line for group in groups for line in writer.group(group)))
    declared = "".join(f"\n  {name} {type_};" for name, type_ in sorted(writer.variables.items()))
    path = ", ".join(["pg_catalog", *map(quote, writer.catalogue.search_path), "pg_temp"])
    numbers = sorted({number for group in groups for number in group.named})
    changed = " OR ".join(
        f"{comparable(column, f'old.{quote(names[column.number])}')} IS DISTINCT FROM"
        f" {comparable(column, f'new.{quote(names[column.number])}')}"
        for column in (table.column(number) for number in numbers)
    )
    name, on = function(table.oid), f"ON {here} FOR EACH ROW"
    return f"""
CREATE FUNCTION {name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {path}
SET timezone FROM CURRENT SET datestyle FROM CURRENT SET intervalstyle FROM CURRENT AS $rollback$
#variable_conflict use_column
DECLARE
  older_wrote boolean; newer_wrote boolean; told boolean; failed boolean;{declared}
BEGIN
{chr(10).join(lines)}
  RETURN new;
END $rollback$;
REVOKE ALL ON FUNCTION {name}() FROM PUBLIC;
CREATE TRIGGER {trigger(table.oid, "insert")} BEFORE INSERT {on} EXECUTE FUNCTION {name}();
CREATE TRIGGER {trigger(table.oid, "update")} BEFORE UPDATE {on} WHEN ({changed})
EXECUTE FUNCTION {name}();
SET LOCAL search_path = {path};
SELECT {", ".join(writer.tried)}
FROM (SELECT * FROM {here} LIMIT 0) AS new, (SELECT * FROM {here} LIMIT 0) AS old;
SET LOCAL search_path = ''""".strip()


def function(table: int) -> str:
    return f"_rollback.in_step_{RUN}_{table}"


def trigger(table: int, event: str) -> str:
    """After all others of the table, by its name: what those make of a row is in step, too."""
    return f'"~rollback_{RUN}_{table}_{event}"'


def later(table: Table) -> str:
    """The app's trigger that comes after those; "": none."""
    names = (one.name for one in table.triggers if one.is_before_row and one.enabled != "D")
    others = (name for name in names if not name.startswith("~rollback_"))
    return next((name for name in others if name.encode() > b"~rollback_"), "")


def stands_for(trigger_name: str, run_id: str) -> bool:
    """It is one of those that the run made."""
    return trigger_name.startswith(f"~rollback_{run_id.replace('-', '')[:12]}_")


def end(table: int) -> str:
    """Without an error where it has ended."""
    return f"DROP FUNCTION IF EXISTS {function(table)}() CASCADE"
