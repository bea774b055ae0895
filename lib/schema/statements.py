"""A migration's text, taken apart with PostgreSQL's own parser into changes of lib/schema/rules.py.

Pure. What the parser cannot read, and what is not known here, is a change too: never safe.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from lib.schema import expressions
from lib.schema.expressions import Node

#: Schema, or "" where the migration named none, and name.
Name = tuple[str, str]

#: The author's word, in the comments that an up file begins with.
ASSERTED = re.compile(r"^\s*--\s*rollback:\s*(safe|irreversible)\s+(\S.*)$", re.IGNORECASE)
#: What a `write_old` does, where that is known: its `to`.
UPDATE, DELETE, INSERT = "update", "delete", "insert"
#: How Drizzle adds a foreign key: the one statement, and nothing else.
GUARDED = re.compile(
    r"^\s*BEGIN\s+(?P<statement>ALTER\s+TABLE\s[^;]+);\s*EXCEPTION\s+WHEN\s+duplicate_object"
    r"\s+THEN\s+null;\s*END\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a statement does. `kind` is a row of RULES."""

    kind: str
    line: int = 0
    table: Name | None = None
    column: str = ""
    #: Of the constraint, index, trigger or object; "": the server chose it.
    name: str = ""
    to: str = ""
    columns: tuple[str, ...] = ()
    #: False: `IF NOT EXISTS` may have found what was there before.
    is_new: bool = True
    #: An expression, or the statement itself, as its tree.
    value: Node | None = None

    @property
    def subject(self) -> str:
        """As people call it."""
        called = ".".join(part for part in (self.table or ()) if part not in ("", "public"))
        return ".".join(filter(None, (called, self.column))) or self.name


@dataclass(frozen=True, slots=True)
class Text:
    changes: tuple[Change, ...]
    safe: str = ""  #: why the author says that the older code runs on it
    irreversible: str = ""


@lru_cache(maxsize=2048)
def read(text: str) -> Text:
    """Of the same text, the same objects: a plan per target asks for most of them again."""
    return Text(tuple(changes(text)), **asserted(text))


