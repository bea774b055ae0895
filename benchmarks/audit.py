"""`python -m benchmarks.audit`: what the chain costs whoever writes to the audit log.

A real server that flushes to disk; eight processes, 250 audited actions each, at once. `plain`: the
same inserts, without queue and sealing. `queued`: as long as nobody seals. `sealed`: as a function
does it, beside what comes next; until all is sealed. Medians of five rounds: actions in a second,
the ratio to plain, and how long an action's own transaction took.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from benchmarks.table import percentile, show
from dev.postgres import Postgres
from lib.audit.chain import Keys
from lib.audit.denials import Denials
from lib.audit.keeper import Keeper
from lib.audit.reading import read_tables
from lib.audit.sealer import Sealer
from lib.audit.store import write_audit
from lib.audit.verify import Verifier
from lib.migrations.migrate import apply_pending
from lib.postgres import Database
from lib.settings import load

SPAWN = multiprocessing.get_context("spawn")
PROCESSES, EACH, ROUNDS = 8, 250, 5
KEYS = Keys.read(f"bench:{'0' * 32}")
WAYS = ("plain", "queued", "sealed")


def main() -> None:
    found: dict[str, list[tuple[float, list[float]]]] = {way: [] for way in WAYS}
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        Postgres.start(Path(folder)) as server,
    ):
        for number in range(ROUNDS):
            for way in WAYS:
                name = f"{way}_{number}"
                server.create_database(name)
                found[way].append(measure(server.url(name), way))
    show([("way", "actions/s", "ratio", "median", "p99"), *(row(way, found) for way in WAYS)])
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def row(
    way: str, found: dict[str, list[tuple[float, list[float]]]]
) -> tuple[str, str, str, str, str]:
    rates = {name: statistics.median(rate for rate, _ in rounds) for name, rounds in found.items()}
    took = [ms for _, times in found[way] for ms in times]
    return (
        way,
        f"{rates[way]:.0f}",
        f"{rates[way] / rates['plain']:.2f}",
        f"{statistics.median(took):.1f} ms",
        f"{percentile(took, 0.99):.1f} ms",
    )


def measure(url: str, way: str) -> tuple[float, list[float]]:
    """Actions in a second, and the milliseconds that each took."""
    asyncio.run(apply_pending(load({"DATABASE_URL": url})))
    if way == "plain":
        with psycopg.connect(url) as connection:
            connection.execute("ALTER TABLE audit DISABLE TRIGGER audit_is_queued")
    with SPAWN.Pool(PROCESSES) as pool:
        pool.map(warm_up, [url] * PROCESSES, chunksize=1)
        started = time.perf_counter()
        times = pool.starmap(act, [(url, way)] * PROCESSES, chunksize=1)
        took = time.perf_counter() - started
    if way == "sealed":
        asyncio.run(check(url))
    return PROCESSES * EACH / took, [ms for one in times for ms in one]


def warm_up(_: str) -> None:
    """Each process of the pool has started once all of them sleep."""
    time.sleep(0.5)


def act(url: str, way: str) -> list[float]:
    return asyncio.run(act_again(url, way))


async def act_again(url: str, way: str) -> list[float]:
    database = Database(url, timeout_seconds=60)
    keeper = Keeper(Sealer(database, KEYS), Denials(database))
    times = []
    async with asyncio.TaskGroup() as beside:
        for number in range(EACH):
            started = time.perf_counter()
            async with database.transaction() as connection:
                await write_audit(
                    connection, actor="bench", action="bench", subject=str(number), result="ok"
                )
            times.append((time.perf_counter() - started) * 1000)
            if way == "sealed":
                beside.create_task(keeper.seal())
    await database.close()
    return times


async def check(url: str) -> None:
    """What is fast and wrong is not measured."""
    database, verifier = Database(url, timeout_seconds=60), Verifier(KEYS)
    async for entry in read_tables(database):
        verifier.take(entry)
    await database.close()
    verifier.end()
    assert not verifier.findings, verifier.findings
    assert verifier.position == PROCESSES * EACH, verifier.position


if __name__ == "__main__":
    sys.exit(main())
