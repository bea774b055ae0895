"""Whatever happens in whatever order: never two rollbacks, never A to B to A, never in shadow."""

import random
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack

import psycopg
import pytest

from dev.platform import Config, Platform
from dev.serving import serve
from lib.settings import load
from lib.wiring import build
from tests.integration.automatic.interleaving import PRODUCTION, Versions, World, live_through

REDIS_TOKEN = "redis-token"
INSTANCES = 3
EVENTS = 40
#: A failure names its seed: put it here to look at it again. What happens is drawn from it; whose
#: statement comes first where several act at once is not, so it may take more than one try.
SEEDS = range(6)
DEEP_SEEDS = range(1000, 2000)
TELL_EVERY = 20


@pytest.fixture(scope="module")
def cloud():
    """A platform whose deployments nobody starts: one small server answers for all of them."""
    with Platform(Config()) as platform:
        versions = Versions(platform)
        with serve(versions) as edge:
            yield platform, versions, edge.url


@pytest.fixture
def variables(cloud, redis_url):
    platform, _, edge_url = cloud
    return {
        "UPSTASH_REDIS_REST_URL": redis_url,
        "UPSTASH_REDIS_REST_TOKEN": REDIS_TOKEN,
        "VERCEL_API_URL": platform.api_url,
        "VERCEL_TOKEN": platform.config.token,
        "VERCEL_TEAM_ID": platform.config.team_id,
        "APP_PROJECT_ID": platform.config.project_id,
        "EDGE_URL": edge_url,
    }


@pytest.fixture
async def beginning(cloud, variables, postgres, template):
    """A database in which two good versions were live one after the other."""
    platform, versions, _ = cloud
    name = "interleavings"
    postgres.create_database(name, template)
    services = build(load({**variables, "DATABASE_URL": postgres.url(name)}))
    for version in ("good", "good-2"):
        made = platform.release(version)
        versions.by_url[made["url"]] = made["id"]
        await services.tracker.reconcile(PRODUCTION)
        await services.deployments.set_health(PRODUCTION, made["id"], is_passing=True)
    await services.close()
    platform.snapshot("two versions")
    yield name
    postgres.drop_database(name)


@pytest.fixture
def live(cloud, variables, postgres, beginning):
    """Lives through what a seed draws; returns what happened."""
    platform, versions, _ = cloud
    first_urls = dict(versions.by_url)

    async def live(seed):
        name = f"interleaving_{seed}"
        platform.restore("two versions")
        postgres.create_database(name, beginning)
        settings = load({**variables, "DATABASE_URL": postgres.url(name)})
        try:
            async with AsyncExitStack() as closing:
                instances = [build(settings) for _ in range(INSTANCES)]
                for one in instances:
                    one.autopilot.decider.gate.span_seconds = 0
                    closing.push_async_callback(one.close)
                control = await closing.enter_async_context(
                    await psycopg.AsyncConnection.connect(
                        postgres.url(name), autocommit=True, row_factory=psycopg.rows.dict_row
                    )
                )
                versions.begin(first_urls)
                world = World(platform, versions, instances, control, random.Random(seed))
                await try_it(world, seed)
                return world.happened
        finally:
            postgres.drop_database(name)

    return live


async def try_it(world, seed):
    try:
        await live_through(world, EVENTS)
    except Exception as error:
        raise AssertionError(f"seed {seed}: {error!r} after {' '.join(world.script)}") from error


@pytest.mark.timeout(300)
async def test_whatever_happens_the_rules_hold(live):
    happened = Counter()
    for seed in SEEDS:
        happened += await live(seed)

    assert happened["rollbacks"] >= len(SEEDS) // 2
    assert happened["held in the gate"]
    assert happened["died at work"] + happened["died in the gate"]


@pytest.mark.deep
@pytest.mark.timeout(7200)
async def test_whatever_happens_the_rules_hold_a_thousand_times(live, capsys):
    happened, start = Counter(), time.monotonic()
    for number, seed in enumerate(DEEP_SEEDS, 1):
        happened += await live(seed)
        if number % TELL_EVERY == 0:
            with capsys.disabled():
                told = ", ".join(f"{count} {what}" for what, count in happened.items())
                took = time.monotonic() - start
                sys.stdout.write(f"\n{number} of {len(DEEP_SEEDS)} in {took:.0f} s: {told}")

    assert happened["rollbacks"] >= len(DEEP_SEEDS) // 2
