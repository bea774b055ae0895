"""The two databases of a stack, the control plane's schema, and the tokens to sign in with."""

import os
import subprocess
import sys
from collections.abc import Mapping

from dev.places import ROOT, CannotStart
from dev.postgres import Postgres

CONTROL_PLANE = "control_plane"
APP = "app"
PEOPLE = {
    "viewer": "Vera Viewer",
    "operator": "Olga Operator",
    "admin": "Ada Admin",
    "recorder": "CI",
}


def create_missing(postgres: Postgres) -> None:
    for name in (CONTROL_PLANE, APP):
        if not postgres.has_database(name):
            postgres.create_database(name)


def migrate(database_url: str) -> None:
    """Bring the control plane's schema up to date with the command that a deploy uses."""
    finish("the migrations", begin(database_url, "scripts.migrate"))


def mint_tokens(database_url: str) -> dict[str, str]:
    """A new token for each role, side by side: each is a command of its own."""
    commands = {
        role: begin(database_url, "scripts.mint_token", "--name", name, "--role", role)
        for role, name in PEOPLE.items()
    }
    said = {role: finish(f"a token for {role}", one) for role, one in commands.items()}
    return {role: text.strip().splitlines()[-1] for role, text in said.items()}


def begin(database_url: str, module: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment(database_url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def environment(database_url: str) -> Mapping[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "DATABASE_URL": database_url}


def finish(what: str, command: subprocess.Popen[str]) -> str:
    output, errors = command.communicate()
    if command.returncode:
        raise CannotStart(f"Failed: {what}.\n{output}{errors}".strip())
    return output
