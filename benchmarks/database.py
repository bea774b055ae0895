"""`python -m benchmarks.database [--full]`: what going back costs, by rows, beside other ways.

A real server, a table that one writer updates and one reader reads all the time. For each way: the
whole time of it, from connecting to the last check, and the longest that one write had to wait
meanwhile; the median of several rounds, each on a database of its own, and the worst in brackets.
The first time makes the journal, too. `--full`: 10 M rows as well.
`values carried back` writes each row the first time and none once more; of 10 M rows it is refused.
Both contain what the machine itself holds a process up; `nothing`, which sleeps for 300 ms, shows
how much that is.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from benchmarks.table import percentile, show
from benchmarks.writers import Writers
from dev.postgres import Postgres
from lib.schema.carrying import MAX_CHANGED_ROWS
from lib.schema.executor import Executor
from lib.schema.models import Down, Migration
from lib.schema.outcome import Outcome
from lib.schema.planner import Facts, plan

#: Rows, and rounds.
SIZES = {"10 k": (10_000, 5), "1 M": (1_000_000, 5), "10 M": (10_000_000, 3)}
HEADINGS = ["rows", "release", "way", "whole time", "longest wait of a write", "under the lock"]
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
    "values carried back": (
        "ALTER TABLE guests ADD COLUMN called text; UPDATE guests SET called = upper(name)"
    ),
}
DOWN = {"values carried back": "UPDATE guests SET name = called"}


@dataclass(frozen=True)
class Measured:
    whole_ms: float
    longest_wait_ms: float
    locked_ms: float


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, serve(Path(folder)) as server:
        for size in ["10 k", "1 M", *(["10 M"] if "--full" in sys.argv else [])]:
            count, rounds = SIZES[size]
            found: dict[tuple[str, str], list[Measured]] = {}
            for _ in range(rounds):
                for release in NEW:
                    if release in DOWN and count > MAX_CHANGED_ROWS:
                        continue
                    for way, measured in ours(server, count, release):
                        found.setdefault((release, way), []).append(measured)
                for way, measured in others(server, count):
                    found.setdefault(("required column", way), []).append(measured)
            show([HEADINGS, *([size, *of, *figures(all_of)] for of, all_of in found.items())])


def figures(found: list[Measured]) -> list[str]:
    locked = [one.locked_ms for one in found]
    return [
        median_and_worst([one.whole_ms for one in found]),
        median_and_worst([one.longest_wait_ms for one in found]),
        median_and_worst(locked) if any(locked) else "",
    ]


def median_and_worst(values: list[float]) -> str:
    return f"{percentile(values, 0.5):.0f} ms ({max(values):.0f})"


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


def timed(url: str, work: Callable[[], float]) -> Measured:
    with Writers(url) as writers:
        started = time.perf_counter()
        locked_ms = work()
        took = (time.perf_counter() - started) * 1000
    return Measured(took, writers.longest_ms, locked_ms)


def ours(server: Postgres, count: int, release: str) -> Iterator[tuple[str, Measured]]:
    url = fill(server, count, release)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE schema_migrations (version text)")
        connection.execute("INSERT INTO schema_migrations VALUES ('1'), ('2')")
    executor = Executor(url, timedelta(minutes=5))
    texts = {"1": Migration.of("1", OLD), "2": Migration.of("2", NEW[release], DOWN.get(release))}
    for way in ("back, the first time", "back, once more"):
        run_id = uuid4()
        catalogue, standing = asyncio.run(executor.look())
        facts = Facts(("1", "2"), ("1",), texts, catalogue, standing=standing.fingerprint)
        found = plan(facts)
        assert isinstance(found, Down), found
        yield way, timed(url, partial(done, executor.run, run_id, found))
        if way == "back, the first time":
            yield "forward", timed(url, partial(done, executor.forward, run_id))


def done(run: Callable[..., Coroutine[Any, Any, Outcome]], *arguments: object) -> float:
    """Returns how long tables were locked, in milliseconds."""
    outcome = asyncio.run(run(*arguments))
    assert outcome.state == "done", outcome
    return outcome.locked_ms


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


def others(server: Postgres, count: int) -> Iterator[tuple[str, Measured]]:
    for way, statements in OTHERS.items():
        url = fill(server, count, "required column")

        def work(url: str = url, statements: tuple[str, ...] = statements) -> float:
            with psycopg.connect(url, autocommit=True) as connection:
                for statement in statements:
                    connection.execute(statement.encode())
            return 0

        yield way, timed(url, work)


if __name__ == "__main__":
    main()
