"""The report of a rollback, from what is stored of it: of every kind, and at every moment."""

from datetime import timedelta
from uuid import UUID

import pytest

from lib import errors
from lib.access.models import Caller, Role
from lib.health.probe import Health, Look
from lib.health.store import KEEP, KEEP_REPORTED
from lib.incidents.markdown import markdown
from lib.incidents.models import Asked
from lib.incidents.report import NOT_MEASURED, report
from lib.incidents.store import PAGE_SIZE
from lib.rollback.engine import LEASE
from lib.rollback.models import Environment
from tests.integration.conftest import PRODUCTION

VERA = Caller(name="Vera", role=Role.VIEWER)
WATCHED = timedelta(minutes=15)
SECOND = timedelta(seconds=1)


@pytest.fixture
def read(services):
    async def read(rollback):
        found = report(await services.incidents.read(rollback.id))
        # Whatever it is a report of, it can be written down.
        assert markdown(found).startswith(f"# {found.title}\n")
        return found

    return read


@pytest.fixture
def look(services):
    async def look(deployment: str, health: Health, detail: str = "", rollback_id=None) -> None:
        await services.health.record(
            PRODUCTION,
            deployment=deployment,
            live=Look(health, detail, {}),
            target=None,
            target_health=None,
            rollback_id=rollback_id,
        )

    return look


def value(incident, name: str) -> str:
    return next(fact.value for fact in incident.facts if fact.name == name)


def said(incident) -> list[str]:
    return [event.what for event in incident.timeline]


async def test_one_by_hand_without_any_metrics_says_who_why_and_what_was_done(
    services, order, work, read, releases
):
    asked = order.model_copy(update={"note": "The couple called"})
    ended = await work(await services.engine.start(asked))

    incident = await read(ended)

    assert incident.summary.startswith("Production was rolled back from ")
    assert ", by Ada. It took " in incident.summary
    assert (incident.reason, incident.note) == ("Page does not open", "The couple called")
    assert incident.evidence is None
    assert incident.detected is None
    assert incident.before.sentence == incident.after.sentence == NOT_MEASURED
    assert [step.state for step in incident.steps] == ["ok", "ok", "skipped", "ok", "ok"]
    assert incident.database.sentence
    assert [line.action for line in incident.audit] == ["rollback.start", "rollback.end"]
    assert all(line.id for line in incident.audit)
    assert said(incident)[0].endswith("started by Ada: Page does not open.")
    assert said(incident)[-1].startswith("Completed after ")
    assert incident.file_name.startswith(f"incident-{ended.requested_at:%Y-%m-%d}-")
    assert "The couple called" in markdown(incident)


async def test_looks_before_and_after_are_its_error_rate(
    services, order, work, read, look, pass_time, releases
):
    await look(releases.v2, Health.OK)
    await pass_time(30 * SECOND)
    await look(releases.v2, Health.FAILED, "it answers 500")
    await pass_time(30 * SECOND)
    await look(releases.v2, Health.FAILED, "it answers 503")
    await pass_time(10 * SECOND)
    ended = await work(await services.engine.start(order))
    await look(releases.v1, Health.OK, rollback_id=ended.id)

    incident = await read(ended)

    assert incident.detected.sentence == "it answers 500"
    assert incident.before.sentence == (
        "No requests were counted. Of 3 looks at its health, 1 went well, 2 failed."
        " The last of these: it answers 503."
    )
    assert incident.after.sentence == (
        "No requests were counted. Of 1 look at its health, 1 went well."
    )
    assert said(incident)[0] == (
        "Detected. Our own looks spoke against the release: it answers 500."
    )
    assert value(incident, "Started").endswith("after it was detected.")


async def test_what_it_shows_is_kept_when_other_looks_are_forgotten(
    services, order, work, read, look, pass_time, control, releases
):
    await look(releases.v2, Health.OK, "long before")
    await pass_time(timedelta(hours=1))
    await look(releases.v2, Health.FAILED)
    ended = await work(await services.engine.start(order))
    await look(releases.v1, Health.OK, rollback_id=ended.id)
    before = await read(ended)

    await pass_time(KEEP + timedelta(hours=2))
    await look(releases.v1, Health.OK)
    incident = await read(ended)

    kept = await (await control.execute("SELECT detail FROM probes")).fetchall()
    assert "long before" not in [row["detail"] for row in kept]
    assert (incident.before, incident.after) == (before.before, before.after)
    await pass_time(KEEP_REPORTED)
    await look(releases.v1, Health.OK)
    assert (await read(ended)).before.sentence == NOT_MEASURED


async def test_it_is_a_draft_until_the_watch_is_over(services, order, work, read, pass_time):
    ended = await work(await services.engine.start(order))

    assert (await read(ended)).draft.startswith("Draft: the release is watched until ")
    await pass_time(WATCHED)

    incident = await read(ended)
    assert incident.draft is None
    assert said(incident)[-1] == "The watch ended."


async def test_one_that_runs_is_a_draft_and_one_that_nobody_works_on_says_so(
    services, order, read, pass_time
):
    rollback = await services.engine.start(order)
    claim = await services.engine.store.claim(rollback.id, lease=LEASE)
    rollback = await services.engine.advance(claim)
    await services.engine.store.claim(rollback.id, lease=LEASE)

    incident = await read(rollback)
    await pass_time(LEASE * 2)
    left = await read(rollback)

    assert incident.summary.startswith("Production is being rolled back from ")
    assert incident.draft == "Draft: it is still running, 1 of 5 steps are done."
    assert value(incident, "Result") == "Running"
    assert incident.watch == "The watch begins when it has completed."
    assert left.draft.endswith("the next poll or sweep goes on with it.")


