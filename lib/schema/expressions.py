"""Looking into parse trees: which columns, functions and values an expression is made of. Pure."""

from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]

#: Functions that cannot fail, and change nothing, whatever they are given.
HARMLESS = frozenset(
    [
        "coalesce",
        "concat",
        "concat_ws",
        "lower",
        "upper",
        "trim",
        "btrim",
        "ltrim",
        "rtrim",
        "length",
        "char_length",
        "strpos",
        "replace",
        "left",
        "right",
        "initcap",
        "reverse",
        "to_char",
        "now",
        "current_timestamp",
        "clock_timestamp",
        "statement_timestamp",
        "transaction_timestamp",
        "gen_random_uuid",
        "uuid_generate_v4",
        "random",
        "md5",
        "greatest",
        "least",
        "count",
        "sum",
        "min",
        "max",
        "avg",
    ]
)
#: Operators that cannot fail; arithmetic can overflow.
TOTAL = frozenset(["||", "=", "<>", "!=", "<", ">", "<=", ">="])
#: Trees of which every part is looked at on its own.
STRUCTURE = frozenset(
    [
        "ColumnRef",
        "A_Const",
        "BoolExpr",
        "NullTest",
        "BooleanTest",
        "CoalesceExpr",
        "CaseExpr",
        "CaseWhen",
        "MinMaxExpr",
        "String",
        "SQLValueFunction",
        "A_ArrayExpr",
        "List",
    ]
)
TEXT = frozenset(["text", "varchar", "bpchar"])


def walk(tree: Any) -> Iterator[tuple[str, Node]]:
    """Every node under `tree` with its kind, outer ones first."""
    if isinstance(tree, list):
        for item in tree:
            yield from walk(item)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if isinstance(value, dict) and key[:1].isupper():
                yield key, value
            yield from walk(value)


def columns(tree: Any) -> set[str]:
    """Names of the columns, without what qualifies them."""
    found = set()
    for kind, node in walk(tree):
        if kind == "ColumnRef" and "String" in node["fields"][-1]:
            found.add(node["fields"][-1]["String"]["sval"])
    return found


def functions(tree: Any) -> set[str]:
    return {
        node["funcname"][-1]["String"]["sval"] for kind, node in walk(tree) if kind == "FuncCall"
    }


def constants(tree: Any) -> Iterator[tuple[str, object]]:
    for kind, node in walk(tree):
        if kind == "A_Const":
            for name in ("sval", "ival", "fval", "boolval"):
                if name in node:
                    yield name, node[name].get(name, 0)


def never_fails(tree: Any) -> bool:
    """Whatever values its columns have, it has one too."""
    for kind, node in walk(tree):
        if kind == "FuncCall":
            name = node["funcname"][-1]["String"]["sval"]
            if name not in HARMLESS or (name == "to_char" and "A_Const" not in node["args"][-1]):
                return False  # not every format is one
        elif kind == "A_Expr":
            if node["kind"] not in ("AEXPR_OP", "AEXPR_LIKE", "AEXPR_IN", "AEXPR_DISTINCT"):
                return False
            if node["name"][-1]["String"]["sval"] not in TOTAL:
                return False
        elif kind == "TypeCast":
            if type_name(node["typeName"]) not in TEXT:
                return False
        elif kind not in STRUCTURE:
            return False
    return True


def sql(tree: Node) -> str | None:
    """A constant or a harmless function of nothing, as SQL; None: something else.

    A cast is left out: what becomes a column's default is cast to its type.
    """
    ((kind, node),) = tree.items()
    match kind:
        case "A_Const":
            return literal(node)
        case "TypeCast" if "typmods" not in node["typeName"]:
            return sql(node["arg"])
        case "SQLValueFunction":
            return str(node["op"]).removeprefix("SVFOP_")
        case "FuncCall" if "args" not in node and functions(tree) <= HARMLESS:
            return f"{node['funcname'][-1]['String']['sval']}()"
    return None


def literal(node: Node) -> str | None:
    if node.get("isnull"):
        return "NULL"
    ((_, value),) = constants({"A_Const": node})
    if "sval" in node:
        return "'" + str(value).replace("'", "''") + "'" if "\\" not in str(value) else None
    if "boolval" in node:
        return "true" if value else "false"
    return str(value)


def type_name(node: Node) -> str:
    """varchar(5), numeric(8,2), text[]: as the parser calls it, without its schema."""
    base = str(node["names"][-1]["String"]["sval"])
    modifiers = [str(value) for _, value in constants(node.get("typmods", []))]
    brackets = "[]" * len(node.get("arrayBounds", []))
    return base + (f"({','.join(modifiers)})" if modifiers else "") + brackets


def is_serial(node: Node) -> bool:
    return type_name(node) in ("serial", "bigserial", "smallserial", "serial4", "serial8")


def is_plain_cast(tree: Node | None) -> bool:
    """Nothing, or a column cast to a type: the values are not made into others."""
    return tree is None or "ColumnRef" in tree.get("TypeCast", {}).get("arg", {})


def qualified(item: Node | list[Node]) -> list[str]:
    """Parts of a name, as DROP lists them: a list, a type, or a function with its arguments."""
    if "items" in item:
        return [part["String"]["sval"] for part in item["items"]]  # type: ignore[call-overload]
    parts = item.get("names") or item.get("objname") or []  # type: ignore[union-attr]
    if "sval" in item:
        return [item["sval"]]  # type: ignore[call-overload]
    return [part["String"]["sval"] for part in parts] or ["?"]


def object_name(node: Node) -> str:
    """Of what a statement creates or changes; "" where it has none."""
    for key in ("funcname", "typeName", "domainname", "defnames", "func", "object"):
        found = node.get(key)
        if isinstance(found, list) and found and "String" in found[-1]:
            return str(found[-1]["String"]["sval"])
    for key in ("sequence", "typevar"):
        if key in node:
            return str(node[key]["relname"])
    return str(node.get("extname") or node.get("trigname") or node.get("policy_name") or "")
