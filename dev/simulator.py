"""The simulated platform as a process of the stack, and the words to speak to it."""

import signal
import sys
from pathlib import Path
from typing import Any

import httpx

from dev import private_files
from dev.places import ROOT
from dev.platform import Config
from dev.ports import LOOPBACK
from dev.processes import Process

PATIENCE_SECONDS = 60
HTTP_ERROR = 400


class Refused(Exception):
    """The platform did not do what it was asked to; the message is its own."""


class Simulator:
    """The process. What it prints, one line per event, is in its log."""

    def __init__(self, config: Config, file: Path, log: Path) -> None:
        self.log = log
        self.control = Control(f"http://{LOOPBACK}:{config.api_port}", config.token)
        self._file = file
        private_files.write(file, config.model_dump(mode="json"))
        log.touch()
        self._process = self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> int | None:
        return self._process.ended

    def restart(self) -> None:
        self.stop()
        self._process = self._start()

    def stop(self) -> None:
        self._process.stop(signal.SIGTERM)

    def _start(self) -> Process:
        process = Process.start(
            "the platform",
            [sys.executable, "-m", "dev.platform", "--config", self._file],
            cwd=ROOT,
            log=self.log,
            death_signal=signal.SIGTERM,
        )
        process.wait_until(self.control.answers)
        return process


class Control:
    """The platform's `/_dev/` routes."""

    def __init__(self, address: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=f"{address}/_dev/",
            headers={"authorization": f"Bearer {token}"},
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        )

    def answers(self) -> bool:
        try:
            self.ask("GET", "state")
        except httpx.TransportError:
            return False
        return True

    def ask(self, method: str, what: str, **body: object) -> Any:
        """Raises Refused."""
        answer = self._client.request(method, what, json=body or None)
        if answer.status_code >= HTTP_ERROR:
            raise Refused(_message(answer))
        return answer.json()


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.text[:200]}"
