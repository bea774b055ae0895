"""What the commands for an app's CI share: where its migrations are, and how findings are told.

On GitHub's runners each finding is also an annotation at its line of the change.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from lib.migrations.collect import FOLDERS, Collection, collect
from lib.migrations.sources import CannotCollect, Collected, Source
from lib.migrations.texts import Finding
from lib.migrations.tools import Tool
from scripts.runner import escaped, one_line

#: Exit codes.
FINE, REFUSED, BROKEN = 0, 1, 2


def add_collecting(parser: argparse.ArgumentParser) -> None:
    places = ", ".join(FOLDERS.values())
    parser.add_argument("--root", type=Path, default=Path(), help="the app's repository")
    parser.add_argument("--tool", choices=get_args(Tool), help="whose migrations, if not plain")
    parser.add_argument(
        "--folder", type=Path, help=f"where they are, from the root; without: {places}"
    )


def collected(options: argparse.Namespace) -> Collection:
    """Raises CannotCollect."""
    return collect(options.root, tool=options.tool, folder=options.folder)


def commit() -> str | None:
    return os.environ.get("GITHUB_SHA")


def tell_broken(error: CannotCollect) -> None:
    tell("error", str(error), Source(error.file, error.line) if error.file else None)


def tell_findings(findings: Sequence[Finding], migrations: Sequence[Collected]) -> None:
    by_version = {one.version: one for one in migrations}
    for finding in findings:
        place = by_version[finding.version].place(finding)
        kind = "error" if finding.is_wall or finding.is_refused else "warning"
        tell(kind, f"{finding.version}: {finding.sentence}", place)


def tell(kind: str, message: str, place: Source | None = None) -> None:
    """`kind`: error, warning or notice."""
    where = f"{place.file}:{place.line}: " if place and str(place.file) not in message else ""
    print(one_line(f"{kind}: {where}{message}"))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        print(annotation(kind, message, place))


def annotation(kind: str, message: str, place: Source | None) -> str:
    at = ""
    if place is not None:
        at = f" file={escaped(from_workspace(place.file), ':,')},line={max(place.line, 1)}"
    return f"::{kind}{at}::{escaped(message)}"


def from_workspace(file: Path) -> str:
    """Annotations name files from the root of what was checked out."""
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or ".").resolve()
    whole = file.resolve()
    return str(whole.relative_to(workspace) if whole.is_relative_to(workspace) else file)
