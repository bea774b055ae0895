"""Can this release be rolled back? python -m scripts.check_migrations, in the app's CI.

Reads the app's migration files and asks nobody. Exit codes: 0, it can be rolled back; 1, it cannot
be rolled back past a version, or not even be recorded, and why is said; 2, nobody can tell.
"""

import argparse
import sys
from collections.abc import Sequence

from lib.migrations.collect import Collection
from lib.migrations.judging import judge
from lib.migrations.sources import CannotCollect, Collected
from lib.migrations.texts import Finding, newest_wall, said
from scripts.ci import (
    BROKEN,
    FINE,
    REFUSED,
    add_collecting,
    collected,
    tell_broken,
    tell_findings,
)
from scripts.runner import one_line


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.check_migrations", description=__doc__)
    add_collecting(parser)
    parser.add_argument("--after", metavar="VERSION", help="judge only what comes after this one")
    options = parser.parse_args(arguments)
    try:
        collection = collected(options)
        migrations = collection.after(options.after)
    except CannotCollect as error:
        tell_broken(error)
        return BROKEN
    findings = judged(collection, migrations)
    tell_findings(findings, migrations)
    print(one_line(verdict(findings, migrations)))
    return REFUSED if any(one.is_wall for one in findings) else FINE


def judged(collection: Collection, migrations: Sequence[Collected]) -> list[Finding]:
    """What hinders a rollback in these, which are some of the collection's."""
    versions = {one.version for one in migrations}
    # What came before is read as well: it may say what the newer ones take away.
    texts = [one.text for one in collection.migrations if one.text]
    return [*too_large(migrations), *(one for one in judge(texts) if one.version in versions)]


def too_large(migrations: Sequence[Collected]) -> list[Finding]:
    return [
        Finding(one.version, "up", 1, f"its text {one.too_large}", is_refused=False)
        for one in migrations
        if one.text is None
    ]


def verdict(findings: Sequence[Finding], migrations: Sequence[Collected]) -> str:
    if not any(one.is_wall for one in findings):
        asks = ", if a person chooses it" if findings else ""
        return (
            f"This release can be rolled back{asks}: nothing hinders in {len(migrations)}"
            " migrations."
        )
    refused = [finding for finding in findings if finding.is_refused]
    if refused:
        return f"This release cannot be recorded, because of {refused[0].version}."
    wall = newest_wall(findings, [one.version for one in migrations])
    assert wall
    return said(wall)


if __name__ == "__main__":
    sys.exit(main())
