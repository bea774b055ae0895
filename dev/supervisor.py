"""Keeps the parts of a stack running, unless they are held.

A part that ended is started again, and one whose name lies in the folder of held parts is kept
stopped: that is how one shows what happens without a Redis.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from dev.processes import DidNotStart

#: Not at once: what made it end may need a moment to pass.
PAUSE_SECONDS = 1.0


class Part(Protocol):
    """A process of the stack."""

    @property
    def pid(self) -> int: ...
    @property
    def ended(self) -> int | None: ...
    def restart(self) -> None: ...
    def stop(self) -> None: ...


class Supervisor:
    """Look often: `look` notices what has happened since the last time and mends it."""

    def __init__(self, parts: Mapping[str, Part], held: Path, say: Callable[[str], None]) -> None:
        self._parts = parts
        self._held = held
        self._say = say
        self._down: dict[str, float] = {}

    def look(self) -> bool:
        """Whether the process of any part has changed."""
        changed = [name for name, part in self._parts.items() if self._attend(name, part)]
        return bool(changed)

    def _attend(self, name: str, part: Part) -> bool:
        if (self._held / name).exists():
            return self._hold(name, part)
        if part.ended is None:
            self._down.pop(name, None)
            return False
        since = self._down.get(name)
        if since is None:
            self._say(f"{name} ended ({_how(part.ended)}); it is started again")
            since = self._down[name] = time.monotonic()
        if time.monotonic() - since < PAUSE_SECONDS:
            return False
        return self._restart(name, part)

    def _hold(self, name: str, part: Part) -> bool:
        if part.ended is not None:
            return False
        part.stop()
        # Started again without a pause, and without a word of surprise, once it is let go.
        self._down[name] = 0
        self._say(f"{name} is stopped")
        return True

    def _restart(self, name: str, part: Part) -> bool:
        try:
            part.restart()
        except DidNotStart as error:
            self._say(f"{name} does not start: {error}")
            self._down[name] = time.monotonic()
            return False
        self._say(f"{name} is running again")
        return True


def _how(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"status {status}"
