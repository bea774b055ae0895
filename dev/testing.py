"""A whole stack for a test: `with running_stack(tmp_path) as stack: …`."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dev import private_files
from dev.places import ROOT, Folder
from dev.processes import Process

#: Of a stack on the slowest of machines: what takes longer hangs.
START_SECONDS, STOP_SECONDS = 300, 60


@contextmanager
def running_stack(
    data: Path,
    *,
    crons: bool = True,
    env: Mapping[str, str] | None = None,
    port: int = 0,
    keep_answers: bool = False,
) -> Iterator[dict[str, Any]]:
    """A stack of its own on ports of its own; yields what is in its stack.json when it is ready.

    Without `crons` nothing calls the sweep but the test. `env` adds to the functions' settings.
    With `keep_answers` what they answer is in a file of the folder. What the stack says is in
    `data/output.log`. Use it from a thread that lives as long as the stack.
    """
    process = start_stack(data, crons=crons, env=env, port=port, keep_answers=keep_answers)
    try:
        yield private_files.read(Folder(data).stack_file)
    finally:
        process.stop(timeout_seconds=STOP_SECONDS)


def start_stack(
    data: Path,
    *,
    crons: bool = True,
    env: Mapping[str, str] | None = None,
    port: int = 0,
    keep_answers: bool = False,
) -> Process:
    """Its process, once it is ready. Raises DidNotStart, with what it said."""
    data.mkdir(parents=True, exist_ok=True)
    settings = [f"--env={name}={value}" for name, value in (env or {}).items()]
    options: list[str | Path] = [
        "--data",
        data,
        "--port",
        str(port),
        *settings,
        *([] if crons else ["--no-cron"]),
        *(["--keep-answers"] if keep_answers else []),
    ]
    process = Process.start(
        "the stack",
        [sys.executable, "-u", "-m", "dev", *options],
        cwd=ROOT,
        log=data / "output.log",
    )
    process.wait_until(Folder(data).stack_file.exists, timeout_seconds=START_SECONDS)
    return process


def current(data: Path) -> dict[str, Any]:
    """stack.json as it is now: the process ids change while functions start and parts restart."""
    return private_files.read(Folder(data).stack_file)
