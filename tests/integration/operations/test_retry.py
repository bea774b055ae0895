"""A rollback that failed, tried again: done, done twice, twice at once."""

from uuid import uuid4

import pytest

from lib import errors
from lib.access.models import Role
from lib.rollback.models import Environment, RollbackRequest, Status

PRODUCTION = Environment.PRODUCTION


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

    @pytest.mark.parametrize("is_told", [True, False])
    async def test_a_production_that_has_moved_on_is_looked_at_first(
        self, services, operate, failed, platform, releases, is_told
    ):
        platform.move_alias(platform.config.aliases.production, releases.v3)
        if is_told:
            await services.tracker.reconcile(PRODUCTION)

        with pytest.raises(errors.Conflict, match=f"has moved on to {releases.v3}"):
            await operate("retry")

    async def test_a_rollback_by_hand_with_a_key_like_its_own_is_another_one(
        self, services, operate, failed, work, releases
    ):
        """Also with the very same body, and when it has ended."""
        by_hand = await services.intake.start(
            RollbackRequest(
                deployment_id=releases.v1,
                environment=PRODUCTION,
                reason=failed.reason,
                expected_current=releases.v2,
                note="I looked at it",
            ),
            requested_by="Ada",
            idempotency_key=f"retry:{failed.id}",
        )

        with pytest.raises(errors.RollbackInProgress) as refused:
            await operate("retry", subject=str(failed.id))
        assert refused.value.facts["rollback_id"] == str(by_hand.id)
        await work(by_hand)
        with pytest.raises(errors.Conflict, match="is live already"):
            await operate("retry", subject=str(failed.id))
