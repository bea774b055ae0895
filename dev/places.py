"""Where one stack lives: its folder of data and its ports."""

import fcntl
import os
import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

from dev.ports import free_ports, is_free

ROOT = Path(__file__).parent.parent
DATA = ROOT / ".dev"
PORT = 4300


#: The processes that can be held, by the names they have in stack.json.
PARTS = ("postgres", "valkey", "s3", "platform")


class NoStack(Exception):
    """No stack runs with its data there."""


class CannotStart(Exception):
    """The stack cannot start; the message says what to do about it."""


@dataclass(frozen=True)
class Folder:
    """The data of one stack. It survives a restart and may be deleted while none runs."""

    data: Path

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def stack_file(self) -> Path:
        """How to reach the running stack; there only while it runs."""
        return self.data / "stack.json"

    @property
    def keys_file(self) -> Path:
        return self.data / "keys.json"

    @property
    def platform_file(self) -> Path:
        return self.data / "platform.json"

    @property
    def answers_file(self) -> Path:
        """What the functions of a stack that is asked to keep it have answered."""
        return self.data / "answers"

    @property
    def held(self) -> Path:
        """A file named after a part keeps that part stopped while it is there."""
        return self.data / "held"

    def take(self) -> None:
        """Make it ours for the life of this process. Raises CannotStart if another one has it."""
        self._lock()
        self.logs.mkdir(exist_ok=True)
        shutil.rmtree(self.held, ignore_errors=True)
        self.held.mkdir()

    def clear(self) -> None:
        """Forget everything. Raises CannotStart if a stack runs on it, or never did."""
        if not self.data.exists():
            return
        if not self._lock_file.exists():
            raise CannotStart(f"{self.data} holds no stack's data; nothing was removed.")
        self._lock()
        shutil.rmtree(self.data)

    @property
    def _lock_file(self) -> Path:
        return self.data / "lock"

    def _lock(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise CannotStart(
                f"A stack is running already with its data in {self.data}. Stop it (Ctrl-C in its "
                "terminal), or run another beside it: make dev DATA=.dev/second PORT=5300"
            ) from error


@dataclass(frozen=True)
class Ports:
    """One port for each part, the control plane's being the one that people know."""

    control_plane: int
    edge: int
    vercel_api: int
    redis_rest: int
    s3: int
    stripe: int
    postgres: int
    valkey: int

    @classmethod
    def choose(cls, first: int) -> Self:
        """`first` and those after it; what is taken, and everything if it is 0, is picked."""
        if first and not is_free(first):
            raise CannotStart(
                f"Port {first}, the control plane's, is taken. Stop what listens there, or choose "
                f"another: make dev PORT={first + 1000}"
            )
        picked = free_ports(len(fields(cls)))
        if not first:
            return cls(*picked)
        wanted = (first + at for at in range(len(picked)))
        return cls(
            *(port if is_free(port) else other for port, other in zip(wanted, picked, strict=True))
        )
