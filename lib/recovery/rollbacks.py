"""Rollbacks that nobody works on any more: the engine takes them to an end, a good or a bad one."""

import asyncio
import time
from dataclasses import dataclass
from uuid import UUID

from lib.recovery.models import Look
from lib.rollback.ending import called
from lib.rollback.engine import Engine
from lib.rollback.models import Rollback, Status

#: An engine that can reach nothing gives each step up after its budget: this is more than all.
PATIENCE_SECONDS = 300.0


@dataclass(slots=True)
class Rollbacks:
    engine: Engine
    #: Without the platform's token every step would be refused, and the rollback fail by that.
    has_token: bool
    patience_seconds: float = PATIENCE_SECONDS
    name: str = "Rollbacks"

    async def look(self) -> Look:
        found = Look()
        for rollback, is_left in await self._unfinished():
            what = f"{rollback.requested_by}'s {called(rollback)}, at {rollback.step}"
            if not is_left:
                found.told.append(f"{what}, is being worked on.")
            elif self.has_token:
                found.to_do.append(f"{what}, was left unfinished: it is taken to its end.")
            else:
                found.beyond.append(f"{what}, was left unfinished. Set VERCEL_TOKEN, then again.")
        return found

    async def mend(self) -> list[str]:
        left = [rollback.id for rollback, is_left in await self._unfinished() if is_left]
        return await asyncio.gather(*(self._end(one) for one in left)) if self.has_token else []

    async def _unfinished(self) -> list[tuple[Rollback, bool]]:
        store = self.engine.store
        return [
            (await store.get(one), (await store.pulse(one))[1]) for one in await store.unfinished()
        ]

    async def _end(self, rollback_id: UUID) -> str:
        stop_at = time.monotonic() + self.patience_seconds
        await self.engine.take_over(rollback_id, stop_at=stop_at)
        rollback = await self.engine.store.get(rollback_id)
        what = called(rollback).capitalize()
        if rollback.status is Status.COMPLETED:
            return f"{what} is completed."
        if rollback.is_final:
            return " ".join(
                filter(None, [f"{what} failed.", rollback.error, rollback.visitors_get])
            )
        return f"{what} has not ended in {self.patience_seconds:.0f} s. It goes on: try again."
