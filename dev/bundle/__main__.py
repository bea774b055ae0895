"""`python -m dev.bundle`: build as the platform does, check, start each function, print them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from dev.bundle.answers import answers_of, unanswered
from dev.bundle.contents import check_contents
from dev.bundle.output import read_build
from dev.bundle.packages import check_packages
from dev.bundle.problems import BundleError, Problem
from dev.bundle.routes import check_routes
from dev.bundle.table import table
from dev.bundle.tree import TOOLS, build, copy_tracked
from dev.cli import vercel_command
from dev.npm import InstallFailed, NodeMissing

ROOT = Path(__file__).parents[2]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bundle-tree-") as scratch:
        try:
            problems = bundle(Path(scratch) / "tree")
        except (BundleError, NodeMissing, InstallFailed) as error:
            print(error, file=sys.stderr)
            return 1
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def bundle(tree: Path) -> list[Problem]:
    copy_tracked(ROOT, tree)
    print("building a clean copy with the platform's own command", flush=True)
    build(tree, vercel_command(), ROOT / TOOLS)
    built = read_build(tree)
    problems = [*check_contents(built), *check_packages(built), *check_routes(built)]
    answers = answers_of(built)
    for line in table(built, answers):
        print(line)
    return [*problems, *unanswered(answers)]


if __name__ == "__main__":
    sys.exit(main())
