"""The built functions as a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dev.bundle.answers import Answer
from dev.bundle.output import Build, Function

MEGABYTE = 1_000_000
HEAD = ("function", "size", "files", "seconds", "answered")


def table(build: Build, answers: list[Answer]) -> Iterator[str]:
    by_source = {answer.source: answer for answer in answers}
    rows = [HEAD, *(row(build.tree, one, by_source.get(one.source)) for one in build.functions)]
    widths = [max(len(line[column]) for line in rows) for column in range(len(HEAD))]
    for line in rows:
        yield "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()


def row(tree: Path, function: Function, answer: Answer | None) -> tuple[str, ...]:
    size = sum((tree / origin).stat().st_size for origin in function.files.values())
    said = str(answer.status or "no") if answer else "not asked"
    return (
        function.source,
        f"{size / MEGABYTE:.1f} MB",
        str(len(function.files)),
        str(function.max_duration),
        said,
    )
