"""The error rate of the last hour, minute by minute, with what went live in it.

By counted requests, of each release while it was live; where none were counted, by the sweep's own
looks.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, LiteralString

from psycopg.rows import DictRow
from pydantic import BaseModel

from lib.health.baseline import ALL
from lib.health.evidence import Policy
from lib.moments import Moment
from lib.postgres import Database
from lib.redis import RedisUnavailable
from lib.rollback.models import Environment
from lib.traffic.counts import Counts
from lib.traffic.models import Ask
from lib.traffic.tally import Tally

log = logging.getLogger(__name__)

MINUTES = 60
MINUTE_SECONDS = 60
#: More in one hour are a quarrel between people, and no chart shows that.
PERIODS = 20

#: What was live since the first minute, newest first.
LIVE = """
WITH span AS (SELECT date_trunc('minute', app_now()) - %(before)s AS since)
SELECT span.since, p.live_from AS at, p.live_until, p.how,
       h.vercel_deployment_id AS deployment_id, h.git_sha, coalesce(d.title, '') AS title
  FROM span CROSS JOIN live_periods p JOIN deployment_history h ON h.id = p.deployment
  LEFT JOIN deployment_details d ON d.id = p.deployment
 WHERE p.environment = %(environment)s AND coalesce(p.live_until > span.since, true)
 ORDER BY p.id DESC LIMIT %(limit)s
"""

LOOKS = """
WITH span AS (SELECT date_trunc('minute', app_now()) - %(before)s AS since)
SELECT floor(extract(epoch FROM p.at - span.since) / 60)::int AS minute,
       count(*) AS requests, count(*) FILTER (WHERE p.live = 'failed') AS errors
  FROM span CROSS JOIN probes p
 WHERE p.environment = %(environment)s AND p.at >= span.since AND p.live <> 'unknown'
 GROUP BY minute
"""

type Source = Literal["traffic", "looks"]


class Marker(BaseModel):
    """Something went live."""

    at: Moment
    how: str
    deployment_id: str
    git_sha: str
    title: str


class Chart(BaseModel):
    environment: Environment
    source: Source
    #: The beginning of the first minute; None: nothing was ever live.
    since: Moment | None
    limit: float
    #: Of each minute, oldest first; of looks: how many there were.
    requests: list[int]
    errors: list[int]
    #: Newest first.
    markers: list[Marker]


@dataclass(slots=True)
class Minutes:
    requests: list[float] = field(default_factory=lambda: [0.0] * MINUTES)
    errors: list[float] = field(default_factory=lambda: [0.0] * MINUTES)

    def add(self, minute: int, requests: float, errors: float) -> None:
        """What is later than the last one belongs to a page that is built later."""
        if 0 <= minute < MINUTES:
            self.requests[minute] += requests
            self.errors[minute] += errors


@dataclass(frozen=True, slots=True)
class ChartPage:
    """`counts` None: there is no Redis to count in."""

    database: Database
    counts: Counts | None
    sampling: float = 1.0

    async def build(self, environment: Environment) -> Chart:
        live = await self._all(LIVE, environment, limit=PERIODS)
        source: Source = "traffic"
        minutes = await self._counted(live)
        if not any(minutes.requests):
            source, minutes = "looks", await self._looks(environment)
        return Chart(
            environment=environment,
            source=source,
            since=live[0]["since"] if live else None,
            limit=Policy().limit,
            requests=[round(one) for one in minutes.requests],
            errors=[round(one) for one in minutes.errors],
            markers=[Marker.model_validate(row) for row in live if row["at"] >= row["since"]],
        )

    async def _counted(self, live: Sequence[DictRow]) -> Minutes:
        """One command for all of them."""
        minutes = Minutes()
        if self.counts is None:
            return minutes
        try:
            counted = await self.counts.count(Tally(), [ask_of(row) for row in live])
        except RedisUnavailable as error:
            log.warning("chart_without_counts", extra={"why": str(error)})
            return minutes
        for row, reading in zip(live, counted.readings, strict=True):
            since = int(row["since"].timestamp())
            for seen in reading.seen[ALL]:
                minute = (seen.bucket.start - since) // MINUTE_SECONDS
                minutes.add(minute, seen.requests / self.sampling, seen.errors / self.sampling)
        return minutes

    async def _looks(self, environment: Environment) -> Minutes:
        minutes = Minutes()
        for row in await self._all(LOOKS, environment):
            minutes.add(**row)
        return minutes

    async def _all(
        self, query: LiteralString, environment: Environment, **more: object
    ) -> list[DictRow]:
        before = timedelta(minutes=MINUTES - 1)
        return await self.database.all(query, environment=environment, before=before, **more)


def ask_of(row: DictRow) -> Ask:
    """Only while it was live: what stragglers get is not what visitors get."""
    since = int(max(row["at"], row["since"]).timestamp())
    until = row["live_until"] or row["since"] + timedelta(minutes=MINUTES + 1)
    return Ask(row["deployment_id"], [ALL], since, int(until.timestamp()))
