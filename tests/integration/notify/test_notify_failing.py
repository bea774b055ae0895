"""Vendors fail as vendors do: what is told arrives late, and never silently not at all."""

import logging
from dataclasses import replace
from datetime import timedelta

import httpx

from lib.notify.sender import ALERT_AFTER, ATTEMPTS, BACKOFF_FIRST, BACKOFF_LIMIT
from lib.postgres import Database

SECRET = "hunter2"
SLACK, PAGERDUTY, WEBHOOK = f"/slack/{SECRET}", "/pagerduty", f"/webhook/{SECRET}"
MINUTE = timedelta(minutes=1)
#: In place of the 5 s after which a vendor that hangs is given up on.
IMPATIENT_SECONDS = 0.2
OUTBOX = "SELECT channel, event, sent, done_at IS NOT NULL FROM outbox ORDER BY id"
KINDS = "SELECT kind FROM alerts ORDER BY id"


class TestFailing:
    async def test_a_failure_is_tried_again_after_a_pause(
        self, slack_only, alert, vendors, pass_time, rows
    ):
        vendors.fail(SLACK, 500)
        await alert()
        await slack_only.send_due()
        await slack_only.send_due()
        assert len(vendors.requests) == 1

        await pass_time(BACKOFF_FIRST)
        await slack_only.send_due()

        assert len(vendors.requests) == 2
        assert await rows(OUTBOX) == [("slack", "raised", 1, True)]

    async def test_a_vendor_that_hangs_is_given_up_on_for_now(
        self, slack_only, alert, vendors, rows
    ):
        def impatient() -> httpx.AsyncClient:
            return httpx.AsyncClient(timeout=IMPATIENT_SECONDS, trust_env=False)

        vendors.hanging.add(SLACK)
        await alert()

        await replace(slack_only, open_http=impatient).send_due()

        assert await rows("SELECT error, sent FROM outbox") == [("it does not answer in time", 0)]

    async def test_a_vendor_that_is_away_is_tried_again(self, slack_only, alert, served, rows):
        served.stop()
        await alert()

        await slack_only.send_due()

        assert await rows("SELECT error, done_at FROM outbox") == [
            ("it cannot be reached (ConnectError)", None)
        ]

    async def test_one_that_fails_holds_up_no_other(self, notifier, alert, vendors):
        vendors.fail(SLACK, 503)
        await alert()

        await notifier.send_due()

        assert len(vendors.got(PAGERDUTY)) == len(vendors.got(WEBHOOK)) == 1

    async def test_a_vendor_that_asks_for_patience_is_left_alone_until_then(
        self, slack_only, alert, vendors, pass_time
    ):
        vendors.fail(SLACK, 429, headers={"retry-after": "120"})
        await alert("first")
        await alert("second")
        await slack_only.send_due()
        await pass_time(MINUTE)
        await slack_only.send_due()
        assert len(vendors.requests) == 1

        await pass_time(MINUTE)
        await slack_only.send_due()
        assert len(vendors.requests) == 3

    async def test_after_a_while_the_other_channels_say_that_it_fails(
        self, notifier, alert, vendors, pass_time
    ):
        vendors.fail(SLACK, 500, times=ATTEMPTS)
        await alert()

        for _ in range(ALERT_AFTER + 2):
            await notifier.send_due()
            await pass_time(2 * MINUTE)

        told = [one["data"]["sentence"] for one in vendors.got(WEBHOOK)]
        assert told == [
            "The rollback failed.",
            "Slack cannot be told: it answers 500. Not told there: The rollback failed.",
        ]
        assert all("cannot be told" not in one["text"] for one in vendors.got(SLACK))

    async def test_a_channel_that_accepts_again_ends_its_alert(
        self, notifier, alert, vendors, pass_time, rows
    ):
        vendors.fail(SLACK, 404)
        await alert()
        await notifier.send_due()
        await pass_time(MINUTE)

        await notifier.send_due()

        assert await rows("SELECT kind FROM alerts WHERE resolved_at IS NULL") == [
            ("rollback_failed",)
        ]

    async def test_a_wrong_setting_is_alerted_at_once(self, notifier, alert, vendors, rows):
        vendors.fail(SLACK, 404)
        await alert()

        await notifier.send_due()
        await notifier.send_due()

        assert await rows(KINDS) == [("rollback_failed",), ("cannot_send",)]
        assert len(vendors.got(WEBHOOK)) == 2

    async def test_it_is_given_up_loudly(self, slack_only, alert, vendors, pass_time, rows, caplog):
        vendors.fail(SLACK, 500, times=2 * ATTEMPTS)
        await alert()

        for _ in range(ATTEMPTS + 3):
            await slack_only.send_due()
            await pass_time(BACKOFF_LIMIT)

        assert len(vendors.requests) == ATTEMPTS
        assert await rows(OUTBOX) == [("slack", "raised", 0, True)]
        assert await rows(KINDS) == [("rollback_failed",), ("cannot_send",)]
        assert [one.levelname for one in caplog.records if one.message == "gave_up_telling"] == [
            "ERROR"
        ]

    async def test_all_channels_broken_is_an_end(self, notifier, alert, vendors, pass_time, rows):
        """Each says through the others that it fails, and none of that goes on for ever."""
        for path in (SLACK, PAGERDUTY, WEBHOOK):
            vendors.fail(path, 404, times=1000)
        await alert()

        for _ in range(4 * ATTEMPTS):
            await notifier.send_due()
            await pass_time(BACKOFF_LIMIT)

        kinds = [kind for (kind,) in await rows(KINDS)]
        assert kinds == ["rollback_failed"] + 3 * ["cannot_send"]
        assert await rows("SELECT count(*) FROM outbox WHERE done_at IS NULL") == [(0,)]

    async def test_a_secret_is_in_no_log_and_in_no_row(
        self, notifier, alert, vendors, served, rows, caplog
    ):
        caplog.set_level(logging.INFO, "lib")
        for path, status in ((SLACK, 404), (PAGERDUTY, 400), (WEBHOOK, 500)):
            vendors.fail(path, status)
        await alert()
        await notifier.send_due()
        served.stop()
        await alert("second")
        await notifier.send_due()

        logged = "".join(str(vars(record)) for record in caplog.records)
        assert "not_told" in logged
        assert SECRET not in logged
        assert SECRET not in str(await rows("SELECT * FROM outbox"))
        assert SECRET not in str(await rows("SELECT * FROM alerts"))

    async def test_telling_stops_nothing(self, slack_only, alert):
        """The work goes on although the outbox cannot be read."""
        away = Database("postgresql://127.0.0.1:1/nowhere", timeout_seconds=0.2)
        notifier = replace(slack_only, store=replace(slack_only.store, database=away))

        await notifier.beside(alert)

        await away.close()
        assert not await alert()
