"""From a request to an order: what is refused, with what words, and what starts."""

import asyncio

import pytest

from lib import errors
from lib.deployments import listing
from lib.deployments.eligibility import last_stable
from lib.deployments.models import UNKNOWN
from lib.rollback import intake
from lib.rollback.models import Environment, Rollback, RollbackRequest, Status

PRODUCTION = Environment.PRODUCTION


@pytest.fixture
def ask(services):
    """A request comes in; `last-stable` unless said otherwise."""

    async def ask(key: str | None = None, by: str = "Ada", **body: object) -> Rollback:
        request = {
            "deployment_id": "last-stable",
            "reason": "Page does not open",
            "environment": "production",
        }
        return await services.intake.start(
            RollbackRequest.model_validate(request | body), requested_by=by, idempotency_key=key
        )

    return ask


@pytest.fixture
async def locked(services, control, order, work) -> Rollback:
    """Production's last rollback failed, and nobody knows what visitors get."""
    failed = await work(
        await services.engine.start(order.model_copy(update={"target": "dpl_none"}))
    )
    await control.execute(
        "UPDATE environments SET locked_by = %s WHERE environment = 'production'", [failed.id]
    )
    return failed


async def test_last_stable_is_the_version_before(ask, releases):
    rollback = await ask()

    assert (rollback.target, rollback.from_deployment) == (releases.v1, releases.v2)
    assert (rollback.requested_by, rollback.reason) == ("Ada", "Page does not open")
    assert rollback.status is Status.PENDING


async def test_a_version_is_named_by_its_id(ask, releases):
    assert (await ask(deployment_id=releases.v1)).target == releases.v1


async def test_an_id_that_nobody_knows_is_unreadable(ask, services):
    with pytest.raises(errors.InvalidRequest) as refused:
        await ask(deployment_id="dpl_none")

    assert [pointer for pointer, _ in refused.value.problems] == ["#/deployment_id"]
    assert await services.engine.store.unfinished() == []


async def test_an_id_that_the_platform_cannot_be_asked_about_is_taken(ask, platform):
    """The record step asks again, and has the time to."""
    platform.fault("500", times=1000)

    assert (await ask(deployment_id="dpl_none", note="I built it")).target == "dpl_none"


@pytest.mark.parametrize("is_recorded", [True, False])
async def test_one_that_was_never_live_here_needs_a_note_recorded_or_not(
    services, ask, releases, platform, is_recorded
):
    if is_recorded:
        built = await services.tracker.vercel.deployment(releases.v3)
        await services.tracker.record_platform(PRODUCTION, built)

    with pytest.raises(errors.NoteRequired, match="never live here"):
        await ask(deployment_id=releases.v3)
    assert (await ask(deployment_id=releases.v3, note="It is the mend")).target == releases.v3


async def test_what_was_recorded_and_never_live_hides_neither_what_is_live_nor_the_last_stable(
    services, ask, releases, control, monkeypatch
):
    """Builds that nobody let go live, as many as are looked at."""
    monkeypatch.setattr(intake, "HISTORY_LIMIT", 2)
    monkeypatch.setattr(listing, "LOOKED_AT", 2)
    monkeypatch.setattr(listing, "LIMIT", 3)
    await control.execute(
        "WITH built AS (INSERT INTO deployment_history (git_sha, vercel_deployment_id,"
        " db_migration_version, timestamp)"
        " SELECT 'unknown', 'dpl_built' || i, 'unknown', app_now() + interval '1 s'"
        " FROM generate_series(1, 2) i RETURNING id, vercel_deployment_id)"
        " INSERT INTO deployment_details (id, environment, vercel_deployment_id, recorded_by)"
        " SELECT id, 'production', vercel_deployment_id, 'ci' FROM built"
    )

    shown = await services.listing.all(PRODUCTION)
    rollback = await ask()

    assert (rollback.target, rollback.from_deployment) == (releases.v1, releases.v2)
    assert [one.deployment_id for one in shown[1:]] == [releases.v2, releases.v1]
    assert [one.is_live for one in shown] == [False, True, False]


