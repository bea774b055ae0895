"""Counting on a real Redis: each request once, whatever is delivered how often and by whom."""

import asyncio
import collections
import itertools
import json
import multiprocessing
import random
import time

import pytest

from lib.health.evidence import Bucket, Policy, weigh_client
from lib.redis import RedisClient, RedisUnavailable
from lib.traffic.counts import Counts
from lib.traffic.entries import read_entries
from lib.traffic.models import Ask
from lib.traffic.streams import ALL, WRITES, Streams
from lib.traffic.tally import Counter
from tests.conftest import REDIS_TOKEN

VENDOR = "POST /api/vendors/[id]"
STREAMS = Streams((VENDOR,))
COUNTER = Counter(STREAMS, secret="shared")
number = itertools.count()
PROCESSES = 4


def entry(request_id, at, **changes):
    proxy = {"timestamp": at * 1000, "method": "GET", "path": "/", "statusCode": 200}
    proxy |= {"clientIp": f"10.0.0.{request_id}", "userAgent": ["guest"]}
    own = {key: changes.pop(key) for key in ("source", "deploymentId") if key in changes}
    line = {"requestId": f"req_{request_id}", "source": "lambda", "message": "…", **own}
    return line | {"proxy": proxy | changes}


def tally(entries):
    return COUNTER.count(*read_entries("\n".join(map(json.dumps, entries)).encode()))


@pytest.fixture
async def counts(redis_url):
    redis = RedisClient(redis_url, REDIS_TOKEN)
    yield Counts(redis, STREAMS)
    await redis.close()


@pytest.fixture
def deployment_id():
    return f"dpl_{next(number)}"


@pytest.fixture
def start():
    """A bucket that has been closed for a while."""
    return int(time.time()) // 10 * 10 - 120


@pytest.fixture
def count(counts, deployment_id):
    async def count(*entries):
        return await counts.count(tally([{"deploymentId": deployment_id} | one for one in entries]))

    return count


@pytest.fixture
def seen(counts, deployment_id, start):
    """The buckets around `start`, of a stream."""

    async def seen(stream=ALL):
        reading = await counts.read(deployment_id, STREAMS.names, start - 60, start + 60)
        return reading.seen[stream]

    return seen


def numbers(seen):
    return [(one.bucket.start, one.requests, one.errors) for one in seen]


async def test_requests_are_counted_in_their_bucket(count, seen, start):
    await count(entry(1, start), entry(2, start + 9, statusCode=500), entry(3, start + 10))

    assert numbers(await seen()) == [(start, 2, 1), (start + 10, 1, 0)]


async def test_a_batch_that_comes_again_changes_nothing(count, seen, start):
    batch = [entry(i, start, statusCode=500 if i % 3 else 200) for i in range(30)]
    for _ in range(5):
        await count(*batch)

    assert numbers(await seen()) == [(start, 30, 20)]


async def test_only_the_first_delivery_has_news(count, start):
    batch = [entry(i, start) for i in range(30)]

    assert [(await count(*batch)).new for _ in range(2)] == [30, 0]


def deliver(redis_url, deployment_id, start, seed):
    """The same thousand requests in batches, in an order of its own."""
    entries = thousand(deployment_id, start)
    random.Random(seed).shuffle(entries)

    async def run():
        redis = RedisClient(redis_url, REDIS_TOKEN)
        for batch in itertools.batched(entries, 100):
            await Counts(redis, STREAMS).count(tally(batch))
        await redis.close()

    asyncio.run(run())


def thousand(deployment_id, start):
    """An answer of each, and of every fourth an error too; five requests of each client."""
    return [
        entry(
            i,
            start + i % 20,
            deploymentId=deployment_id,
            clientIp=f"10.1.{i % 200}.1",
            statusCode=status,
        )
        for i in range(1000)
        for status in ([200, 500] if i % 4 == 0 else [200])
    ]


async def test_processes_at_once_count_each_request_once(redis_url, seen, deployment_id, start):
    """Some hold an error before another has delivered the answer of the same request."""
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=deliver, args=(redis_url, deployment_id, start, seed))
        for seed in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        await asyncio.to_thread(worker.join, 60)

    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    assert numbers(await seen()) == [(start, 500, 150), (start + 10, 500, 100)]


async def test_what_was_counted_does_not_depend_on_the_order(counts, start):
    found = []
    for seed in range(4):
        deployment_id = f"dpl_order_{next(number)}"
        entries = thousand(deployment_id, start)
        random.Random(seed).shuffle(entries)
        for batch in itertools.batched(entries, 1 + seed * 37):
            await counts.count(tally(batch))
        reading = await counts.read(deployment_id, [ALL], start, start + 20)
        found.append([(one.n, one.k) for one in reading.buckets[ALL]])

    assert found[0] == found[1] == found[2] == found[3]


