"""What people can do beside rolling back: done, done twice, twice at once, refused, misread."""

import asyncio
from uuid import uuid4

import pytest
from pydantic import ValidationError

from lib import errors
from lib.access.models import Caller, Role
from lib.alerts import raise_alert
from lib.deployments.eligibility import last_stable
from lib.deployments.models import DeploymentRecord, Release
from lib.operations.models import OPERATION, Result
from lib.rollback.models import Environment, RollbackRequest, Status
from tests.integration.flags.conftest import FLAGS, read

PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING
AT_ONCE = 8
#: What is live is left, and comes back.
LIVE_AGAIN = """
WITH left_now AS (
  UPDATE live_periods SET live_until = app_now()
   WHERE environment = 'production' AND live_until IS NULL RETURNING *
)
INSERT INTO live_periods (environment, deployment, live_from, how)
SELECT environment, deployment, app_now(), how FROM left_now
"""


@pytest.fixture
def operate(services):
    async def operate(action: str, by: str = "Ada", role: Role = Role.ADMIN, **more) -> Result:
        body = {"environment": "production", "reason": "I looked at it"} | more
        operation = OPERATION.validate_python({"action": action} | body, strict=False)
        return await services.operations.carry_out(operation, Caller(name=by, role=role))

    return operate


@pytest.fixture
def operate_at_once(operate):
    async def operate_at_once(action: str, **more) -> list[Result]:
        results = await asyncio.gather(*(operate(action, **more) for _ in range(AT_ONCE)))
        return sorted(results, key=lambda result: not result.changed)

    return operate_at_once


@pytest.fixture
def audited(control):
    """What people did, and to what."""

    async def audited() -> list[tuple[str, str, str | None]]:
        rows = await control.execute(
            "SELECT actor, action, subject FROM audit"
            " WHERE action LIKE 'operation.%' OR action LIKE 'pin.%' ORDER BY id"
        )
        return [tuple(row.values()) for row in await rows.fetchall()]

    return audited


@pytest.fixture
async def failed(services, order, work):
    """It did not begin: the environment is not locked by it."""
    wrong = order.model_copy(update={"target": "dpl_none"})
    return await work(await services.engine.start(wrong))


@pytest.fixture
async def locked(control, failed):
    await control.execute(
        "UPDATE environments SET locked_by = %s WHERE environment = 'production'", [failed.id]
    )
    return failed


@pytest.fixture
async def rolled_back(services, order, work):
    """From v2 to v1: v2 is quarantined, and production is pinned."""
    return await work(await services.engine.start(order))


@pytest.fixture
async def alert(services) -> str:
    async with services.database.transaction() as connection:
        await raise_alert(
            connection, environment="production", kind="down", sentence="It is down.", once="1"
        )
    row = await services.database.one("SELECT max(id) AS id FROM alerts")
    return str(row["id"])


@pytest.fixture
def rows(services):
    async def rows(environment: Environment = PRODUCTION):
        found = await services.deployments.history(environment)
        return {row.deployment_id: row for row in found}

    return rows


@pytest.fixture
def standing(control):
    async def standing(column: str) -> object:
        rows = await control.execute(
            "SELECT mode, security_floor, locked_by FROM environments"
            " WHERE environment = 'production'"
        )
        return (await rows.fetchone())[column]

    return standing


ADMINS = [("set_mode", {"subject": "off"}), ("set_security_floor", {"subject": ""})]
OPERATORS = [
    ("retry", {}),
    ("accept_database", {}),
    ("unlock", {}),
    ("lift_quarantine", {"subject": "abcdef0"}),
    ("lift_pin", {}),
    ("acknowledge", {"subject": "1"}),
    ("suspect", {"subject": "rsvp-emails"}),
]


