"""The dashboard's page in one call: what is live, what to go back to, and why not."""

import gzip
from datetime import timedelta

import pytest

from lib import errors
from lib.access.models import Caller, Role
from lib.alerts import acknowledge, raise_alert
from lib.deployments.listing import LIMIT
from lib.deployments.models import DeploymentRecord
from lib.operations.models import OPERATION, Result
from lib.overview.page import etag
from lib.overview.standing import SHOWN
from lib.overview.undo import STAYS
from lib.rollback.models import Environment, Rollback

PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING


@pytest.fixture
def page(services):
    async def page(role: Role = Role.OPERATOR, environment: Environment = PRODUCTION):
        return await services.overview.build(environment, Caller(name="Ada", role=role))

    return page


@pytest.fixture
def operate(services):
    async def operate(action: str, by: str = "Ada", **more) -> Result:
        body = {"environment": "production", "reason": "I looked at it"} | more
        operation = OPERATION.validate_python({"action": action} | body, strict=False)
        return await services.operations.carry_out(operation, Caller(name=by, role=Role.ADMIN))

    return operate


@pytest.fixture
async def many_staged(control):
    """Production is pinned: pushes are recorded and never go live."""
    await control.execute(
        "WITH history AS (INSERT INTO deployment_history"
        " (git_sha, vercel_deployment_id, db_migration_version, timestamp)"
        " SELECT md5(n::text), 'dpl_staged' || n, 'unknown', app_now()"
        "   FROM generate_series(1, 300) n RETURNING id, vercel_deployment_id)"
        " INSERT INTO deployment_details (id, environment, vercel_deployment_id, recorded_by)"
        " SELECT id, 'production', vercel_deployment_id, 'ci' FROM history"
        " ORDER BY vercel_deployment_id LIMIT 150"
    )


async def test_it_names_the_live_version_and_the_one_to_go_back_to(page, releases):
    shown = await page()

    assert shown.live.deployment_id == releases.v2
    assert shown.recommended == releases.v1
    assert shown.blocked is None
    assert [item.deployment_id for item in shown.history] == [releases.v2, releases.v1]


async def test_both_are_shown_behind_any_number_that_never_went_live(page, releases, many_staged):
    shown = await page()

    assert shown.live.deployment_id == releases.v2
    assert shown.recommended == releases.v1
    assert len(shown.history) == LIMIT
    assert {releases.v1, releases.v2} <= {item.deployment_id for item in shown.history}


async def test_who_may_not_roll_back_is_told(page):
    shown = await page(Role.VIEWER)

    assert (shown.can_rollback, shown.blocked.code) == (False, "read_only")


async def test_where_nothing_ever_was_there_is_nothing(page):
    shown = await page(environment=STAGING)

    assert (shown.live, shown.recommended, shown.history) == (None, None, [])
    assert shown.blocked.code == "nothing"


async def test_a_rollback_is_shown_while_it_runs_and_a_while_after(
    page, services, order, work, pass_time
):
    rollback = await services.engine.start(order)
    running = await page()
    await work(rollback)
    done = await page()
    await pass_time(timedelta(minutes=15))
    later = await page()

    assert (running.blocked.code, running.active.rollback_id) == ("running", rollback.id)
    assert done.active.status == "completed"
    assert later.active is None


async def test_a_failed_rollback_is_shown_until_another_one_completes(
    page, services, order, work, pass_time
):
    await work(await services.engine.start(order.model_copy(update={"target": "dpl_none"})))
    await pass_time(timedelta(days=1))
    failed = await page()
    await work(await services.engine.start(order))

    assert (failed.blocked.code, failed.active.status) == ("failed", "failed")
    assert (await page()).active.status == "completed"


async def test_its_state_is_the_sweeps_last_look(page, services, pass_time):
    before = await page()
    await services.sweep.tick()
    looked = await page()
    await pass_time(timedelta(minutes=3))

    assert before.overall.state == "unknown"
    assert (looked.overall.state, looked.overall.sentence) == ("ok", "Production is healthy")
    assert {check.state for check in looked.checks} == {"healthy", "unknown"}
    assert (await page()).overall.state == "unknown"


async def test_the_same_page_at_another_moment_is_the_same_page(page):
    first, second = await page(), await page()

    assert first.now != second.now
    assert etag(first) == etag(second)