async def test_one_from_long_ago_is_known_as_what_it_was(ask, releases, monkeypatch):
    """However many were recorded since."""
    monkeypatch.setattr(intake, "HISTORY_LIMIT", 1)

    assert (await ask(deployment_id=releases.v1)).target == releases.v1


async def test_the_live_version_is_refused(ask, releases):
    with pytest.raises(errors.Conflict) as refused:
        await ask(deployment_id=releases.v2, note="I insist")

    assert refused.value.facts == {"live": releases.v2}


async def test_without_an_earlier_version_it_is_said_what_else_there_is(ask):
    with pytest.raises(errors.Conflict, match="no earlier version of staging") as refused:
        await ask(environment="staging")

    assert "Name one by its id, with a note" in str(refused.value)


async def test_whoever_saw_another_version_live_is_told_that_it_moved_on(ask, releases):
    with pytest.raises(errors.Conflict, match="moved on") as refused:
        await ask(expected_current=releases.v1)

    assert refused.value.facts == {"live": releases.v2}


async def test_whoever_saw_the_version_that_is_live_goes_on(ask, releases):
    assert (await ask(expected_current=releases.v2)).target == releases.v1


class TestNobodyHasToldYet:
    """Production has moved a moment ago: no event has come, and no sweep has looked."""

    @pytest.fixture(autouse=True)
    def moved(self, services, platform, releases):
        platform.move_alias(platform.config.aliases.production, releases.v3)

    async def test_what_is_left_and_gone_back_to_is_by_what_is_live_now(self, ask, releases):
        rollback = await ask()

        assert (rollback.target, rollback.from_deployment) == (releases.v2, releases.v3)

    async def test_whoever_saw_the_version_before_is_told_that_it_moved_on(self, ask, releases):
        with pytest.raises(errors.Conflict, match="moved on") as refused:
            await ask(expected_current=releases.v2)

        assert refused.value.facts == {"live": releases.v3}

    async def test_a_platform_that_does_not_answer_is_not_waited_for(
        self, ask, platform, releases, monkeypatch
    ):
        monkeypatch.setattr(intake, "LOOK_SECONDS", 0.2)
        platform.fault("hang", times=1000, seconds=20)

        assert (await ask()).target == releases.v1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            "UPDATE deployment_history SET health_check_status = 'failing'", id="unhealthy"
        ),
        pytest.param(
            "WITH r AS (INSERT INTO rollbacks (environment, switch_method, target, requested_by,"
            " reason, deadline_at, status, step, finished_at) VALUES ('production', 'alias', 'x',"
            " 'Ada', '', app_now(), 'completed', 'verify', app_now()) RETURNING id)"
            " INSERT INTO quarantine (environment, git_sha, rollback_id)"
            " SELECT 'production', git_sha, r.id FROM deployment_history, r",
            id="rolled-back-before",
        ),
        pytest.param(
            "UPDATE deployment_history SET git_sha = repeat('a', 40)", id="same-commit-as-live"
        ),
    ],
)
class TestAVersionWeWouldNotChoose:
    async def test_is_not_the_last_stable(self, ask, control, change):
        await control.execute(change)

        with pytest.raises(errors.Conflict, match="no earlier version"):
            await ask()

    async def test_needs_a_note(self, ask, control, change, releases):
        await control.execute(change)

        with pytest.raises(errors.NoteRequired, match="send a note"):
            await ask(deployment_id=releases.v1)

    async def test_is_taken_with_a_note(self, ask, control, change, releases):
        await control.execute(change)

        rollback = await ask(deployment_id=releases.v1, note="The other one is worse")
        assert (rollback.target, rollback.note) == (releases.v1, "The other one is worse")


class TestALockedEnvironment:
    async def test_needs_a_note(self, ask, locked):
        with pytest.raises(errors.NoteRequired) as refused:
            await ask()

        assert refused.value.facts == {"rollback_id": str(locked.id)}

    async def test_lets_a_person_go_on_with_a_note(self, ask, locked, releases):
        assert (await ask(note="I looked")).target == releases.v1

    async def test_is_unlocked_by_a_rollback_that_completes(self, ask, locked, work, is_locked):
        await work(await ask(note="I looked"))

        assert not await is_locked()

    async def test_does_not_lock_the_other_one(self, ask, locked):
        with pytest.raises(errors.Conflict, match="no earlier version of staging"):
            await ask(environment="staging")