class TestRoles:
    @pytest.mark.parametrize(("action", "more"), ADMINS)
    async def test_what_is_an_admins_is_refused_to_an_operator(
        self, operate, audited, action, more
    ):
        with pytest.raises(errors.Forbidden, match="this needs admin"):
            await operate(action, role=Role.OPERATOR, **more)

        assert await audited() == []

    @pytest.mark.parametrize(("action", "more"), [*OPERATORS, *ADMINS])
    @pytest.mark.parametrize("role", [Role.VIEWER, Role.RECORDER])
    async def test_who_only_reads_or_records_may_do_none(
        self, operate, audited, action, more, role
    ):
        with pytest.raises(errors.Forbidden):
            await operate(action, role=role, **more)

        assert await audited() == []


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("retry", {"subject": "the last one"}),
        ("unlock", {"subject": "production"}),
        ("lift_quarantine", {"subject": "abc"}),
        ("lift_quarantine", {}),
        ("lift_pin", {"subject": "production"}),
        ("acknowledge", {"subject": "0"}),
        ("acknowledge", {"subject": "1; DROP TABLE alerts"}),
        ("acknowledge", {"subject": "9" * 19}),
        ("suspect", {}),
        ("suspect", {"subject": "RSVP e-mails"}),
        ("set_mode", {"subject": "on"}),
        ("set_security_floor", {}),
        ("set_security_floor", {"subject": "v1"}),
        ("roll_over", {}),
        ("unlock", {"reason": " "}),
        ("unlock", {"environment": "preview"}),
        ("unlock", {"force": True}),
    ],
)
async def test_what_cannot_be_read_is_refused_before_anything_is_done(
    operate, audited, action, more
):
    with pytest.raises(ValidationError):
        await operate(action, **more)

    assert await audited() == []


class TestUnlock:
    async def test_it_lets_automatic_rollbacks_go_on(self, operate, locked, is_locked, audited):
        result = await operate("unlock", role=Role.OPERATOR)

        assert result.changed
        assert not await is_locked()
        assert await audited() == [("Ada", "operation.unlock", None)]

    async def test_twice_it_is_so_already(self, operate, locked, audited):
        await operate("unlock")

        again = await operate("unlock")

        assert (again.changed, again.message) == (False, "Production is not locked.")
        assert len(await audited()) == 1

    async def test_at_once_it_is_one_change(self, operate_at_once, locked, audited):
        results = await operate_at_once("unlock")

        assert [result.changed for result in results] == [True] + [False] * (AT_ONCE - 1)
        assert len(await audited()) == 1


class TestQuarantine:
    async def test_it_is_lifted_by_commit(self, operate, rolled_back, rows, releases, control):
        sha = (await rows())[releases.v2].git_sha

        result = await operate("lift_quarantine", role=Role.OPERATOR, subject=sha[:7])

        lifted = await (await control.execute("SELECT lifted_by FROM quarantine")).fetchall()
        assert result.changed
        assert not (await rows())[releases.v2].quarantined
        assert [row["lifted_by"] for row in lifted] == ["Ada"]

    async def test_it_is_lifted_by_deployment(self, operate, rolled_back, rows, releases, audited):
        result = await operate("lift_quarantine", subject=releases.v2)

        assert result.changed
        assert not (await rows())[releases.v2].quarantined
        assert await audited() == [("Ada", "operation.lift_quarantine", releases.v2)]

    async def test_of_a_version_whose_commit_nobody_knows_by_deployment(
        self, services, operate, control, order, work, rows, releases
    ):
        await control.execute("UPDATE deployment_history SET git_sha = 'unknown'")
        await work(await services.engine.start(order))
        assert (await rows())[releases.v2].quarantined

        assert (await operate("lift_quarantine", subject=releases.v2)).changed
        assert not (await rows())[releases.v2].quarantined

    async def test_twice_it_is_so_already(self, operate, rolled_back, releases, audited):
        await operate("lift_quarantine", subject=releases.v2)

        again = await operate("lift_quarantine", subject=releases.v2)

        assert (again.changed, len(await audited())) == (False, 1)

    async def test_at_once_it_is_one_change(self, operate_at_once, rolled_back, releases, audited):
        results = await operate_at_once("lift_quarantine", subject=releases.v2)

        assert sum(result.changed for result in results) == 1
        assert len(await audited()) == 1

    @pytest.mark.parametrize("subject", ["dpl_none", "0" * 40])
    async def test_what_nobody_knows_is_not_found(self, operate, rolled_back, subject):
        with pytest.raises(errors.NotFound, match=f"Production has no .* {subject}"):
            await operate("lift_quarantine", subject=subject)

    async def test_the_beginning_of_two_commits_is_refused(
        self, operate, rolled_back, rows, releases, control
    ):
        await control.execute(
            "INSERT INTO quarantine (environment, git_sha, rollback_id)"
            " SELECT environment, left(git_sha, 7) || repeat('0', 33), rollback_id FROM quarantine"
        )
        sha = (await rows())[releases.v2].git_sha

        with pytest.raises(errors.Conflict, match="Send more of it"):
            await operate("lift_quarantine", subject=sha[:7])

        assert (await rows())[releases.v2].quarantined

    async def test_the_other_environments_stays(self, operate, rolled_back, rows, releases):
        with pytest.raises(errors.NotFound):
            await operate("lift_quarantine", environment="staging", subject=releases.v2)

        assert (await rows())[releases.v2].quarantined


