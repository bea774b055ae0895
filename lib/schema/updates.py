"""What an UPDATE or DELETE of a migration makes of a row, where that is a matter of the row alone.

Such a statement can be run for one row as well as for all: going back, and in a trigger. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lib.schema import expressions
from lib.schema.expressions import Node
from lib.schema.models import Catalogue, quote
from lib.schema.rendering import Called, NotSimple, render
from lib.schema.statements import bare
from lib.schema.walk import Met

#: Of the server's own functions: those that do not depend on the row alone.
OF_THE_MOMENT = frozenset(
    ["now", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "random"]
)
OF_MANY_ROWS = frozenset(
    ["count", "sum", "avg", "min", "max", "array_agg", "string_agg", "bool_and", "bool_or"]
)
CONCAT = {"String": {"sval": "||"}}
#: What else a statement may have, which makes it more than simple.
MORE = {
    "fromClause": "reads other tables",
    "usingClause": "reads other tables",
    "withClause": "has a WITH",
    "returningList": "returns rows",
}


@dataclass(frozen=True, slots=True)
class Assignment:
    #: Number of the column.
    column: int
    value: Node
    reads: frozenset[int]
    #: Of the moment, as `updated_at = now()`: no two runs of it agree.
    is_touch: bool


@dataclass(frozen=True, slots=True)
class Update:
    version: str
    table: int
    assignments: tuple[Assignment, ...]
    #: All of them must hold.
    where: tuple[Node, ...]
    #: Numbers of the table's columns by the names that the statement uses.
    scope: Mapping[str, int]

    @property
    def changes(self) -> frozenset[int]:
        return frozenset(one.column for one in self.assignments)

    @property
    def reads(self) -> frozenset[int]:
        """What it needs of the row, and does not set itself."""
        values = frozenset(number for one in self.assignments for number in one.reads)
        return (values | self.asks) - self.changes

    @property
    def asks(self) -> frozenset[int]:
        """What its WHERE looks at."""
        return frozenset(
            self.scope.get(name, 0) for one in self.where for name in expressions.columns(one)
        )

    def follows_from(self, assignment: Assignment, among: Iterable[int]) -> frozenset[int]:
        """What its value reads; a constant follows from what the WHERE looks at."""
        if assignment.reads or assignment.is_touch:
            return assignment.reads
        return self.asks.intersection(among) - self.changes

    def conditions(self) -> tuple[Node, ...]:
        """Which rows it concerns; without what only asks whether a row is done already.

        Raises NotSimple where the rest depends on what it sets.
        """
        rest = tuple(one for one in self.where if not self._asks_if_done(one))
        if any(self.changes & {self.scope.get(c) for c in expressions.columns(o)} for o in rest):
            raise NotSimple("sets a column that its own WHERE looks at")
        return rest

    def _asks_if_done(self, condition: Node) -> bool:
        ((kind, node),) = condition.items()
        if kind == "NullTest":
            sides = [node["arg"]]
        elif kind == "A_Expr" and (
            node["kind"] == "AEXPR_DISTINCT" or node["name"][-1]["String"]["sval"] in ("<>", "!=")
        ):
            sides = [node["lexpr"], node["rexpr"]]
            made = [render(one.value, str) for one in self.assignments]
            if any("A_Const" in one and render(one, str) not in made for one in sides):
                return False  # which rows the author left alone
        else:
            return False
        plain = (side["ColumnRef"]["fields"][-1] for side in sides if "ColumnRef" in side)
        named = {one["String"]["sval"] for one in plain if "String" in one}
        return any(self.scope.get(name) in self.changes for name in named)


@dataclass(frozen=True, slots=True)
class Delete:
    version: str
    table: int
    where: tuple[Node, ...]
    scope: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Reader:
    """`catalogue`, `made`: which functions are not the server's own, or may change something.

    `check` needs no tables; the rest finds the columns of today.
    """

    catalogue: Catalogue
    made: frozenset[str]

    def check(self, node: Node) -> None:
        """That an UPDATE or DELETE is a matter of each row alone. Raises NotSimple."""
        for clause, does in MORE.items():
            if clause in node:
                raise NotSimple(does)
        for target in bare(node.get("targetList", [])):
            if "indirection" in target or "MultiAssignRef" in target["val"]:
                raise NotSimple("sets parts of a value")
            self.check_value(target["val"], may_be_touch=True)
        if "whereClause" in node:
            self.check_value(node["whereClause"])

    def check_value(self, tree: Node, *, may_be_touch: bool = False) -> None:
        """That it is a matter of the row alone. Raises NotSimple."""
        render(tree, lambda name: name)
        for name in sorted(expressions.functions(tree)):
            own = name in self.made or name in self.catalogue.functions
            if own or name in OF_MANY_ROWS or self._may_change(name):
                is_touch = name in OF_THE_MOMENT and not expressions.columns(tree)
                if not (may_be_touch and is_touch):
                    raise NotSimple(f"calls {name}")

    def _may_change(self, name: str) -> bool:
        return name in OF_THE_MOMENT or name in self.catalogue.volatile

    def update(self, met: Met) -> Update:
        """Raises NotSimple."""
        node = met.change.value or {}
        self.check(node)
        found = tuple(
            Assignment(
                self._number(met, target["name"]),
                target["val"],
                self.reads(met, target["val"]),
                is_touch=bool(expressions.functions(target["val"]) & OF_THE_MOMENT),
            )
            for target in bare(node["targetList"])
        )
        update = Update(met.version, met.table, found, self._where(met, node), met.scope)
        if any(one.reads & update.changes for one in found):
            raise NotSimple("sets a column that it reads, and cannot be run twice")
        return update

    def delete(self, met: Met) -> Delete:
        """Raises NotSimple."""
        node = met.change.value or {}
        self.check(node)
        return Delete(met.version, met.table, self._where(met, node), met.scope)

    def reads(self, met: Met, tree: Node) -> frozenset[int]:
        for kind, node in expressions.walk(tree):
            if kind == "A_Expr" and node["name"][-1] != CONCAT:
                self._check_compared(met, node)
            elif kind == "CaseExpr":
                self._check_compared(met, node.get("arg"))
        return frozenset(self._number(met, name) for name in expressions.columns(tree))

    def _check_compared(self, met: Met, tree: Node | None) -> None:
        """The server's own operators take citext for text, to which 'Ann' and 'ann' are two."""
        table = self.catalogue.table(met.table)
        for name in sorted(expressions.columns(tree)):
            if table.column(self._number(met, name)).type.endswith("citext"):
                raise NotSimple(f"compares {name}, which is citext")

    def _where(self, met: Met, node: Node) -> tuple[Node, ...]:
        found = tuple(conjuncts(node["whereClause"])) if "whereClause" in node else ()
        for one in found:
            self.reads(met, one)
        return found

    def _number(self, met: Met, name: str) -> int:
        number = met.scope.get(name, 0)
        if number <= 0:
            raise NotSimple(f"names {name}, which is not there")
        if self.catalogue.table(met.table).column(number).is_generated:
            raise NotSimple(f"names {name}, which is computed")
        return number


def conjuncts(tree: Node) -> Iterator[Node]:
    both = tree.get("BoolExpr", {})
    if both.get("boolop") == "AND_EXPR":
        for one in both["args"]:
            yield from conjuncts(one)
    else:
        yield tree


def called(scope: Mapping[str, int], names: Mapping[int, str], prefix: str) -> Called:
    """How a statement's columns are called where its expressions run: `names` by number."""

    def name_of(name: str) -> str:
        return prefix + quote(names.get(scope.get(name, 0), name))

    return name_of