class TestIdempotency:
    async def test_the_same_key_is_the_same_rollback(self, ask):
        assert (await ask("k")).id == (await ask("k")).id

    async def test_the_same_key_from_somebody_else_is_another_request(self, ask):
        await ask("k")

        with pytest.raises(errors.RollbackInProgress):
            await ask("k", by="Grace")

    async def test_the_same_key_with_another_body_is_refused(self, ask):
        await ask("k")

        with pytest.raises(errors.IdempotencyKeyReused):
            await ask("k", reason="Another reason")

    async def test_the_key_comes_before_every_check(self, ask, work, releases):
        """The first answer was lost. By now the target is live, and production has moved on."""
        body = {"deployment_id": releases.v1, "expected_current": releases.v2}
        first = await work(await ask("k", **body))

        again = await ask("k", **body)

        assert again.id == first.id
        assert again.status is Status.COMPLETED

    async def test_the_key_comes_before_the_lock(self, ask, locked, services, control, work):
        await control.execute("UPDATE environments SET locked_by = NULL")
        first = await work(await ask("k"))
        await control.execute("UPDATE environments SET locked_by = %s", [locked.id])

        assert (await ask("k")).id == first.id

    async def test_without_a_key_a_second_request_is_a_second_rollback(self, ask):
        await ask()

        with pytest.raises(errors.RollbackInProgress):
            await ask()

    async def test_fifty_requests_at_once_are_one_rollback(self, ask):
        results = await asyncio.gather(*(ask() for _ in range(50)), return_exceptions=True)

        started = [result for result in results if isinstance(result, Rollback)]
        refused = [result for result in results if isinstance(result, errors.RollbackInProgress)]
        assert (len(started), len(refused)) == (1, 49)
        assert {error.facts["rollback_id"] for error in refused} == {str(started[0].id)}

    async def test_fifty_requests_with_one_key_are_one_rollback(self, ask):
        results = await asyncio.gather(*(ask("k") for _ in range(50)))

        assert len({result.id for result in results}) == 1


async def test_a_version_without_a_known_commit_does_not_come_back_by_itself_either(
    services, control, ask, work, releases
):
    """And its quarantine is not that of every other version without a known commit."""
    await control.execute("UPDATE deployment_history SET git_sha = %s", [UNKNOWN])
    await work(await ask())

    rows = await services.deployments.history(PRODUCTION)
    assert {row.deployment_id: row.quarantined for row in rows} == {
        releases.v1: False,
        releases.v2: True,
    }
    assert last_stable(rows) is None


async def test_the_version_that_was_left_is_told_apart_by_its_commit(
    services, control, ask, work, platform, releases
):
    """A second build of the same commit is the same bad release."""
    await work(await ask())
    await control.execute(
        "WITH again AS (INSERT INTO deployment_history"
        " (git_sha, vercel_deployment_id, db_migration_version)"
        " SELECT git_sha, 'dpl_again', 'unknown' FROM deployment_history"
        "  WHERE vercel_deployment_id = %s RETURNING id)"
        " INSERT INTO deployment_details (id, environment, vercel_deployment_id, recorded_by)"
        " SELECT id, 'production', 'dpl_again', 'ci' FROM again",
        [releases.v2],
    )

    rows = await services.deployments.history(PRODUCTION)
    assert {row.deployment_id for row in rows if row.quarantined} == {releases.v2, "dpl_again"}


async def test_a_live_version_whose_hosts_did_not_all_move_is_gone_back_to_once_more(
    ask, releases, order, services, control
):
    failed = await services.engine.start(order)
    await control.execute(
        "UPDATE rollbacks SET status = 'failed', finished_at = app_now() WHERE id = %s", [failed.id]
    )
    await control.execute("UPDATE environments SET locked_by = %s", [failed.id])

    assert (await ask(deployment_id=releases.v2, note="one host is left")).target == releases.v2
