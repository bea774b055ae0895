"""The audit log is exported each day, or somebody is told."""

from datetime import timedelta

import pytest

from lib.preflight.models import State


@pytest.fixture
def exported(control):
    async def exported() -> None:
        await control.execute("INSERT INTO audit_exported VALUES (true, 5, 'part', app_now())")

    return exported


async def test_without_a_bucket_it_is_not_used(find):
    assert (await find("audit_export"))[0] is State.NOT_USED


class TestABucketIsSet:
    @pytest.fixture
    def variables(self, variables) -> dict[str, str]:
        return variables | {"AUDIT_EXPORT_BUCKET": "audit"}

    async def test_none_ever_is_a_warning_that_says_what_to_run(self, find):
        state, sentence = await find("audit_export")
        assert (state, "python -m scripts.audit_store export" in sentence) == (State.WARNING, True)

    async def test_one_of_yesterday_is_well(self, find, exported, pass_time):
        await exported()
        await pass_time(timedelta(hours=47))
        assert await find("audit_export") == (State.OK, "The audit log was exported 47 hours ago.")

    async def test_one_that_is_older_than_two_days_is_a_warning(self, find, exported, pass_time):
        await exported()
        await pass_time(timedelta(hours=49))
        state, sentence = await find("audit_export")
        assert (state, "49 hours ago, up to position 5" in sentence) == (State.WARNING, True)
