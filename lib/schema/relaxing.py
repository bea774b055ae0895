"""From what the newer migrations did to the steps that let the older code run. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lib.schema import expressions, statements, types
from lib.schema.keys import Keys
from lib.schema.models import Code, Column, Do, Migration, Mode, Step, Table, quote
from lib.schema.past import Past, default_in, same_column
from lib.schema.renaming import Names
from lib.schema.retyping import Known, retyping
from lib.schema.rules import RULES, SHOWN_BY_TRYING, Verdict
from lib.schema.unfit import Unfit, gone, unproven
from lib.schema.values import Values
from lib.schema.walk import UNMADE, Met, Walk

#: More rows than this would stall the app's writers while the way forward rewrites them.
MAX_REWRITTEN_ROWS = 100_000
MAY_CONFLICT = (
    "People still on the newer version may see errors where it inserts with ON CONFLICT on {}."
)


@dataclass(slots=True)
class Relaxing:
    walk: Walk
    past: Past
    texts: Mapping[str, Migration]
    values: Values
    #: What trying shows is no obstacle.
    is_trying: bool = False
    keys: Keys = field(init=False)
    names: Names = field(init=False)
    #: One per thing that is changed: a later change of the same thing takes its place.
    steps: dict[tuple[object, ...], Step] = field(default_factory=dict)

    def __post_init__(self) -> None:
        walk = self.walk
        self.keys = Keys(
            walk.catalogue, walk.new_tables, walk.new_columns, derived=self.values.derived
        )
        self.names = Names(walk.catalogue, walk.new_tables, walk.new_columns)

    @property
    def mode(self) -> Mode:
        """The newer code fails without its names, and may without rows that came with it.

        Prepared statements do not outlive another type, whoever's they are: behind a pooler that
        keeps them, the older code's may fail with the newer's.
        """
        widens = any(step.do is Do.WIDEN for step in self.steps.values())
        exclusive = self.names.steps or self.values.deletes or self.values.retypings or widens
        return Mode.EXCLUSIVE if exclusive else Mode.SHARED

    @property
    def warning(self) -> str:
        """What the newer code may run into although it works; "": nothing."""
        if self.mode is Mode.EXCLUSIVE or not self.keys.arbiters:
            return ""
        return MAY_CONFLICT.format(" and ".join(sorted(self.keys.arbiters)))

    def ordered(self) -> tuple[Step, ...]:
        """Keys, of which none may go before those that rest on it; then names; values last."""
        for one in self.values.retypings:
            self.names.put_aside(one.table, one.column.number)
            self.names.columns[one.table.oid][one.number] = one.known.name
        tables = {oid: quote(*name) for oid, name in self.names.tables.items()}
        values = tuple(self.values.steps(tables, self.names.columns))
        return (*self.keys.ordered(), *self.steps.values(), *self.names.steps, *values)

    def take(self, met: Met) -> None:
        """What one change needs. Raises Unfit."""
        change = met.change
        if met.is_asserted or met.table < 0 or met.table in self.walk.new_tables:
            return
        if change.kind in UNMADE and self._is_settled(met):
            return
        if change.table and not met.table and change.kind not in MAKES:
            raise gone(met)
        if self.is_trying and change.kind in SHOWN_BY_TRYING:
            return
        handler = HANDLERS.get(change.kind)
        if handler is not None:
            handler(self, met)
        elif RULES[change.kind].verdict not in (Verdict.SAFE, Verdict.GONE):
            raise unproven(met)

    def _is_settled(self, met: Met) -> bool:
        """A version in between had made it, or what an older one did to it decides.

        Not where it is tried: what was dropped and made again in between was dropped all the same.
        """
        decides = self.walk.open.get(met.change.name)
        return decides is None or (decides is not met and not self.is_trying)

    def release_new_tables(self) -> None:
        """Their rows must not keep the older code from deleting what they point to."""
        for oid in sorted(self.walk.new_tables):
            self.keys.release_references(self._table(oid))

    def _table(self, oid: int) -> Table:
        return self.walk.catalogue.table(oid)

    def _seen(self, met: Met) -> tuple[Table, Column] | None:
        """None: another tool dropped the column, or a version in between did."""
        if met.column <= 0:
            return None
        table = self._table(met.table)
        return table, table.column(met.column)

    def new_column(self, met: Met) -> None:
        """A column that is not there does not hinder the older code, which never knew it."""
        if not (seen := self._seen(met)):
            return
        table, column = seen
        if not column.fills_itself:
            if column.is_checked_domain:
                raise Unfit(
                    Code.UNSUPPORTED,
                    f"{table.called}.{column.name} is of a domain that may not be empty.",
                )
            self._relax_not_null(table, column)
        self.keys.release_column(table, column)

    def set_not_null(self, met: Met) -> None:
        if not (seen := self._seen(met)):
            raise gone(met)
        table, column = seen
        if not any(one.kind == "p" and column.number in one.columns for one in table.constraints):
            self._relax_not_null(table, column)

    def _relax_not_null(self, table: Table, column: Column) -> None:
        if not column.not_null:
            return
        named = (one.name for one in table.constraints if one.is_not_null_of(column.number))
        self.steps[Do.DROP_NOT_NULL, table.oid, column.number] = Step(
            Do.DROP_NOT_NULL,
            table.oid,
            f"ALTER TABLE {table.sql} ALTER COLUMN {quote(column.name)} DROP NOT NULL",
            f"{table.called}.{column.name} may be empty",
            column=column.number,
            name=next(named, ""),
        )

    def drop_default(self, met: Met) -> None:
        if not (seen := self._seen(met)):
            raise gone(met)
        table, column = seen
        if column.not_null and not column.fills_itself:
            self._give_default_back(met, table, column)

    def set_default(self, met: Met) -> None:
        """Older code now writes another value there, which something may not allow."""
        if not (seen := self._seen(met)) or (met.table, met.column) in self.walk.new_columns:
            return
        table, column = seen
        keys = [one.columns for one in table.constraints if one.kind != "n"]
        keys += [one.columns for one in table.indexes if one.is_unique]
        value = expressions.sql(met.change.value) if met.change.value else None
        if (
            value is None
            or (column.not_null and not column.fills_itself)
            or (column.typmod >= 0 or column.is_checked_domain)
            or any(column.number in key or 0 in key for key in keys)
        ):
            self._give_default_back(met, table, column)

    def _give_default_back(self, met: Met, table: Table, column: Column) -> None:
        value = self._default_in_down(met) or self.past.default_of(met.change)
        if value is None:
            raise Unfit(
                Code.NO_DOWN,
                f"{met.version} changes the default of {table.called}.{column.name}, and no text"
                " tells a constant that it was.",
                "Write SET DEFAULT into the migration's down part, and record it.",
            )
        self.steps[Do.SET_DEFAULT, table.oid, column.number] = Step(
            Do.SET_DEFAULT,
            table.oid,
            f"ALTER TABLE {table.sql} ALTER COLUMN {quote(column.name)} SET DEFAULT {value}",
            f"{table.called}.{column.name} has its default again",
            column=column.number,
            before=column.default or "",
        )

    def _default_in_down(self, met: Met) -> str | None:
        for change in statements.read(self.texts[met.version].down or "").changes:
            if change.kind == "set_default" and same_column(change, met.change):
                value = default_in(change, change.column)
                return expressions.sql(value) if value else None
        return None

    def add_key(self, met: Met) -> None:
        self.keys.release_added(self._table(met.table), met.change, met.columns)

    def add_index(self, met: Met) -> None:
        self.keys.release_index(self._table(met.table), met.change, met.columns)

    def create_trigger(self, met: Met) -> None:
        table, name = self._table(met.table), met.change.name
        if any(one.name == name and one.enabled != "D" for one in table.triggers):
            enabled = next(one.enabled for one in table.triggers if one.name == name)
            self.steps[Do.DISABLE_TRIGGER, table.oid, name] = Step(
                Do.DISABLE_TRIGGER,
                table.oid,
                f"ALTER TABLE {table.sql} DISABLE TRIGGER {quote(name)}",
                f"trigger {name} of {table.called} rests",
                name=name,
                before=enabled,
            )

    def retype(self, met: Met) -> None:
        if not (seen := self._seen(met)):
            raise gone(met)
        table, column = seen
        had = self.past.type_of(met.change)
        stays = types.is_same(had or "", column.type) or types.is_wider(column.type, had or "")
        if stays and expressions.is_plain_cast(met.change.value):
            return
        if not had:
            raise unproven(met)
        # A USING may have cut values off; what was cut off, nobody has.
        if met.change.value is not None or not types.is_wider(had, column.type):
            self._give_type_back(met, table, column, had)
            return
        if table.kind == "p":
            raise unproven(met)
        if table.rows > MAX_REWRITTEN_ROWS:
            raise Unfit(
                Code.BUDGET,
                f"coming forward would rewrite {table.called} to narrow {column.name} again.",
                "Choose another version, or fix forward.",
            )
        self.steps[Do.WIDEN, table.oid, column.number] = Step(
            Do.WIDEN,
            table.oid,
            f"ALTER TABLE {table.sql} ALTER COLUMN {quote(column.name)} TYPE {had}",
            f"{table.called}.{column.name} is {had} again",
            column=column.number,
            name=had,
            before=column.type,
        )

    def _give_type_back(self, met: Met, table: Table, column: Column, had: str) -> None:
        called = (name for name, n in self.walk.columns[table.oid].items() if n == column.number)
        name, default = next(called, ""), None
        if not name or (table.oid, column.number) in self.walk.new_columns:
            return  # the older code does not know it
        if column.name != name or self.values.concerns(table.oid, column.number):
            raise unproven(met)
        if column.default is not None and (default := self.past.default_of(met.change)) is None:
            raise Unfit(
                Code.NO_DOWN,
                f"no text tells which constant default {table.called}.{name} had as {had}.",
                "Choose another version, or fix forward.",
            )
        known = Known(name, had, default)
        found = retyping(self.values.reader, met, known, self.texts[met.version].down)
        self._relax_not_null(table, column)
        self.keys.release_column(table, column)
        self.values.retypings.append(found)

    def rename_table(self, met: Met) -> None:
        assert met.change.table
        schema = self.names.tables[met.table][0]
        if met.change.kind == "set_schema":
            schema = met.change.table[0] or self.walk.catalogue.search_path[0]
        self.names.rename_table(self._table(met.table), (schema, met.change.table[1]))

    def rename_column(self, met: Met) -> None:
        if not (seen := self._seen(met)):
            raise gone(met)
        if (met.table, met.column) not in self.walk.new_columns:
            self.names.rename_column(seen[0], met.column, met.change.column)

    def rename_index(self, met: Met) -> None:
        """The constraint that rests on it is renamed with it, and ON CONFLICT may name that."""
        for table in self.walk.catalogue:
            if any(one.name == met.change.to and one.constraint for one in table.indexes):
                raise unproven(met)

    def create_object(self, met: Met) -> None:
        if met.change.name in self.walk.catalogue.overloaded:
            raise Unfit(
                Code.UNSUPPORTED,
                f"{met.version} adds another function {met.change.name}: calls may be ambiguous.",
            )

    def write(self, met: Met) -> None:
        """Columns that the older code does not know, or what a down part takes back."""
        new = [(met.table, column) in self.walk.new_columns for column in met.columns]
        if not (new and all(new)) and not self.values.covers(met):
            raise unproven(met)

    def call(self, met: Met) -> None:
        """A function that is not VOLATILE cannot change anything."""
        volatile = self.walk.catalogue.volatile
        if met.change.name in volatile or met.change.name in self.past.made:
            raise unproven(met)

    def truncate(self, met: Met) -> None:
        raise gone(met)


#: Of these, nothing need be there: it is new.
MAKES = (
    "create_table",
    "create_object",
    "replace_object",
    "add_column",
    "add_required",
    "drop_object",
)
HANDLERS: dict[str, Callable[[Relaxing, Met], None]] = {
    "add_column": Relaxing.new_column,
    "add_required": Relaxing.new_column,
    "set_not_null": Relaxing.set_not_null,
    "drop_default": Relaxing.drop_default,
    "set_default": Relaxing.set_default,
    "call": Relaxing.call,
    "add_check": Relaxing.add_key,
    "add_foreign_key": Relaxing.add_key,
    "add_unique": Relaxing.add_key,
    "add_exclude": Relaxing.add_key,
    "unique_index": Relaxing.add_index,
    "expression_index": Relaxing.add_index,
    "create_trigger": Relaxing.create_trigger,
    "retype": Relaxing.retype,
    "rename_table": Relaxing.rename_table,
    "set_schema": Relaxing.rename_table,
    "rename_column": Relaxing.rename_column,
    "rename_index": Relaxing.rename_index,
    "create_object": Relaxing.create_object,
    "write_old": Relaxing.write,
    "truncate": Relaxing.truncate,
}
