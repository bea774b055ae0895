"""PagerDuty, Events API v2: wakes a person, and knows one incident by its key.

https://developer.pagerduty.com/docs/events-api-v2-overview (read 2026-11-22).
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lib.notify.message import Event, Message, Post, short

ACTIONS = {
    Event.RAISED: "trigger",
    Event.ACKNOWLEDGED: "acknowledge",
    Event.RESOLVED: "resolve",
}
#: PagerDuty's limit.
KEY_LIMIT = 255


@dataclass(frozen=True, slots=True)
class PagerDuty:
    url: str = field(repr=False)
    routing_key: str = field(repr=False)
    name: ClassVar[str] = "pagerduty"
    pages: ClassVar[bool] = True

    def post(self, message: Message) -> Post:
        event: dict[str, Any] = {
            "routing_key": self.routing_key,
            "event_action": ACTIONS[message.event],
            "dedup_key": dedup_key(message.once),
        }
        if message.event is Event.RAISED:
            event |= incident(message)
        return Post(self.url, json.dumps(event).encode(), {"content-type": "application/json"})


def incident(message: Message) -> dict[str, Any]:
    links = [{"href": message.link, "text": "Open the dashboard"}] if message.link else []
    return {
        "client": "WedSync rollback",
        "links": links,
        "payload": {
            "summary": short(f"{message.environment}: {message.sentence}"),
            "source": message.environment,
            "severity": "critical",
            "timestamp": message.at.isoformat(),
            "class": message.kind,
            "custom_details": {
                "sentence": message.sentence,
                "rollback_id": str(message.rollback_id) if message.rollback_id else None,
            },
        },
    }


def dedup_key(once: str) -> str:
    if len(once) <= KEY_LIMIT:
        return once
    return hashlib.sha256(once.encode()).hexdigest()
