"""What can be said against a migration by its text alone. Pure; a Judge (lib/schema/texts.py)."""

from collections.abc import Iterator, Sequence

from lib.schema.lexing import Statement, statements, unclosed
from lib.schema.texts import Finding, MigrationText, Way, late_promises, promises

#: How a statement starts that begins or ends a transaction, or takes part of one back.
TRANSACTION_CONTROL = (
    ("BEGIN",),
    ("START", "TRANSACTION"),
    ("COMMIT",),
    ("END",),
    ("ROLLBACK",),
    ("ABORT",),
    ("SAVEPOINT",),
    ("RELEASE",),
    ("PREPARE", "TRANSACTION"),
    ("SET", "TRANSACTION"),
    ("SET", "SESSION", "CHARACTERISTICS"),
)
REMEDY = " Take it out; an old migration can be recorded without its text (--after)."


def judge_texts(migrations: Sequence[MigrationText]) -> list[Finding]:
    return [finding for migration in migrations for finding in findings(migration)]


def findings(migration: MigrationText) -> Iterator[Finding]:
    yield from header_findings(migration)
    for way, text in texts(migration):
        for line, sentence in refusals(text):
            yield Finding(migration.version, way, line, sentence)


def texts(migration: MigrationText) -> list[tuple[Way, str]]:
    ways: list[tuple[Way, str | None]] = [("up", migration.up), ("down", migration.down)]
    return [(way, text) for way, text in ways if text is not None]


def header_findings(migration: MigrationText) -> Iterator[Finding]:
    version, made = migration.version, promises(migration.up)
    for promise in late_promises(migration.up):
        yield Finding(
            version,
            "up",
            promise.line,
            f"`-- rollback: {promise.marked}` counts only above the first statement. Move it up.",
        )
    for promise in made:
        if not promise.reason:
            yield Finding(
                version,
                "up",
                promise.line,
                f"`-- rollback: {promise.marked}` needs a reason: whoever rolls back will read it.",
            )
    if len(made) > 1:
        yield Finding(
            version, "up", made[1].line, "There are several `-- rollback:` lines. Keep one."
        )
    elif made and made[0].marked == "irreversible":
        yield Finding(
            version,
            "up",
            made[0].line,
            f"its author says that it is irreversible: {made[0].reason}",
            is_refused=False,
        )


def refusals(text: str) -> Iterator[tuple[int, str]]:
    """Line and sentence."""
    for statement in statements(text):
        if sentence := refusal(statement):
            yield statement.line, sentence
    if left := unclosed(text):
        what = "comment" if left.kind == "block" else "quote"
        yield left.line, f"The text ends inside the {what} that begins here. Close it."


def refusal(statement: Statement) -> str | None:
    if statement.is_psql:
        return "This is a command of psql, which a server does not understand." + REMEDY
    if any(statement.starts(*words) for words in TRANSACTION_CONTROL):
        return (
            f"{' '.join(statement.words[:2])} controls the transaction, and a step back is one"
            " transaction that is ours." + REMEDY
        )
    if statement.starts("COPY") and "STDIN" in statement.words:
        return "COPY FROM STDIN needs a client that sends the rows. Use INSERT." + REMEDY
    return None
