"""A look at a deployment that answers in every bad way there is: it ends, and says how it went."""

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace

import pytest

from dev.ports import LOOPBACK, free_port
from lib.health.probe import Health, Prober

WELL = b'{"api": "healthy", "deployment_id": "dpl_1"}'
HEADERS = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
SECONDS = 0.3

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]


@asynccontextmanager
async def deployment(answer: Behaviour, bypass_secret: str = "") -> AsyncIterator[Prober]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Whoever looks may have gone before he asked.
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await answer(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield Prober(f"http://{LOOPBACK}:{port}", bypass_secret, whole_look_seconds=SECONDS)
    finally:
        server.close()
        await server.wait_closed()


def says(answer: bytes) -> AbstractAsyncContextManager[Prober]:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    return deployment(say)


async def stay_silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEADERS + b"content-length: 100000\r\n\r\n")
    while not reader.at_eof():
        writer.write(b" ")
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "behaviour", [stay_silent, trickle], ids=["never-answers", "trickles-for-ever"]
)
async def test_a_look_ends_when_the_answer_does_not(behaviour):
    async with deployment(behaviour) as prober:
        look = await prober.look("a.b")

    assert look.health is Health.FAILED


@pytest.mark.parametrize(
    ("answer", "health"),
    [
        pytest.param(
            HEADERS + b"content-length: %d\r\n\r\n" % len(WELL) + WELL, Health.OK, id="well"
        ),
        pytest.param(
            HEADERS + b"content-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}",
            Health.FAILED,
            id="not-what-it-says",
        ),
        pytest.param(
            HEADERS + b"content-encoding: gzip\r\n\r\n" + gzip.compress(WELL),
            Health.OK,
            id="compressed",
        ),
        pytest.param(HEADERS + b"\r\n" + WELL + b" " * 200_000, Health.FAILED, id="too-long"),
        pytest.param(b"", Health.FAILED, id="hangs-up"),
        pytest.param(b"hello\r\n\r\n", Health.FAILED, id="no-http"),
        pytest.param(HEADERS + b"content-length: 9\r\n\r\n{}", Health.FAILED, id="cut-off"),
        pytest.param(
            b"HTTP/1.1 307 X\r\nlocation: /\r\ncontent-length: 0\r\n\r\n",
            Health.UNKNOWN,
            id="sends-elsewhere",
        ),
    ],
)
async def test_whatever_it_says_the_look_says_how_it_is(answer, health):
    async with says(answer) as prober:
        look = await prober.look("a.b", expected="dpl_1")

    assert look.health is health


@pytest.mark.parametrize(
    ("encoding", "times", "health"),
    [(b"gzip", 1, Health.FAILED), (b"gzip, gzip", 2, Health.UNKNOWN)],
    ids=["packed", "packed-twice"],
)
async def test_gzip_bomb_in_a_health_report_does_not_go_off(encoding, times, health):
    bomb = b" " * 50_000_000
    for _ in range(times):
        bomb = gzip.compress(bomb, mtime=0)
    head = HEADERS + b"content-encoding: %s\r\ncontent-length: %d\r\n\r\n" % (encoding, len(bomb))
    async with says(head + bomb) as prober:
        tracemalloc.start()
        try:
            look = await replace(prober, whole_look_seconds=10).look("a.b")
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert look.health is health
    assert most < 5_000_000


async def test_an_address_where_nobody_listens_is_no_answer_of_the_deployment():
    look = await Prober(f"http://{LOOPBACK}:{free_port()}").look("a.b")

    assert look.health is Health.UNKNOWN


async def test_a_look_asks_for_the_host_and_carries_the_bypass():
    seen = []

    async def listen(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        seen.append((await reader.readuntil(b"\r\n\r\n")).decode().lower())

    async with deployment(listen, bypass_secret="let-me-in") as prober:
        await prober.look("live.example")

    assert "get /api/health " in seen[0]
    assert "host: live.example\r\n" in seen[0]
    assert "x-vercel-protection-bypass: let-me-in\r\n" in seen[0]


@pytest.mark.parametrize(
    ("page", "health"),
    [(b"500 Oops", Health.FAILED), (b"200 OK", Health.OK), (b"404 Gone", Health.OK)],
    ids=["fails", "well", "not-there"],
)
async def test_a_look_around_is_as_bad_as_the_worst_page(page, health):
    """The report says that all is well; the page that people came for may say otherwise."""

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        body = WELL if b"GET /api/health " in asked else b""
        head = HEADERS if body else b"HTTP/1.1 " + page + b"\r\n"
        writer.write(head + b"content-length: %d\r\n\r\n" % len(body) + body)

    async with deployment(answers) as prober:
        patient = replace(prober, whole_look_seconds=10)
        look = await patient.look_around("a.b", expected="dpl_1", paths=("/timeline",))

    assert look.health is health
    assert look.checks["api"] == "healthy"
    assert ("/timeline answers 500" in look.detail) is (health is Health.FAILED)
