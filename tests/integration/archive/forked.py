"""A command in a process of its own that can be killed, loaded once and forked each time."""

import multiprocessing
import os
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import NamedTemporaryFile

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["scripts.archive"])


def run(module: str, variables: dict[str, str], arguments: list[str], said: str) -> None:
    os.environ.update(variables)
    output = os.open(said, os.O_WRONLY | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(output, stream)
    sys.exit(import_module(module).main(arguments))


class Running:
    def __init__(self, module: str, variables: dict[str, str], arguments: list[str]) -> None:
        with NamedTemporaryFile(delete=False) as file:
            self._said = Path(file.name)
        self._process = context.Process(
            target=run, args=(module, variables, arguments, str(self._said))
        )
        self._process.start()

    def kill(self) -> None:
        self._process.kill()

    @property
    def is_running(self) -> bool:
        return self._process.is_alive()

    def end(self) -> tuple[int, str]:
        """Its exit code, and what it said; -9 if it was killed."""
        self._process.join()
        said = self._said.read_text()
        self._said.unlink()
        code = self._process.exitcode
        self._process.close()
        assert code is not None
        return code, said


@dataclass
class Command:
    variables: dict[str, str]
    module: str = "scripts.archive"

    def start(self, *arguments: str, **more: str) -> Running:
        return Running(self.module, self.variables | more, list(arguments))

    def __call__(self, *arguments: str, **more: str) -> tuple[int, str]:
        return self.start(*arguments, **more).end()
