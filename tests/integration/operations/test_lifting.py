"""What a person lifts: a lock, a quarantine, and a variable that was changed since."""

import pytest

from lib import errors
from lib.access.models import Role
from lib.deployments.models import DeploymentRecord

AT_ONCE = 8


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