@pytest.mark.parametrize("statuses", [(200, 500), (500, 200), (200, 200, 502, 200)], ids=str)
async def test_the_worst_status_of_a_request_wins(count, seen, start, statuses):
    for status in statuses:
        await count(entry(1, start, statusCode=status))

    assert numbers(await seen()) == [(start, 1, 1)]


async def test_writes_and_critical_routes_are_counted_on_their_own(count, seen, start):
    await count(
        entry(1, start),
        entry(2, start, method="DELETE"),
        entry(3, start, method="POST", path="/api/vendors/7?x=1", statusCode=500),
    )

    assert numbers(await seen(ALL)) == [(start, 3, 1)]
    assert numbers(await seen(WRITES)) == [(start, 2, 1)]
    assert numbers(await seen(VENDOR)) == [(start, 1, 1)]


async def test_deployments_are_counted_apart(counts, count, seen, start):
    await count(entry(1, start))
    await counts.count(tally([entry(2, start, deploymentId="dpl_other")]))

    assert numbers(await seen()) == [(start, 1, 0)]


async def test_a_single_client_weighs_little(count, seen, start):
    """Fifty errors of a scanner are two; a crowd of clients counts in full."""
    await count(*(entry(i, start, clientIp="10.9.9.9", statusCode=500) for i in range(50)))
    await count(*(entry(i, start + 10, statusCode=500) for i in range(50)))

    scanner, crowd = [one.bucket for one in await seen()]
    assert (scanner.n, scanner.k, len(scanner.clients)) == (2, 2, 1)
    assert (crowd.n, crowd.k) == (50, 50)
    assert len(crowd.clients) >= 3


async def test_a_heavy_client_keeps_its_error_rate(count, seen, start):
    batch = [
        entry(i, start, clientIp="10.9.9.9", statusCode=500 if i < 4 else 200) for i in range(100)
    ]
    for part in itertools.batched(batch, 7):
        await count(*part)

    [one] = await seen()
    assert (one.requests, one.errors) == (100, 4)
    assert one.bucket.k / one.bucket.n == pytest.approx(0.04)
    assert (one.bucket.n, one.bucket.k) == (20, pytest.approx(0.8))


async def test_a_client_is_the_same_in_every_bucket(count, seen, start):
    for at in (start, start + 10):
        await count(entry(at, at, clientIp="10.9.9.9", statusCode=500))

    first, second = await seen()
    assert first.bucket.clients == second.bucket.clients


async def test_a_late_request_lands_in_its_own_bucket(count, seen, start):
    await count(entry(1, start + 30))
    await count(entry(2, start))

    assert numbers(await seen()) == [(start, 1, 0), (start + 30, 1, 0)]


async def test_what_comes_after_fifteen_minutes_is_dropped_and_told(counts, count, deployment_id):
    old = int(time.time()) - 16 * 60
    counted = await count(entry(1, old), entry(2, old + 120))

    assert (counted.new, counted.late) == (1, 1)
    reading = await counts.read(deployment_id, [ALL], old - 60, old + 300)
    assert sum(one.requests for one in reading.seen[ALL]) == 1
    assert reading.drain.late >= 1


async def test_what_lies_ahead_is_dropped(count):
    counted = await count(entry(1, int(time.time()) + 300))

    assert (counted.new, counted.ahead) == (0, 1)


async def test_only_closed_buckets_are_read(counts, count, deployment_id):
    now = int(time.time())
    await count(entry(1, now))
    reading = await counts.read(deployment_id, [ALL], now - 60, now + 60)

    assert reading.until % 10 == 0
    assert now - 16 <= reading.until <= time.time()
    assert all(one.bucket.end <= reading.until for one in reading.seen[ALL])


async def test_a_batch_and_its_verdicts_buckets_are_one_command(counts, deployment_id, start):
    ask = Ask(deployment_id, [ALL, VENDOR], start, start + 3600)
    batch = tally([entry(1, start, deploymentId=deployment_id)])
    [reading] = (await counts.count(batch, [ask])).readings

    assert reading.buckets == {ALL: [Bucket(start, 1, 0)], VENDOR: []}


async def test_a_reading_spans_hours(counts, count, deployment_id):
    now = int(time.time()) // 10 * 10 - 20
    await count(entry(1, now), entry(2, now - 600))
    reading = await counts.read(deployment_id, [ALL], now - 26 * 3600, now + 10)

    assert [one.start for one in reading.buckets[ALL]] == [now - 600, now]


