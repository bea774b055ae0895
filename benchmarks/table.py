"""Rows as lined-up text."""

from __future__ import annotations

import math
from collections.abc import Sequence


def show(rows: Sequence[Sequence[str]]) -> None:
    """Print `rows`, the first of them the headings."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(line.rstrip(), flush=True)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all are not above: one that was really measured."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * share), 1) - 1]
