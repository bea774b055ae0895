"""What every switch is now, for whoever asks: never an error, and never waited for long.

1. What this instance saw a moment ago; 2. the copy in Redis, if Postgres was asked for it lately;
3. Postgres, which renews the copy; 4. neither answers: the newest that was ever seen here or in the
copy; 5. nothing was: the safe defaults that settings name.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from lib import errors
from lib.flags.copies import FlagCopies
from lib.flags.models import Known, Snapshot, State
from lib.flags.store import FlagStore
from lib.rollback.models import Environment

log = logging.getLogger(__name__)

#: A change reaches other instances after this, and so does the end of an outage.
REMEMBER_SECONDS = 2.0
#: An app waits for the answer, perhaps while a guest waits for a page.
POSTGRES_SECONDS = 1.5


@dataclass(slots=True)
class Seen:
    known: Known
    #: Monotonic seconds.
    at: float


@dataclass(slots=True)
class Switchboard:
    store: FlagStore
    copies: FlagCopies
    safe: Mapping[str, State]
    remember_seconds: float = REMEMBER_SECONDS
    _seen: dict[Environment, Seen] = field(default_factory=dict)
    _looking: dict[Environment, asyncio.Lock] = field(
        default_factory=lambda: {environment: asyncio.Lock() for environment in Environment}
    )

    async def look(self, environment: Environment) -> Known:
        if (known := self._remembered(environment)) is not None:
            return known
        # One asks for all that wait.
        async with self._looking[environment]:
            if (known := self._remembered(environment)) is not None:
                return known
            known = await self._ask(environment)
            self._seen[environment] = Seen(known, time.monotonic())
            return known

    async def renew(self, environment: Environment) -> None:
        """After a change: here and in the copy at once, elsewhere soon."""
        async with self._looking[environment]:
            if (snapshot := await self._ask_postgres(environment)) is not None:
                known = Known(snapshot, is_current=True, safe=self.safe)
                self._seen[environment] = Seen(known, time.monotonic())

    def _remembered(self, environment: Environment) -> Known | None:
        seen = self._seen.get(environment)
        is_new = seen is not None and time.monotonic() - seen.at < self.remember_seconds
        return seen.known if seen and is_new else None

    async def _ask(self, environment: Environment) -> Known:
        copy = await self.copies.read(environment)
        if copy is not None and copy.is_confirmed:
            return Known(copy.snapshot, is_current=True, safe=self.safe)
        if (snapshot := await self._ask_postgres(environment)) is not None:
            return Known(snapshot, is_current=True, safe=self.safe)
        seen = self._seen.get(environment)
        last = [copy.snapshot] if copy else []
        last += [seen.known.snapshot] if seen and seen.known.snapshot else []
        newest = max(last, key=lambda one: one.revision, default=None)
        return Known(newest, is_current=False, safe=self.safe)

    async def _ask_postgres(self, environment: Environment) -> Snapshot | None:
        try:
            async with asyncio.timeout(POSTGRES_SECONDS):
                snapshot = await self.store.snapshot(environment)
        except (TimeoutError, errors.DatabaseUnavailable) as error:
            log.warning("flags_not_read", extra={"environment": environment, "why": str(error)})
            return None
        await self.copies.write(environment, snapshot)
        return snapshot