class TestAChangedVariable:
    """The same commit with other variables is another candidate."""

    @pytest.fixture
    def vary(self, services, rows, releases):
        """A deployment of v2's commit, with v2's variables changed so."""

        async def vary(change: dict[str, int] | None) -> str:
            left = (await rows())[releases.v2]
            record = DeploymentRecord.model_validate(
                {
                    "environment": "production",
                    "git_sha": left.git_sha,
                    "vercel_deployment_id": "dpl_varied",
                }
            )
            variables = None if change is None else left.variables | change
            await services.deployments.record(record, recorded_by="ci", variables=variables)
            return "dpl_varied"

        return vary

    @pytest.mark.parametrize(
        ("change", "is_quarantined"),
        [({"NEW": 1}, False), ({}, True), (None, True)],
        ids=["changed", "the-same", "unknown"],
    )
    async def test_is_a_new_candidate(self, rolled_back, vary, rows, change, is_quarantined):
        varied = await vary(change)

        assert (await rows())[varied].quarantined is is_quarantined

    async def test_of_a_version_that_was_left_without_known_variables_nothing_is_new(
        self, services, order, work, control, vary, rows
    ):
        await control.execute("UPDATE deployment_history SET environment_variables = '{}'")
        await work(await services.engine.start(order))

        varied = await vary({"NEW": 1})

        assert (await rows())[varied].quarantined

    async def test_is_quarantined_alone_when_the_same_commit_is_gone_back_to(
        self, services, order, work, control, rows, releases
    ):
        """The variable was what broke it."""
        await control.execute("UPDATE deployment_history SET git_sha = repeat('a', 40)")
        await control.execute(
            "UPDATE deployment_history SET environment_variables = %s WHERE vercel_deployment_id"
            " = %s",
            ['{"KEY": 2}', releases.v2],
        )
        await work(await services.engine.start(order))

        found = await rows()
        assert found[releases.v2].quarantined
        assert not found[releases.v1].quarantined

    async def test_rows_of_the_previous_code_hold_whatever_the_variables(
        self, rolled_back, control, vary, rows
    ):
        await control.execute("UPDATE quarantine SET fingerprint = DEFAULT")

        varied = await vary({"NEW": 1})

        assert (await rows())[varied].quarantined


class TestAcknowledge:
    async def test_somebody_takes_care_of_it(self, operate, alert, control, audited):
        result = await operate("acknowledge", role=Role.OPERATOR, subject=alert)

        row = await (await control.execute("SELECT acknowledged_by FROM alerts")).fetchone()
        assert result.changed
        assert row["acknowledged_by"] == "Ada"
        assert await audited() == [("Ada", "operation.acknowledge", alert)]

    async def test_who_comes_second_is_told_who_was_first(self, operate, alert, audited):
        await operate("acknowledge", subject=alert)

        again = await operate("acknowledge", by="Jonas", subject=alert)

        assert (again.changed, again.message) == (False, "Ada takes care of it already.")
        assert len(await audited()) == 1

    async def test_at_once_one_takes_it(self, operate_at_once, alert, audited):
        results = await operate_at_once("acknowledge", subject=alert)

        assert sum(result.changed for result in results) == 1
        assert {result.message for result in results[1:]} == {"Ada takes care of it already."}
        assert len(await audited()) == 1

    async def test_what_is_over_needs_nobody(self, operate, alert, control):
        await control.execute("UPDATE alerts SET resolved_at = app_now()")

        result = await operate("acknowledge", subject=alert)

        assert (result.changed, result.message) == (False, "It is over already.")

    @pytest.mark.parametrize("more", [{"subject": "999"}, {"environment": "staging"}])
    async def test_an_alert_that_is_not_there_is_not_found(self, operate, alert, more):
        with pytest.raises(errors.NotFound, match="has no alert"):
            await operate("acknowledge", **({"subject": alert} | more))


