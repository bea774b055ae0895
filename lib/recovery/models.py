"""What one part of the state looks like. Pure."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Look:
    """All empty: it is as it should be."""

    told: list[str] = field(default_factory=list)
    #: What mending would do.
    to_do: list[str] = field(default_factory=list)
    #: What a person has to see to.
    beyond: list[str] = field(default_factory=list)


class Part(Protocol):
    """Looking changes nothing; mending is safe to repeat, two at once, and killed at any point."""

    name: str

    async def look(self) -> Look: ...

    async def mend(self) -> list[str]:
        """What was done."""
        ...
