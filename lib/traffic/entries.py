"""The bodies of the log drain. Pure: no I/O and no clock.

A JSON array, one object, or one object per line (https://vercel.com/docs/drains/reference/logs,
read 2026-11-22), perhaps gzipped. What we do not know is ignored; a broken entry is skipped and
counted, and the rest of its batch is kept.
"""

import zlib
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder

import msgspec

from lib import errors
from lib.access.doors import DELIVERED_BYTES

#: Logs shrink about tenfold; what shrinks more is no log. Bounds memory, too.
UNPACKED_LIMIT_BYTES = 10 * DELIVERED_BYTES
GZIP = b"\x1f\x8b"
#: A file that somebody made of pieces has a few; each costs a copy of what follows it.
MOST_MEMBERS = 256
#: zlib's own number for "gzip, with its header".
GZIP_WINDOW = 31

#: Of entries in an array that is itself broken: each may be looked at to the array's end.
MOST_FAILURES = 100

#: Millisecond counts may come with a fraction.
Milliseconds = int | float
NOTHING = msgspec.Raw(b"null")


class Proxy(msgspec.Struct, gc=False, rename="camel"):
    """The part about the visitor's request; entries without it are about something else."""

    timestamp: Milliseconds | None = None
    method: str | None = None
    path: str | None = None
    status_code: int | None = None
    client_ip: str | None = None
    user_agent: list[str] | str | None = None


class Entry(msgspec.Struct, gc=False, rename="camel"):
    request_id: str | None = None
    deployment_id: str | None = None
    project_id: str | None = None
    source: str | None = None
    status_code: int | None = None
    #: What the app's own code wrote; few of them are looked into.
    message: msgspec.Raw = NOTHING
    proxy: Proxy | None = None


ONE = msgspec.json.Decoder(Entry)
MANY = msgspec.json.Decoder(list[Entry])
#: They look at where values end, not at what is in them.
VALUE = msgspec.json.Decoder(msgspec.Raw)
VALUES = msgspec.json.Decoder(list[msgspec.Raw])
NOT_READABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def unpack(body: bytes, encoding: str) -> bytes:
    """`encoding`: the header, or nothing. Raises InvalidRequest."""
    if encoding.strip().lower() not in {"", "identity", "gzip", "x-gzip"}:
        raise errors.InvalidRequest("Send the batch as it is, or with Content-Encoding gzip.")
    if not body.startswith(GZIP):  # whoever unpacked it on the way may have left the header
        return body
    unpacked = bytearray()
    for _ in range(MOST_MEMBERS):
        body = unpack_member(body, unpacked)
        if not body.startswith(GZIP):
            break
    else:
        raise errors.InvalidRequest(f"The batch has more than {MOST_MEMBERS} parts.")
    if unpacked.startswith(GZIP):
        raise errors.InvalidRequest("The batch is packed twice.")
    return bytes(unpacked)


def unpack_member(body: bytes, unpacked: bytearray) -> bytes:
    """Adds one member of a gzip file; what follows it. Never more than the limit is unpacked."""
    member = zlib.decompressobj(GZIP_WINDOW)
    try:
        # One byte more than is left: it tells a body that is too large from one that just fits.
        unpacked += member.decompress(body, UNPACKED_LIMIT_BYTES - len(unpacked) + 1)
    except zlib.error:
        raise errors.InvalidRequest("The batch is no gzip file.") from None
    if len(unpacked) > UNPACKED_LIMIT_BYTES:
        raise errors.InvalidRequest(f"The batch unpacks to more than {UNPACKED_LIMIT_BYTES} bytes.")
    if not member.eof:
        raise errors.InvalidRequest("The batch is a gzip file without its end.")
    return member.unused_data


def read_entries(body: bytes) -> tuple[list[Entry], int]:
    """The entries, and how many were broken."""
    body = body.strip()
    is_array = body.startswith(b"[")
    try:
        return (MANY.decode(body) if is_array else ONE.decode_lines(body)), 0
    except NOT_READABLE:
        return read_each(list(split_array(body)) if is_array else split_lines(body))


def read_each(texts: list[bytes | msgspec.Raw]) -> tuple[list[Entry], int]:
    entries = []
    for text in texts:
        try:
            entries.append(ONE.decode(text))
        except NOT_READABLE:
            continue
    return entries, len(texts) - len(entries)


def split_lines(body: bytes) -> list[bytes | msgspec.Raw]:
    """One object over several lines is one object, too."""
    try:
        return [VALUE.decode(body)]
    except NOT_READABLE:
        return [line for line in body.split(b"\n") if line.strip()]


def split_array(body: bytes) -> Iterator[bytes | msgspec.Raw]:
    try:
        yield from VALUES.decode(body)
    except NOT_READABLE:
        yield from salvage(body.decode(errors="replace"))


def salvage(text: str) -> Iterator[bytes]:
    """The objects of an array that is itself broken, cut off for instance."""
    decoder = JSONDecoder()
    at, failures = text.find("{"), 0
    while at >= 0 and failures < MOST_FAILURES:
        try:
            end = decoder.raw_decode(text, at)[1]
        except (JSONDecodeError, RecursionError):
            yield b"?"
            failures += 1
            end = next_start(text, at + 1)
        else:
            yield text[at:end].encode()
        at = text.find("{", end) if end >= 0 else -1


def next_start(text: str, after: int) -> int:
    """Where the next entry of an array probably starts; -1: nowhere."""
    found = [at for at in (text.find(mark, after) for mark in ("},{", "}, {", "},\n")) if at >= 0]
    return min(found) + 1 if found else -1
