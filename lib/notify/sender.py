"""Sends what the outbox holds. Any number may send at once, and any of them may die.

1. Claim one row for a lease; 2. send it; 3. write down what came of it, under the fence of the
claim. A sender that dies between 2 and 3 leaves a row that is sent again when the lease ends:
twice at most, never lost. Each channel has its own row, so that one that fails holds up no other.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import httpx

from lib import errors
from lib.health.probe import certificates
from lib.notify.message import Channel, Event, Post
from lib.notify.store import Delivery, OutboxStore

log = logging.getLogger(__name__)

#: A vendor that takes longer is tried again; a whole sending ends well within the lease.
TIMEOUT = httpx.Timeout(4.0, connect=2.0)
SEND_SECONDS = 5.0
LEASE = timedelta(seconds=15)
#: Between two looks at the outbox while something goes on.
LOOK_EVERY_SECONDS = 2.0
#: When the work is done: an invocation has little time left then.
LAST_SENDING_SECONDS = 2.5
#: 5, 10, 20 … 300 s: about two hours in all, longer than most of a vendor's outages.
BACKOFF_FIRST = timedelta(seconds=5)
BACKOFF_LIMIT = timedelta(minutes=5)
ATTEMPTS = 29
#: After a minute of failures people hear through the other channels; we go on trying.
ALERT_AFTER = 5
#: What a vendor asks us to wait is respected up to here.
RETRY_AFTER_LIMIT = timedelta(minutes=15)
#: Answers that a later attempt may not get, among those that say that the request is wrong.
PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
GAVE_UP = (logging.ERROR, "gave_up_telling")
NOT_TOLD = (logging.WARNING, "not_told")


def make_http() -> httpx.AsyncClient:
    """A connection of its own for each message: they are few, and an instance may sleep long."""
    return httpx.AsyncClient(timeout=TIMEOUT, verify=certificates(), trust_env=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    why: str
    retry_after: timedelta | None = None
    #: The request or its address is wrong: tried on all the same, somebody may mend a setting.
    needs_mending: bool = False


@dataclass(frozen=True, slots=True)
class Notifier:
    store: OutboxStore
    channels: tuple[Channel, ...]
    open_http: Callable[[], httpx.AsyncClient]
    #: The dashboard's address, for the messages.
    link: str | None = None

    async def keep_channels(self) -> None:
        """Alerts are written for these. Only a sweep says so: a preview may have other settings."""
        await self._carefully(self.store.keep_channels(self.channels))

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """While the body runs, and once when it ends, send what is due."""
        done = asyncio.Event()
        sender = asyncio.create_task(self._keep_sending(done))
        try:
            yield
        finally:
            done.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(sender, LAST_SENDING_SECONDS)

    async def beside[**P](
        self, work: Callable[P, Awaitable[None]], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Do the work, and tell what it alerts as it goes."""
        async with self.sending():
            await work(*args, **kwargs)

    async def send_due(self) -> None:
        """Channels do not wait for each other."""
        await asyncio.gather(*(self._carefully(self._drain(one)) for one in self.channels))

    async def _keep_sending(self, done: asyncio.Event) -> None:
        while self.channels and not done.is_set():
            await self.send_due()
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), LOOK_EVERY_SECONDS)
        await self.send_due()

    async def _carefully(self, work: Awaitable[None]) -> None:
        """Telling never stops what it tells of; what is not sent now is sent by the next one."""
        try:
            await work
        except errors.DatabaseUnavailable as error:
            log.warning("telling_waits", extra={"why": str(error)})
        except Exception:
            log.exception("telling_failed")

    async def _drain(self, channel: Channel) -> None:
        """Until nothing is due, or something went wrong: the rest is for the next look."""
        while True:
            delivery = await self.store.claim(channel.name, lease=LEASE, link=self.link)
            if delivery is None or not await self._send(channel, delivery):
                return

    async def _send(self, channel: Channel, delivery: Delivery) -> bool:
        refusal = await self.post(channel.post(delivery.message))
        facts: dict[str, object] = {
            "channel": channel.name,
            "alert_id": delivery.message.alert_id,
            "change": delivery.message.event,
            "attempt": delivery.attempt,
        }
        if refusal is None:
            repeat = channel.pages and delivery.message.event is Event.RAISED
            await self.store.accepted(delivery, channel.name, repeat=repeat)
            log.info("told", extra=facts)
            return True
        give_up = delivery.attempt >= ATTEMPTS
        facts["why"] = refusal.why
        log.log(*GAVE_UP if give_up else NOT_TOLD, extra=facts)
        await self.store.refused(
            delivery,
            channel.name,
            why=refusal.why,
            delay=delay(delivery.attempt, refusal),
            postpone=refusal.retry_after is not None,
            give_up=give_up,
            alert=give_up or refusal.needs_mending or delivery.attempt >= ALERT_AFTER,
        )
        return False

    async def post(self, post: Post) -> Refusal | None:
        """None: accepted. No message says more than the kind of error: an address is a secret."""
        try:
            async with (
                asyncio.timeout(SEND_SECONDS),
                self.open_http() as http,
                http.stream("POST", post.url, content=post.body, headers=post.headers) as response,
            ):
                return judge(response)
        except (TimeoutError, httpx.TimeoutException):
            return Refusal("it does not answer in time")
        except httpx.HTTPError as error:
            return Refusal(f"it cannot be reached ({type(error).__name__})")
        except (httpx.InvalidURL, ValueError):
            return Refusal("its address cannot be used", needs_mending=True)


def judge(response: httpx.Response) -> Refusal | None:
    if response.is_success:
        return None
    status = response.status_code
    return Refusal(
        f"it answers {status}",
        retry_after=retry_after(response),
        needs_mending=not response.is_server_error and status not in PASSING,
    )


def retry_after(response: httpx.Response) -> timedelta | None:
    """The header's other form, a date, is none of these vendors'."""
    value = response.headers.get("retry-after", "")
    if not re.fullmatch(r"[0-9]{1,5}", value):
        return None
    return min(timedelta(seconds=int(value)), RETRY_AFTER_LIMIT)


def delay(attempt: int, refusal: Refusal) -> timedelta:
    """`attempt` counts from 1."""
    doublings = min(attempt - 1, 10)
    backoff = min(BACKOFF_FIRST * (1 << doublings), BACKOFF_LIMIT)
    return max(backoff, refusal.retry_after or timedelta(0))
