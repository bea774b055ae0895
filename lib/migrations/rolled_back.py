"""Which of the app's migrations are rolled back at this moment: read, and never waited for long.

Nothing of the engine is loaded for it, as every function may ask.
"""

import asyncio
import time
from dataclasses import dataclass

import psycopg

#: The app's database may be what is broken: nobody waits longer to say something about it.
TIMEOUT_SECONDS = 3.0
SHOWN_SECONDS = 10.0

#: Pages of the older release that are open still write, for a while after it went forward.
KEPT_IN_STEP_SECONDS = 600
ROLLED_BACK = """
SELECT DISTINCT unnest(versions) AS version FROM _rollback.runs WHERE state <> 'forward' ORDER BY 1
"""
IN_STEP = """
SELECT DISTINCT unnest(versions) AS version FROM _rollback.runs
WHERE state = 'forward' AND in_step AND went_forward_at < now() - make_interval(secs => %s)
ORDER BY 1
"""


@dataclass(slots=True)
class RolledBack:
    """`app_database_url` None: there is no database that could be."""

    app_database_url: str | None
    #: Versions that are forward again for long enough, and whose values are still kept in step with
    #: the older release's; as of the last reading.
    in_step: tuple[str, ...] = ()
    _read: tuple[float, tuple[str, ...] | None] = (-SHOWN_SECONDS, None)

    async def versions(self) -> tuple[str, ...] | None:
        """To show: as they were at most SHOWN_SECONDS ago; None: nobody knows."""
        read_at, versions = self._read
        if time.monotonic() - read_at >= SHOWN_SECONDS:
            return await self.now()
        return versions

    async def now(self) -> tuple[str, ...] | None:
        """To decide: as they are at this moment."""
        if self.app_database_url is None:
            return ()
        versions, self.in_step = await read(self.app_database_url)
        self._read = (time.monotonic(), versions)
        return versions


async def read(url: str) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    try:
        return await asyncio.wait_for(ask(url), TIMEOUT_SECONDS)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        # Nobody ever took it back.
        return (), ()
    except (TimeoutError, psycopg.Error):
        return None, ()


async def ask(url: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    async with await psycopg.AsyncConnection.connect(
        url, autocommit=True, prepare_threshold=None, connect_timeout=int(TIMEOUT_SECONDS)
    ) as connection:
        back = await (await connection.execute(ROLLED_BACK)).fetchall()
        kept = await (await connection.execute(IN_STEP, [KEPT_IN_STEP_SECONDS])).fetchall()
        return tuple(version for (version,) in back), tuple(version for (version,) in kept)
