"""`python -m benchmarks.drain`: entries per second per core, from signed body to Redis command.

Two floors stand beside it, both only parsing the same bytes: orjson, the fastest parser that
builds every value, and msgspec into types, which skips what nobody reads and is what we use. The
limit is half of the first; the share of the second is told. One thread, the best of many rounds.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Callable

import msgspec
import orjson

from benchmarks.table import show
from lib.health.probe import USER_AGENT
from lib.traffic.entries import ONE, Entry, read_entries, unpack
from lib.traffic.streams import Streams
from lib.traffic.tally import Counter
from lib.vercel.signature import is_signed

SIGNING = "shared"
SHARE = 0.5
ROUNDS = 15
PER_REQUEST = 3
ROUTES = ("POST /api/vendors/[id]", "* /api/timeline", "GET /api/guests")
AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
MANY = msgspec.json.Decoder(list[Entry])

Row = tuple[str, str, str, str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000, help="per batch")
    lines = make_lines(parser.parse_args().requests)
    body, array = b"\n".join(lines), b"[" + b",".join(lines) + b"]"
    print(f"{len(lines):,} entries of {len(body) // len(lines)} bytes, {PER_REQUEST} per request\n")
    counter, signature = make_counter(), sign(body)
    floor = measure(lambda: orjson.loads(array))
    whole = measure(lambda: take(body, signature, counter))
    rows: list[Row] = [("", "entries/s", "us per entry", "of orjson's floor")]
    rows += [row(name, seconds, floor, len(lines)) for name, seconds in parts(body, array, floor)]
    show([*rows, row("all of it", whole, floor, len(lines))])
    typed = measure(lambda: MANY.decode(array))
    print(f"\nof the floor of msgspec: {typed / whole:.0%}")
    print(f"at least {SHARE:.0%} of the floor: {'yes' if floor / whole >= SHARE else 'NO'}")
    return 0 if floor / whole >= SHARE else 1


def parts(body: bytes, array: bytes, floor: float) -> list[tuple[str, float]]:
    """What the whole consists of, each on its own, below the floors."""
    counter = make_counter()
    signature, entries = sign(body), read_entries(body)[0]
    tally = counter.count(entries)
    packed = gzip.compress(body)
    return [
        ("floor: orjson, every value", floor),
        ("floor: msgspec, into our types", measure(lambda: MANY.decode(array))),
        ("- signature (SHA-1 of the body)", measure(lambda: is_signed(body, signature, SIGNING))),
        ("- parse lines into types", measure(lambda: read_entries(body))),
        ("- what counts, and as what", measure(lambda: counter.count(entries))),
        ("- records for Redis, hashed ids", measure(tally.records)),
        ("(unpack, if gzipped)", measure(lambda: unpack(packed, "gzip"))),
        ("(parse, one line broken)", measure(lambda: read_entries(body + b"\n{oops"))),
        (
            "(parse each line on its own)",
            measure(lambda: [ONE.decode(x) for x in body.split(b"\n")]),
        ),
    ]


def take(body: bytes, signature: str, counter: Counter) -> None:
    """As the drain does it, up to the command that is sent."""
    assert is_signed(body, signature, SIGNING)
    entries, broken = read_entries(unpack(body, ""))
    counter.count(entries, broken).records()


def row(name: str, seconds: float, floor: float, entries: int) -> Row:
    return (
        name,
        f"{entries / seconds:,.0f}",
        f"{seconds / entries * 1e6:.2f}",
        f"{floor / seconds:.0%}",
    )


def measure(run: Callable[[], object]) -> float:
    best = float("inf")
    gc.collect()
    gc.disable()  # collecting what a parser builds would be half of its time
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    gc.enable()
    return best


def sign(body: bytes) -> str:
    return hmac.new(SIGNING.encode(), body, hashlib.sha1).hexdigest()


def make_counter() -> Counter:
    return Counter(
        Streams(ROUTES), secret=SIGNING, project_id="prj_wedsync", probe_user_agent=USER_AGENT
    )


def make_lines(requests: int) -> list[bytes]:
    return [
        json.dumps(make_entry(number, place)).encode()
        for number in range(requests)
        for place in range(PER_REQUEST)
    ]


def make_entry(number: int, place: int) -> dict[str, object]:
    at = 1_800_000_000_000 + number
    path = ["/", f"/api/vendors/{number % 50}", "/api/timeline", "/api/guests"][number % 4]
    host = "production-wedsync.vercel.app"
    return {
        "id": f"{number:020x}{place}",
        "requestId": f"iad1::abcde-{at}-{number:012x}",
        "deploymentId": "dpl_9xk3mJ2hG8sQvT4wYzB7",
        "projectId": "prj_wedsync",
        "environment": "production",
        "host": host,
        "timestamp": at,
        "source": "lambda",
        "type": ("stdout", "stderr", "end")[place],
        "level": "info",
        "message": 'the function wrote "a line" of the usual length\n' * 3,
        "path": path,
        "statusCode": 200,
        "executionRegion": "iad1",
        "proxy": {
            "timestamp": at,
            "method": ["GET", "GET", "POST"][number % 3],
            "scheme": "https",
            "host": host,
            "path": f"{path}?from=page",
            "pathType": "func",
            "statusCode": 200,
            "clientIp": f"10.0.{number % 250}.{number % 3}",
            "userAgent": [AGENT],
            "region": "iad1",
            "vercelId": f"iad1::abcde-{at}",
        },
    }


if __name__ == "__main__":
    sys.exit(main())
