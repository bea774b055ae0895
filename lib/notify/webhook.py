"""Any address, told in JSON and signed by https://www.standardwebhooks.com (read 2026-11-22).

There are libraries that verify it in most languages; docs/alerts.md shows it in ten lines.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import ClassVar

from lib.notify.message import Message, Post

PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Webhook:
    url: str = field(repr=False)
    secret: str = field(repr=False)
    name: ClassVar[str] = "webhook"
    pages: ClassVar[bool] = False

    def post(self, message: Message) -> Post:
        """The id is the same however often it is sent, so that a second one can be told."""
        message_id = f"alert_{message.alert_id}_{message.event}"
        timestamp = str(int(message.now.timestamp()))
        body = content(message)
        signature = sign(self.secret, message_id, timestamp, body)
        return Post(
            self.url,
            body,
            {
                "content-type": "application/json",
                "webhook-id": message_id,
                "webhook-timestamp": timestamp,
                "webhook-signature": f"v1,{signature}",
            },
        )


def content(message: Message) -> bytes:
    return json.dumps(
        {
            "type": f"alert.{message.event}",
            "timestamp": message.at.isoformat().replace("+00:00", "Z"),
            "data": {
                "alert_id": message.alert_id,
                "environment": message.environment,
                "kind": message.kind,
                "sentence": message.sentence,
                "needs_a_person": message.pages,
                "rollback_id": str(message.rollback_id) if message.rollback_id else None,
                "dashboard": message.link,
            },
        }
    ).encode()


def sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.digest(key(secret), signed, hashlib.sha256)).decode()


def key(secret: str) -> bytes:
    """Raises ValueError if what follows the prefix is not base64."""
    if secret.startswith(PREFIX):
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    return secret.encode()
