"""Polls of the dashboard cost Postgres nothing, and hide nothing that anybody did."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from importlib import import_module

import httpx
import pytest

from dev.ports import LOOPBACK, free_port
from lib.access.models import Caller, Role
from lib.changes import Changes
from lib.redis import RedisClient
from lib.rollback.models import Environment
from lib.settings import load
from lib.wiring import build

overview_function = import_module("api.overview")
PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING
ADA = Caller(name="Ada", role=Role.OPERATOR)
POLLS = 20


class Counted:
    """Between the control plane and its Postgres: how often anything was sent to that."""

    def __init__(self, url: str) -> None:
        self.host, _, self.port = url.partition("@")[2].partition("/")[0].partition(":")
        self.url = url
        self.sent = 0

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, questions = await asyncio.open_connection(self.host, int(self.port))
        with suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.gather(self.pass_on(reader, questions, 1), self.pass_on(answers, writer))

    async def pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int = 0
    ) -> None:
        while data := await reader.read(65536):
            self.sent += count
            writer.write(data)
            await writer.drain()
        writer.close()


@pytest.fixture
async def postgres_traffic(database_url) -> AsyncIterator[Counted]:
    counted = Counted(database_url)
    server = await asyncio.start_server(counted.join, LOOPBACK, 0)
    counted.url = database_url.replace(
        f":{counted.port}/", f":{server.sockets[0].getsockname()[1]}/"
    )
    yield counted
    server.close()


@pytest.fixture
async def instance(services, variables, postgres_traffic):
    """Another instance of the control plane, whose questions to Postgres are counted."""
    other = build(load(variables | {"DATABASE_URL": postgres_traffic.url}))
    yield other
    await other.close()


@pytest.fixture
async def poll(services, variables, postgres_traffic, monkeypatch):
    """The function as the platform calls it, for somebody with a token."""
    token = await services.access.mint(name="Ada", role=Role.OPERATOR, by="test", lifetime=None)
    for name, value in (variables | {"DATABASE_URL": postgres_traffic.url}).items():
        monkeypatch.setenv(name, value)
    overview_function.services.cache_clear()
    import_module("lib.settings").settings.cache_clear()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(overview_function.app),
        base_url="http://control",
        headers={"authorization": f"Bearer {token}"},
    ) as client:

        async def poll(etag: str = "", **query: str) -> httpx.Response:
            return await client.get("/api/overview", params=query, headers={"if-none-match": etag})

        yield poll
    await overview_function.services().close()
    overview_function.services.cache_clear()
    import_module("lib.settings").settings.cache_clear()


async def test_polls_while_nothing_changes_ask_postgres_nothing(poll, postgres_traffic):
    first = await poll()
    await poll(part="chart")
    before = postgres_traffic.sent
    answers = [await poll(first.headers["etag"]) for _ in range(POLLS)]
    charts = [await poll(part="chart") for _ in range(POLLS)]

    assert before > 0
    assert postgres_traffic.sent == before
    assert {answer.status_code for answer in answers} == {304}
    assert {answer.content for answer in answers} == {b""}
    assert {chart.status_code for chart in charts} == {200}


async def test_the_clock_goes_on_in_a_page_that_is_kept(poll):
    first, second = await poll(), await poll()

    assert first.json()["now"] < second.json()["now"]
    assert first.headers["etag"] == second.headers["etag"]


async def test_a_part_that_there_is_not_is_refused(poll):
    answer = await poll(part="everything")

    assert answer.status_code == 422
    assert "chart" in answer.text


async def test_a_rollback_that_another_instance_starts_is_seen_by_the_next_poll(
    instance, services, order, work
):
    calm = await instance.pages.overview(PRODUCTION, ADA)
    rollback = await services.engine.start(order)
    running = await instance.pages.overview(PRODUCTION, ADA)
    await work(rollback)
    done = await instance.pages.overview(PRODUCTION, ADA)

    assert calm.active is None
    assert (running.active.rollback_id, running.active.status) == (rollback.id, "pending")
    assert done.active.status == "completed"


async def test_each_step_that_another_instance_takes_is_seen(instance, services, order):
    rollback = await services.engine.start(order)
    seen = [await instance.pages.overview(PRODUCTION, ADA)]
    for _ in range(2):
        claim = await services.engine.store.claim(rollback.id, lease=services.engine.budget)
        await services.engine.advance(claim)
        seen.append(await instance.pages.overview(PRODUCTION, ADA))

    assert len({page.active.model_dump_json() for page in seen}) == len(seen)


async def test_what_another_instance_lets_go_live_is_seen(instance, services, platform, releases):
    before = await instance.pages.overview(PRODUCTION, ADA)
    platform.move_alias(platform.config.aliases.production, releases.v3)
    await services.tracker.reconcile(PRODUCTION)

    after = await instance.pages.overview(PRODUCTION, ADA)

    assert (before.live.deployment_id, after.live.deployment_id) == (releases.v2, releases.v3)


async def test_what_nobody_told_of_is_seen_once_the_page_is_too_old(instance, control):
    """Whoever changed it died before it was told."""
    await instance.pages.overview(PRODUCTION, ADA)
    await control.execute("UPDATE environments SET mode = 'off'")
    kept = await instance.pages.overview(PRODUCTION, ADA)
    instance.pages.idle_seconds = 0.0

    assert kept.mode == "automatic"
    assert (await instance.pages.overview(PRODUCTION, ADA)).mode == "off"


async def test_while_a_rollback_runs_a_page_is_kept_for_the_shorter_time(
    instance, services, order, control
):
    await services.engine.start(order)
    await instance.pages.overview(PRODUCTION, ADA)
    await control.execute("UPDATE environments SET mode = 'off'")
    instance.pages.busy_seconds = 0.0

    assert (await instance.pages.overview(PRODUCTION, ADA)).mode == "off"


@pytest.mark.parametrize("redis", [None, f"http://{LOOPBACK}:{free_port()}"], ids=["unset", "away"])
async def test_without_redis_a_page_is_kept_for_the_shorter_time(instance, control, redis):
    instance.pages.changes = Changes(RedisClient(redis, "none") if redis else None)
    await instance.pages.overview(PRODUCTION, ADA)
    await control.execute("UPDATE environments SET mode = 'off'")
    kept = await instance.pages.overview(PRODUCTION, ADA)
    instance.pages.busy_seconds = 0.0

    assert kept.mode == "automatic"
    assert (await instance.pages.overview(PRODUCTION, ADA)).mode == "off"


async def test_redis_going_away_or_coming_back_keeps_no_page(instance, control):
    there, away = instance.changes, Changes(None)
    modes = []
    for changes, mode in ((there, "off"), (away, "shadow"), (there, "automatic")):
        await control.execute("UPDATE environments SET mode = %s", [mode])
        instance.pages.changes = changes
        modes.append((await instance.pages.overview(PRODUCTION, ADA)).mode)

    assert modes == ["off", "shadow", "automatic"]


async def test_nobody_gets_the_page_of_another_role_name_or_environment(instance):
    await instance.pages.overview(PRODUCTION, ADA)
    viewer = await instance.pages.overview(PRODUCTION, Caller(name="Vera", role=Role.VIEWER))
    jonas = await instance.pages.overview(PRODUCTION, Caller(name="Jonas", role=Role.OPERATOR))
    staging = await instance.pages.overview(STAGING, ADA)

    assert (viewer.viewer.name, viewer.can_rollback) == ("Vera", False)
    assert (jonas.viewer.name, jonas.can_rollback) == ("Jonas", True)
    assert staging.environment == STAGING
