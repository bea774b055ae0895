"""What needs a person pages until somebody acknowledges it, or it is over."""

from lib.alerts import acknowledge, resolve
from lib.notify.sender import LEASE
from lib.notify.store import REPEAT_EVERY, REPEATS

SLACK, PAGERDUTY = "/slack/hunter2", "/pagerduty"


class TestPaging:
    async def test_it_is_repeated_until_somebody_acknowledges(
        self, pagerduty_only, alert, vendors, pass_time, database
    ):
        await alert()
        for _ in range(3):
            await pagerduty_only.send_due()
            await pagerduty_only.send_due()
            await pass_time(REPEAT_EVERY)

        async with database.transaction() as connection:
            assert await acknowledge(connection, 1, by="Ada")
        for _ in range(3):
            await pagerduty_only.send_due()
            await pass_time(REPEAT_EVERY)

        told = vendors.got(PAGERDUTY)
        assert [one["event_action"] for one in told] == ["trigger"] * 3 + ["acknowledge"]
        assert {one["dedup_key"] for one in told} == {"failed:1"}

    async def test_it_is_not_repeated_for_ever(self, pagerduty_only, alert, vendors, pass_time):
        await alert()

        for _ in range(REPEATS + 5):
            await pagerduty_only.send_due()
            await pass_time(REPEAT_EVERY)

        assert len(vendors.requests) == REPEATS

    async def test_what_is_over_closes_the_incident_and_may_come_again(
        self, pagerduty_only, alert, vendors, pass_time, database
    ):
        await alert()
        await pagerduty_only.send_due()
        async with database.transaction() as connection:
            await resolve(connection, "production", ["rollback_failed"])
        await pass_time(LEASE)
        await pagerduty_only.send_due()

        assert await alert()
        await pagerduty_only.send_due()

        told = vendors.got(PAGERDUTY)
        assert [one["event_action"] for one in told] == ["trigger", "resolve", "trigger"]
        assert {one["dedup_key"] for one in told} == {"failed:1"}

    async def test_what_was_over_before_it_was_told_pages_nobody(
        self, notifier, alert, vendors, database
    ):
        await alert()
        async with database.transaction() as connection:
            await resolve(connection, "production", ["rollback_failed"])

        await notifier.send_due()

        assert vendors.got(PAGERDUTY) == []
        assert len(vendors.got(SLACK)) == 1

    async def test_what_is_over_while_it_is_being_told_is_closed_after_that(
        self, pagerduty_only, alert, vendors, database, pass_time
    ):
        await alert()
        (channel,) = pagerduty_only.channels
        slow = await pagerduty_only.store.claim(channel.name, lease=LEASE)
        async with database.transaction() as connection:
            await resolve(connection, "production", ["rollback_failed"])
        await pagerduty_only.send_due()
        assert vendors.requests == []

        await pagerduty_only.post(channel.post(slow.message))
        await pagerduty_only.store.accepted(slow, "pagerduty", repeat=True)
        await pass_time(LEASE)
        await pagerduty_only.send_due()

        assert [one["event_action"] for one in vendors.got(PAGERDUTY)] == ["trigger", "resolve"]

    async def test_another_environments_trouble_is_not_over(
        self, pagerduty_only, alert, vendors, database
    ):
        await alert()
        async with database.transaction() as connection:
            await resolve(connection, "staging", ["rollback_failed"])

        assert not await alert()

    async def test_it_is_acknowledged_once(self, alert, database):
        await alert()

        async with database.transaction() as connection:
            assert await acknowledge(connection, 1, by="Ada")
            assert not await acknowledge(connection, 1, by="Ben")
            assert not await acknowledge(connection, 99, by="Ben")
