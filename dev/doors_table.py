"""The table of doors in docs/api.md, as functions open by it: python -m dev.doors_table."""

import re
import sys
from pathlib import Path

from lib.access.doors import DOORS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "api.md"
TABLE = re.compile(r"(<!-- doors -->\n).*?(<!-- /doors -->)", re.DOTALL)


def table() -> str:
    rows = [
        f"| `{method} {route}` | {door} |"
        for route, methods in DOORS.items()
        for method, door in methods.items()
    ]
    return "\n".join(["| what | opens to |", "|---|---|", *rows]) + "\n"


def written(text: str) -> str:
    """The page with the table as it should be."""
    return TABLE.sub(lambda found: found[1] + table() + found[2], text)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write("docs/api.md has the doors as they are.\n")
