"""Can this release be rolled back? python -m scripts.check_migrations, in the app's CI.

Reads the app's migration files and asks nobody. Exit codes: 0, it can be rolled back; 1, it cannot
be rolled back past a version, or not even be recorded, and why is said; 2, nobody can tell.
"""

import argparse
import sys
from collections.abc import Sequence

from lib.schema.judging import judge
from lib.schema.sources import CannotCollect, Collected
from lib.schema.texts import Finding
from scripts.ci import (
    BROKEN,
    FINE,
    REFUSED,
    add_collecting,
    collected,
    one_line,
    tell_broken,
    tell_findings,
)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.check_migrations", description=__doc__)
    add_collecting(parser)
    parser.add_argument("--after", metavar="VERSION", help="judge only what comes after this one")
    options = parser.parse_args(arguments)
    try:
        migrations = collected(options).after(options.after)
    except CannotCollect as error:
        tell_broken(error)
        return BROKEN
    findings = [*too_large(migrations), *judge([one.text for one in migrations if one.text])]
    tell_findings(findings, migrations)
    print(one_line(verdict(findings, migrations)))
    return REFUSED if findings else FINE


def too_large(migrations: Sequence[Collected]) -> list[Finding]:
    return [
        Finding(one.version, "up", 1, f"its text {one.too_large}", is_refused=False)
        for one in migrations
        if one.text is None
    ]


def verdict(findings: Sequence[Finding], migrations: Sequence[Collected]) -> str:
    if not findings:
        return f"This release can be rolled back: nothing hinders in {len(migrations)} migrations."
    refused = [finding for finding in findings if finding.is_refused]
    if refused:
        return f"This release cannot be recorded, because of {refused[0].version}."
    # Going back meets the newest first.
    order = [one.version for one in migrations]
    wall = max(findings, key=lambda finding: order.index(finding.version))
    return f"This release cannot be rolled back past {wall.version}, because {wall.sentence}."


if __name__ == "__main__":
    sys.exit(main())
