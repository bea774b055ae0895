"""Watches the app's ledger beside the sweep's looks, so that each change of it is known."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from lib import errors
from lib.deployments.needs_forward import NeedsForward
from lib.migrations.ledger import TIMEOUT_SECONDS
from lib.migrations.ledger_events import LedgerEvents
from lib.migrations.other_database import OtherDatabase
from lib.schema.app_database import AppDatabase

log = logging.getLogger(__name__)

READ_EVERY = timedelta(seconds=30)
#: Overlapping sweeps keep one cadence, so a reading may come a little early.
SLACK = timedelta(seconds=0.5)
#: Between two questions whether a reading is due.
GLANCE_SECONDS = 5.0
#: What is under way when the sweep ends has this long: the reading itself, and writing it down.
LAST_READING_SECONDS = TIMEOUT_SECONDS + 1.0


@dataclass(frozen=True, slots=True)
class LedgerWatch:
    """`app` None: there is no ledger to watch."""

    events: LedgerEvents
    app: AppDatabase | None
    needs_forward: NeedsForward
    other: OtherDatabase

    @asynccontextmanager
    async def watching(self, *, stop_at: float) -> AsyncIterator[None]:
        """While the body runs, read the ledger whenever that is due.

        What is being read when it ends is waited for, but not past `stop_at` (monotonic seconds):
        the next sweep reads as well.
        """
        done = asyncio.Event()
        watcher = asyncio.create_task(self._keep_watching(done))
        try:
            yield
        finally:
            done.set()
            left = min(LAST_READING_SECONDS, max(0.0, stop_at - time.monotonic()))
            with suppress(TimeoutError):
                await asyncio.wait_for(watcher, left)

    async def look(self) -> bool:
        """Read the ledger if that is due, and hold what is live against what is rolled back, and
        the database against the one that is known.

        True: the ledger has changed.

        An app's database that does not answer in time is no change, and never an error.
        """
        if self.app is None:
            return False
        fence = await self.events.claim(every=READ_EVERY - SLACK)
        if fence is None:
            return False
        read = await self.app.ledger()
        if read is None:
            log.warning("ledger_unread")
            return False
        ledger = list(read.applied)
        has_changed = await self.events.note(fence, ledger, read.conflicts)
        await self.other.look(self.app)
        await self.needs_forward.look()
        if await self.needs_forward.is_over():
            log.info("values_let_go", extra={"how": (await self.app.let_go()).sentence})
        if has_changed:
            log.info("ledger_changed", extra={"newest": ledger[-1] if ledger else "none"})
        return has_changed

    async def _keep_watching(self, done: asyncio.Event) -> None:
        while True:
            await self._look_carefully()
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), GLANCE_SECONDS)
            if done.is_set():
                return

    async def _look_carefully(self) -> None:
        """What goes wrong here never stops what it runs beside."""
        try:
            await self.look()
        except errors.DatabaseUnavailable as error:
            log.warning("ledger_watch_waits", extra={"why": str(error)})
        except Exception:
            log.exception("ledger_watch_failed")
