"""Who judges the migrations that a release brings: the one place that says so."""

from collections.abc import Iterator, Sequence

from lib.migrations.refusals import judge_texts
from lib.migrations.texts import Finding, Judge, MigrationText, Way


def judge_release(migrations: Sequence[MigrationText]) -> list[Finding]:
    """By their texts, and by what the engine would have to do to go back past them.

    Each place is named once: what cannot be recorded before what nobody can go back past. In order
    of version and line.
    """
    found = [*judge_texts(migrations), *by_the_engine(migrations)]
    first: dict[tuple[str, str, int], Finding] = {}
    for finding in sorted(found, key=lambda one: (not one.is_refused, not one.is_wall)):
        first.setdefault((finding.version, finding.way, finding.line), finding)
    order = {one.version: number for number, one in enumerate(migrations)}
    return sorted(first.values(), key=lambda one: (order[one.version], one.way != "up", one.line))


def by_the_engine(migrations: Sequence[MigrationText]) -> Iterator[Finding]:
    """Loads PostgreSQL's parser: whoever judges nothing does not wait for it."""
    from lib.schema.judge import Level, judge_release
    from lib.schema.models import Migration

    texts = [Migration.of(one.version, one.up, one.down, one.name) for one in migrations]
    for found in judge_release(texts):
        if found.level is Level.NOTE:
            continue
        way: Way = "down" if found.in_down else "up"
        yield Finding(
            found.version,
            way,
            found.line,
            found.because or found.message,
            is_refused=found.level is Level.ERROR,
            is_wall=found.level is Level.STOP,
        )


#: When a release is recorded, and by the commands that a team's CI runs before it deploys.
judge: Judge = judge_release
