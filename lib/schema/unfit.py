"""Why a plan cannot be made, raised from wherever that shows. Pure."""

from lib.schema.models import Code, Refuse
from lib.schema.rules import RULES, Verdict
from lib.schema.walk import Met

ASSERT = (
    "If the older code does run on it, say so at the top of the migration:"
    " `-- rollback: safe <reason>`. Else choose another version, or fix forward."
)
PERSON = "Who may see what is a person's decision: choose another version, or fix forward."
LATER = "Fix forward, or restore it from a backup. Next time, drop it one release later."


class Unfit(Exception):
    def __init__(self, code: Code, reason: str, remedy: str = ASSERT) -> None:
        super().__init__(reason)
        self.refusal = Refuse(code, reason, remedy)


def unproven(met: Met) -> Unfit:
    """A change that nobody can tell the older code to run on."""
    rule = RULES[met.change.kind]
    does = rule.does.format(met.change.subject or met.change.name)
    remedy = PERSON if rule.verdict is Verdict.SECURITY else ASSERT
    return Unfit(Code.UNSUPPORTED, f"{met.version} {does} (line {met.change.line}).", remedy)


def gone(met: Met) -> Unfit:
    """What the older code reads was really removed, by the migration or by somebody else."""
    subject = met.change.subject
    does = {
        "drop_table": f"{met.version} really dropped {subject}",
        "drop_column": f"{met.version} really dropped {subject}",
        "truncate": f"{met.version} really emptied {subject}",
    }.get(met.change.kind, f"{subject} was dropped by other means")
    return Unfit(Code.DESTROYED, f"{does}, which this version's code reads.", LATER)
