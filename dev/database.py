"""The two databases of a stack, the control plane's schema, and the tokens to sign in with."""

import asyncio
import os
import subprocess
import sys

from dev.places import ROOT, CannotStart
from dev.postgres import Postgres
from lib.access.models import Role
from lib.access.store import AccessStore
from lib.postgres import Database

CONTROL_PLANE = "control_plane"
APP = "app"
#: The role that the functions connect as.
FUNCTIONS = "wedsync_functions"
PEOPLE = {
    Role.VIEWER: "Vera Viewer",
    Role.OPERATOR: "Olga Operator",
    Role.ADMIN: "Ada Admin",
    Role.RECORDER: "CI",
}


def create_missing(postgres: Postgres) -> None:
    for name in (CONTROL_PLANE, APP):
        if not postgres.has_database(name):
            postgres.create_database(name)


def migrate(database_url: str) -> None:
    """Bring the control plane's schema up to date with the command that a deploy uses."""
    command("scripts.migrate", database_url)


def limit(database_url: str) -> None:
    """Make the role of the functions, as a deploy does."""
    command("scripts.database_roles", database_url, "--yes", f"--role={FUNCTIONS}")


def command(module: str, database_url: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ.get("PATH", ""), "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotStart(f"{module} failed.\n{done.stdout}{done.stderr}".strip())


def mint_tokens(database_url: str) -> dict[str, str]:
    """A new token for each role, as scripts.tokens would, without four processes."""
    return asyncio.run(_mint_tokens(database_url))


async def _mint_tokens(database_url: str) -> dict[str, str]:
    database = Database(database_url)
    access = AccessStore(database)
    try:
        return {
            role.value: await access.mint(name=name, role=role, by="local stack", lifetime=None)
            for role, name in PEOPLE.items()
        }
    finally:
        await database.close()