async def test_another_page_is_another(page, services, order):
    before = etag(await page())
    await services.engine.start(order)

    assert etag(await page()) != before


async def test_an_old_deployment_that_is_recorded_again_is_found(services, releases, many_staged):
    told = DeploymentRecord.model_validate(
        {"environment": "production", "git_sha": "a" * 40, "vercel_deployment_id": releases.v1}
    )
    await services.deployments.record(told, recorded_by="ci")

    found = await services.listing.find(PRODUCTION, releases.v1)

    assert (found.deployment_id, found.is_live) == (releases.v1, False)


async def test_twenty_deployments_weigh_little_on_a_slow_line(page, control, many_staged):
    """Each with words and ids of its own, as they really have."""
    await control.execute(
        "UPDATE deployment_details SET title = 'Shot list: ' || md5(vercel_deployment_id),"
        " author = 'Mina Rao ' || left(md5(id::text), 4)"
    )
    await control.execute(
        "UPDATE deployment_history SET git_sha = git_sha || left(md5(git_sha), 8),"
        " vercel_deployment_id = 'dpl_' || left(md5(id::text), 28) WHERE git_sha <> 'unknown'"
        "   AND vercel_deployment_id LIKE 'dpl_staged%'"
    )
    shown = await page()

    assert len(shown.history) == LIMIT
    assert len(gzip.compress(shown.model_dump_json().encode())) <= 4096


class TestStanding:
    async def test_a_calm_environment_has_nothing_to_tell(self, page):
        shown = await page()

        assert (shown.mode, shown.pin, shown.security_floor) == ("automatic", None, None)
        assert (shown.quarantined, shown.alerts) == ([], [])

    async def test_what_a_rollback_leaves_behind_is_shown(
        self, page, services, order, work, releases
    ):
        await work(await services.engine.start(order))

        shown = await page()

        [away] = shown.quarantined
        assert shown.pin.sentence.startswith("New releases do not go live by themselves since Ada")
        assert (away.deployment_id, away.by, away.reason) == (releases.v2, "Ada", order.reason)

    async def test_a_commit_that_was_rolled_back_twice_is_named_once(
        self, page, services, order, work, control
    ):
        await work(await services.engine.start(order))
        await control.execute(
            "WITH again AS (INSERT INTO rollbacks (environment, switch_method, target,"
            " from_deployment, requested_by, reason, requested_at, deadline_at, status, step,"
            " finished_at) SELECT environment, switch_method, target, from_deployment, 'Jonas',"
            " 'Again', requested_at - interval '1 hour', app_now(), 'completed',"
            " step, app_now() FROM rollbacks RETURNING id)"
            " INSERT INTO quarantine (environment, git_sha, since, rollback_id)"
            " SELECT environment, git_sha, app_now(), again.id FROM quarantine, again"
        )

        assert [away.by for away in (await page()).quarantined] == ["Jonas"]

    async def test_what_was_lifted_is_not_shown(self, page, services, order, work, control):
        await work(await services.engine.start(order))
        await control.execute("UPDATE quarantine SET lifted_at = app_now()")

        assert (await page()).quarantined == []

    async def test_the_floor_and_the_mode_are_shown(self, page, control, releases):
        await control.execute(
            "UPDATE environments e SET mode = 'shadow', security_floor = d.id"
            "  FROM deployment_details d WHERE d.vercel_deployment_id = %s"
            "   AND e.environment = 'production'",
            [releases.v2],
        )

        shown = await page()

        assert (shown.mode, shown.security_floor) == ("shadow", releases.v2)
        assert shown.recommended is None

    async def test_an_unproven_recommendation_is_said(self, page, control):
        unproven = await page()
        await control.execute("UPDATE deployment_details SET proven_at = app_now()")
        proven = await page()

        assert "never proved itself here" in unproven.caution
        assert proven.caution is None
        assert [item.is_proven for item in proven.history] == [True, True]


