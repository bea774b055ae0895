"""A process that mints tokens, an audited action each: its arguments are address, name, count."""

import asyncio
import subprocess
import sys
from pathlib import Path

from lib.access.models import Role
from lib.access.store import AccessStore
from lib.audit.denials import Denials
from lib.audit.keeper import Keeper
from lib.audit.sealer import Sealer
from lib.postgres import Database
from tests.integration.audit.conftest import KEYS

ROOT = Path(__file__).parents[3]


def minter(url: str, name: str, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.integration.audit.minter", url, name, str(count)]
    return subprocess.Popen(command, cwd=ROOT)


async def mint(url: str, name: str, count: int) -> None:
    database = Database(url, timeout_seconds=60)
    access, keeper = AccessStore(database), Keeper(Sealer(database, KEYS), Denials(database))
    async with asyncio.TaskGroup() as beside:
        for number in range(count):
            await access.mint(name=f"{name}-{number}", role=Role.VIEWER, by=name, lifetime=None)
            beside.create_task(keeper.seal())
    await database.close()


if __name__ == "__main__":
    asyncio.run(mint(sys.argv[1], sys.argv[2], int(sys.argv[3])))
