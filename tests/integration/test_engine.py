"""A rollback through the engine: it ends well, once, whatever happens on the way."""

import asyncio
import time
from datetime import timedelta

import pytest

from lib import errors
from lib.rollback.engine import LEASE
from lib.rollback.machine import Next
from lib.rollback.models import Environment, Order, Rollback, Status, StepState, SwitchMethod
from lib.rollback.steps import STEPS, find
from lib.rollback.store import STANDBY_PATIENCE

SECOND = timedelta(seconds=1)


async def finish(services, order: Order) -> Rollback:
    rollback = await services.engine.start(order)
    await services.engine.run(rollback.id, stop_at=time.monotonic() + 60)
    return await services.engine.store.get(rollback.id)


async def test_a_rollback_ends_with_production_on_the_target(services, order, live_moves, releases):
    rollback = await finish(services, order)

    assert rollback.status is Status.COMPLETED, rollback.error
    assert live_moves() == [releases.v1]
    assert {step.step: step.state for step in rollback.steps} == {
        "record": StepState.OK,
        "switch": StepState.OK,
        "database": StepState.SKIPPED,
        "caches": StepState.OK,
        "verify": StepState.OK,
    }


async def test_a_rollback_turns_off_that_pushes_take_the_alias_back(services, order, platform):
    rollback = await finish(services, order)

    assert platform.state()["auto_assign"] is False
    assert rollback.find("switch").facts["auto_assign_before"] is True


async def test_instant_rollback_waits_for_the_platforms_job(services, order, platform, releases):
    instant = order.model_copy(update={"switch_method": SwitchMethod.INSTANT})

    rollback = await finish(services, instant)

    assert rollback.status is Status.COMPLETED, rollback.error
    assert platform.state()["production_id"] == releases.v1


async def test_production_never_goes_to_what_was_built_for_staging(
    services, order, platform, live_moves
):
    """It has staging's variables, and so staging's database: visitors' values would go there."""
    built_for_staging = platform.release("good-2", environment="staging", live=False)["id"]

    rollback = await finish(services, order.model_copy(update={"target": built_for_staging}))

    assert (rollback.status, rollback.step) == (Status.FAILED, "record")
    assert "was not built for production" in rollback.error
    assert "Nothing was changed" in rollback.visitors_get
    assert live_moves() == []


async def test_what_was_live_in_production_all_the_same_can_be_gone_back_to(
    services, order, platform, releases
):
    """Somebody gave it production's alias by hand."""
    host = platform.config.aliases.production
    preview = platform.release("good-2", environment="staging", live=False)["id"]
    for deployment in (preview, releases.v2):
        platform.move_alias(host, deployment)
        await services.tracker.reconcile(Environment.PRODUCTION)

    rollback = await finish(services, order.model_copy(update={"target": preview}))

    assert rollback.status is Status.COMPLETED, rollback.error


async def test_the_release_that_was_left_is_quarantined(services, order, releases):
    await finish(services, order)

    rows = await services.deployments.history(Environment.PRODUCTION)

    assert {row.deployment_id: row.quarantined for row in rows}[releases.v2]


async def test_history_says_that_it_was_a_rollback_and_by_whom(services, order, releases):
    await finish(services, order)

    newest = (await services.deployments.history(Environment.PRODUCTION))[0]

    assert (newest.deployment_id, newest.how, newest.by) == (releases.v1, "rollback", "Ada")


@pytest.mark.parametrize("step", [step.name for step in STEPS])
async def test_a_step_whose_worker_died_after_its_effect_is_not_done_twice(
    services, order, live_moves, pass_time, step, releases
):
    rollback = await services.engine.start(order)
    while (claim := await services.engine.store.claim(rollback.id, lease=LEASE)).step != step:
        await services.engine.advance(claim)
    await find(step).run(claim, services.engine.tools)  # the process dies here

    await pass_time(LEASE + STANDBY_PATIENCE + SECOND)
    await services.engine.take_over(rollback.id, stop_at=time.monotonic() + 60)

    ended = await services.engine.store.get(rollback.id)
    assert ended.status is Status.COMPLETED, ended.error
    assert live_moves() == [releases.v1]


async def test_a_step_that_always_kills_its_worker_is_given_up(
    services, order, pass_time, live_moves
):
    rollback = await services.engine.start(order)
    for _ in range(find("record").attempts):
        await services.engine.store.claim(rollback.id, lease=LEASE)
        await pass_time(LEASE + SECOND)

    await services.engine.run(rollback.id, stop_at=time.monotonic() + 10)

    ended = await services.engine.store.get(rollback.id)
    assert ended.status is Status.FAILED
    assert live_moves() == []


async def test_nobody_advances_a_rollback_that_another_holds(services, order):
    rollback = await services.engine.start(order)
    await services.engine.store.claim(rollback.id, lease=LEASE)

    assert await services.engine.store.claim(rollback.id, lease=LEASE) is None


