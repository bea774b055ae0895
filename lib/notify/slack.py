"""Slack, by an incoming webhook: one line that says it all, and a link.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (read 2026-11-22).
"""

import json
from dataclasses import dataclass, field
from typing import ClassVar

from lib.notify.message import Message, Post, short


@dataclass(frozen=True, slots=True)
class Slack:
    """`url` is the secret: whoever has it can post."""

    url: str = field(repr=False)
    name: ClassVar[str] = "slack"
    pages: ClassVar[bool] = False

    def post(self, message: Message) -> Post:
        body = json.dumps({"text": text(message)}).encode()
        return Post(self.url, body, {"content-type": "application/json"})


def text(message: Message) -> str:
    sign = ":rotating_light:" if message.pages else ":information_source:"
    line = f"{sign} *{message.environment}*: {escaped(short(message.sentence))}"
    return f"{line}\n<{message.link}|Open the dashboard>" if message.link else line


def escaped(words: str) -> str:
    """The three characters by which text from outside could become a link or call everybody."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
