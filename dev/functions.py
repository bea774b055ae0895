"""Runs each file under api/ as the platform does: its own runtime, one process per file.

A process starts with the first request for its file. One that died is replaced at the next request.
"""

import ast
import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.instance import Instance

#: What the platform looks for, in this order, at the top level of a file and without running it.
NAMES = ("app", "application", "handler")


@dataclass(frozen=True)
class Surroundings:
    """What every function of a project is given: nothing of the stack's own environment is."""

    root: Path
    logs: Path
    env: Mapping[str, str]


class Functions:
    """The function processes of one project. All its methods belong to one event loop."""

    def __init__(self, surroundings: Surroundings, changed: Callable[[], None]) -> None:
        """`changed` is called whenever a process has started."""
        self._surroundings = surroundings
        self._changed = changed
        self._instances: dict[str, Instance] = {}
        #: Finishing what they have begun.
        self._old: list[Instance] = []
        self._starting: dict[str, asyncio.Lock] = {}
        # Not among the data: the path of a unix socket may have 107 characters at most.
        self._sockets = Path(tempfile.mkdtemp(prefix="functions-"))
        self._numbers = itertools.count(1)

    @property
    def pids(self) -> dict[str, int]:
        """The process of each function that runs, by its path without `.py`."""
        running = list(self._instances.items())
        return {file.removesuffix(".py"): one.pid for file, one in running if one.is_alive}

    async def instance(self, file: str) -> Instance:
        """The live process of `file`, started if need be. Raises FunctionFailed."""
        async with self._starting.setdefault(file, asyncio.Lock()):
            current = self._instances.get(file)
            if current is not None and current.is_alive and not current.leaving:
                return current
            self._retire(current)
            started = self._instances[file] = self._start(file)
            try:
                await started.wait_until_ready()
            except BaseException:
                started.close()
                raise
        self._changed()
        return started

    def _retire(self, current: Instance | None) -> None:
        old = [*self._old, *([current] if current else [])]
        self._old = [one for one in old if one.is_alive]
        for one in old:
            if not one.is_alive:
                one.close()

    def _start(self, file: str) -> Instance:
        root = self._surroundings.root
        name = entry_name(root / file)
        entry = {
            "__VC_HANDLER_ENTRYPOINT": file,
            "__VC_HANDLER_ENTRYPOINT_ABS": str(root / file),
            "__VC_HANDLER_MODULE_NAME": file.removesuffix(".py").replace("/", "."),
            "__VC_HANDLER_VARIABLE_NAME": name or NAMES[0],
        }
        return Instance.start(
            file,
            env={**self._surroundings.env, **entry},
            cwd=root,
            log=self._surroundings.logs / (file.removesuffix(".py").replace("/", "-") + ".log"),
            address=self._sockets / f"{next(self._numbers)}.sock",
        )

    def close(self) -> None:
        for instance in (*self._instances.values(), *self._old):
            instance.close()
        shutil.rmtree(self._sockets, ignore_errors=True)


def entry_name(file: Path) -> str | None:
    """The name that makes `file` a function; None: the platform would give it no route."""
    defined = {name for node in ast.parse(file.read_text()).body for name in _names(node)}
    return next((name for name in NAMES if name in defined), None)


def _names(node: ast.stmt) -> list[str]:
    match node:
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.ImportFrom(names=names):
            return [alias.asname or alias.name for alias in names]
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
        case _:
            return []