async def test_a_lease_can_be_taken_the_moment_it_ends(services, order, pass_time):
    rollback = await services.engine.start(order)
    await services.engine.store.claim(rollback.id, lease=LEASE)

    await pass_time(LEASE)

    assert await services.engine.store.claim(rollback.id, lease=LEASE) is not None


async def test_a_standby_is_patient_with_a_worker_between_two_steps(services, order, pass_time):
    rollback = await services.engine.start(order)

    assert (
        await services.engine.store.claim(rollback.id, lease=LEASE, patience=STANDBY_PATIENCE)
        is None
    )


async def test_a_write_after_a_takeover_is_refused(services, order, pass_time):
    rollback = await services.engine.start(order)
    slow = await services.engine.store.claim(rollback.id, lease=LEASE)
    await pass_time(LEASE)
    await services.engine.store.claim(rollback.id, lease=LEASE)

    with pytest.raises(errors.StaleLease):
        await services.engine.store.record(slow, Next(StepState.OK, "", "switch"))
    with pytest.raises(errors.StaleLease):
        await services.engine.store.remember(slow, anything=True)
    with pytest.raises(errors.StaleLease):
        await services.engine.store.renew(slow, lease=LEASE)


async def test_fifty_workers_at_once_do_each_step_once(services, order, live_moves, releases):
    rollback = await services.engine.start(order)
    stop_at = time.monotonic() + 60

    async with asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(services.engine.run(rollback.id, stop_at=stop_at))

    ended = await services.engine.store.get(rollback.id)
    assert ended.status is Status.COMPLETED, ended.error
    assert live_moves() == [releases.v1]
    # verify and the platform's job may be looked at again; nothing else is done twice.
    assert {step.attempt for step in ended.steps} == {1}


async def test_a_second_rollback_of_the_same_environment_is_refused(services, order):
    first = await services.engine.start(order)

    with pytest.raises(errors.RollbackInProgress) as refused:
        await services.engine.start(order)

    assert refused.value.facts["rollback_id"] == str(first.id)
    assert refused.value.facts["requested_by"] == "Ada"


async def test_fifty_orders_at_once_start_one_rollback(services, order):
    results = await asyncio.gather(
        *(services.engine.start(order) for _ in range(50)), return_exceptions=True
    )

    started = [result for result in results if isinstance(result, Rollback)]
    refused = [result for result in results if isinstance(result, errors.RollbackInProgress)]
    assert (len(started), len(refused)) == (1, 49)


async def test_fifty_orders_with_one_key_are_one_rollback(services, order):
    same = order.model_copy(update={"idempotency_key": "k", "request_sha256": bytes(32)})

    results = await asyncio.gather(*(services.engine.start(same) for _ in range(50)))

    assert len({result.id for result in results}) == 1


async def test_a_key_with_another_body_is_refused(services, order):
    same = order.model_copy(update={"idempotency_key": "k", "request_sha256": bytes(32)})
    await services.engine.start(same)

    with pytest.raises(errors.IdempotencyKeyReused):
        await services.engine.start(same.model_copy(update={"request_sha256": b"1" * 32}))


async def test_a_late_rollback_is_overdue_and_alerted_once_and_still_finished(
    services, order, pass_time, control
):
    rollback = await services.engine.start(order)
    await pass_time(61 * SECOND)
    await services.engine.run(rollback.id, stop_at=time.monotonic() + 60)

    ended = await services.engine.store.get(rollback.id)
    alerts = await (await control.execute("SELECT kind FROM alerts")).fetchall()
    assert ended.status is Status.COMPLETED, ended.error
    assert ended.overdue_since == ended.deadline_at
    assert [alert["kind"] for alert in alerts] == ["rollback_overdue"]


async def test_a_rollback_left_alone_for_an_hour_is_still_finished(
    services, order, pass_time, releases, live_moves
):
    rollback = await services.engine.start(order)
    claim = await services.engine.store.claim(rollback.id, lease=LEASE)
    await services.engine.advance(claim)
    await services.engine.store.claim(rollback.id, lease=LEASE)  # and dies
    await pass_time(timedelta(hours=1))

    await services.engine.take_over(rollback.id, stop_at=time.monotonic() + 60)

    ended = await services.engine.store.get(rollback.id)
    assert ended.status is Status.COMPLETED, ended.error
    assert live_moves() == [releases.v1]


async def test_start_and_end_are_in_the_audit_log_with_who_and_why(services, order, control):
    await finish(services, order)

    rows = await (
        await control.execute(
            "SELECT actor, action, reason, result FROM audit"
            " WHERE action LIKE 'rollback.%' ORDER BY id"
        )
    ).fetchall()

    assert [tuple(row.values()) for row in rows] == [
        ("Ada", "rollback.start", "Page does not open", "accepted"),
        ("Ada", "rollback.end", "Page does not open", "completed"),
    ]


async def test_the_audit_log_refuses_change(services, order, control):
    await services.engine.start(order)

    for statement in ("UPDATE audit SET actor = 'Eve'", "DELETE FROM audit", "TRUNCATE audit"):
        with pytest.raises(Exception, match="append-only"):
            await control.execute(statement)
