"""A script of a workflow, as its runner starts it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from dev.cli import QUIET
from dev.places import ROOT

BREAK_GLASS_SECRET = "canary0breakglass".ljust(32, "k")
KEY = f"story:{BREAK_GLASS_SECRET}"
#: The runner's own, which none of a test's machine may leak into.
PASSED_ON = ("PATH", "HOME", "LANG")


@dataclass(frozen=True)
class Job:
    code: int
    said: str
    summary: str


@dataclass(frozen=True)
class Runner:
    """`variables`: what the workflow's `env` gives, from the repository's variables and secrets.

    `heard`: a file to which everything is added that a script said or left.
    """

    folder: Path
    variables: dict[str, str]
    heard: Path

    @property
    def journals(self) -> Path:
        return self.folder / "journal"

    def run(self, module: str, *arguments: str, **variables: str) -> Job:
        self.folder.mkdir(parents=True, exist_ok=True)
        summary = self.folder / "summary.md"
        summary.write_text("")
        own = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        told = {
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": "maria",
            "GITHUB_RUN_ID": str(id(variables)),
            "JOURNAL": str(self.journals),
        }
        done = subprocess.run(
            [sys.executable, "-m", f"scripts.{module}", *arguments],
            cwd=ROOT,
            env={**own, **QUIET, **told, **self.variables, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        job = Job(done.returncode, done.stdout + done.stderr, summary.read_text())
        left = [file.read_text() for file in self.journals.glob("*")]
        with self.heard.open("a") as heard:
            heard.write("\n".join([job.said, job.summary, *left, ""]))
        return job


def said_file(data: Path) -> Path:
    """What scripts said that were run beside the stack with its data there."""
    return data / "said"


def variables_of(stack: dict) -> dict[str, str]:
    return {
        "CONTROL_PLANE_URL": stack["control_plane"],
        "VERCEL_API_URL": stack["vercel_api"],
        "VERCEL_TOKEN": stack["vercel_token"],
        "VERCEL_TEAM_ID": stack["team_id"],
        "APP_PROJECT_ID": stack["project_id"],
        "EDGE_URL": stack["edge"]["address"],
        "BREAK_GLASS_KEYS": KEY,
    }
