"""The log drain: signed batches come in, requests are counted, and what cannot be is told.

A batch that Redis did not count is refused with 503, so that the platform sends it again: counting
is safe to repeat, and what comes within 15 minutes still lands in its own bucket. Later than that
it is dropped, counted as late and accepted, so a long outage does not end in a flood.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from lib import errors
from lib.alerts import raise_alert, resolve
from lib.postgres import Database
from lib.redis import RedisUnavailable
from lib.rollback.models import Environment
from lib.traffic.active import FIELD
from lib.traffic.counts import Counts
from lib.traffic.entries import read_entries, unpack
from lib.traffic.models import Ask, Counted
from lib.traffic.suspects import Suspects
from lib.traffic.tally import Counter, Tally

log = logging.getLogger(__name__)

#: One for all environments: their requests come through the same drain.
LOST = "evidence_lost"
SENTENCE = (
    "Requests cannot be counted: Redis does not answer, or its quota is spent. "
    "Until it does, probes alone decide. Look at its status, its quota, its address and token."
)


@dataclass(slots=True)
class Outage:
    """Told once, however many instances see it, and over as soon as one of them counts again."""

    database: Database
    #: By this instance; another one's is ended by the sweep, which calls `end`.
    is_on: bool = False

    async def begin(self) -> None:
        if self.is_on:
            return
        try:
            async with self.database.transaction() as connection:
                await raise_alert(
                    connection,
                    environment=Environment.PRODUCTION,
                    kind=LOST,
                    sentence=SENTENCE,
                    once=LOST,
                )
        except errors.DatabaseUnavailable as error:
            log.warning("alert_waits", extra={"kind": LOST, "why": str(error)})
        else:
            self.is_on = True

    async def end(self) -> None:
        """Requests were counted, or counts read."""
        try:
            async with self.database.transaction() as connection:
                await resolve(connection, Environment.PRODUCTION, [LOST])
        except errors.DatabaseUnavailable as error:
            log.warning("resolve_waits", extra={"kind": LOST, "why": str(error)})
        else:
            self.is_on = False


@dataclass(frozen=True, slots=True)
class LogDrain:
    """`counts` None: there is no Redis to count in."""

    counter: Counter
    counts: Counts | None
    outage: Outage
    #: None, as `counts` is.
    suspects: Suspects | None = None

    def read(self, body: bytes, encoding: str) -> Tally:
        """A body whose signature fits. Raises InvalidRequest."""
        unpacked = unpack(body, encoding)
        entries, broken = read_entries(unpacked)
        return self.counter.count(entries, broken, names_flags=FIELD in unpacked)

    async def count(self, tally: Tally, asks: Sequence[Ask] = ()) -> Counted | None:
        """Counts a batch, and reads what the verdict asks for in the same command.

        None: nothing can be counted here. Raises EvidenceUnavailable: the batch should come again.
        """
        if self.counts is None:
            log.error("evidence_not_kept", extra={"why": "UPSTASH_REDIS_REST_URL is not set"})
            return None
        try:
            if self.suspects is not None:
                await self.suspects.note(tally)
            counted = await self.counts.count(tally, asks)
        except RedisUnavailable as error:
            log.warning("batch_not_counted", extra={"why": str(error)})
            await self.outage.begin()
            raise errors.EvidenceUnavailable("The batch was not counted. Send it again.") from error
        if self.outage.is_on:
            await self.outage.end()
        return counted
