"""Parse trees of simple expressions, back as SQL that means the same wherever it runs. Pure.

Simple: a value of the same row, and of nothing else. Functions and operators are the server's own,
and named so: nothing that somebody created later can take their place.
"""

from collections.abc import Callable

from lib.schema import expressions
from lib.schema.expressions import Node
from lib.schema.models import literal, quote

#: As a column is called where the expression will run: new."starts_at".
Called = Callable[[str], str]

LIKE = ("AEXPR_LIKE", "AEXPR_ILIKE")
COMPARED = ("AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT")
BETWEEN = ("AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN")
NULL_TESTS = {"IS_NULL": "IS NULL", "IS_NOT_NULL": "IS NOT NULL"}
#: Of a function call: what makes it more than a function of its arguments.
NOT_PLAIN = ("over", "agg_order", "agg_filter", "agg_star", "agg_distinct", "func_variadic")
#: What our own statements use around the expression.
OURS = ("$rollback$", "{rollback:")
#: Their modifiers are not what one would write.
ODD_TYPES = frozenset(["interval", "bit", "varbit"])


class NotSimple(Exception):
    """`str()`: what it does, after "it": "looks into other tables"."""


def render(tree: Node, called: Called) -> str:
    """Raises NotSimple."""
    ((kind, node),) = tree.items()
    found = RENDERED.get(kind)
    if found is None:
        raise NotSimple(OUTSIDE.get(kind, f"uses {kind}"))
    return found(node, called)


def every(trees: list[Node], called: Called) -> list[str]:
    return [render(tree, called) for tree in trees]


def column(node: Node, called: Called) -> str:
    last = node["fields"][-1]
    if "String" not in last:
        raise NotSimple("reads whole rows")
    return called(last["String"]["sval"])


def constant(node: Node, _: Called) -> str:
    if node.get("isnull"):
        return "NULL"
    ((_kind, value),) = expressions.constants({"A_Const": node})
    if "sval" in node:
        if any(one in str(value) for one in OURS):
            raise NotSimple(f"contains {value}")
        return literal(str(value))
    if "boolval" in node:
        return "true" if value else "false"
    return str(value)


def call(node: Node, called: Called) -> str:
    names = [part["String"]["sval"] for part in node["funcname"]]
    if len(names) > 1 and names[0] != "pg_catalog":
        raise NotSimple(f"calls {'.'.join(names)}")
    if any(node.get(key) for key in NOT_PLAIN):
        raise NotSimple(f"calls {names[-1]} over several rows")
    arguments = ", ".join(every(node.get("args", []), called))
    return f"pg_catalog.{quote(names[-1])}({arguments})"


def cast(node: Node, called: Called) -> str:
    return f"CAST({render(node['arg'], called)} AS {type_of(node['typeName'])})"


def type_of(node: Node) -> str:
    names = [part["String"]["sval"] for part in node["names"]]
    modifiers = [str(value) for _, value in expressions.constants(node.get("typmods", []))]
    if modifiers and names[-1] in ODD_TYPES:
        raise NotSimple(f"casts to {names[-1]} in its own way")
    of = f"({', '.join(modifiers)})" if modifiers else ""
    return quote(*names) + of + "[]" * len(node.get("arrayBounds", []))


def operation(node: Node, called: Called) -> str:
    kind, operator = node["kind"], node["name"][-1]["String"]["sval"]
    left = render(node["lexpr"], called) if "lexpr" in node else ""
    if kind in BETWEEN:
        low, high = every(node["rexpr"]["List"]["items"], called)
        within = f"({own(left, '>=', low)} AND {own(left, '<=', high)})"
        return within if kind == "AEXPR_BETWEEN" else f"(NOT {within})"
    if kind == "AEXPR_IN":
        items = every(node["rexpr"]["List"]["items"], called)
        among = f"({' OR '.join(own(left, '=', item) for item in items)})"
        return among if operator == "=" else f"(NOT {among})"
    right = render(node["rexpr"], called)
    if kind in COMPARED:
        differ = (
            f"(({own(left, '=', right)} IS NOT TRUE) AND NOT ({left} IS NULL AND {right} IS NULL))"
        )
        return differ if kind == "AEXPR_DISTINCT" else f"(NOT {differ})"
    if kind == "AEXPR_NULLIF":
        return f"CASE WHEN {own(left, '=', right)} THEN NULL ELSE {left} END"
    if kind == "AEXPR_OP" or kind in LIKE:
        return own(left, operator, right)
    raise NotSimple(f"uses {operator} in its own way")


def own(left: str, operator: str, right: str) -> str:
    """BETWEEN, IN, CASE and the like look for theirs by the search path."""
    return f"({left} OPERATOR(pg_catalog.{operator}) {right})"


def boolean(node: Node, called: Called) -> str:
    parts = every(node["args"], called)
    if node["boolop"] == "NOT_EXPR":
        return f"(NOT {parts[0]})"
    return "(" + f" {node['boolop'].removesuffix('_EXPR')} ".join(parts) + ")"


def null_test(node: Node, called: Called) -> str:
    return f"({render(node['arg'], called)} {NULL_TESTS[node['nulltesttype']]})"


def boolean_test(node: Node, called: Called) -> str:
    return f"({render(node['arg'], called)} {node['booltesttype'].replace('_', ' ')})"


def coalesce(node: Node, called: Called) -> str:
    return f"COALESCE({', '.join(every(node['args'], called))})"


def min_max(node: Node, called: Called) -> str:
    name = node["op"].removeprefix("IS_")
    return f"{name}({', '.join(every(node['args'], called))})"


def case(node: Node, called: Called) -> str:
    of = render(node["arg"], called) if "arg" in node else ""
    whens = ""
    for one in node["args"]:
        when, then = every([one["CaseWhen"]["expr"], one["CaseWhen"]["result"]], called)
        whens += f" WHEN {own(of, '=', when) if of else when} THEN {then}"
    otherwise = f" ELSE {render(node['defresult'], called)}" if "defresult" in node else ""
    return f"CASE{whens}{otherwise} END"


RENDERED: dict[str, Callable[[Node, Called], str]] = {
    "ColumnRef": column,
    "A_Const": constant,
    "FuncCall": call,
    "TypeCast": cast,
    "A_Expr": operation,
    "BoolExpr": boolean,
    "NullTest": null_test,
    "BooleanTest": boolean_test,
    "CoalesceExpr": coalesce,
    "MinMaxExpr": min_max,
    "CaseExpr": case,
}
OUTSIDE = {
    "SubLink": "looks into other rows",
    "SQLValueFunction": "depends on the moment",
    "ParamRef": "has a parameter",
    "CollateClause": "names a collation",
}
