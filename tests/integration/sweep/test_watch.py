"""What was rolled back to is watched, and who moves production meanwhile is told of."""

from datetime import timedelta

from lib.automatic.decision import WATCH
from lib.health.sweep import WATCH_EVERY
from lib.rollback.models import Status
from tests.integration.watching import check_cadence

SECOND = timedelta(seconds=1)


async def test_what_was_rolled_back_to_is_looked_at_every_30_s_for_15_minutes(
    services, order, work, look, rows
):
    done = await work(await services.engine.start(order))
    ticks = int((WATCH + timedelta(minutes=1)) / WATCH_EVERY)

    await look(ticks, every=WATCH_EVERY)

    watched = await rows(
        "SELECT rollback_id, at, live FROM probes WHERE rollback_id IS NOT NULL ORDER BY at"
    )
    assert {row["rollback_id"] for row in watched} == {done.id}
    assert {row["live"] for row in watched} == {"ok"}
    check_cadence([row["at"] for row in watched])


async def test_the_watch_of_a_second_rollback_is_not_that_of_the_first(
    services, order, work, look, rows, releases, control
):
    """Back, and forward again within the quarter of an hour."""
    first = await work(await services.engine.start(order))
    forward = order.model_copy(
        update={"target": releases.v2, "from_deployment": releases.v1, "note": "It was not it."}
    )
    second = await work(await services.engine.start(forward))
    assert second.status is Status.COMPLETED
    await control.execute("UPDATE rollbacks SET next_watch_at = app_now()")
    both_due = await rows("SELECT next_watch_at FROM rollbacks ORDER BY requested_at")

    await look(4, every=WATCH_EVERY)

    watched = await rows("SELECT rollback_id FROM probes WHERE rollback_id IS NOT NULL")
    assert [row["rollback_id"] for row in watched] == [second.id] * 4
    [over, _] = await rows("SELECT id, next_watch_at FROM rollbacks ORDER BY requested_at")
    assert (over["id"], over["next_watch_at"]) == (first.id, both_due[0]["next_watch_at"])


async def test_looks_in_between_do_not_count_as_the_watch(services, order, work, look, rows):
    await work(await services.engine.start(order))

    await look(6, every=10 * SECOND)

    assert len(await rows("SELECT id FROM probes WHERE rollback_id IS NOT NULL")) == 2


async def test_who_moves_production_after_a_rollback_is_told_of_once(
    services, order, work, look, go_live, releases, alerts, rollbacks
):
    await work(await services.engine.start(order))
    go_live(releases.v2)

    await look(3)

    assert sorted(await alerts()) == ["moved_after_rollback", "quarantined_went_live"]
    assert len(await rollbacks()) == 1


async def test_what_was_moved_after_a_rollback_is_over_when_it_has_been_well_for_as_long(
    services, order, work, look, go_live, releases, rows
):
    await work(await services.engine.start(order))
    go_live(releases.v2)
    await look(2)

    await look(4, every=WATCH / 2)

    moved = await rows("SELECT resolved_at FROM alerts WHERE kind = 'moved_after_rollback'")
    assert [row["resolved_at"] is None for row in moved] == [False]