def asserted(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("--"):
            break
        if match := ASSERTED.match(line):
            found[match[1].lower()] = match[2].strip()
    return found


def changes(text: str) -> Iterator[Change]:
    import pgparse  # noqa: PLC0415 - 11 MB that only planning needs

    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        yield Change("unreadable", name="it is not text that the server can store")
        return
    try:
        statements = pgparse.parse(text)
    except pgparse.PGQueryError as error:
        line = text.encode()[: max(error.position - 1, 0)].count(b"\n") + 1
        yield Change("unreadable", line, name=error.message)
        return
    for statement in statements:
        ((kind, node),) = statement["stmt"].items()
        line = line_of(text.encode(), statement.get("stmt_location", 0))
        for change in of_statement(kind, node):
            yield replace(change, line=line)


def line_of(text: bytes, position: int) -> int:
    """Where the statement itself begins: after the blanks and comments that go with it."""
    blank = re.compile(rb"(?:\s+|--[^\n]*|/\*.*?\*/)*", re.DOTALL).match(text, position)
    return text.count(b"\n", 0, blank.end() if blank else position) + 1


def of_statement(kind: str, node: Node) -> Iterator[Change]:
    found = STATEMENTS.get(kind)
    if found is None:
        yield Change("unknown", name=kind.removesuffix("Stmt"))
    elif isinstance(found, str):
        yield Change(found, table=relation(node), name=expressions.object_name(node))
    else:
        yield from found(node)


def relation(node: Node) -> Name | None:
    found = node.get("relation") or node.get("rel")
    return (found.get("schemaname", ""), found["relname"]) if found else None


def names(items: list[Node]) -> tuple[str, ...]:
    return tuple(item["String"]["sval"] for item in items)


# --- tables


def create_table(node: Node) -> Iterator[Change]:
    table, is_new = relation(node), not node.get("if_not_exists", False)
    elements = node.get("tableElts", [])
    yield Change("create_table", table=table, is_new=is_new, value={"elements": elements})
    if node.get("inhRelations") and (elements or "partbound" not in node):
        yield Change("inherit", table=table)
    for kind, element in (pair for item in elements for pair in item.items()):
        inline = [element] if kind == "Constraint" else bare(element.get("constraints", []))
        for constraint in inline:
            if constraint["contype"] in CONSTRAINTS:
                yield add_constraint(table, constraint, (element.get("colname", ""),))


def bare(items: list[Node]) -> list[Node]:
    return [next(iter(item.values())) for item in items]


def create_as(node: Node) -> Iterator[Change]:
    into = node["into"]["rel"]
    kind = "create_table" if node.get("objtype") == "OBJECT_TABLE" else "create_object"
    table = (into.get("schemaname", ""), into["relname"])
    yield Change(kind, table=table, name=table[1], is_new=not node.get("if_not_exists", False))
    yield from calls(node["query"])


def alter_table(node: Node) -> Iterator[Change]:
    table = relation(node)
    is_table = node.get("objtype") in ("OBJECT_TABLE", "OBJECT_FOREIGN_TABLE")
    # The server drops before it adds, in whatever order one statement lists them.
    commands = sorted(bare(node["cmds"]), key=lambda one: "Drop" not in one["subtype"])
    for one in (change for command in commands for change in alter_one(table, command)):
        known = is_table or one.kind in ("owner", "set_default", "drop_default")
        yield one if known else Change("change_object", table=table, name=one.kind)


def alter_one(table: Name | None, command: Node) -> Iterator[Change]:
    kind, definition = command["subtype"], command.get("def", {})
    here = Change("unknown", table=table, column=command.get("name", ""))
    match kind:
        case "AT_AddColumn":
            is_new = not command.get("missing_ok", False)
            yield from add_column(table, definition["ColumnDef"], is_new=is_new)
        case "AT_ColumnDefault":
            yield replace(
                here, kind="set_default" if definition else "drop_default", value=definition or None
            )
        case "AT_AlterColumnType":
            column = definition["ColumnDef"]
            to = expressions.type_name(column["typeName"])
            yield replace(here, kind="retype", to=to, value=column.get("raw_default"))
        case "AT_AddConstraint":
            yield add_constraint(table, definition["Constraint"], ())
        case "AT_DropConstraint":
            yield replace(here, kind="drop_constraint", name=here.column, column="")
        case _:
            name = kind.removeprefix("AT_")
            yield replace(here, kind=ALTERATIONS.get(kind, "change_object"), name=name)


def add_column(table: Name | None, column: Node, *, is_new: bool) -> Iterator[Change]:
    name, constraints = column["colname"], bare(column.get("constraints", []))
    kinds = {constraint["contype"] for constraint in constraints}
    has_value = bool(kinds & HAS_VALUE) or expressions.is_serial(column["typeName"])
    here = Change("add_column", table=table, column=name, is_new=is_new, value=column)
    required = bool(kinds & {"CONSTR_NOTNULL", "CONSTR_PRIMARY"}) and not has_value
    yield replace(here, kind="add_required" if required else "add_column")
    for constraint in constraints:
        if constraint["contype"] == "CONSTR_GENERATED":
            if not expressions.never_fails(constraint["raw_expr"]):
                yield replace(here, kind="generated")
        elif constraint["contype"] in CONSTRAINTS and not (
            constraint["contype"] == "CONSTR_UNIQUE"
            and not has_value
            and not constraint.get("nulls_not_distinct", False)
        ):
            yield add_constraint(table, constraint, (name,))


def add_constraint(table: Name | None, node: Node, columns: tuple[str, ...]) -> Change:
    kind = CONSTRAINTS.get(node["contype"], "unknown")
    keys = node.get("keys") or node.get("fk_attrs")
    found = names(keys) if keys else columns
    if kind == "add_check":
        found = tuple(sorted(expressions.columns(node["raw_expr"]))) or columns
    name = node.get("conname") or node.get("indexname", "")
    return Change(kind, table=table, name=name, columns=found)


def create_index(node: Node) -> Iterator[Change]:
    parts = [part["IndexElem"] for part in node["indexParams"]]
    computed = [node.get("whereClause", {}), *(part.get("expr", {}) for part in parts)]
    computes = not all(expressions.never_fails(tree) for tree in computed)
    kind = "expression_index" if computes else "create_index"
    yield Change(
        "unique_index" if node.get("unique") else kind,
        table=relation(node),
        name=node.get("idxname", ""),
        columns=tuple(part.get("name", "") for part in parts),
        is_new=not node.get("if_not_exists", False),
    )


def drop(node: Node) -> Iterator[Change]:
    what = node["removeType"]
    for item in bare(node["objects"]):
        parts = expressions.qualified(item)
        if what == "OBJECT_TABLE":
            yield Change("drop_table", table=(parts[-2] if len(parts) > 1 else "", parts[-1]))
        elif what in ("OBJECT_TRIGGER", "OBJECT_RULE", "OBJECT_POLICY"):
            kind = "row_security" if what == "OBJECT_POLICY" else "change_trigger"
            owner = (parts[-3] if len(parts) > 2 else "", parts[-2])  # noqa: PLR2004
            yield Change(kind, table=owner, name=parts[-1])
        else:
            kind = "drop_index" if what == "OBJECT_INDEX" else "drop_object"
            yield Change(kind, name=parts[-1])


def rename(node: Node) -> Iterator[Change]:
    what, table, to = node["renameType"], relation(node), node["newname"]
    match what:
        case "OBJECT_TABLE" | "OBJECT_VIEW" | "OBJECT_MATVIEW" | "OBJECT_FOREIGN_TABLE":
            yield Change("rename_table", table=table, to=to)
        case "OBJECT_COLUMN" if node.get("relationType") != "OBJECT_TYPE":
            yield Change("rename_column", table=table, column=node["subname"], to=to)
        case "OBJECT_INDEX":
            yield Change("rename_index", name=table[1] if table else "", to=to)
        case "OBJECT_TABCONSTRAINT":
            yield Change("rename_object", table=table, name=node["subname"])
        case _:
            yield Change("rename_object", name=expressions.object_name(node) or to)


def set_schema(node: Node) -> Iterator[Change]:
    kind = "set_schema" if node["objectType"] == "OBJECT_TABLE" else "rename_object"
    yield Change(kind, table=relation(node), to=node["newschema"])


# --- rows


def update(node: Node) -> Iterator[Change]:
    targets = bare(node["targetList"])
    changed = tuple(target["name"] for target in targets)
    table = relation(node)
    if any(set(changed) & expressions.columns(target.get("val")) for target in targets):
        yield Change("unrepeatable", table=table)
    yield Change("write_old", table=table, columns=changed, to=UPDATE, value=node)
    yield from calls(node)


def delete(node: Node) -> Iterator[Change]:
    """A row that comes or goes concerns all columns: none are named."""
    yield Change("write_old", table=relation(node), to=DELETE, value=node)
    yield from calls(node)


def add_rows(node: Node) -> Iterator[Change]:
    yield Change("write_old", table=relation(node), to=INSERT)
    yield from calls(node)


def truncate(node: Node) -> Iterator[Change]:
    for item in bare(node["relations"]):
        yield Change("truncate", table=(item.get("schemaname", ""), item["relname"]))


def select(node: Node) -> Iterator[Change]:
    if into := node.get("intoClause"):
        rel = into["rel"]
        yield Change("create_table", table=(rel.get("schemaname", ""), rel["relname"]))
    yield Change("read")
    yield from calls(node)


def calls(node: Node) -> Iterator[Change]:
    yield from nested(node)
    for name in sorted(expressions.functions(node) - expressions.HARMLESS):
        yield Change("call", name=name)


def nested(node: Node) -> Iterator[Change]:
    """Statements that write, inside of one that need not."""
    for kind, inner in expressions.walk(node):
        if kind in ("UpdateStmt", "DeleteStmt", "InsertStmt", "MergeStmt"):
            yield Change("write_old", table=relation(inner))


# --- everything else


def grant(node: Node) -> Iterator[Change]:
    action = node.get("action", node)
    yield Change("grant" if action.get("is_grant") else "revoke")


def create_or_replace(node: Node) -> Iterator[Change]:
    view = node.get("view")
    name = view["relname"] if view else expressions.object_name(node)
    table = (view.get("schemaname", ""), name) if view else None
    kind = "replace_object" if node.get("replace") else "create_object"
    yield Change(kind, table=table, name=name)


def create_schema(node: Node) -> Iterator[Change]:
    kind = "unknown" if "schemaElts" in node else "create_object"
    yield Change(kind, name=node.get("schemaname", ""))


def define(node: Node) -> Iterator[Change]:
    """An operator or aggregate may make what older code writes ambiguous."""
    kind = "create_object" if node["kind"] in ("OBJECT_TYPE", "OBJECT_COLLATION") else "unknown"
    yield Change(kind, name=expressions.object_name(node))


def call(node: Node) -> Iterator[Change]:
    yield Change("call", name=node["funccall"]["funcname"][-1]["String"]["sval"])


def alter_enum(node: Node) -> Iterator[Change]:
    kind = "rename_value" if "oldVal" in node else "add_enum_value"
    yield Change(kind, name=names(node["typeName"])[-1])


def alter_sequence(node: Node) -> Iterator[Change]:
    options = {option["defname"] for option in bare(node.get("options", []))}
    kind = "comment" if options == {"owned_by"} else "change_object"
    yield Change(kind, name=node["sequence"]["relname"])


def create_trigger(node: Node) -> Iterator[Change]:
    kind = "change_trigger" if node.get("replace") else "create_trigger"
    yield Change(kind, table=relation(node), name=node["trigname"])


def do_block(node: Node) -> Iterator[Change]:
    arguments = {item["defname"]: item.get("arg", {}) for item in bare(node["args"])}
    body = arguments.get("as", {}).get("String", {}).get("sval", "")
    guarded = GUARDED.match(body) if "language" not in arguments else None
    yield from changes(guarded["statement"]) if guarded else [Change("do_block")]


def setting(node: Node) -> Iterator[Change]:
    name = node.get("name", "")
    values = {str(value) for _, value in expressions.constants(node.get("args", []))}
    if name == "session_replication_role":
        yield Change("replication_role")
    elif name in ("standard_conforming_strings", "backslash_quote"):
        yield Change("unknown", name=name)  # what follows would be read otherwise than here
    elif name == "search_path" and not values <= {"public", "$user"}:
        yield Change("search_path")
    else:
        yield Change("setting", name=name)


def comment(_: Node) -> Iterator[Change]:
    yield Change("comment")


#: A column has a value where an INSERT does not name it.
HAS_VALUE = {"CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"}
CONSTRAINTS = {
    "CONSTR_CHECK": "add_check",
    "CONSTR_UNIQUE": "add_unique",
    "CONSTR_FOREIGN": "add_foreign_key",
    "CONSTR_EXCLUSION": "add_exclude",
    "CONSTR_PRIMARY": "add_primary_key",
}
ALTERATIONS = {
    "AT_DropNotNull": "drop_not_null",
    "AT_SetNotNull": "set_not_null",
    "AT_DropColumn": "drop_column",
    "AT_ValidateConstraint": "validate",
    "AT_ChangeOwner": "owner",
    "AT_SetStatistics": "storage",
    "AT_SetStorage": "storage",
    "AT_SetCompression": "storage",
    "AT_SetOptions": "storage",
    "AT_ResetOptions": "storage",
    "AT_SetRelOptions": "storage",
    "AT_ResetRelOptions": "storage",
    "AT_ClusterOn": "storage",
    "AT_DropCluster": "storage",
    "AT_SetLogged": "storage",
    "AT_SetUnLogged": "storage",
    "AT_SetTableSpace": "storage",
    "AT_EnableRowSecurity": "row_security",
    "AT_DisableRowSecurity": "row_security",
    "AT_ForceRowSecurity": "row_security",
    "AT_NoForceRowSecurity": "row_security",
    "AT_EnableTrig": "change_trigger",
    "AT_EnableAlwaysTrig": "change_trigger",
    "AT_EnableReplicaTrig": "change_trigger",
    "AT_DisableTrig": "change_trigger",
    "AT_EnableTrigAll": "change_trigger",
    "AT_DisableTrigAll": "change_trigger",
    "AT_EnableTrigUser": "change_trigger",
    "AT_DisableTrigUser": "change_trigger",
    "AT_AddInherit": "inherit",
    "AT_DropInherit": "inherit",
    "AT_AttachPartition": "inherit",
    "AT_DetachPartition": "inherit",
    "AT_DetachPartitionFinalize": "inherit",
}
STATEMENTS: dict[str, Any] = {
    "CreateStmt": create_table,
    "CreateTableAsStmt": create_as,
    "AlterTableStmt": alter_table,
    "IndexStmt": create_index,
    "DropStmt": drop,
    "RenameStmt": rename,
    "AlterObjectSchemaStmt": set_schema,
    "UpdateStmt": update,
    "DeleteStmt": delete,
    "InsertStmt": add_rows,
    "MergeStmt": add_rows,
    "CopyStmt": "write_old",
    "TruncateStmt": truncate,
    "SelectStmt": select,
    "GrantStmt": grant,
    "GrantRoleStmt": grant,
    "AlterDefaultPrivilegesStmt": grant,
    "ViewStmt": create_or_replace,
    "CreateFunctionStmt": create_or_replace,
    "CreateTrigStmt": create_trigger,
    "AlterEnumStmt": alter_enum,
    "AlterSeqStmt": alter_sequence,
    "CreateSchemaStmt": create_schema,
    "DoStmt": do_block,
    "VariableSetStmt": setting,
    "CommentStmt": comment,
    "CreatePolicyStmt": "row_security",
    "AlterPolicyStmt": "row_security",
    "SecLabelStmt": "row_security",
    "RuleStmt": "create_rule",
    "AlterOwnerStmt": "owner",
    "CallStmt": call,
    "TransactionStmt": "transaction_control",
    "CreateEnumStmt": "create_object",
    "CreateDomainStmt": "create_object",
    "CompositeTypeStmt": "create_object",
    "CreateRangeStmt": "create_object",
    "CreateSeqStmt": "create_object",
    "CreateExtensionStmt": "create_object",
    "DefineStmt": define,
    "VacuumStmt": "storage",
    "ReindexStmt": "storage",
    "ClusterStmt": "storage",
    "CreateStatsStmt": "storage",
    "LockStmt": "setting",
    "VariableShowStmt": "setting",
    "CheckPointStmt": "setting",
    "AlterDomainStmt": "change_object",
    "AlterFunctionStmt": "change_object",
    "AlterExtensionStmt": "change_object",
    "AlterTypeStmt": "change_object",
    "RefreshMatViewStmt": "change_object",
}
