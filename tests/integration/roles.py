"""A role with the rights that scripts.database_roles gives it."""

import os
import subprocess
import sys
from dataclasses import dataclass

from dev.places import ROOT

NAME = "limited_functions"


@dataclass(frozen=True)
class Limited:
    name: str
    url: str


def make(database_url: str) -> None:
    command = ["-m", "scripts.database_roles", "--role", NAME, "--yes"]
    env = {"PATH": os.environ["PATH"], "DATABASE_URL": database_url}
    subprocess.run([sys.executable, *command], cwd=ROOT, env=env, check=True, capture_output=True)
