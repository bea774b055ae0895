"""What Redis has of Postgres's: progress of rollbacks, counted requests, the log's head.

Where Redis is away nothing is rebuilt, and nothing needs it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from lib.audit.sealer import Sealer, read_head
from lib.automatic.store import read_recording
from lib.health.evidence import Policy
from lib.health.recording import read
from lib.postgres import Database
from lib.recovery.models import Look
from lib.redis import RedisUnavailable
from lib.rollback.progress import Progress
from lib.rollback.store import RollbackStore
from lib.traffic.counts import IDS_KEPT_SECONDS, Counts

#: As long as Redis keeps a copy.
RECENT = """
SELECT id, revision FROM rollbacks WHERE requested_at > app_now() - interval '7 days'
 ORDER BY requested_at
"""
#: What the newest verdict on each live release was reached by. What may be counted again, as the
#: platform delivers some requests twice, is left to the drain.
RECORDED = """
SELECT h.vercel_deployment_id AS deployment_id, v.recording,
       extract(epoch FROM app_now())::bigint - %(young)s AS before
  FROM live_periods p JOIN deployment_history h ON h.id = p.deployment
  JOIN LATERAL (SELECT recording FROM verdicts
                 WHERE period = p.id AND recording IS NOT NULL ORDER BY id DESC LIMIT 1) v ON true
 WHERE p.live_until IS NULL
"""
AWAY = "Redis does not answer: nothing of it is rebuilt. Everything goes on from Postgres."


@dataclass(slots=True)
class ProgressCopies:
    store: RollbackStore
    progress: Progress
    name: str = "Progress in Redis"

    async def look(self) -> Look:
        return await looked(self.progress.redis, self._look)

    async def _look(self) -> Look:
        stale = await self._stale()
        if not stale:
            return Look(["Each rollback of the last 7 days has its copy."])
        return Look(to_do=[f"{len(stale)} rollbacks have no copy, or one of another time."])

    async def mend(self) -> list[str]:
        return await mended(self._mend)

    async def _mend(self) -> list[str]:
        stale = await self._stale()
        for one in stale:
            await self.progress.rebuild(one, self.store.get)
        return [f"{len(stale)} copies were written."]

    async def _stale(self) -> list[UUID]:
        """Raises RedisUnavailable."""
        if self.progress.redis is None:
            return []
        rows = await self.store.database.all(RECENT)
        return [
            row["id"]
            for row in rows
            if await self.progress.revision(row["id"]) != str(row["revision"])
        ]


@dataclass(slots=True)
class CountedRequests:
    database: Database
    counts: Counts | None
    name: str = "Counted requests in Redis"

    async def look(self) -> Look:
        return await looked(self.counts, self._look)

    async def _look(self) -> Look:
        missing = await self._restore(for_real=False)
        if not missing:
            return Look(["What verdicts were reached by is there."])
        return Look(to_do=[f"{missing} buckets that verdicts were reached by are missing."])

    async def mend(self) -> list[str]:
        return await mended(self._mend)

    async def _mend(self) -> list[str]:
        return [f"{await self._restore(for_real=True)} buckets were written."]

    async def _restore(self, *, for_real: bool) -> int:
        if self.counts is None:
            return 0
        missing = 0
        for row in await self.database.all(RECORDED, young=IDS_KEPT_SECONDS):
            recording = read(read_recording(row["recording"]), Policy())
            for stream, buckets in recording.counted.items():
                old = [one for one in buckets if one.end <= row["before"]]
                missing += await self.counts.restore(
                    row["deployment_id"], stream, old, for_real=for_real
                )
        return missing


@dataclass(slots=True)
class NotedHead:
    """Of a chain that was found whole only: a wrong one is not to be believed later."""

    sealer: Sealer
    is_whole: Callable[[], bool]
    name: str = "Head of the audit log in Redis"

    async def look(self) -> Look:
        return await looked(self.sealer.witness.redis, self._look)

    async def _look(self) -> Look:
        head = await self._head()
        if head is None or head in await self.sealer.witness.heads():
            return Look()
        if not self.is_whole():
            return Look(["It is not noted while the chain is not as it was written."])
        return Look(to_do=[f"Position {head[0]} is not noted."])

    async def mend(self) -> list[str]:
        head = await self._head()
        if head is None or not self.is_whole():
            return []
        await self.sealer.witness.note(*head)
        return [f"Position {head[0]} is noted."]

    async def _head(self) -> tuple[int, bytes] | None:
        async with self.sealer.database.transaction() as connection:
            head = await read_head(connection)
        return (head.position, head.link) if head.position else None


async def looked(redis: object, look: Callable[[], Awaitable[Look]]) -> Look:
    if redis is None:
        return Look(["There is no Redis: Postgres alone answers."])
    try:
        return await look()
    except RedisUnavailable:
        return Look([AWAY])


async def mended(mend: Callable[[], Awaitable[list[str]]]) -> list[str]:
    try:
        return await mend()
    except RedisUnavailable:
        return [AWAY]