class TestSuspect:
    """Who watches the app names a switch; what follows is in automatic/test_flags_first.py."""

    @pytest.fixture(autouse=True)
    async def switches(self, services):
        await services.flags.change(read({"flags": FLAGS}), Caller(name="CI", role=Role.RECORDER))

    @pytest.fixture
    def named(self, control):
        async def named() -> list[tuple[str, bool]]:
            """Each with whether it is over when what is live now no longer is."""
            rows = await control.execute(
                "SELECT flag, period IS NOT NULL FROM suspect_flags ORDER BY flag"
            )
            return [tuple(row.values()) for row in await rows.fetchall()]

        return named

    async def test_it_is_suspected_of_what_is_live_now(self, operate, named, audited):
        result = await operate("suspect", role=Role.OPERATOR, subject="rsvp-emails")

        assert result.changed
        assert result.message.startswith("RSVP e-mails is suspected of what is live in production:")
        assert await named() == [("rsvp-emails", True)]
        assert await audited() == [("Ada", "operation.suspect", "rsvp-emails")]

    async def test_twice_it_is_so_already(self, operate, audited):
        await operate("suspect", subject="rsvp-emails")

        again = await operate("suspect", by="Grace", subject="rsvp-emails")

        assert (again.changed, again.message) == (False, "RSVP e-mails is suspected already.")
        assert len(await audited()) == 1

    async def test_named_by_many_at_once_it_is_named_once(self, operate_at_once, named, audited):
        first, *others = await operate_at_once("suspect", subject="rsvp-emails")

        assert first.changed
        assert not any(result.changed for result in others)
        assert await named() == [("rsvp-emails", True)]
        assert len(await audited()) == 1

    async def test_of_a_release_that_is_live_again_it_is_named_again(self, operate, control, named):
        await operate("suspect", subject="rsvp-emails")
        await control.execute(LIVE_AGAIN)

        again = await operate("suspect", subject="rsvp-emails")

        assert again.changed
        assert await named() == [("rsvp-emails", True)]

    async def test_what_the_release_names_as_well_outlives_what_is_live_now(
        self, operate, services, releases, named
    ):
        release = Release(
            environment=PRODUCTION,
            git_sha="a1b2c3d",
            vercel_deployment_id=releases.v2,
            suspect_flags=["rsvp-emails"],
        )
        await operate("suspect", subject="rsvp-emails")
        await services.recorder.record(release, Caller(name="CI", role=Role.RECORDER))

        again = await operate("suspect", subject="rsvp-emails")

        assert not again.changed
        assert await named() == [("rsvp-emails", False)]

    @pytest.mark.parametrize(
        ("subject", "environment"), [("unheard-of", "production"), ("seating", "staging")]
    )
    async def test_where_there_is_no_such_switch_it_says_where_they_are_listed(
        self, operate, named, audited, subject, environment
    ):
        with pytest.raises(errors.InvalidRequest) as refused:
            await operate("suspect", subject=subject, environment=environment)

        [(pointer, what_to_do)] = refused.value.problems
        assert (pointer, f"GET /api/flags?environment={environment}" in what_to_do) == (
            "#/subject",
            True,
        )
        assert (await named(), await audited()) == ([], [])

    async def test_one_that_stays_on_cannot_be_suspected(self, operate, named, audited):
        with pytest.raises(errors.CannotTurnOff, match="Vendors would miss the ceremony"):
            await operate("suspect", subject="timeline")

        assert (await named(), await audited()) == ([], [])

    async def test_one_that_is_off_explains_nothing(self, operate, named, audited):
        result = await operate("suspect", subject="seating")

        assert (result.changed, result.message) == (False, "Seating plan is off already.")
        assert (await named(), await audited()) == ([], [])

    async def test_where_nothing_is_live_there_is_nothing_to_suspect_it_of(
        self, operate, control, named
    ):
        await control.execute("UPDATE live_periods SET live_until = app_now()")

        with pytest.raises(errors.Conflict, match="Nothing is known to be live in production"):
            await operate("suspect", subject="rsvp-emails")

        assert await named() == []


