"""`python -m benchmarks.rollback`: the platform's own command and ours, side by side.

On one local stack and in turns: a new version goes live, then production goes back to the one
before it, once by the real `vercel rollback` and once by `POST /api/rollback/trigger`. What counts
is when visitors at the edge get the old version again, from the moment the command was given.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from benchmarks.table import show
from dev.cli import QUIET, vercel_command
from dev.ports import free_port
from dev.stack import Options, Stack

VERSIONS = ("good", "good-2")
METHODS = ("instant", "alias")
PATIENCE_SECONDS = 60
POLL_SECONDS = 0.01
WATCH_SECONDS = 0.002
FINAL = {"completed", "failed"}
HEAD = ("switch method", "round", "vercel rollback", "done", "ours", "done and verified")


class Failed(Exception):
    """A rollback, or the preparation of one, did not do what it should."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from the command to the first visitor on the old version, and to its end."""

    switched: float
    done: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="for each switch method")
    rounds = parser.parse_args().rounds
    rows: list[tuple[str, ...]] = [HEAD]
    command = vercel_command()
    for method in METHODS:
        with running(method) as stack:
            rows += measure(Stage(stack, command), method, rounds)
    show(rows)


@contextmanager
def running(method: str) -> Iterator[Stack]:
    """A stack of its own, without the sweep: it would compete for the two cores."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as data:
        env = {"SWITCH_METHOD_PRODUCTION": method}
        with Stack(Options(Path(data), free_port(), env, crons=False)) as stack:
            yield stack


def measure(stage: Stage, method: str, rounds: int) -> list[tuple[str, ...]]:
    theirs: list[Times] = []
    ours: list[Times] = []
    rows: list[tuple[str, ...]] = []
    for number in range(1, rounds + 1):
        theirs.append(stage.round(stage.roll_back_by_command))
        ours.append(stage.round(stage.roll_back_by_us))
        rows.append((method, str(number), *cells(theirs[-1]), *cells(ours[-1])))
        print(" ".join(rows[-1]), file=sys.stderr, flush=True)
    middle = (median(theirs), median(ours))
    ratio = middle[1].switched / middle[0].switched
    rows.append((method, "median", *cells(middle[0]), *cells(middle[1])))
    rows.append((method, "ratio", "1", "", f"{ratio:.2f}", ""))
    return rows


def cells(times: Times) -> tuple[str, str]:
    return f"{times.switched:.2f} s", f"{times.done:.2f} s"


def median(all_times: list[Times]) -> Times:
    return Times(
        statistics.median(one.switched for one in all_times),
        statistics.median(one.done for one in all_times),
    )


class Stage:
    """A running stack, and the acts of a round."""

    def __init__(self, stack: Stack, command: list[str]) -> None:
        facts = self._facts = stack.description()
        self._stack = stack
        self._command = command
        self._releases = 0
        self._host = facts["edge"]["hosts"]["production"]
        self._edge = client(facts["edge"]["address"])
        self._api = client(facts["vercel_api"], facts["vercel_token"])
        self._ours = client(facts["control_plane"], facts["tokens"]["operator"])

    def round(self, roll_back: Callable[[str], None]) -> Times:
        """Release twice, so that what is gone back to was live and is well, then go back."""
        target = self.release()
        self.release()
        with Watch(self._edge, self._host, target) as watch:
            start = time.perf_counter()
            roll_back(target)
            done = time.perf_counter()
        return Times(watch.seen_at - start, done - start)

    def release(self) -> str:
        """A new deployment of the next version, live, and known to the control plane."""
        version = VERSIONS[self._releases % len(VERSIONS)]
        self._releases += 1
        made = self._stack.simulator.control.ask("POST", "releases", version=version)
        deployment = str(made["id"])
        if self.serving() != deployment:  # production is pinned by the rollback before
            promotion = f"/v10/projects/{self._facts['project_id']}/promote/{deployment}"
            self._api.post(promotion, params={"teamId": self._facts["team_id"]}).raise_for_status()
        wait_until(lambda: self.serving() == deployment, f"{version} goes live")
        wait_until(lambda: self.known_live() == deployment, f"{version} is recorded as live")
        return deployment

    def serving(self) -> str | None:
        return serving(self._edge, self._host)

    def known_live(self) -> str | None:
        overview = self._ours.get("/api/overview", params={"environment": "production"})
        live = overview.raise_for_status().json()["live"]
        return str(live["deployment_id"]) if live else None

    def roll_back_by_command(self, target: str) -> None:
        where = ["--api", self._facts["vercel_api"], "--token", self._facts["vercel_token"]]
        with tempfile.TemporaryDirectory() as home:
            env = {
                "PATH": os.environ["PATH"],
                "HOME": home,
                "CI": "1",
                "VERCEL_ORG_ID": self._facts["team_id"],
                "VERCEL_PROJECT_ID": self._facts["project_id"],
                **QUIET,
            }
            rollback = [*self._command, "rollback", target, "--yes", *where]
            done = subprocess.run(
                rollback, cwd=home, env=env, capture_output=True, text=True, check=False
            )
        if done.returncode != 0:
            raise Failed(done.stdout + done.stderr)

    def roll_back_by_us(self, target: str) -> None:
        order = {"deployment_id": target, "reason": "benchmark", "environment": "production"}
        answer = self._ours.post("/api/rollback/trigger", json=order)
        if answer.is_error:
            raise Failed(answer.text)
        status = f"/api/rollback/status/{answer.json()['rollback_id']}"
        state: dict[str, Any] = {}

        def ended() -> bool:
            state.update(self._ours.get(status).raise_for_status().json())
            return state["status"] in FINAL

        wait_until(ended, "our rollback ends")
        if state["status"] != "completed":
            raise Failed(f"{state['error']} {state['next_actions']}")


class Watch:
    """A visitor who asks all the time, until the old version answers."""

    def __init__(self, edge: httpx.Client, host: str, target: str) -> None:
        self._asked = (edge, host, target)
        self._seen_at: float | None = None
        self._thread = threading.Thread(target=self._look)

    @property
    def seen_at(self) -> float:
        if self._seen_at is None:
            raise Failed("The old version was not seen at the edge.")
        return self._seen_at

    def _look(self) -> None:
        edge, host, target = self._asked
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if serving(edge, host) == target:
                self._seen_at = time.perf_counter()
                return
            time.sleep(WATCH_SECONDS)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()


def serving(edge: httpx.Client, host: str) -> str | None:
    try:
        report = edge.get("/api/health", headers={"host": host}).json()
    except (httpx.HTTPError, ValueError):
        return None
    return str(report.get("deployment_id"))


def client(address: str, token: str = "") -> httpx.Client:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(
        base_url=address, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False
    )


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise Failed(f"Not within {PATIENCE_SECONDS} s: {what}.")
        time.sleep(POLL_SECONDS)


if __name__ == "__main__":
    main()
