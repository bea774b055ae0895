"""What a release's migrations mean for its rollback, told when it is recorded. Pure.

Without the database: what only the catalogue knows (which constraint a name meant, who owns a
table, how many rows there are) is left to the planner, which may refuse more, and never less.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lib.schema import past, statements
from lib.schema.models import Code, Migration
from lib.schema.past import Past
from lib.schema.rules import RULES, Rule, Verdict
from lib.schema.statements import Change, Text


class Level(StrEnum):
    ERROR = "error"  #: not recorded
    STOP = "stop"  #: recorded; no rollback passes it
    EXCLUSIVE = "exclusive"  #: a rollback passes it if a person chooses that
    NOTE = "note"  #: relaxed by a rollback, and put back on the way forward


@dataclass(frozen=True, slots=True)
class Finding:
    """`line` counts within the up text, or the down text if `in_down`."""

    version: str
    line: int
    level: Level
    message: str
    code: Code | None = None
    in_down: bool = False


LEVELS = {
    Verdict.RELAX: Level.NOTE,
    Verdict.NAME: Level.EXCLUSIVE,
    Verdict.GONE: Level.STOP,
    Verdict.PROVE: Level.STOP,
    Verdict.SECURITY: Level.STOP,
    Verdict.NEVER: Level.ERROR,
}
ADVICE = {
    Verdict.GONE: "drop it one release later",
    Verdict.PROVE: "if older code does run on it, say `-- rollback: safe <reason>` at the top",
    Verdict.SECURITY: "who may see what is never changed by a rollback",
}

#: Of the server's own functions, what a migration may call for its effect.
CHANGES_SOMETHING = ("setval", "set_config", "pg_notify", "pg_sleep", "dblink_exec")
#: Harmless to older code where they concern columns that the same migration adds.
OF_NEW_COLUMNS = ("write_old", "drop_column", "retype", "rename_column", "drop_default")


def judge_release(
    migrations: Sequence[Migration], known: Sequence[Migration] = ()
) -> tuple[Finding, ...]:
    """`known`: what is recorded of the versions before, in order."""
    texts = [statements.read(one.up) for one in (*known, *migrations)]
    lasting = past.of((text.changes for text in texts), is_complete=bool(known))
    mine = texts[len(known) :]
    return tuple(
        finding
        for migration, text in zip(migrations, mine, strict=True)
        for finding in judge(migration, text, lasting)
    )


def judge(migration: Migration, text: Text, lasting: Past) -> Iterator[Finding]:
    if text.irreversible:
        reason = f"its author says that it is irreversible: {text.irreversible}"
        yield Finding(
            migration.version, 1, Level.STOP, cannot(migration.version, reason), Code.NO_DOWN
        )
    changes = [lasting.settled(change) for change in text.changes]
    for change in changes:
        rule = RULES[change.kind]
        if rule.verdict is Verdict.NEVER or not (text.safe or is_own(change, changes)):
            yield from weigh(migration, change, rule, lasting)
    for change in statements.read(migration.down or "").changes:
        rule = RULES[change.kind]
        if rule.verdict is Verdict.NEVER:
            message = f"The down text of {migration.version} {said(rule, change)}."
            yield Finding(migration.version, change.line, Level.ERROR, message, in_down=True)


def weigh(migration: Migration, change: Change, rule: Rule, lasting: Past) -> Iterator[Finding]:
    level = LEVELS.get(rule.verdict)
    code = Code.DESTROYED if rule.verdict is Verdict.GONE else Code.UNSUPPORTED
    advice = ADVICE.get(rule.verdict, "")
    if change.kind == "call" and not may_change(change.name, lasting):
        return
    if change.kind == "drop_default" and lasting.default_of(change) is None:
        level, code = Level.STOP, Code.NO_DOWN
        advice = "write SET DEFAULT into its down part"
    if level is None:
        return
    does = said(rule, change)
    message = {
        Level.ERROR: f"{migration.version} {does}.",
        Level.STOP: cannot(migration.version, f"it {does}", advice),
        Level.EXCLUSIVE: f"Rolling back past {migration.version} stops the newer release's code,"
        f" because it {does}.",
        Level.NOTE: f"{migration.version} {does}: a rollback relaxes it.",
    }[level]
    found = code if level is Level.STOP else None
    yield Finding(migration.version, change.line, level, message, found)


def may_change(function: str, lasting: Past) -> bool:
    """The planner knows which functions are VOLATILE; here, those of the texts are taken for it."""
    return function in lasting.made or function in CHANGES_SOMETHING


def said(rule: Rule, change: Change) -> str:
    return rule.does.format(change.subject or change.name)


def cannot(version: str, because: str, advice: str = "") -> str:
    rest = f"; {advice}" if advice else ""
    return f"This release cannot be rolled back past {version}, because {because}{rest}."


def is_own(change: Change, changes: Sequence[Change]) -> bool:
    """It concerns only what the same migration makes, which older code does not know."""
    before = changes[: next(n for n, one in enumerate(changes) if one is change)]
    made = [one for one in before if one.is_new]
    if change.kind == "add_foreign_key":
        return False
    if change.table and any(
        one.kind == "create_table" and one.table == change.table for one in made
    ):
        return True
    if any(one.kind == "create_object" and one.name == change.name for one in made):
        return change.kind in ("drop_object", "replace_object", "change_object", "add_enum_value")
    added = {one.column for one in made if one.kind == "add_column" and one.table == change.table}
    concerned = {change.column} if change.column else set(change.columns)
    return bool(concerned) and concerned <= added and change.kind in OF_NEW_COLUMNS
