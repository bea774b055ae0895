"""What is told, and what a channel is. Pure: no I/O and no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

#: Longer ones are cut: every vendor has a limit, and nobody reads more on a phone.
SENTENCE_LIMIT = 900


class Event(StrEnum):
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"  #: only to those who were paged
    RESOLVED = "resolved"  #: the same


@dataclass(frozen=True, slots=True)
class Message:
    """An alert, as it is told through one channel."""

    alert_id: int
    event: Event
    environment: str
    kind: str
    sentence: str
    #: The same for as long as it is the same trouble; people are told of it once.
    once: str
    pages: bool
    at: datetime
    #: When it is sent, by the database's clock.
    now: datetime
    rollback_id: UUID | None = None
    #: Where to look and act; None: nobody told us our own address.
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A request to send. Its address and its body may hold secrets: they are in no message."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Channel(Protocol):
    """A way to tell people: it words the request, and any 2xx means that it was accepted."""

    @property
    def name(self) -> str: ...

    @property
    def pages(self) -> bool:
        """Wakes a person, and goes on until somebody acknowledges."""

    def post(self, message: Message) -> Post: ...


def short(sentence: str) -> str:
    return sentence if len(sentence) <= SENTENCE_LIMIT else sentence[: SENTENCE_LIMIT - 1] + "…"


def page_of(dashboard: str | None, environment: str) -> str | None:
    """Its page of that environment: whoever is woken acts on what they open."""
    if dashboard is None or environment == "production":
        return dashboard
    return f"{dashboard}?environment={environment}"
