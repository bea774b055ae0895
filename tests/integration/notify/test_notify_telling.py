"""Alerts reach people once, also with two senders at once and with one that dies."""

import asyncio
import base64
import hashlib
import hmac
import json
import signal
import sys
from datetime import timedelta
from pathlib import Path

from lib.alerts import raise_alert
from lib.notify.sender import BACKOFF_FIRST, LEASE

SECRET = "hunter2"
SLACK, PAGERDUTY, WEBHOOK = f"/slack/{SECRET}", "/pagerduty", f"/webhook/{SECRET}"
ROOT = Path(__file__).parents[3]
SOON = 60.0
#: Another process that sends what is due.
SENDER = """
import asyncio
from lib.wiring import services
asyncio.run(services().notifier.send_due())
"""
MINUTE = timedelta(minutes=1)
OUTBOX = "SELECT channel, event, sent, done_at IS NOT NULL FROM outbox ORDER BY id"
KINDS = "SELECT kind FROM alerts ORDER BY id"


class TestTelling:
    async def test_every_channel_is_told_once(self, notifier, alert, vendors):
        await alert()

        await notifier.send_due()
        await notifier.send_due()

        assert sorted(path for path, _, _ in vendors.requests) == [PAGERDUTY, SLACK, WEBHOOK]
        said = [json.dumps(vendors.got(path)) for path in (SLACK, PAGERDUTY, WEBHOOK)]
        for part in ("The rollback failed.", "production", "https://control.example/admin/"):
            assert all(part in words for words in said)

    async def test_an_alert_of_staging_leads_to_its_own_page(self, notifier, alert, vendors):
        """Production's has the same button."""
        await alert(environment="staging")

        await notifier.send_due()

        said = [json.dumps(vendors.got(path)) for path in (SLACK, PAGERDUTY, WEBHOOK)]
        assert all("control.example/admin/deployments?environment=staging" in it for it in said)

    async def test_an_alert_whose_transaction_fails_is_not_told(
        self, notifier, database, vendors, rows
    ):
        async with database.transaction() as connection:
            await raise_alert(
                connection, environment="production", kind="x", sentence="x", once="x"
            )
            await connection.rollback()

        await notifier.send_due()

        assert vendors.requests == []
        assert await rows(OUTBOX) == []

    async def test_the_same_alert_is_told_once(self, slack_only, alert, vendors):
        assert await alert()
        assert not await alert()

        await slack_only.send_due()

        assert len(vendors.requests) == 1

    async def test_news_wake_nobody(self, notifier, alert, vendors):
        await alert(kind="rollback_completed")

        await notifier.send_due()

        assert sorted(path for path, _, _ in vendors.requests) == [SLACK, WEBHOOK]

    async def test_what_the_webhook_gets_is_signed(self, notifier, alert, vendors):
        await alert()

        await notifier.send_due()

        _, headers, body = next(one for one in vendors.requests if one[0] == WEBHOOK)
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.digest(SECRET.encode(), signed, hashlib.sha256))
        assert headers["webhook-signature"] == f"v1,{expected.decode()}"

    async def test_what_the_body_raised_last_is_told_when_it_ends(self, slack_only, alert, vendors):
        await slack_only.beside(alert)

        assert len(vendors.requests) == 1


class TestNothingConfigured:
    async def test_an_alert_is_stored_and_nothing_waits(self, make, alert, rows):
        notifier = await make({})

        await notifier.beside(alert)

        assert await rows(KINDS) == [("rollback_failed",)]
        assert await rows(OUTBOX) == []

    async def test_a_channel_whose_setting_is_removed_is_forgotten(
        self, slack_only, make, alert, rows, vendors
    ):
        await alert("before")

        await make({})
        await alert("after")
        await slack_only.send_due()

        assert await rows(OUTBOX) == [("slack", "raised", 0, True)]
        assert vendors.requests == []


class TestTwoAtOnce:
    async def test_senders_at_once_send_once(self, notifier, alert, vendors):
        for number in range(5):
            await alert(f"failed:{number}")

        await asyncio.gather(*(notifier.send_due() for _ in range(6)))

        assert len(vendors.requests) == 3 * 5

    async def test_who_dies_before_it_wrote_down_is_followed_when_its_lease_ends(
        self, slack_only, alert, vendors, pass_time
    ):
        await alert()
        (channel,) = slack_only.channels
        dead = await slack_only.store.claim(channel.name, lease=LEASE)
        await slack_only.post(channel.post(dead.message))

        await slack_only.send_due()
        assert len(vendors.requests) == 1

        await pass_time(LEASE)
        for _ in range(3):
            await slack_only.send_due()
            await pass_time(LEASE)
        assert len(vendors.requests) == 2

    async def test_who_is_killed_while_the_vendor_answers_is_followed(
        self, slack_only, alert, vendors, pass_time, addresses, database_url, rows
    ):
        """The vendor has it, and nobody knows: it comes twice, and not a third time."""
        await alert()
        sender = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            SENDER,
            cwd=ROOT,
            env={
                "DATABASE_URL": database_url,
                "SLACK_WEBHOOK_URL": addresses["SLACK_WEBHOOK_URL"],
            },
        )
        vendors.on_request = sender.kill
        async with asyncio.timeout(SOON):
            assert await sender.wait() == -signal.SIGKILL
        vendors.on_request = lambda: None
        assert await rows(OUTBOX) == [("slack", "raised", 0, False)]

        await slack_only.send_due()
        assert len(vendors.requests) == 1
        await pass_time(LEASE)
        for _ in range(2):
            await slack_only.send_due()
            await pass_time(LEASE)

        assert len(vendors.requests) == 2
        assert await rows(OUTBOX) == [("slack", "raised", 1, True)]

    async def test_who_was_taken_over_changes_nothing(
        self, slack_only, alert, vendors, pass_time, rows
    ):
        await alert()
        slow = await slack_only.store.claim("slack", lease=LEASE)
        await pass_time(LEASE)
        await slack_only.send_due()

        await slack_only.store.refused(
            slow,
            "slack",
            why="it answers 500",
            delay=MINUTE,
            postpone=False,
            give_up=True,
            alert=True,
        )

        assert await rows(OUTBOX) == [("slack", "raised", 1, True)]
        assert await rows(KINDS) == [("rollback_failed",)]

    async def test_the_webhook_is_told_again_under_the_same_id(
        self, notifier, alert, vendors, pass_time
    ):
        """So that its receiver knows a repetition."""
        vendors.fail(WEBHOOK, 500)
        await alert()
        await notifier.send_due()

        await pass_time(BACKOFF_FIRST)
        await notifier.send_due()

        headers = [headers for path, headers, _ in vendors.requests if path == WEBHOOK]
        assert [one["webhook-id"] for one in headers] == ["alert_1_raised"] * 2
        assert len({one["webhook-signature"] for one in headers}) == 2
