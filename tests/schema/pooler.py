"""PgBouncer between an app and its database, and an app of several clients that never rests."""

import itertools
import os
import shutil
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psycopg

from dev.ports import LOOPBACK, free_port
from dev.postgres import SUPERUSER
from dev.processes import Process
from dev.stopping import Stoppable
from tests.waiting import PATIENCE_SECONDS

#: More clients than server connections, so that each client meets each of them.
CLIENTS, SERVER_CONNECTIONS = 6, 4
#: From this version on it keeps clients' prepared statements, if it is told how many.
KEEPS = (1, 21)
NEEDED = "PgBouncer is needed between the app and its database: apt-get install pgbouncer"
LOST = "connection lost"
ROUNDS = 10


def program() -> Path | None:
    found = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    return Path(found) if found else None


def version(found: Path) -> tuple[int, ...]:
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in said.split()[1].split("."))


class PgBouncer(Stoppable):
    """In transaction mode. `keeps`: prepared statements, for whichever client asks for the same."""

    def __init__(self, port: int, process: Process, *, keeps: bool) -> None:
        self.port, self.keeps = port, keeps
        self._process = process

    @classmethod
    def start(cls, found: Path, database: str, folder: Path, *, keeps: bool) -> Self:
        port, settings = free_port(), folder / "pgbouncer.ini"
        lines = [
            "[databases]",
            f"app = {database}",
            "[pgbouncer]",
            f"listen_addr = {LOOPBACK}",
            f"listen_port = {port}",
            "unix_socket_dir =",
            "auth_type = any",
            f"admin_users = {SUPERUSER}",
            "pool_mode = transaction",
            f"default_pool_size = {SERVER_CONNECTIONS}",
            *(["max_prepared_statements = 100"] if keeps else []),
        ]
        settings.write_text("\n".join(lines))
        # It refuses to be root, and becomes somebody else only after it has read its settings.
        whose = ["-u", "nobody"] if os.geteuid() == 0 else []
        process = Process.start(
            "PgBouncer", [found, "-q", *whose, settings], log=folder / "pgbouncer.log"
        )
        bouncer = cls(port, process, keeps=keeps)
        process.wait_until(bouncer._answers)
        return bouncer

    @property
    def url(self) -> str:
        return f"postgresql://{SUPERUSER}@{LOOPBACK}:{self.port}/app"

    def reconnect(self) -> None:
        """As somebody does in its console: each server connection is made anew."""
        console = self.url.removesuffix("app") + "pgbouncer"
        with psycopg.connect(console, autocommit=True, prepare_threshold=None) as connection:
            psycopg.ClientCursor(connection).execute("RECONNECT")

    def stop(self) -> None:
        self._process.stop()

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@dataclass(frozen=True)
class Failure:
    kind: str
    statement: str
    after: float  #: seconds, since the clients began


class App:
    """Clients that send these statements in turn, until the block ends."""

    def __init__(self, url: str, *statements: str, prepares: bool, autocommit: bool) -> None:
        self.url, self.statements = url, statements
        self.threshold = 0 if prepares else None
        self.autocommit = autocommit
        self.failures: list[Failure] = []
        self.answered: Counter[str] = Counter()
        self._over = threading.Event()
        self._clients = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]

    def __enter__(self) -> Self:
        self.began = time.monotonic()
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()
        for client in self._clients:
            client.join()

    def wait_for_answers(self) -> None:
        """By then each client has prepared all of them on whatever server connections it met."""
        before = dict(self.answered)
        while any(
            self.answered[one] < before.get(one, 0) + ROUNDS * CLIENTS for one in self.statements
        ):
            time.sleep(0.01)
            if time.monotonic() - self.began > PATIENCE_SECONDS:
                raise AssertionError(self.kinds())

    def leave(self) -> None:
        """No statement from now on; what is under way is answered."""
        self._over.set()

    def kinds(self) -> Counter[str]:
        return Counter(failure.kind for failure in self.failures)

    def _ask(self) -> None:
        while not self._over.is_set():
            with psycopg.connect(
                self.url, autocommit=self.autocommit, prepare_threshold=self.threshold
            ) as connection:
                for statement in itertools.cycle(self.statements):
                    if self._over.is_set() or connection.closed:
                        break
                    self._try(connection, statement)
                    time.sleep(0.002)

    def _try(self, connection: psycopg.Connection, statement: str) -> None:
        try:
            connection.execute(statement)
            connection.commit()
            self.answered[statement] += 1
        except psycopg.Error as error:
            after = time.monotonic() - self.began
            kind = error.sqlstate if can_go_on(connection) else LOST
            self.failures.append(Failure(kind or LOST, statement, after))


def can_go_on(connection: psycopg.Connection) -> bool:
    """With a transaction of its own, which a pooler may refuse once its server connection ended."""
    try:
        connection.rollback()
    except psycopg.Error:
        connection.close()
    return not connection.closed
