"""Sees to it that the audit log is whole, beside what writes it and never in its way."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from lib import errors
from lib.access.models import Caller
from lib.audit.denials import Denials
from lib.audit.origin import Attempt
from lib.audit.sealer import Sealer

log = logging.getLogger(__name__)

#: So long a row waits for its place while a sweep or a rollback runs, about.
LOOK_EVERY_SECONDS = 5.0
#: Of one instance: many rows in one go cost little more than one.
PAUSE_SECONDS = 0.25
#: At the end of a sweep: the next one does the rest.
LAST_LOOK_SECONDS = 3.0


@dataclass(slots=True)
class Keeper:
    sealer: Sealer
    denials: Denials
    #: Monotonic seconds.
    _not_before: float = field(default=0.0, init=False)
    _is_coming: bool = field(default=False, init=False)

    @asynccontextmanager
    async def sealing(self) -> AsyncIterator[None]:
        """While the body runs, and once when it ends."""
        done = asyncio.Event()
        keeper = asyncio.create_task(self._keep_on(done))
        try:
            yield
        finally:
            done.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(keeper, LAST_LOOK_SECONDS)

    async def settle(self) -> None:
        """What nobody does who writes a row: refusals of the minutes that are over, new keys."""
        await carefully(self.denials.settle())
        await carefully(self.sealer.sign())
        await self.seal()

    async def note_refusal(self, caller: Caller | None, attempt: Attempt, why: str) -> None:
        """`caller` None: of nobody known."""
        if caller:
            await carefully(self.denials.of_caller(caller, attempt, why))
        else:
            await carefully(self.denials.of_nobody(attempt))

    async def seal(self) -> None:
        """Now, or after a pause; who comes within it leaves that to who waits already."""
        if self._is_coming:
            return
        self._is_coming = True
        try:
            await asyncio.sleep(self._not_before - time.monotonic())
        finally:
            self._is_coming = False
        self._not_before = time.monotonic() + PAUSE_SECONDS
        await carefully(self.sealer.seal())

    async def _keep_on(self, done: asyncio.Event) -> None:
        while not done.is_set():
            await self.seal()
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), LOOK_EVERY_SECONDS)
        await self.seal()


async def carefully(work: Awaitable[None]) -> None:
    """What was done is done, whether the log is sealed yet or not: the next one goes on."""
    try:
        await work
    except errors.DatabaseUnavailable as error:
        log.warning("audit_waits", extra={"why": str(error)})
    except Exception:
        log.exception("audit_failed")
