"""An S3-compatible store. It keeps what it holds in memory: a restart empties it."""

import signal
import sys
from pathlib import Path
from typing import Self

import httpx

from dev.ports import LOOPBACK
from dev.processes import Part, Process

#: There from the start, for `python -m scripts.archive`.
BUCKET = "archives"


class Storage(Part):
    """The store's process; it needs about two seconds, so ask `is_ready` later."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self._log = log
        self._process = self._start()

    @classmethod
    def start(cls, port: int, log: Path) -> Self:
        return cls(port, log)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def wait_until_ready(self) -> None:
        self._process.wait_until(lambda: answers(f"{self.url}/moto-api/"))
        httpx.put(f"{self.url}/{BUCKET}", timeout=10, trust_env=False).raise_for_status()

    def restart(self) -> None:
        self.stop()
        self._process = self._start()
        self.wait_until_ready()

    def stop(self) -> None:
        self._process.stop(signal.SIGTERM)

    def _start(self) -> Process:
        serve = [sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", str(self.port)]
        return Process.start("S3", serve, log=self._log)


def answers(url: str) -> bool:
    try:
        httpx.get(url, timeout=1, trust_env=False)
    except httpx.TransportError:
        return False
    return True