class TestMode:
    async def test_it_is_set(self, operate, standing, audited):
        result = await operate("set_mode", subject="shadow")

        assert result.changed
        assert await standing("mode") == "shadow"
        assert await audited() == [("Ada", "operation.set_mode", "shadow")]

    async def test_twice_it_is_so_already(self, operate, audited):
        await operate("set_mode", subject="off")

        again = await operate("set_mode", subject="off")

        assert not again.changed
        assert again.message.startswith("It is so already.")
        assert len(await audited()) == 1

    async def test_at_once_it_is_one_change(self, operate_at_once, audited):
        results = await operate_at_once("set_mode", subject="off")

        assert sum(result.changed for result in results) == 1
        assert len(await audited()) == 1


class TestSecurityFloor:
    """v1, then v2, then v3 were live; v3 is."""

    @pytest.fixture(autouse=True)
    async def three(self, services, platform, releases):
        platform.move_alias(platform.config.aliases.production, releases.v3)
        await services.tracker.reconcile(PRODUCTION)

    async def test_older_versions_are_not_gone_back_to(self, operate, rows, releases):
        result = await operate("set_security_floor", subject=releases.v2)

        found = await rows()
        assert result.changed
        assert found[releases.v1].below_floor
        assert last_stable([*found.values()]).deployment_id == releases.v2

    async def test_without_one_they_are(self, operate, rows, releases, audited):
        await operate("set_security_floor", subject=releases.v2)

        await operate("set_security_floor", subject="")

        assert not any(row.below_floor for row in (await rows()).values())
        assert [subject for _, _, subject in await audited()] == [releases.v2, None]

    async def test_a_note_does_not_override_it(self, services, operate, releases):
        await operate("set_security_floor", subject=releases.v2)
        request = RollbackRequest(
            deployment_id=releases.v1, environment=PRODUCTION, reason="Down", note="I insist"
        )

        with pytest.raises(errors.Conflict, match="older than the security floor") as refused:
            await services.intake.start(request, requested_by="Ada", idempotency_key=None)

        assert type(refused.value) is errors.Conflict

    async def test_one_that_was_set_meanwhile_stops_a_rollback_that_was_ordered(
        self, services, operate, order, work, releases, live_moves
    ):
        rollback = await services.engine.start(order)
        await operate("set_security_floor", subject=releases.v2)

        ended = await work(rollback)

        assert ended.status is Status.FAILED
        assert "older than the security floor" in ended.error
        assert live_moves() == []

    async def test_what_nobody_saw_live_is_not_known_to_be_newer(
        self, services, platform, operate, order, work, releases
    ):
        await operate("set_security_floor", subject=releases.v3)
        unknown = platform.release("good", live=False)["id"]

        ordered = order.model_copy(update={"target": unknown})
        ended = await work(await services.engine.start(ordered))

        assert "older than the security floor" in ended.error

    async def test_an_old_commit_that_is_deployed_again_is_still_old(
        self, services, operate, platform, control, rows, releases
    ):
        again = platform.release("good")["id"]
        platform.move_alias(platform.config.aliases.production, again)
        await services.tracker.reconcile(PRODUCTION)
        await control.execute(
            "UPDATE deployment_history h SET git_sha = old.git_sha FROM deployment_history old"
            " WHERE old.vercel_deployment_id = %s AND h.vercel_deployment_id = %s",
            [releases.v1, again],
        )

        await operate("set_security_floor", subject=releases.v2)

        assert (await rows())[again].below_floor

    async def test_twice_it_is_so_already(self, operate, audited, releases):
        await operate("set_security_floor", subject=releases.v2)

        again = await operate("set_security_floor", subject=releases.v2)

        assert (again.changed, len(await audited())) == (False, 1)

    async def test_at_once_it_is_one_change(self, operate_at_once, audited, releases):
        results = await operate_at_once("set_security_floor", subject=releases.v2)

        assert sum(result.changed for result in results) == 1
        assert len(await audited()) == 1

    async def test_a_deployment_that_nobody_knows_is_not_found(self, operate):
        with pytest.raises(errors.NotFound, match="Production has no deployment dpl_none"):
            await operate("set_security_floor", subject="dpl_none")

    async def test_a_deployment_that_was_never_live_is_refused(self, services, operate, standing):
        record = DeploymentRecord.model_validate(
            {
                "environment": "production",
                "git_sha": "a" * 40,
                "vercel_deployment_id": "dpl_staged",
            }
        )
        await services.deployments.record(record, recorded_by="ci")

        with pytest.raises(errors.Conflict, match="was never live in production"):
            await operate("set_security_floor", subject="dpl_staged")

        assert await standing("security_floor") is None


