"""Telling people: one file per channel, and `CHANNELS`, which says when each is used.

An alert's transaction wrote what is to be sent; `sender.py` sends it.
"""

from lib.notify.message import Channel
from lib.notify.pagerduty import PagerDuty
from lib.notify.slack import Slack
from lib.notify.webhook import Webhook
from lib.settings import Settings

__all__ = ["CHANNELS", "Channel", "configured"]


def slack(settings: Settings) -> Slack | None:
    url = settings.slack_webhook_url
    return Slack(url.get_secret_value()) if url else None


def webhook(settings: Settings) -> Webhook | None:
    url, secret = settings.alert_webhook_url, settings.alert_webhook_secret
    return Webhook(url.get_secret_value(), secret.get_secret_value()) if url and secret else None


def pagerduty(settings: Settings) -> PagerDuty | None:
    key = settings.pagerduty_routing_key
    return PagerDuty(settings.pagerduty_events_url, key.get_secret_value()) if key else None


CHANNELS = (slack, webhook, pagerduty)


def configured(settings: Settings) -> tuple[Channel, ...]:
    """The channels that the settings name."""
    return tuple(channel for make in CHANNELS if (channel := make(settings)) is not None)