@pytest.mark.parametrize("begun", [{"went_back": "unknown"}, {"went_back": "yes"}, {"begun": True}])
async def test_one_that_is_at_the_database_does_not_say_yet_how_that_ended(
    services, order, read, begun
):
    rollback = await services.engine.start(order)
    while rollback.step != "database":
        claim = await services.engine.store.claim(rollback.id, lease=LEASE)
        rollback = await services.engine.advance(claim)
    claim = await services.engine.store.claim(rollback.id, lease=LEASE)
    await services.engine.store.remember(claim, is_exclusive=False, **begun)

    incident = await read(rollback)

    assert incident.database.sentence == (
        "It is at the database at this moment: what comes of it is not known yet."
    )


async def test_a_step_that_another_process_took_over_shows_its_attempts(
    services, order, work, read, pass_time
):
    rollback = await services.engine.start(order)
    await services.engine.store.claim(rollback.id, lease=LEASE)
    await pass_time(LEASE)
    ended = await work(rollback)

    incident = await read(ended)

    assert incident.steps[0].attempt == 2
    assert any(
        what.startswith("Record the rollback: done") and ", 2 attempts." in what
        for what in said(incident)
    )


async def test_one_that_failed_says_what_visitors_get_and_what_to_do(
    services, order, work, read, releases, platform
):
    platform.fault("500", times=1000)
    failed = await work(await services.engine.start(order))

    incident = await read(failed)

    assert incident.status == "failed"
    assert " failed after " in incident.summary
    assert value(incident, "Visitors get") == failed.visitors_get
    assert incident.next_actions == failed.next_actions
    assert incident.watch == "It failed, so nothing was watched."
    assert any(alert.kind == "rollback_failed" for alert in incident.alerts)
    assert "## What to do next\n\n1. " in markdown(incident)


async def test_one_that_took_too_long_is_overdue(services, order, work, read, pass_time):
    rollback = await services.engine.start(order)
    await pass_time(61 * SECOND)
    await services.engine.store.mark_overdue(rollback.id)
    running = await read(rollback)
    ended = await read(await work(rollback))

    assert value(running, "Result") == "Running, overdue"
    assert value(ended, "Result") == "Completed, overdue"
    assert value(ended, "Overdue") == "It took longer than the planned 1 min 0 s."
    assert "It takes longer than planned. It goes on." in said(ended)
    assert "longer than planned" in ended.summary


async def test_a_rollback_and_its_roll_forward_name_each_other(
    services, order, work, read, releases
):
    away = await work(await services.engine.start(order))
    undo = order.model_copy(
        update={"target": releases.v2, "from_deployment": releases.v1, "undoes": away.id}
    )
    forward = await work(await services.engine.start(undo))

    back, undone = await read(away), await read(forward)

    assert back.undone_by.rollback_id == forward.id
    assert undone.undoes.rollback_id == away.id
    assert undone.title.startswith("Roll forward of production")
    assert any(what.startswith("Roll forward by Ada, which undoes it") for what in said(back))
    assert any(what.endswith("lifted by Ada.") for what in said(back))


async def test_where_nobody_knew_what_was_live_it_says_so(services, order, work, read):
    unknown = order.model_copy(update={"from_deployment": None})
    ended = await work(await services.engine.start(unknown))

    incident = await read(ended)

    assert value(incident, "From") == "nobody knows what was live"
    assert incident.title.startswith("Rollback of production: an unknown version to ")


async def test_alerts_and_who_took_care_of_them_are_told(
    services, order, work, read, control, platform
):
    await control.execute("INSERT INTO notify_channels VALUES ('slack', false)")
    platform.fault("500", times=1000)
    failed = await work(await services.engine.start(order))
    await control.execute(
        "UPDATE alerts SET acknowledged_at = app_now(), acknowledged_by = 'Grace'"
        " WHERE rollback_id = %s",
        [failed.id],
    )
    await control.execute("UPDATE outbox SET sent = 1")

    incident = await read(failed)

    assert [one.channel for one in incident.alerts[-1].told] == ["slack"]
    assert "Sent through slack. Taken care of by Grace, " in markdown(incident)


async def test_the_list_is_newest_first_and_page_by_page_each_is_read_once(
    services, order, work, control
):
    ended = await work(await services.engine.start(order))
    await control.execute(
        "INSERT INTO rollbacks (environment, switch_method, target, requested_by, reason, status,"
        " finished_at, deadline_at, step, requested_at)"
        " SELECT 'production', 'alias', 'dpl_x', 'Ada', n::text, 'completed', app_now(),"
        " app_now(), 'verify', app_now() + n * interval '1 s'"
        " FROM generate_series(1, %s) n",
        [PAGE_SIZE * 2 - 1],
    )

    first = await services.incidents.page(Asked(), VERA)
    second = await services.incidents.page(Asked(before=first.older), VERA)

    reasons = [one.reason for one in (*first.incidents, *second.incidents)]
    assert reasons == [*(str(n) for n in range(PAGE_SIZE * 2 - 1, 0, -1)), order.reason]
    assert second.older is None
    last = second.incidents[-1]
    assert (last.rollback_id, last.target.deployment_id) == (ended.id, order.target)
    assert second.incidents[0].target.git_sha == ""


async def test_where_there_was_no_rollback_the_list_is_empty(services, order, work):
    await work(await services.engine.start(order))

    page = await services.incidents.page(Asked(environment=Environment.STAGING), VERA)

    assert (page.incidents, page.older) == ([], None)


async def test_an_unknown_one_is_not_found(services, order):
    with pytest.raises(errors.NotFound):
        await services.incidents.read(UUID(int=0))
