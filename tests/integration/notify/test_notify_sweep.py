"""The sweep tells people what it does, and that it lives."""

import asyncio
import time
from datetime import timedelta

import pytest

from dev.vendors import HANG_SECONDS
from lib.health.rule import FAILURES, RECOVERED
from lib.health.sweep import SETTLED
from lib.notify.deadman import PING_SECONDS
from lib.rollback.models import Environment

SLACK, WEBHOOK, PING = "/slack/hunter2", "/webhook/hunter2", "/ping/hunter2"
#: Three of them span exactly 15 s.
BETWEEN_LOOKS = timedelta(seconds=7.5)
SOON = 60.0


@pytest.fixture
def variables(variables, addresses, served):
    return variables | addresses | {"DEADMAN_URL": served.url + PING}


@pytest.fixture
def sweep(services, pass_time):
    """One glance, as soon as the scheduler calls; the clock goes on after it."""

    async def sweep() -> None:
        async with asyncio.timeout(SOON):
            await services.sweep.run_scheduled(stop_at=time.monotonic())
        await pass_time(BETWEEN_LOOKS)

    return sweep


def pings(vendors):
    return [path for path, _, _ in vendors.requests if path == PING]


async def test_an_automatic_rollback_is_told_when_it_begins_and_when_it_ends(
    services, sweep, platform, releases, vendors, work
):
    platform.move_alias(platform.config.aliases.production, releases.v3)

    for _ in range(FAILURES):
        await sweep()
    (rollback_id,) = await services.engine.store.unfinished()
    await work(await services.engine.store.get(rollback_id))
    await sweep()

    told = [one["data"] for one in vendors.got(WEBHOOK)]
    assert [one["kind"] for one in told] == ["rollback_started", "rollback_completed"]
    assert [one["needs_a_person"] for one in told] == [False, False]
    assert "it answers 500" in told[0]["sentence"]
    assert len(vendors.got(SLACK)) == 2


async def test_a_good_sweep_gives_a_sign_of_life(sweep, vendors):
    await sweep()

    assert pings(vendors) == [PING]


async def test_a_sweep_that_could_not_look_gives_none(sweep, vendors, platform):
    platform.fault("500", times=1000)

    await sweep()

    assert pings(vendors) == []


@pytest.mark.parametrize("status", [404, 500])
async def test_a_sign_of_life_that_is_refused_is_only_logged(sweep, vendors, status, caplog):
    vendors.fail(PING, status)

    await sweep()

    assert "ping_failed" in caplog.messages
    assert "hunter2" not in str([vars(record) for record in caplog.records])


async def test_a_sign_of_life_that_nobody_takes_holds_the_sweep_up_for_a_moment(
    services, vendors, caplog
):
    assert PING_SECONDS < HANG_SECONDS
    vendors.hanging.add(PING)

    await services.sweep.deadman.ping()

    assert "ping_failed" in caplog.messages


async def test_a_rollback_by_hand_is_told_while_it_is_worked_on(
    services, order, vendors, platform, control
):
    """Its worker tells that it failed; the next sweep may be a minute away."""
    await services.notifier.store.keep_channels(services.notifier.channels)
    rollback = await services.engine.start(
        order.model_copy(update={"target": "dpl_nobody_knows_it"})
    )

    async with asyncio.timeout(SOON):
        await services.notifier.beside(
            services.engine.run, rollback.id, stop_at=time.monotonic() + SOON
        )

    (told,) = vendors.got(WEBHOOK)
    assert told["data"]["kind"] == "rollback_failed"
    assert told["data"]["rollback_id"] == str(rollback.id)


async def test_what_is_well_again_is_over_after_a_while(
    services, platform, releases, control, pass_time, vendors
):
    async def look(deployment_id: str, times: int) -> None:
        platform.move_alias(platform.config.aliases.production, deployment_id)
        for _ in range(times):
            await services.sweep.tick()
            await pass_time(BETWEEN_LOOKS)

    async def down() -> list[bool]:
        rows = await control.execute(
            "SELECT resolved_at IS NOT NULL AS over FROM alerts"
            " WHERE kind = 'automatic_refused' ORDER BY id"
        )
        return [row["over"] for row in await rows.fetchall()]

    await pass_time(services.settings.automatic_window)
    platform.move_alias(platform.config.aliases.production, releases.v3)
    await services.tracker.reconcile(Environment.PRODUCTION)
    await pass_time(services.settings.automatic_window)
    await look(releases.v3, FAILURES)
    assert await down() == [False]

    await look(releases.v2, RECOVERED + 1)
    assert await down() == [False]

    await pass_time(SETTLED)
    await look(releases.v2, RECOVERED)
    assert await down() == [True]


async def test_a_rollback_that_failed_is_not_overdue_any_more(
    services, order, control, pass_time, work
):
    rollback = await services.engine.start(
        order.model_copy(update={"target": "dpl_nobody_knows_it"})
    )
    await pass_time(services.settings.rollback_budget)

    await work(rollback)

    alerts = await control.execute(
        "SELECT kind, resolved_at IS NOT NULL AS over FROM alerts ORDER BY id"
    )
    assert [tuple(alert.values()) for alert in await alerts.fetchall()] == [
        ("rollback_overdue", True),
        ("rollback_failed", False),
    ]