class TestRetry:
    @pytest.fixture
    async def failed(self, services, order, work, control, releases):
        """Its target could not be found, and can be by now."""
        wrong = order.model_copy(update={"target": "dpl_none"})
        failed = await work(await services.engine.start(wrong))
        await control.execute(
            "UPDATE rollbacks SET target = %s WHERE id = %s", [releases.v1, failed.id]
        )
        return failed

    async def test_it_starts_another_one_with_the_reason_as_its_note(
        self, operate, failed, work, releases
    ):
        result = await operate("retry", role=Role.OPERATOR, by="Jonas")

        again = result.rollback
        assert result.changed
        assert again.id != failed.id
        assert (again.target, again.requested_by) == (releases.v1, "Jonas")
        assert (again.reason, again.note) == (failed.reason, "I looked at it")
        assert (await work(again)).status is Status.COMPLETED

    async def test_also_where_the_failure_left_things_unclear(self, operate, failed, control):
        await control.execute("UPDATE environments SET locked_by = %s", [failed.id])

        assert (await operate("retry")).changed

    async def test_twice_it_is_one(self, operate, failed):
        first = await operate("retry")

        again = await operate("retry", by="Jonas", reason="I do not know that Ada did")

        assert not again.changed
        assert again.rollback.id == first.rollback.id
        assert "by Ada" in again.message

    async def test_named_and_twice_it_is_one_also_when_it_has_ended(self, operate, failed, work):
        first = await operate("retry", subject=str(failed.id))
        await work(first.rollback)

        again = await operate("retry", subject=str(failed.id))

        assert (again.changed, again.rollback.id) == (False, first.rollback.id)

    async def test_at_once_it_is_one(self, operate_at_once, failed, control):
        results = await operate_at_once("retry")

        count = await (await control.execute("SELECT count(*) AS n FROM rollbacks")).fetchone()
        assert sum(result.changed for result in results) == 1
        assert len({result.rollback.id for result in results}) == 1
        assert count["n"] == 2

    async def test_a_retry_that_failed_can_be_tried_again(self, services, operate, failed):
        await operate("retry")
        [running] = await services.engine.store.unfinished()
        await services.database.execute(
            "UPDATE rollbacks SET status = 'failed', finished_at = app_now() WHERE id = %(id)s",
            id=running,
        )

        third = await operate("retry")

        assert third.changed
        assert third.rollback.id not in (failed.id, running)

    async def test_one_that_completed_has_nothing_to_try_again(self, operate, rolled_back):
        with pytest.raises(errors.Conflict, match="has completed"):
            await operate("retry")

    async def test_one_that_runs_is_named(self, services, operate, order):
        running = await services.engine.start(order)

        with pytest.raises(errors.RollbackInProgress) as refused:
            await operate("retry")

        assert refused.value.facts["rollback_id"] == str(running.id)

    async def test_while_another_one_runs_it_is_refused(self, services, operate, failed, order):
        await services.engine.start(order)

        with pytest.raises(errors.RollbackInProgress):
            await operate("retry", subject=str(failed.id))

    async def test_where_nothing_was_rolled_back_there_is_nothing(self, operate):
        with pytest.raises(errors.Conflict, match="Staging was never rolled back"):
            await operate("retry", environment="staging")

    @pytest.mark.parametrize("environment", ["production", "staging"])
    async def test_one_that_is_not_there_is_not_found(self, operate, failed, environment):
        subject = str(uuid4()) if environment == "production" else str(failed.id)

        with pytest.raises(errors.NotFound):
            await operate("retry", environment=environment, subject=subject)

    async def test_a_production_that_has_moved_on_is_looked_at_first(
        self, services, operate, failed, platform, releases
    ):
        platform.move_alias(platform.config.aliases.production, releases.v3)
        await services.tracker.reconcile(PRODUCTION)

        with pytest.raises(errors.Conflict, match=f"has moved on to {releases.v3}"):
            await operate("retry")
