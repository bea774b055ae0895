"""`python -m benchmarks.in_step`: what a row costs whose values are kept in step with a release.

A real server; a table with the trigger that a rollback leaves, and the same table without it; in
each database another session's snapshot open all the time, as a nightly dump has one. The older
code updates one row at a time, and 100,000 at once. By what a conversion may need: `cannot fail`
(to text), `asks first` (text to time: the server says whether it is one), `may fail` (a
subtransaction for each row); `not concerned`: another column is written. Medians, and the ratio.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import psycopg

from benchmarks.table import show
from dev.postgres import Postgres
from lib.schema.executor import Executor
from lib.schema.models import Down, Migration
from lib.schema.planner import Facts, plan

ROWS, SINGLES, ROUNDS = 100_000, 2_000, 5
OLD = """
CREATE TABLE events (id int PRIMARY KEY, starts text, title text, seats int);
INSERT INTO events SELECT n, '16:00', 'Event ' || n, 1 FROM generate_series(1, 100000) n
"""
#: Way -> up, down, and what the older code sets.
WAYS = {
    "cannot fail": (
        "ALTER TABLE events ADD COLUMN called text; UPDATE events SET called = upper(title)",
        "UPDATE events SET title = lower(called)",
        "title = title || '.'",
    ),
    "asks first": (
        "ALTER TABLE events ADD COLUMN begins time; UPDATE events SET begins = starts::time",
        "UPDATE events SET starts = to_char(begins, 'HH24:MI')",
        "starts = CASE starts WHEN '16:00' THEN '17:00' ELSE '16:00' END",
    ),
    "may fail": (
        "ALTER TABLE events ADD COLUMN places int; UPDATE events SET places = seats * 2",
        "UPDATE events SET seats = places / 2",
        "seats = seats + 1",
    ),
}
NOT_CONCERNED = "note = coalesce(note, '') || '.'"


def main() -> None:
    rows = [("way", "statement", "without", "with", "ratio")]
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        Postgres.start(Path(folder), durable=False) as server,
    ):
        for way, (up, down, sets) in WAYS.items():
            rows += measure(server, way, up, down, sets)
        way, (up, down, _) = next(iter(WAYS.items()))
        rows += measure(server, "not concerned", up, down, NOT_CONCERNED)
    show(rows)


def measure(
    server: Postgres, way: str, up: str, down: str, sets: str
) -> list[tuple[str, str, str, str, str]]:
    urls = {name: prepared(server, name, up) for name in ("without", "with")}
    take_back(urls["with"], up, down)
    found: dict[tuple[str, str], list[float]] = {}
    with contextlib.ExitStack() as stack:
        for url in urls.values():
            snapshot = stack.enter_context(psycopg.connect(url))
            snapshot.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            snapshot.execute("SELECT count(*) FROM events")
        for _ in range(ROUNDS):
            for name, url in urls.items():
                for kind, cost in (
                    ("one row", one_by_one(url, sets)),
                    ("100,000", at_once(url, sets)),
                ):
                    found.setdefault((kind, name), []).append(cost)
    return [
        (
            way,
            kind,
            f"{(without := statistics.median(found[kind, 'without'])):.1f} µs",
            f"{(with_ := statistics.median(found[kind, 'with'])):.1f} µs",
            f"{with_ / without:.2f}",
        )
        for kind in ("one row", "100,000")
    ]


def prepared(server: Postgres, name: str, up: str) -> str:
    server.drop_database(name)
    server.create_database(name)
    with psycopg.connect(server.url(name), autocommit=True) as connection:
        connection.execute((OLD + ";" + up + "; ALTER TABLE events ADD COLUMN note text").encode())
        connection.execute("CREATE TABLE schema_migrations (version text)")
        connection.execute("INSERT INTO schema_migrations VALUES ('1'), ('2')")
        connection.execute("VACUUM ANALYZE events")
    return server.url(name)


def take_back(url: str, up: str, down: str) -> None:
    executor = Executor(url)
    texts = {"1": Migration.of("1", OLD), "2": Migration.of("2", up, down)}
    catalogue, standing = asyncio.run(executor.look())
    found = plan(Facts(("1", "2"), ("1",), texts, catalogue, standing.rolled_back))
    assert isinstance(found, Down), found
    outcome = asyncio.run(executor.run(uuid4(), found))
    assert outcome.state == "done", outcome


def one_by_one(url: str, sets: str) -> float:
    """One statement, a row each, on the server's side: without what a round trip costs."""
    with psycopg.connect(url, autocommit=True) as connection:
        started = time.perf_counter()
        connection.execute(
            f"DO $$ BEGIN FOR n IN 1..{SINGLES} LOOP UPDATE events SET {sets} WHERE id = n;"  # noqa: S608
            " END LOOP; END $$".encode()
        )
        return (time.perf_counter() - started) / SINGLES * 1e6


def at_once(url: str, sets: str) -> float:
    with psycopg.connect(url, autocommit=True) as connection:
        started = time.perf_counter()
        connection.execute(f"UPDATE events SET {sets}".encode())  # noqa: S608 - of WAYS
        took = (time.perf_counter() - started) / ROWS * 1e6
        connection.execute("VACUUM events")
        return took


if __name__ == "__main__":
    sys.exit(main())
