"""What a release's migrations mean for its rollback, told when it is recorded. Pure.

Without the database: what only the catalogue knows (which constraint a name meant, who owns a
table, how many rows there are) is left to the planner, which may refuse more, and never less.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lib.schema import past, statements, types
from lib.schema.expressions import Node
from lib.schema.models import Catalogue, Code, Migration
from lib.schema.past import Past, same_column
from lib.schema.rendering import NotSimple
from lib.schema.rules import RULES, Rule, Verdict
from lib.schema.statements import DELETE, INSERT, UPDATE, Change, Text
from lib.schema.updates import Reader


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
    #: Of STOP: the message without what all of them say.
    because: str = ""


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
        message = cannot(migration.version, reason)
        yield Finding(migration.version, 1, Level.STOP, message, Code.NO_DOWN, because=reason)
    changes = [lasting.settled(change) for change in text.changes]
    downs = statements.read(migration.down or "").changes
    reader = Reader(Catalogue(()), lasting.made | frozenset(CHANGES_SOMETHING))
    for change in changes:
        rule = RULES[change.kind]
        harmless = text.safe or is_own(change, changes) or is_widening(change, lasting)
        if rule.verdict is Verdict.NEVER or not harmless:
            level = taken_back(change, downs, reader)
            yield from (
                weigh(migration, change, rule, lasting)
                if level is None
                else [
                    Finding(
                        migration.version,
                        change.line,
                        level,
                        told(level, migration.version, said(rule, change)),
                    )
                ]
            )
    for change in downs:
        rule = RULES[change.kind]
        if rule.verdict is Verdict.NEVER:
            message = f"The down text of {migration.version} {said(rule, change)}."
            yield Finding(migration.version, change.line, Level.ERROR, message, in_down=True)
        elif not text.safe and (reason := underivable(change, changes, reader)):
            because = f"what its down part writes into {change.subject} cannot be derived: it "
            because += f"{reason}; write it with the row's own columns and PostgreSQL's functions"
            yield Finding(
                migration.version,
                change.line,
                Level.STOP,
                cannot(migration.version, because),
                Code.UNSUPPORTED,
                in_down=True,
                because=because,
            )


def underivable(change: Change, ups: Sequence[Change], reader: Reader) -> str:
    """Why a rollback could not carry out what a down part writes; "" where it could."""
    if change.to not in (UPDATE, DELETE) or change.value is None or is_own(change, ups):
        return ""
    try:
        reader.check(change.value)
    except NotSimple as reason:
        return str(reason)
    return ""


def taken_back(change: Change, downs: Sequence[Change], reader: Reader) -> Level | None:
    """What a rollback makes of a change by the down part's own statements; None: nothing."""
    if change.kind == "retype":
        back = next(
            (one for one in downs if one.kind == "retype" and same_column(one, change)), None
        )
        values = [one.value for one in (change, back) if one is not None and one.value is not None]
        if change.value is not None and back is None:
            return None
        return (
            Level.EXCLUSIVE if all(is_simple(reader.check_value, one) for one in values) else None
        )
    if change.kind != "write_old" or change.table is None:
        return None
    mine = [one for one in downs if one.table == change.table and one.value is not None]
    mine = [one for one in mine if is_simple(reader.check, one.value)]
    if change.to == UPDATE:
        changed = {column for one in mine if one.to == UPDATE for column in one.columns}
        return Level.NOTE if set(change.columns) <= changed else None
    deleted = change.to == INSERT and any(one.to == DELETE for one in mine)
    return Level.EXCLUSIVE if deleted else None


def is_widening(change: Change, lasting: Past) -> bool:
    if change.kind != "retype" or change.value is not None:
        return False
    had = lasting.type_of(change)
    return had is not None and types.is_wider(change.to, had)


def is_simple(check: Callable[[Node], None], tree: Node | None) -> bool:
    try:
        check(tree or {})
    except NotSimple:
        return False
    return True


def told(level: Level, version: str, does: str) -> str:
    if level is Level.EXCLUSIVE:
        return f"Rolling back past {version} stops the newer release's code, because it {does}."
    return f"{version} {does}: a rollback takes it back, as the down part says."


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
        Level.STOP: cannot(migration.version, because(does, advice)),
        Level.EXCLUSIVE: told(Level.EXCLUSIVE, migration.version, does),
        Level.NOTE: f"{migration.version} {does}: a rollback relaxes it{until_then(change)}.",
    }[level]
    if level is not Level.STOP:
        yield Finding(migration.version, change.line, level, message)
        return
    reason = because(does, advice)
    yield Finding(migration.version, change.line, level, message, code, because=reason)


def may_change(function: str, lasting: Past) -> bool:
    """The planner knows which functions are VOLATILE; here, those of the texts are taken for it."""
    return function in lasting.made or function in CHANGES_SOMETHING


def until_then(change: Change) -> str:
    """What the newer release's own code has of it, as long as it rests."""
    is_arbiter = change.kind in ("add_unique", "add_exclude", "unique_index")
    return ", and ON CONFLICT on it fails then" if is_arbiter else ""


def said(rule: Rule, change: Change) -> str:
    return rule.does.format(change.subject or change.name)


def because(does: str, advice: str) -> str:
    return f"it {does}; {advice}" if advice else f"it {does}"


def cannot(version: str, reason: str) -> str:
    return f"This release cannot be rolled back past {version}, because {reason}."


def is_own(change: Change, changes: Sequence[Change]) -> bool:
    """It concerns only what the same migration makes, which older code does not know."""
    before = changes[: next((n for n, one in enumerate(changes) if one is change), len(changes))]
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
