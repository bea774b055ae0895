"""The counts in Redis. One command for each batch, and one for each reading."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib.health.evidence import Bucket, Policy
from lib.redis import RedisClient, RedisUnavailable
from lib.traffic.models import Ask, Counted, Drain, Reading, Seen
from lib.traffic.script import SCRIPT
from lib.traffic.streams import Streams
from lib.traffic.tally import Group, Tally

#: A request may come again for so long, and is dropped after it.
IDS_KEPT_SECONDS = 15 * 60
COUNTS_KEPT_SECONDS = 26 * 60 * 60
#: Housekeeping only: times are compared, and no key tells anything by being gone.
IDS_EXPIRE_SECONDS = IDS_KEPT_SECONDS + 5 * 60
COUNTS_EXPIRE_SECONDS = COUNTS_KEPT_SECONDS + 60 * 60
#: Clocks differ by less.
AHEAD_SECONDS = 60
#: 2,000 requests/s. See lib/traffic/script.py for what that takes.
BUCKET_IDS = 20_000
#: One client's requests of a bucket: its error rate is known from these.
CLIENT_IDS = 500
#: Several times what must have seen errors: a few may be left out of account.
CLIENTS_KEPT = 8
HOUR_SECONDS = 3600
MILLION = 1_000_000
DRAIN_KEY = "traffic:drain"
#: In one go: an hour that was begun and left would never expire.
RESTORE = """
for at = 2, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[at], ARGV[at + 1]) end
return redis.call('EXPIRE', KEYS[1], ARGV[1])
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """Raises RedisUnavailable, whatever it is asked."""

    redis: RedisClient
    streams: Streams
    policy: Policy = field(default_factory=Policy)
    bucket_ids: int = BUCKET_IDS

    async def count(self, tally: Tally, asks: Sequence[Ask] = ()) -> Counted:
        """Counts what is new of a batch; safe to repeat. `asks`: read afterwards, all at once."""
        records = tally.records()
        keys = [key for group in records for key in (ids_key(group), counts_key(group))]
        groups = [part for group, text in records.items() for part in (group.start, text)]
        facts = {
            "groups": len(records),
            "entries": max(tally.entries, tally.broken),
            "broken": tally.broken,
            "oldest_ms": tally.oldest_ms,
            "asks": [self.asked(ask) for ask in asks],
            **self.limits,
        }
        read = [key for ask in asks for key in hour_keys(ask)]
        answer = await self.run(
            1 + len(keys) + len(read),
            *[DRAIN_KEY, *keys, *read],
            *[json.dumps(facts), *groups],
        )
        return self.counted(answer, asks)

    async def run(self, *arguments: str | int) -> Any:
        """Twice if need be: one lost answer is no outage, and nobody should be woken for it."""
        try:
            return await self.redis.run("EVAL", SCRIPT, *arguments)
        except RedisUnavailable:
            return await self.redis.run("EVAL", SCRIPT, *arguments)

    async def read(
        self, deployment_id: str, streams: Sequence[str], since: int, until: int
    ) -> Reading:
        """`streams`: names, as `Streams.counted` has them."""
        ask = Ask(deployment_id, streams, since, until)
        return (await self.count(Tally(), [ask])).readings[0]

    async def restore(
        self, deployment_id: str, stream: str, buckets: Sequence[Bucket], *, for_real: bool
    ) -> int:
        """Buckets as they were recorded, where none is; how many there are to write."""
        key_of = dict(zip(self.streams.counted, self.streams.keys, strict=True))
        missing = 0
        for hour, those in by_hour(buckets).items():
            if (name := key_of.get(stream)) is None:
                continue
            key = hour_key(deployment_id, hour)
            fields = [f"{one.start}:{name}" for one in those]
            known = await self.redis.run("HMGET", key, *fields)
            lost = [
                (field, one)
                for field, one, value in zip(fields, those, known, strict=True)
                if value is None
            ]
            missing += len(lost)
            if for_real and lost:
                pairs = [text for field, one in lost for text in (field, written(one))]
                await self.redis.run("EVAL", RESTORE, 1, key, COUNTS_EXPIRE_SECONDS, *pairs)
        return missing

    @property
    def limits(self) -> dict[str, Any]:
        return {
            "streams": self.streams.keys,
            "client_requests": self.policy.client_requests,
            "client_errors": self.policy.client_errors,
            "client_ids": CLIENT_IDS,
            "clients_kept": CLIENTS_KEPT,
            "bucket_ids": self.bucket_ids,
            "ids_kept": IDS_KEPT_SECONDS,
            "ids_expire": IDS_EXPIRE_SECONDS,
            "counts_expire": COUNTS_EXPIRE_SECONDS,
            "ahead": AHEAD_SECONDS,
            "settling": self.policy.settling_seconds,
        }

    def asked(self, ask: Ask) -> dict[str, Any]:
        key_of = dict(zip(self.streams.counted, self.streams.keys, strict=True))
        return {
            "since": first_start(ask),
            "until": ask.until,
            "streams": [key_of[name] for name in ask.streams],
        }

    def counted(self, answer: list[Any], asks: Sequence[Ask]) -> Counted:
        now_ms, closed, new, late, ahead, beyond, totals, readings = answer
        drain = Drain(*totals)
        return Counted(
            new=new,
            late=late,
            ahead=ahead,
            beyond=beyond,
            drain=drain,
            readings=[
                Reading(ask, now_ms, closed, self.seen(ask, found), drain)
                for ask, found in zip(asks, readings, strict=True)
            ],
        )

    def seen(self, ask: Ask, found: str) -> dict[str, list[Seen]]:
        name_of = dict(zip(self.streams.keys, self.streams.counted, strict=True))
        streams: dict[str, list[Seen]] = defaultdict(list)
        for line in filter(None, found.split(";")):
            field_name, _, value = line.partition(" ")
            start, _, key = field_name.partition(":")
            streams[name_of[key]].append(read_seen(int(start), value))
        return {name: streams[name] for name in ask.streams}


