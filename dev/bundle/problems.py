"""A finding about a build: where it is, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass


class BundleError(Exception):
    """The tree could not be copied or built; the message says what to do."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"