async def test_a_full_bucket_counts_no_more_and_says_so(counts, deployment_id, start):
    small = Counts(counts.redis, STREAMS, bucket_ids=10)
    batch = tally([entry(i, start, deploymentId=deployment_id) for i in range(12)])

    assert [(await small.count(batch)).beyond for _ in range(2)] == [2, 2]
    reading = await small.read(deployment_id, [ALL], start, start + 10)
    assert reading.seen[ALL][0].requests == 10


async def test_the_lag_of_the_drain_is_measured(count, start):
    now = time.time()
    drain = (await count(entry(1, now - 42), entry(2, now))).drain
    took_ms = (time.time() - now) * 1000

    assert 41_000 <= drain.lag_ms <= 43_000 + took_ms
    assert -1000 <= drain.batch_at_ms - now * 1000 <= 1000 + took_ms


async def test_a_redis_that_is_away_counts_nothing(start):
    away = RedisClient("http://127.0.0.1:9", "none")
    with pytest.raises(RedisUnavailable):
        await Counts(away, STREAMS).count(tally([entry(1, start, deploymentId="dpl_1")]))
    await away.close()


async def test_one_lost_answer_is_no_outage(redis_url, start):
    """Redis counted it, and the connection broke: asked again, it counts once."""
    address = redis_url.removeprefix("http://").split(":")
    lost = []

    async def relay(reader, writer):
        upstream, onwards = await asyncio.open_connection(address[0], int(address[1]))

        async def copy(source, sink):
            while data := await source.read(65536):
                sink.write(data)

        sending = asyncio.create_task(copy(reader, onwards))
        receiving = asyncio.create_task(copy(upstream, writer)) if lost else None
        if receiving is None:
            lost.append(await upstream.read(65536))
        else:  # until one of the two hangs up
            await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
            receiving.cancel()
        sending.cancel()
        for end in (onwards, writer):
            end.close()
            await end.wait_closed()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    redis = RedisClient(f"http://{host}:{port}", REDIS_TOKEN)
    deployment_id = f"dpl_lost{time.time_ns()}"

    await Counts(redis, STREAMS).count(tally([entry(1, start, deploymentId=deployment_id)]))

    reading = await Counts(redis, STREAMS).read(deployment_id, [ALL], start, start + 10)
    await redis.close()
    server.close()
    async with asyncio.timeout(60):
        await server.wait_closed()
    assert lost
    assert [one.requests for one in reading.seen[ALL]] == [1]


def expected(entries):
    """Bucket by bucket, without any of the product's counting but `weigh_client`."""
    requests = {}
    for one in entries:
        proxy = one["proxy"]
        key = (int(proxy["timestamp"] // 10_000 * 10), proxy["clientIp"], one["requestId"])
        requests[key] = requests.get(key, False) or proxy["statusCode"] >= 500
    clients = collections.defaultdict(list)
    for (start, client, _), failed in requests.items():
        clients[start, client].append(failed)
    buckets = collections.defaultdict(lambda: [0, 0, 0, 0])
    for (start, _), failures in clients.items():
        n, k = len(failures), sum(failures)
        new = (n, k, *weigh_client(n, k, Policy()))
        buckets[start] = [a + b for a, b in zip(buckets[start], new, strict=True)]
    return [(start, *map(pytest.approx, buckets[start])) for start in sorted(buckets)]


@pytest.mark.parametrize("seed", range(20))
async def test_any_delivery_counts_what_was_delivered(counts, seen, deployment_id, start, seed):
    """Some entries come several times, some clients ask a lot, and batches run at once."""
    chosen = random.Random(seed)
    entries = [
        entry(
            chosen.randrange(150),
            start,
            deploymentId=deployment_id,
            statusCode=chosen.choice([200, 200, 200, 404, 500]),
        )
        for _ in range(400)
    ]
    for one in entries:  # what a request is besides its status is the same in all its entries
        request = int(one["requestId"].removeprefix("req_"))
        one["proxy"]["clientIp"] = f"10.2.0.{min(request % 40, 9)}"
        one["proxy"]["timestamp"] += request % 3 * 10_000
    batches = [*itertools.batched(entries, 60)] * 2
    chosen.shuffle(batches)
    await asyncio.gather(*(counts.count(tally(batch)) for batch in batches))

    assert [
        (one.bucket.start, one.requests, one.errors, one.bucket.n, one.bucket.k)
        for one in await seen()
    ] == expected(entries)
