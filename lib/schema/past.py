"""What the texts say of what is no longer there: a default, a type, a dropped index. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lib.schema import expressions
from lib.schema.expressions import Node
from lib.schema.statements import Change, bare

#: As the server names a constraint that the migration did not name.
SUFFIXES = {
    "add_foreign_key": "fkey",
    "add_check": "check",
    "add_unique": "key",
    "add_exclude": "excl",
    "add_primary_key": "pkey",
}
MADE = {"create_object", "replace_object"}
INDEXES = {"create_index", "expression_index", "unique_index"}


@dataclass(frozen=True, slots=True)
class Past:
    """`changes`: in order, of all versions up to and with the one that is judged."""

    changes: tuple[Change, ...]
    #: False: some text is missing, so that what is not found may still have been there.
    is_complete: bool

    @property
    def made(self) -> frozenset[str]:
        """Names of functions and other objects without columns that the texts make."""
        return frozenset(one.name for one in self.changes if one.kind in MADE)

    def settled(self, change: Change) -> Change:
        """`change`, its kind made exact by what it takes away or replaces."""
        match change.kind:
            case "drop_index" if self._index_kinds(change.name) == {"create_index"}:
                return replace(change, kind="drop_plain_index")
            case "drop_constraint" if self._is_check(change):
                return replace(change, kind="drop_check")
            case "replace_object" if self.is_complete and not self._creates(change):
                return replace(change, kind="create_object")
        return change

    def _index_kinds(self, name: str) -> set[str]:
        return {one.kind for one in self.changes if one.kind in INDEXES and one.name == name}

    def _is_check(self, change: Change) -> bool:
        """A check or a foreign key, whoever ever had that name on the table."""
        table = change.table[1] if change.table else ""
        kinds = {
            one.kind
            for one in self.changes
            if one.kind in SUFFIXES
            and one.table
            and one.table[1] == table
            and change.name in (one.name, default_name(one))
        }
        return bool(kinds) and kinds <= {"add_check", "add_foreign_key"}

    def _creates(self, change: Change) -> bool:
        return any(
            one.kind in MADE and one.name == change.name and one is not change
            for one in self.changes
        )

    def default_of(self, change: Change) -> str | None:
        """The newest default of the column before `change` took it away, as SQL."""
        found = None
        for one in self.changes:
            if one is change:
                break
            if same_column(one, change) and (value := default_in(one, change.column)):
                found = expressions.sql(value)
        return found

    def type_of(self, change: Change) -> str | None:
        """The column's type before `change`."""
        found = None
        for one in self.changes:
            if one is change:
                break
            if one.kind == "retype" and same_column(one, change):
                found = one.to
            elif same_column(one, change) and (column := definition_in(one, change.column)):
                found = expressions.type_name(column["typeName"])
        return found


def default_name(change: Change) -> str:
    suffix = SUFFIXES.get(change.kind)
    if suffix is None or not change.table:
        return ""
    return "_".join([change.table[1], *filter(None, change.columns), suffix])


def same_column(one: Change, other: Change) -> bool:
    same_table = one.table and other.table and one.table[1] == other.table[1]
    return bool(same_table) and (one.kind == "create_table" or one.column == other.column)


def definition_in(change: Change, column: str) -> Node | None:
    """The column's definition, where `change` is what made the column."""
    if change.kind in ("add_column", "add_required"):
        return change.value
    if change.kind != "create_table" or not change.value:
        return None
    columns = (item["ColumnDef"] for item in change.value["elements"] if "ColumnDef" in item)
    return next((one for one in columns if one["colname"] == column), None)


def default_in(change: Change, column: str) -> Node | None:
    if change.kind == "set_default":
        return change.value
    definition = definition_in(change, column) or {}
    for constraint in bare(definition.get("constraints", [])):
        if constraint["contype"] == "CONSTR_DEFAULT":
            return dict(constraint["raw_expr"])
    return None


def of(texts: Iterable[Iterable[Change]], *, is_complete: bool) -> Past:
    return Past(tuple(change for text in texts for change in text), is_complete)
