"""The dashboard's page in one call: what is live, what to go back to, and why not."""

from datetime import timedelta

import pytest

from lib.access.models import Caller, Role
from lib.deployments.listing import LIMIT
from lib.deployments.models import DeploymentRecord
from lib.overview.page import etag
from lib.rollback.models import Environment

PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING


@pytest.fixture
def page(services):
    async def page(role: Role = Role.OPERATOR, environment: Environment = PRODUCTION):
        return await services.overview.build(environment, Caller(name="Ada", role=role))

    return page


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