def read_seen(start: int, value: str) -> Seen:
    n, k, weighed_n, weighed_k, clients = value.split(" ")
    bucket = Bucket(
        start,
        int(weighed_n) / MILLION,
        int(weighed_k) / MILLION,
        frozenset(filter(None, clients.split(","))),
    )
    return Seen(bucket, int(n), int(k))


def written(bucket: Bucket) -> str:
    """As `read_seen` reads it. What the requests weighed is all that was recorded of them."""
    n, k = round(bucket.n * MILLION), round(bucket.k * MILLION)
    clients = ",".join(sorted(bucket.clients))
    return f"{round(bucket.n)} {round(bucket.k)} {n} {k} {clients}"


def by_hour(buckets: Sequence[Bucket]) -> dict[int, list[Bucket]]:
    hours: dict[int, list[Bucket]] = defaultdict(list)
    for one in buckets:
        hours[one.start - one.start % HOUR_SECONDS].append(one)
    return hours


def ids_key(group: Group) -> str:
    return f"traffic:ids:{group.deployment_id}:{group.start}"


def counts_key(group: Group) -> str:
    return hour_key(group.deployment_id, group.start)


def hour_key(deployment_id: str, start: int) -> str:
    return f"traffic:counts:{deployment_id}:{start - start % HOUR_SECONDS}"


def first_start(ask: Ask) -> int:
    """Whole buckets only, and none that is not kept any more."""
    since = max(ask.since, ask.until - COUNTS_KEPT_SECONDS)
    return since + -since % 10


def hour_keys(ask: Ask) -> Iterator[str]:
    start = first_start(ask)
    while start < ask.until:
        yield hour_key(ask.deployment_id, start)
        start += HOUR_SECONDS - start % HOUR_SECONDS
