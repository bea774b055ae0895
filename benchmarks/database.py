"""`python -m benchmarks.database [--full]`: what going back costs, by rows, beside other ways.

A real server, a table that one writer updates and one reader reads all the time. For each way: the
whole time of it, and the longest that one write had to wait meanwhile. `--full`: 10 M rows too.
The wait contains what the machine itself holds a process up; `nothing` shows how much that is.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Self
from uuid import uuid4

import psycopg

from benchmarks.table import show
from dev.postgres import Postgres
from lib.schema.executor import Executor
from lib.schema.models import Down, Migration
from lib.schema.planner import Facts, plan

SIZES = {"10 k": 10_000, "1 M": 1_000_000, "10 M": 10_000_000}
OLD = """
CREATE TABLE guests (id bigint PRIMARY KEY, name text NOT NULL, seats int NOT NULL DEFAULT 1);
CREATE TABLE tables (id int PRIMARY KEY);
INSERT INTO tables VALUES (1)
"""
NEW = {
    "required column": (
        "ALTER TABLE guests ADD COLUMN phone text NOT NULL DEFAULT 'x';"
        " ALTER TABLE guests ALTER COLUMN phone DROP DEFAULT"
    ),
    "check": "ALTER TABLE guests ADD CONSTRAINT seated CHECK (seats > 0)",
    "unique key": "ALTER TABLE guests ADD CONSTRAINT one UNIQUE (name)",
    "foreign key": "ALTER TABLE guests ADD CONSTRAINT seat FOREIGN KEY (seats) REFERENCES tables",
}


class Writers:
    """One that writes and one that reads, as the app does; the longest wait of the writer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.longest_ms = 0.0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._write, self._read)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        time.sleep(0.3)
        self.longest_ms = 0.0
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(0.1)
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            number = 0
            while not self._over.is_set():
                number = number % 1000 + 1
                started = time.perf_counter()
                connection.execute("UPDATE guests SET seats = 1 WHERE id = %s", [number])
                self.longest_ms = max(self.longest_ms, (time.perf_counter() - started) * 1000)

    def _read(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            while not self._over.is_set():
                connection.execute("SELECT name FROM guests WHERE id = 7").fetchone()
                time.sleep(0.002)


def main() -> None:
    names = ["10 k", "1 M", *(["10 M"] if "--full" in sys.argv else [])]
    rows = [("rows", "release", "way", "whole time", "longest wait of a write", "under the lock")]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, serve(Path(folder)) as server:
        for name in names:
            for release in NEW:
                rows += [(name, release, *row) for row in measure(server, SIZES[name], release)]
            rows += [(name, "required column", *row) for row in others(server, SIZES[name])]
    show(rows)


def serve(folder: Path) -> Postgres:
    return Postgres.start(folder, durable=False)


def fill(server: Postgres, count: int, release: str) -> str:
    """A database of its own for each way, copied from one that is filled once."""
    template = f"filled_{count}"
    if not server.has_database(template):
        server.create_database(template)
        with psycopg.connect(server.url(template), autocommit=True) as connection:
            connection.execute(OLD.encode())
            connection.execute(
                "INSERT INTO guests SELECT n, 'guest ' || n FROM generate_series(1, %s) n", [count]
            )
            connection.execute("VACUUM ANALYZE guests")
    server.drop_database("bench")
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE bench TEMPLATE {template} STRATEGY file_copy".encode())
    url = server.url("bench")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(NEW[release].encode())
        connection.execute("CHECKPOINT")
    return url


def timed(url: str, work: Callable[[], str]) -> tuple[str, str, str]:
    with Writers(url) as writers:
        started = time.perf_counter()
        locked = work()
        took = (time.perf_counter() - started) * 1000
    return f"{took:.0f} ms", f"{writers.longest_ms:.0f} ms", locked


def measure(server: Postgres, count: int, release: str) -> list[tuple[str, str, str, str]]:
    url = fill(server, count, release)
    executor, run_id = Executor(url, timedelta(minutes=5)), uuid4()
    texts = {"1": Migration.of("1", OLD), "2": Migration.of("2", NEW[release])}
    catalogue, standing = asyncio.run(executor.look())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE schema_migrations (version text)")
        connection.execute("INSERT INTO schema_migrations VALUES ('1'), ('2')")
    found = plan(Facts(("1", "2"), ("1",), texts, catalogue, standing.rolled_back))
    assert isinstance(found, Down), found

    def back() -> str:
        outcome = asyncio.run(executor.run(run_id, found))
        assert outcome.state == "done", outcome
        return f"{outcome.locked_ms:.0f} ms"

    def forward() -> str:
        outcome = asyncio.run(executor.forward(run_id))
        assert outcome.state == "done", outcome
        return f"{outcome.locked_ms:.0f} ms"

    return [("back", *timed(url, back)), ("forward", *timed(url, forward))]


#: Undoing "add column" otherwise. The first loses the values.
OTHERS = {
    "nothing": ("SELECT pg_sleep(0.3)",),
    "DROP COLUMN": ("ALTER TABLE guests DROP COLUMN phone",),
    "copy, then drop": (
        "BEGIN",
        "LOCK TABLE guests IN ACCESS EXCLUSIVE MODE",
        "CREATE TABLE archive AS SELECT id, phone FROM guests",
        "ALTER TABLE guests DROP COLUMN phone",
        "COMMIT",
    ),
}


def others(server: Postgres, count: int) -> list[tuple[str, str, str, str]]:
    rows = []
    for way, statements in OTHERS.items():
        url = fill(server, count, "required column")

        def work(url: str = url, statements: tuple[str, ...] = statements) -> str:
            with psycopg.connect(url, autocommit=True) as connection:
                for statement in statements:
                    connection.execute(statement.encode())
            return ""

        rows.append((way, *timed(url, work)))
    return rows


if __name__ == "__main__":
    main()
