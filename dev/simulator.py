"""The simulated platform as a process of the stack."""

import signal
import sys
from pathlib import Path

from dev import private_files
from dev.control import Control
from dev.places import ROOT
from dev.platform import Config
from dev.ports import LOOPBACK
from dev.processes import Part, Process


class Simulator(Part):
    """The process. What it prints, one line per event, is in its log."""

    def __init__(self, config: Config, file: Path, log: Path) -> None:
        self.log = log
        self.control = Control(f"http://{LOOPBACK}:{config.api_port}", config.token)
        self._file = file
        private_files.write(file, config.model_dump(mode="json"))
        log.touch()
        self._process = self._start()

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
