"""The engine of lib/schema against real servers: the packaged one and, in `make test-deep`, others.

They are looked for in PG_BIN and in Debian's folders; none has to be there. `make test-deep` says
which it uses.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.postgres import Postgres, binaries
from tests.schema.world import World


def found_servers() -> dict[str, Path]:
    """Folder of programs by what it calls itself: `18`, `15`."""
    folders = [binaries(), *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]
    if chosen := os.environ.get("PG_BIN"):
        folders.append(Path(chosen))
    return {
        version_of(folder): folder for folder in reversed(folders) if (folder / "initdb").exists()
    }


def version_of(folder: Path) -> str:
    """18 or 15: the header that every installation has, or its program, tells."""
    said = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return said.split()[2].split(".")[0]


SERVERS = found_servers()


PACKAGED = version_of(binaries())


@pytest.fixture(
    scope="session",
    params=[
        PACKAGED,
        *(pytest.param(v, marks=pytest.mark.deep) for v in sorted(SERVERS) if v != PACKAGED),
    ],
)
def server(request, tmp_path_factory) -> Iterator[Postgres]:
    data = tmp_path_factory.mktemp(f"postgres{request.param}")
    if reporter := request.config.pluginmanager.getplugin("terminalreporter"):
        reporter.ensure_newline()
        reporter.write_line(f"PostgreSQL {request.param}: {SERVERS[request.param]}")
    with Postgres.start(data, durable=False, programs=SERVERS[request.param]) as started:
        yield started


@pytest.fixture
def world(server) -> World:
    """An app's empty database, and what is done with it."""
    if not server.has_database("app"):
        server.create_database("app")
    world = World(server.url("app"))
    world.empty()
    return world


@pytest.fixture
def conflicts(world):
    """Column, whose code wrote, why, what was kept, and what was written."""
    return lambda: world.execute(
        "SELECT column_name, writer, why, kept, written FROM _rollback.conflicts ORDER BY number"
    )