class TestAlerts:
    @pytest.fixture
    def alert(self, services):
        async def alert(kind: str, once: str) -> None:
            async with services.database.transaction() as connection:
                await raise_alert(
                    connection,
                    environment="production",
                    kind=kind,
                    sentence=f"It is {once}.",
                    once=once,
                )

        return alert

    async def test_the_open_ones_are_shown_newest_first(self, page, alert, control):
        for number in range(SHOWN + 2):
            await alert("rollback_failed", str(number))
        await control.execute("UPDATE alerts SET resolved_at = app_now() WHERE once = '1'")

        shown = (await page()).alerts

        newest = [str(number) for number in reversed(range(2, SHOWN + 2))]
        assert [item.sentence for item in shown] == [f"It is {number}." for number in newest]
        assert (await page(environment=STAGING)).alerts == []

    async def test_who_takes_care_of_one_is_shown(self, page, alert, services):
        await alert("rollback_failed", "bad")
        async with services.database.transaction() as connection:
            await acknowledge(connection, 1, by="Jonas")

        [shown] = (await page()).alerts

        assert shown.needs_a_person
        assert shown.acknowledged_by == "Jonas"
        assert shown.acknowledged_at is not None

    async def test_what_somebody_took_care_of_is_old_after_a_day(
        self, page, alert, services, pass_time
    ):
        """Nothing else ends some of them, and the page is for what needs somebody now."""
        await alert("rollback_failed", "taken")
        await alert("rollback_failed", "open")
        async with services.database.transaction() as connection:
            await acknowledge(connection, 1, by="Jonas")
        await pass_time(timedelta(days=1))

        assert [item.sentence for item in (await page()).alerts] == ["It is open."]

    async def test_news_needs_nobody_and_is_old_after_a_day(self, page, alert, pass_time):
        await alert("rollback_completed", "done")
        fresh = (await page()).alerts
        await pass_time(timedelta(days=1))

        assert [item.needs_a_person for item in fresh] == [False]
        assert (await page()).alerts == []


class TestMode:
    async def test_nobody_is_named_where_it_is_as_from_the_beginning(self, page):
        assert (await page()).mode_set is None

    async def test_who_set_it_last_and_why_is_told(self, page, operate):
        await operate("set_mode", subject="off", reason="The wedding is today")
        await operate("set_mode", by="Grace", subject="shadow", reason="It is over")
        await operate("set_mode", subject="off", environment="staging")

        told = (await page()).mode_set

        assert (told.by, told.reason) == ("Grace", "It is over")


class TestUndo:
    """Offered where rolling forward would be taken, and only there."""

    @pytest.fixture
    def can_be_undone(self, page, operate):
        """What the page says, held against what is answered to who presses all the same."""

        async def can_be_undone(rollback: Rollback) -> bool:
            offered = (await page()).undo
            try:
                taken = (await operate("roll_forward", subject=str(rollback.id))).changed
            except errors.Conflict:
                taken = False
            assert (offered is not None) == taken
            return taken

        return can_be_undone

    async def test_a_rollback_that_completed(
        self, page, services, order, work, releases, can_be_undone
    ):
        assert (await page()).undo is None
        done = await work(await services.engine.start(order))

        undo = (await page()).undo

        assert (undo.rollback_id, undo.deployment_id) == (done.id, releases.v2)
        assert undo.database_effect == STAYS
        assert await can_be_undone(done)

    async def test_not_while_it_runs(self, services, order, can_be_undone):
        assert not await can_be_undone(await services.engine.start(order))

    async def test_not_one_that_failed(self, services, order, work, can_be_undone):
        wrong = order.model_copy(update={"target": "dpl_none"})
        assert not await can_be_undone(await work(await services.engine.start(wrong)))

    async def test_not_once_another_version_is_live(
        self, services, order, work, platform, releases, can_be_undone
    ):
        done = await work(await services.engine.start(order))
        platform.move_alias(platform.config.aliases.production, releases.v3)
        await services.tracker.reconcile(PRODUCTION)

        assert not await can_be_undone(done)

    async def test_not_twice(self, services, order, work, operate, can_be_undone):
        done = await work(await services.engine.start(order))
        await work((await operate("roll_forward")).rollback)

        assert not await can_be_undone(done)

    async def test_again_where_undoing_it_failed(
        self, services, order, work, operate, platform, can_be_undone
    ):
        done = await work(await services.engine.start(order))
        forward = (await operate("roll_forward")).rollback
        platform.fault("429", call="alias", times=1000)
        assert (await work(forward)).status == "failed"
        platform.clear_faults()

        assert await can_be_undone(done)
