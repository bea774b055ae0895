"""What is told, in which words and by which channel; what a vendor's refusal means."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from lib import errors
from lib.alerts import told_as
from lib.notify import configured
from lib.notify.message import SENTENCE_LIMIT, Event, Message
from lib.notify.pagerduty import KEY_LIMIT, PagerDuty
from lib.notify.sender import (
    ATTEMPTS,
    BACKOFF_FIRST,
    BACKOFF_LIMIT,
    RETRY_AFTER_LIMIT,
    Refusal,
    delay,
    judge,
)
from lib.notify.slack import Slack
from lib.notify.webhook import Webhook, sign
from lib.settings import load

ENOUGH = {"DATABASE_URL": "postgresql://db.example/control"}
DOCS = Path(__file__).parents[2] / "docs"
SLACK = "https://hooks.slack.example/services/hunter2"
WEBHOOK = "https://ops.example/hunter2"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MESSAGE = Message(
    alert_id=7,
    event=Event.RAISED,
    environment="production",
    kind="rollback_failed",
    sentence="The rollback of production to aaaaaaa failed at switch: no answer.",
    once="rollback_failed:1",
    pages=True,
    at=NOON,
    now=NOON + timedelta(seconds=3),
    rollback_id=UUID(int=1),
    link="https://control.example/admin/deployments",
)


def slack_text(message):
    return json.loads(Slack(SLACK).post(message).body)["text"]


def test_slack_gets_the_sentence_the_environment_and_a_link():
    assert slack_text(MESSAGE) == (
        ":rotating_light: *production*: The rollback of production to aaaaaaa failed at switch:"
        " no answer.\n<https://control.example/admin/deployments|Open the dashboard>"
    )


def test_without_an_address_of_our_own_there_is_no_link():
    assert "<" not in slack_text(replace(MESSAGE, link=None))


def test_words_from_outside_call_nobody():
    assert "<!channel>" not in slack_text(replace(MESSAGE, sentence="<!channel> look & see"))


def test_news_do_not_look_like_trouble():
    assert slack_text(replace(MESSAGE, pages=False)).startswith(":information_source:")


def test_a_long_sentence_is_cut():
    text = slack_text(replace(MESSAGE, sentence="x" * 5000, link=None))

    assert text.endswith("x…")
    assert len(text) < SENTENCE_LIMIT + 100


def test_the_webhook_is_signed_as_the_specification_says():
    """The example that its own libraries are tested with."""
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        b'{"test": 2432232314}',
    )

    assert signature == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_webhook_says_all_that_we_know():
    post = Webhook(WEBHOOK, "secret").post(MESSAGE)

    assert post.headers["webhook-id"] == "alert_7_raised"
    assert post.headers["webhook-timestamp"] == str(int(MESSAGE.now.timestamp()))
    assert json.loads(post.body) == {
        "type": "alert.raised",
        "timestamp": "2026-11-21T12:00:00Z",
        "data": {
            "alert_id": 7,
            "environment": "production",
            "kind": "rollback_failed",
            "sentence": MESSAGE.sentence,
            "needs_a_person": True,
            "rollback_id": "00000000-0000-0000-0000-000000000001",
            "dashboard": "https://control.example/admin/deployments",
        },
    }


def pagerduty(message):
    return json.loads(PagerDuty("https://events.example", "key").post(message).body)


def test_pagerduty_opens_an_incident_under_the_alerts_own_key():
    event = pagerduty(MESSAGE)

    assert event["event_action"] == "trigger"
    assert event["dedup_key"] == MESSAGE.once
    assert event["payload"]["summary"] == f"production: {MESSAGE.sentence}"
    assert event["payload"]["severity"] == "critical"
    assert event["links"][0]["href"] == MESSAGE.link


@pytest.mark.parametrize(
    ("event", "action"), [(Event.ACKNOWLEDGED, "acknowledge"), (Event.RESOLVED, "resolve")]
)
def test_pagerduty_is_told_what_became_of_it(event, action):
    told = pagerduty(replace(MESSAGE, event=event))

    assert (told["event_action"], told["dedup_key"]) == (action, MESSAGE.once)
    assert "payload" not in told


def test_a_key_that_is_too_long_for_pagerduty_is_shortened_and_stays_the_same():
    long = replace(MESSAGE, once="x" * (KEY_LIMIT + 1))

    assert len(pagerduty(long)["dedup_key"]) <= KEY_LIMIT
    assert pagerduty(long)["dedup_key"] == pagerduty(long)["dedup_key"]
    assert pagerduty(long)["dedup_key"] != pagerduty(replace(long, once=long.once + "y"))


def test_what_gave_its_key_back_is_told_under_the_old_one():
    assert told_as("down:a#7", 7) == told_as("down:a", 7) == "down:a"
    assert told_as("down:a#7", 17) == "down:a#7"


def test_nothing_set_is_no_channel():
    assert configured(load(ENOUGH)) == ()


def test_each_channel_is_used_once_its_settings_are_there():
    settings = load(
        ENOUGH
        | {
            "SLACK_WEBHOOK_URL": SLACK,
            "ALERT_WEBHOOK_URL": WEBHOOK,
            "ALERT_WEBHOOK_SECRET": "hunter2",
            "PAGERDUTY_ROUTING_KEY": "hunter2",
        }
    )

    assert [one.name for one in configured(settings)] == ["slack", "webhook", "pagerduty"]
    assert [one.pages for one in configured(settings)] == [False, False, True]
    assert "hunter2" not in repr(configured(settings))
    assert "hunter2" not in repr([one.post(MESSAGE) for one in configured(settings)])


def test_a_webhook_without_a_secret_is_refused():
    with pytest.raises(errors.BadSettings, match="set ALERT_WEBHOOK_SECRET too"):
        load(ENOUGH | {"ALERT_WEBHOOK_URL": WEBHOOK})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_WEBHOOK_URL", "hooks.slack.example/hunter2"),
        ("DEADMAN_URL", "ftp://hunter2"),
        ("PAGERDUTY_EVENTS_URL", "https://"),
        ("CONTROL_PLANE_URL", "https://[hunter2"),
        ("ALERT_WEBHOOK_SECRET", "whsec_hunter2!"),
    ],
)
def test_what_cannot_be_an_address_or_a_secret_is_refused_and_not_shown(name, value):
    with pytest.raises(errors.BadSettings, match=name) as raised:
        load(ENOUGH | {name: value})

    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("variables", "link"),
    [
        ({}, None),
        ({"VERCEL_PROJECT_PRODUCTION_URL": "c.example"}, "https://c.example/admin/deployments"),
        ({"CONTROL_PLANE_URL": "http://127.0.0.1:1/"}, "http://127.0.0.1:1/admin/deployments"),
        (
            {
                "VERCEL_PROJECT_PRODUCTION_URL": "c.example",
                "CONTROL_PLANE_URL": "https://d.example",
            },
            "https://d.example/admin/deployments",
        ),
    ],
)
def test_the_link_is_our_own_setting_or_the_platforms(variables, link):
    assert load(ENOUGH | variables).dashboard_url == link


def test_any_2xx_is_accepted():
    assert [judge(httpx.Response(status)) for status in (200, 202, 204)] == [None] * 3


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 410])
def test_an_answer_that_will_not_change_needs_a_setting_to_be_mended(status):
    assert judge(httpx.Response(status)) == Refusal(f"it answers {status}", needs_mending=True)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_an_answer_that_may_change_is_waited_for(status):
    assert judge(httpx.Response(status)) == Refusal(f"it answers {status}")


@pytest.mark.parametrize(
    ("header", "waits"),
    [("30", timedelta(seconds=30)), ("99999", RETRY_AFTER_LIMIT), ("tomorrow", None), ("-1", None)],
)
def test_what_a_vendor_asks_us_to_wait_is_kept_within_reason(header, waits):
    refusal = judge(httpx.Response(429, headers={"retry-after": header}))

    assert refusal.retry_after == waits


def test_the_pauses_grow_up_to_a_limit_and_last_two_hours():
    pauses = [delay(attempt, Refusal("no")) for attempt in range(1, ATTEMPTS)]

    assert pauses[:3] == [BACKOFF_FIRST, 2 * BACKOFF_FIRST, 4 * BACKOFF_FIRST]
    assert pauses == sorted(pauses)
    assert max(pauses) == BACKOFF_LIMIT
    assert timedelta(hours=1.5) < sum(pauses, timedelta(0)) < timedelta(hours=2.5)


def test_no_pause_is_shorter_than_the_vendor_asked_for():
    asked = Refusal("no", retry_after=timedelta(seconds=60))

    assert delay(1, asked) == timedelta(seconds=60)
    assert delay(20, asked) == BACKOFF_LIMIT


@pytest.mark.parametrize("changed", ["", "body", "webhook-id", "webhook-timestamp", "now", "key"])
def test_what_the_documentation_shows_verifies_what_is_sent_and_nothing_else(changed):
    shown = re.findall(r"```python\n(.*?)```", (DOCS / "alerts.md").read_text(), re.DOTALL)
    module = {}
    exec(shown[0], module)  # the code block is what is tested
    post = Webhook(WEBHOOK, "hunter2").post(MESSAGE)
    headers = dict(post.headers)
    if changed in headers:
        headers[changed] = str(int(MESSAGE.now.timestamp()) + 1)

    genuine = module["is_genuine"](
        headers,
        post.body + (b" " if changed == "body" else b""),
        b"hunter3" if changed == "key" else b"hunter2",
        MESSAGE.now.timestamp() + (301 if changed == "now" else 1),
    )

    assert genuine == (changed == "")
