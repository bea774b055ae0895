"""Programs of the local stack, as processes that end when their parent does."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from dev.ports import free_port
from dev.stopping import Stoppable

LAUNCH = Path(__file__).with_name("launch.py")
POLL_SECONDS = 0.005
#: A port that was free may be taken meanwhile.
ATTEMPTS = 3


class DidNotStart(Exception):
    """A program ended, or stayed silent for too long, before it was ready."""


class Process:
    """A running program. It dies with the thread that started it: start it from one that stays."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], log: Path | None) -> None:
        self.name = name
        self._popen = popen
        self._log = log

    @classmethod
    def start(
        cls,
        name: str,
        program: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        log: Path | None = None,
        death_signal: signal.Signals = signal.SIGKILL,
        identity: Sequence[str] = (),
    ) -> "Process":
        """Start `program` (an absolute path and its arguments), its output appended to `log`."""
        arguments = [*_launcher(death_signal), *identity, "--", *map(str, program)]
        output: IO[bytes] | int = log.open("ab") if log else subprocess.DEVNULL
        try:
            popen = subprocess.Popen(
                arguments,
                env=None if env is None else dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if log else output,
                # Ctrl-C in the terminal is the parent's to answer.
                start_new_session=True,
            )
        finally:
            if not isinstance(output, int):
                output.close()
        return cls(name, popen, log)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def ended(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._popen.poll()

    def wait_until(self, ready: Callable[[], bool], *, timeout_seconds: float = 30) -> None:
        """Poll `ready`. Raises DidNotStart, with the end of the log, if it never comes true."""
        deadline = time.monotonic() + timeout_seconds
        while not ready():
            if self.ended is not None:
                raise DidNotStart(f"{self.name} ended with {self.ended}.\n{self.last_words()}")
            if time.monotonic() > deadline:
                self.stop()
                raise DidNotStart(
                    f"{self.name} was not ready in {timeout_seconds} s.\n{self.last_words()}"
                )
            time.sleep(POLL_SECONDS)

    def last_words(self, lines: int = 15) -> str:
        if self._log is None or not self._log.exists():
            return ""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self, how: signal.Signals = signal.SIGTERM, *, timeout_seconds: float = 10) -> None:
        """End it with `how`, and by force if that takes too long. Harmless once it has ended."""
        if self.ended is None:
            self._popen.send_signal(how)
        try:
            self._popen.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()


class Part(Stoppable):
    """A part of the stack that is one process, another one after each restart."""

    _process: Process

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> int | None:
        return self._process.ended


def serve_on(port: int, serve: Callable[[int], Process]) -> tuple[int, Process]:
    """Where it runs, and the process. Port 0 picks a free one. Raises DidNotStart."""
    for _ in range(ATTEMPTS - 1):
        chosen = port or free_port()
        try:
            return chosen, serve(chosen)
        except DidNotStart:
            if port:
                raise
    last = free_port()
    return last, serve(last)


def succeeds(program: Sequence[str | Path], *, identity: Sequence[str] = ()) -> bool:
    arguments = [*_launcher(signal.SIGKILL), *identity, "--", *map(str, program)]
    return subprocess.run(arguments, capture_output=True, check=False).returncode == 0


def run(program: Sequence[str | Path], *, identity: Sequence[str] = ()) -> None:
    """Run to the end. Raises DidNotStart, with what the program said, if it fails."""
    arguments = [*_launcher(signal.SIGKILL), *identity, "--", *map(str, program)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DidNotStart(f"{Path(program[0]).name} failed.\n{done.stdout}{done.stderr}")


def _launcher(death_signal: signal.Signals) -> list[str]:
    return [
        sys.executable,
        "-I",
        "-S",
        str(LAUNCH),
        f"--parent={os.getpid()}",
        f"--death-signal={int(death_signal)}",
    ]
