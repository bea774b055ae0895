"""Does the older code run on what a statement leaves behind? One row per kind of change.

SAFE: it does. RELAX: it does once what hinders it is relaxed, and the newer code does too.
NAME: it does once its name is back; the newer code then does not. GONE: what it reads was really
removed. PROVE: nobody can tell without trying: refused, unless the author says `-- rollback: safe`.
SECURITY: who may see what is never derived. tests/schema/test_reality.py runs old statements on
every row, on each server it finds.
"""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    SAFE = "safe"
    RELAX = "relax"
    NAME = "name"
    GONE = "gone"
    PROVE = "prove"
    SECURITY = "security"
    #: Not a question of the older code: such a text is not recorded at all.
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Rule:
    verdict: Verdict
    #: What the migration does, after "because it".
    does: str


SAFE, RELAX, NAME, GONE = Verdict.SAFE, Verdict.RELAX, Verdict.NAME, Verdict.GONE
PROVE, SECURITY, NEVER = Verdict.PROVE, Verdict.SECURITY, Verdict.NEVER

RULES: dict[str, Rule] = {
    # --- the older code runs
    "create_table": Rule(SAFE, "creates {}"),
    "add_column": Rule(SAFE, "adds {}"),
    "drop_not_null": Rule(SAFE, "allows {} to be empty"),
    "set_default": Rule(SAFE, "gives {} a default"),
    "validate": Rule(SAFE, "validates a constraint of {}"),
    "create_index": Rule(SAFE, "creates an index on {}"),
    "drop_plain_index": Rule(SAFE, "drops the index {}"),
    "rename_index": Rule(SAFE, "renames the index {}"),
    "drop_check": Rule(SAFE, "drops a check or foreign key of {}"),
    "widen": Rule(SAFE, "widens {}"),
    "storage": Rule(SAFE, "changes how {} is stored"),
    "grant": Rule(SAFE, "grants rights"),
    "comment": Rule(SAFE, "comments on {}"),
    "create_object": Rule(SAFE, "creates {}"),
    "setting": Rule(SAFE, "changes a setting of its session"),
    "write_new": Rule(SAFE, "fills {}"),
    "read": Rule(SAFE, "reads"),
    # --- it runs once this is relaxed
    "add_required": Rule(RELAX, "requires the new column {}"),
    "set_not_null": Rule(RELAX, "requires {}"),
    "add_check": Rule(RELAX, "adds a check to {}"),
    "add_foreign_key": Rule(RELAX, "adds a foreign key to {}"),
    "add_unique": Rule(RELAX, "adds a unique key to {}"),
    "add_exclude": Rule(RELAX, "adds an exclusion constraint to {}"),
    "unique_index": Rule(RELAX, "adds a unique index to {}"),
    "expression_index": Rule(RELAX, "adds an index that computes, to {}"),
    "drop_default": Rule(RELAX, "takes the default away from {}"),
    "create_trigger": Rule(RELAX, "adds a trigger to {}"),
    "narrow": Rule(RELAX, "narrows {}"),
    # --- it runs once its name is back
    "rename_table": Rule(NAME, "renames {}"),
    "rename_column": Rule(NAME, "renames {}"),
    "set_schema": Rule(NAME, "moves {} to another schema"),
    # --- what it reads is gone
    "drop_table": Rule(GONE, "drops {}"),
    "drop_column": Rule(GONE, "drops {}"),
    "truncate": Rule(GONE, "empties {}"),
    # --- nobody can tell
    "drop_constraint": Rule(PROVE, "drops a constraint of {} that ON CONFLICT may need"),
    "drop_index": Rule(PROVE, "drops the index {}, which ON CONFLICT may need"),
    "add_primary_key": Rule(PROVE, "adds a primary key to {}"),
    "retype": Rule(PROVE, "changes the type of {}"),
    "generated": Rule(PROVE, "computes {} in a way that may fail on what older code writes"),
    "add_enum_value": Rule(PROVE, "adds a value to {} that older code may read"),
    "rename_value": Rule(PROVE, "renames a value of {}"),
    "change_trigger": Rule(PROVE, "changes triggers of {}"),
    "replace_object": Rule(PROVE, "replaces {}"),
    "drop_object": Rule(PROVE, "drops {}"),
    "rename_object": Rule(PROVE, "renames {}"),
    "change_object": Rule(PROVE, "changes {}"),
    "inherit": Rule(PROVE, "changes partitions or inheritance of {}"),
    "create_rule": Rule(PROVE, "adds a rule to {}"),
    "write_old": Rule(PROVE, "changes rows of {}"),
    "call": Rule(PROVE, "calls {}, which may change something"),
    "do_block": Rule(PROVE, "runs a DO block"),
    "search_path": Rule(PROVE, "changes search_path"),
    "unknown": Rule(PROVE, "does something not known here ({})"),
    "unreadable": Rule(PROVE, "cannot be read by PostgreSQL 17's parser: {}"),
    # --- who may see what
    "row_security": Rule(SECURITY, "changes row level security of {}"),
    "revoke": Rule(SECURITY, "revokes rights"),
    "owner": Rule(SECURITY, "changes an owner"),
    # --- not recorded
    "transaction_control": Rule(NEVER, "controls transactions itself"),
    "unrepeatable": Rule(NEVER, "updates {} in a way that cannot be run twice"),
    "replication_role": Rule(NEVER, "sets session_replication_role"),
}

#: Of what nobody can tell: what these break is an error of the older code, which trying shows. None
#: takes a value away or hides it, and none changes what a write does without a word.
SHOWN_BY_TRYING = frozenset(
    {
        "add_enum_value",
        "create_object",  # another function of that name: calls may be ambiguous
        "drop_constraint",
        "drop_index",
        "rename_index",  # with the constraint that rests on it
        "replace_object",
    }
)
