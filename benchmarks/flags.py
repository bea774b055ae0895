"""`python -m benchmarks.flags`: evaluations per second on one core, beside a bare endpoint.

Both run in the platform's own runtime; the bare one is Starlette alone, which answers the same
bytes without looking at anything. Counted is the function's own processor time, so neither the
client nor what else this machine does is part of the number.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from benchmarks.table import show
from dev import database
from dev.instance import Instance
from dev.postgres import Postgres
from dev.serving import serve
from dev.upstash import upstash_app
from dev.valkey import Valkey
from lib.access.models import Caller, Role
from lib.flags.models import Definition, Definitions
from lib.settings import load
from lib.wiring import build

ROOT = Path(__file__).parents[1]
NEEDED = 1000
#: Where the machine itself is slow or busy.
SHARE = 0.7
SECONDS = 30
AT_ONCE = 8
OURS = ROOT / "api/flags.py"
ALL = "/ofrep/v1/evaluate/flags"
ONE = f"{ALL}/rsvp-emails"
TOKEN = secrets.token_hex()
ANSWER = '{"key":"rsvp-emails","value":true,"reason":"STATIC","variant":"on","metadata":{}}'
BARE = f"""\
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route


async def answer(request):
    await request.body()
    return Response({ANSWER!r}, media_type="application/json")


app = Starlette(routes=[Route("/{{path:path}}", answer, methods=["POST"])])
"""
FLAGS = Definitions(
    flags=tuple(
        Definition(key=key, title=key, loses="Nothing.", owner="Nobody")
        for key in ("rsvp-emails", *(f"feature-{number}" for number in range(19)))
    )
)


@dataclass(frozen=True, slots=True)
class Measured:
    name: str
    cpu_us: float  #: of one answer
    wall: float  #: answers per second, the client on the same machine

    @property
    def per_core(self) -> float:
        return 1e6 / self.cpu_us


@dataclass(frozen=True, slots=True)
class Bench:
    folder: Path
    env: Mapping[str, str]
    requests: int  #: of each kind

    async def measure(self, name: str, file: Path, path: str) -> Measured:
        instance = start(self.folder, file, self.env)
        try:
            await instance.wait_until_ready()
            await ask(instance, path, self.requests // 10)  # connections, and the first look
            process, begin = psutil.Process(instance.pid), time.perf_counter()
            before = sum(process.cpu_times()[:2])
            await ask(instance, path, self.requests)
            seconds = time.perf_counter() - begin
            used = sum(process.cpu_times()[:2]) - before
        finally:
            instance.close()
        return Measured(name, used / self.requests * 1e6, self.requests / seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=4000, help="of each kind")
    return asyncio.run(benchmark(parser.parse_args().requests))


async def benchmark(requests: int) -> int:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name, parts(Path(name)) as env:
        bench = Bench(Path(name), env, requests)
        (bench.folder / "bare.py").write_text(BARE)
        await define(env)
        bare = await bench.measure("bare endpoint", bench.folder / "bare.py", ONE)
        ours = await bench.measure("one switch", OURS, ONE)
        every = await bench.measure("all of 20", OURS, ALL)
    head = ("", "CPU per answer", "answers/s on one core", "of the bare one", "answers/s seen here")
    show([head, *(row(measured, bare) for measured in (bare, ours, every))])
    enough = ours.per_core >= NEEDED or bare.cpu_us >= ours.cpu_us * SHARE
    print(
        f"at least {NEEDED} evaluations/s on one core, or {SHARE:.0%} of what a bare endpoint does"
        f" there: {'yes' if enough else 'NO'}"
    )
    return 0 if enough else 1


def row(measured: Measured, bare: Measured) -> tuple[str, ...]:
    return (
        measured.name,
        f"{measured.cpu_us:.0f} us",
        f"{measured.per_core:,.0f}",
        f"{measured.per_core / bare.per_core:.0%}",
        f"{measured.wall:,.0f}",
    )


@contextmanager
def parts(folder: Path) -> Iterator[Mapping[str, str]]:
    """The settings of a function beside a real Postgres and a real Redis."""
    with ExitStack() as opened:
        postgres = opened.enter_context(Postgres.start(folder / "postgres"))
        valkey = opened.enter_context(Valkey.start(folder / "valkey"))
        redis = opened.enter_context(serve(upstash_app(valkey.url, TOKEN)))
        postgres.create_database("control_plane")
        database.migrate(postgres.url("control_plane"))
        yield {
            "PATH": os.environ.get("PATH", ""),
            "DATABASE_URL": postgres.url("control_plane"),
            "UPSTASH_REDIS_REST_URL": redis.url,
            "UPSTASH_REDIS_REST_TOKEN": TOKEN,
            "FLAGS_TOKEN": TOKEN,
            "FLAG_EVALUATIONS_PER_SECOND": "1000000",
            "PYTHONPATH": str(ROOT),
        }


async def define(env: Mapping[str, str]) -> None:
    services = build(load(dict(env)))
    await services.flags.change(FLAGS, Caller(name="CI", role=Role.RECORDER))
    await services.close()


async def ask(instance: Instance, path: str, requests: int) -> None:
    turns = asyncio.Semaphore(AT_ONCE)
    headers = {"authorization": f"Bearer {TOKEN}"}
    body = {"context": {"targetingKey": "guest-7", "table": 4}}
    async with httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client:

        async def once() -> None:
            async with turns:
                sent = headers | instance.begin(SECONDS)
                answer = await client.post(f"{instance.url}{path}", json=body, headers=sent)
            assert '"value":true' in answer.text, answer.text

        await asyncio.gather(*(once() for _ in range(requests)))


def start(folder: Path, file: Path, env: Mapping[str, str]) -> Instance:
    is_ours = file.is_relative_to(ROOT)
    entry = {
        "__VC_HANDLER_ENTRYPOINT": file.name,
        "__VC_HANDLER_ENTRYPOINT_ABS": str(file),
        "__VC_HANDLER_MODULE_NAME": "api.flags" if is_ours else "bare",
        "__VC_HANDLER_VARIABLE_NAME": "app",
    }
    address = folder / f"ipc-{secrets.token_hex(4)}"
    cwd = ROOT if is_ours else folder
    return Instance.start(
        file.name, env={**env, **entry}, cwd=cwd, log=folder / "log", address=address
    )


if __name__ == "__main__":
    sys.exit(main())
