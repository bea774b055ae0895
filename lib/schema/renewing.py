"""After a column's name or type has changed: what sessions had prepared of it fails from then on.

The server never lets a prepared statement return other columns (0A000), and a pooler that keeps
prepared statements hands it to whoever comes. Only the end of the session forgets it.
"""

import asyncio
import time
from collections.abc import Iterable

from lib.schema.models import Do, Step
from lib.schema.session import Session
from lib.schema.undo import NAMES

#: Sessions that are at work all this time keep what they have.
RENEW_SECONDS, PAUSE_SECONDS = 1.0, 0.02

#: Between two statements and in no transaction: nothing is lost but what the session itself keeps.
END_IDLE = """
WITH older AS (
  SELECT pid, state FROM pg_stat_activity
  WHERE datname = current_database() AND usename = current_user AND backend_type = 'client backend'
    AND pid <> pg_backend_pid() AND backend_start < %s
)
SELECT (SELECT count(*) FROM older) AS older,
  (SELECT count(pg_terminate_backend(pid)) FROM older WHERE state = 'idle') AS ended
"""


def is_needed(steps: Iterable[Step]) -> bool:
    return any(step.do in NAMES or step.do is Do.WIDEN for step in steps)


async def renew(session: Session) -> None:
    """End the app's sessions that began before now, each when it is idle."""
    began = await session.one("SELECT clock_timestamp() AS it")
    ends = time.monotonic() + RENEW_SECONDS
    while began and time.monotonic() < ends:
        found = await session.one(END_IDLE, began["it"])
        if found and not found["older"]:
            return
        await asyncio.sleep(PAUSE_SECONDS)
