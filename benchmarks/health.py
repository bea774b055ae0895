"""`python -m benchmarks.health`: how long /api/health takes while its dependencies hang.

The function runs in the platform's own runtime, against a real Postgres, Valkey and payment
stand-in, each behind a proxy that accepts and never answers while it hangs. One process serves
all rounds, so that connections which were good before a round hang in it too.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.proxy import Proxy
from benchmarks.table import percentile, show
from dev import database
from dev.instance import Instance
from dev.postgres import Postgres
from dev.serving import serve
from dev.stripe import KEY, stripe_app
from dev.upstash import upstash_app
from dev.valkey import Valkey

ROOT = Path(__file__).parents[1]
SOURCE = "api/health.py"
LIMIT_MS = 500
HEAD = ("hanging", "p50", "p99", "max", "most frequent answer", f"p99 < {LIMIT_MS} ms")
TOKEN = secrets.token_hex()
DATABASE = "control_plane"
#: What the platform would allow this function.
SECONDS = 30

Proxies = Mapping[str, Proxy]


@dataclass(frozen=True, slots=True)
class Load:
    requests: int
    at_once: int


@dataclass(frozen=True, slots=True)
class Measured:
    milliseconds: list[float]
    answers: Counter[str]  #: status and what was said of each dependency


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000, help="per round")
    parser.add_argument("--at-once", type=int, default=10, help="requests under way together")
    options = parser.parse_args()
    return asyncio.run(benchmark(Load(options.requests, options.at_once)))


async def benchmark(load: Load) -> int:
    rows: list[tuple[str, ...]] = [
        ("hanging", "p50", "p99", "max", "most frequent answer", f"p99 < {LIMIT_MS} ms")
    ]
    slow = False
    async with running() as (instance, proxies):
        await measure(instance, Load(load.at_once, load.at_once))  # its first requests open pools
        for hanging in rounds(list(proxies)):
            for name, proxy in proxies.items():
                proxy.hang(hangs=name in hanging)
            measured = await measure(instance, load)
            slow = slow or percentile(measured.milliseconds, 0.99) >= LIMIT_MS
            rows.append(row(hanging, measured))
            print(f"{', '.join(hanging) or 'nothing'} hung: done", file=sys.stderr, flush=True)
    print(f"{load.requests} requests a round, {load.at_once} at a time")
    show(rows)
    return 1 if slow else 0


def rounds(names: list[str]) -> list[list[str]]:
    return [[], *([name] for name in names), names]


def row(hanging: list[str], measured: Measured) -> tuple[str, ...]:
    middle, tail = (percentile(measured.milliseconds, share) for share in (0.5, 0.99))
    (answer, times), *_ = measured.answers.most_common(1)
    return (
        ", ".join(hanging) or "nothing",
        f"{middle:.0f} ms",
        f"{tail:.0f} ms",
        f"{max(measured.milliseconds):.0f} ms",
        f"{times}x {answer}",
        "pass" if tail < LIMIT_MS else "FAIL",
    )


async def measure(instance: Instance, load: Load) -> Measured:
    turns = asyncio.Semaphore(load.at_once)
    answers: Counter[str] = Counter()
    limits = httpx.Limits(max_connections=load.at_once)
    async with httpx.AsyncClient(timeout=SECONDS, limits=limits, trust_env=False) as client:

        async def ask() -> float:
            async with turns:
                start = time.perf_counter()
                headers = instance.begin(SECONDS)
                response = await client.get(f"{instance.url}/api/health", headers=headers)
                taken = time.perf_counter() - start
            answers[said(response)] += 1
            return taken * 1000

        return Measured(await asyncio.gather(*(ask() for _ in range(load.requests))), answers)


def said(response: httpx.Response) -> str:
    body = response.json()
    checks = (f"{name} {body.get(name)}" for name in ("database", "redis", "stripe"))
    return f"{response.status_code}: {', '.join(checks)}"


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Instance, Proxies]]:
    """The function, and the proxy of each of its dependencies."""
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
        postgres = parts.enter_context(Postgres.start(folder / "postgres"))
        valkey = parts.enter_context(Valkey.start(folder / "valkey"))
        redis = parts.enter_context(serve(upstash_app(valkey.url, TOKEN)))
        stripe = parts.enter_context(serve(stripe_app()))
        postgres.create_database(DATABASE)
        database.migrate(postgres.url(DATABASE))
        ports = {"database": postgres.port, "redis": redis.port, "stripe": stripe.port}
        proxies = {name: Proxy(port) for name, port in ports.items()}
        for proxy in proxies.values():
            await proxy.open()
        instance = start(settings(proxies), folder)
        try:
            await instance.wait_until_ready()
            yield instance, proxies
        finally:
            instance.close()
            for proxy in proxies.values():
                await proxy.close()


def settings(proxies: Proxies) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "DATABASE_URL": f"postgresql://postgres@{proxies['database'].address}/{DATABASE}",
        "UPSTASH_REDIS_REST_URL": f"http://{proxies['redis'].address}",
        "UPSTASH_REDIS_REST_TOKEN": TOKEN,
        "STRIPE_API_URL": f"http://{proxies['stripe'].address}",
        "STRIPE_SECRET_KEY": KEY,
        "VERCEL_DEPLOYMENT_ID": "dpl_benchmark",
    }


def start(env: Mapping[str, str], folder: Path) -> Instance:
    entry = {
        "__VC_HANDLER_ENTRYPOINT": SOURCE,
        "__VC_HANDLER_ENTRYPOINT_ABS": str(ROOT / SOURCE),
        "__VC_HANDLER_MODULE_NAME": "api.health",
        "__VC_HANDLER_VARIABLE_NAME": "app",
    }
    return Instance.start(
        SOURCE, env={**env, **entry}, cwd=ROOT, log=folder / "log", address=folder / "ipc"
    )


if __name__ == "__main__":
    sys.exit(main())
