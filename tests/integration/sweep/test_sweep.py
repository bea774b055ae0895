"""The sweep looks once for all, takes up what others left, and ends in time."""

import asyncio
import time
from datetime import timedelta

from lib.rollback.engine import LEASE
from lib.rollback.models import Environment, Status
from tests.integration.ending import end

PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING
SECOND = timedelta(seconds=1)
#: Far more than anything here takes.
SOON = 60.0


async def test_sweeps_that_overlap_take_one_look(services, rows):
    await asyncio.gather(*(services.sweep.tick() for _ in range(8)))

    assert len(await rows("SELECT id FROM probes")) == 1


async def test_a_look_whose_worker_died_is_taken_again(services, rows, pass_time):
    await services.health.claim_look(PRODUCTION, every=10 * SECOND)  # and dies
    await pass_time(10 * SECOND)

    await services.sweep.tick()

    assert len(await rows("SELECT id FROM probes")) == 1


async def test_a_release_nobody_told_us_of_is_found(services, look, go_live, releases):
    go_live(releases.v3)

    await look()

    assert await services.deployments.live_deployment(PRODUCTION) == releases.v3


async def sweep_until(services, rollback_id) -> None:
    """It ends, or SOON is over; the sweep itself would go on to watch."""
    stop_at = time.monotonic() + SOON
    sweeping = asyncio.create_task(services.sweep.run(stop_at=stop_at))
    while time.monotonic() < stop_at:
        if (await services.engine.store.get(rollback_id)).is_final:
            break
        await asyncio.sleep(0.05)
    await end(sweeping)


async def test_a_dead_workers_rollback_is_taken_up(
    services, order, pass_time, live_moves, releases
):
    rollback = await services.engine.start(order)
    await services.engine.store.claim(rollback.id, lease=LEASE)  # and dies
    await pass_time(LEASE)

    await sweep_until(services, rollback.id)

    assert (await services.engine.store.get(rollback.id)).status is Status.COMPLETED
    assert live_moves() == [releases.v1]


async def test_staging_that_is_stuck_does_not_stop_production(services, order):
    stuck = await services.engine.start(order.model_copy(update={"environment": STAGING}))
    await services.engine.store.claim(stuck.id, lease=timedelta(hours=1))
    rollback = await services.engine.start(order)

    await sweep_until(services, rollback.id)

    assert (await services.engine.store.get(rollback.id)).status is Status.COMPLETED
    assert not (await services.engine.store.get(stuck.id)).is_final


async def test_staging_is_looked_at_beside_production(services, platform, rows):
    staging = platform.release("hang", environment="staging")["id"]

    await services.sweep.tick()

    looks = await rows("SELECT environment, deployment, live FROM probes ORDER BY environment")
    assert looks[1] == {"environment": "staging", "deployment": staging, "live": "failed"}
    assert looks[0]["live"] == "ok"


async def test_what_nobody_expects_in_one_environment_leaves_the_other_alone(
    services, platform, control, rows
):
    platform.release("good", environment="staging")
    await control.execute(
        "CREATE FUNCTION refuse_staging() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF new.environment = 'staging' THEN RAISE 'unexpected'; END IF; RETURN new; END $$;"
        " CREATE TRIGGER refuse_staging BEFORE INSERT ON probes"
        " FOR EACH ROW EXECUTE FUNCTION refuse_staging()"
    )

    unfinished = await services.sweep.tick()

    assert unfinished == []
    assert [row["environment"] for row in await rows("SELECT environment FROM probes")] == [
        "production"
    ]


async def test_a_platform_that_is_down_does_not_end_the_sweep(services, order, platform):
    rollback = await services.engine.start(order)
    platform.fault("500", times=4)

    await sweep_until(services, rollback.id)

    assert (await services.engine.store.get(rollback.id)).status is Status.COMPLETED


async def test_a_platform_that_hangs_does_not_keep_a_sweep_beyond_its_end(services, monkeypatch):
    """Its end comes once the platform has been asked; the answer never does."""
    taken = []
    loop = asyncio.get_running_loop()
    now = loop.time

    async def hangs(_, writer):
        taken.append(writer)
        monkeypatch.setattr(loop, "time", lambda: now() + 2 * SOON)

    server = await asyncio.start_server(hangs, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    services.http.base_url = f"http://{host}:{port}"
    services.http.timeout = None

    is_good = await services.sweep.run(stop_at=time.monotonic() + SOON)

    assert not is_good
    assert taken
    for writer in taken:
        writer.close()
        await writer.wait_closed()
    server.close()


async def test_a_calm_sweep_ends_at_once(services, pass_time):
    await pass_time(timedelta(hours=1))
    await services.sweep.tick()

    async with asyncio.timeout(SOON):
        await services.sweep.run(stop_at=time.monotonic() + 1000)


async def test_a_worker_does_not_sleep_past_its_own_end(services, order, control):
    """Its next attempt is due in an hour, and the invocation has less left."""
    rollback = await services.engine.start(order)
    await control.execute("UPDATE rollbacks SET wake_at = app_now() + interval '1 hour'")

    async with asyncio.timeout(SOON):
        await services.engine.run(rollback.id, stop_at=time.monotonic() + 1)
