"""What a person sets for later: an alert acknowledged, the mode, the security floor."""

import pytest

from lib import errors
from lib.access.models import Role
from lib.deployments.eligibility import last_stable
from lib.deployments.models import DeploymentRecord
from lib.rollback.models import Environment, RollbackRequest, Status

PRODUCTION = Environment.PRODUCTION


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
