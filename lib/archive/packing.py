"""Rows as COPY writes them, compressed and measured as they pass. Pure.

In COPY's text format each row is a line, whatever is in it: line ends within values are escaped.
"""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from lib.archive.models import Content, Corrupted

GZIP = zlib.MAX_WBITS | 16


@dataclass(slots=True)
class Measure:
    rows: int = 0
    size: int = 0
    sha256: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, data: bytes) -> bytes:
        self.rows += data.count(b"\n")
        self.size += len(data)
        self.sha256.update(data)
        return data


@dataclass(slots=True)
class Packed:
    """Both sides of a copy, as far as they were seen."""

    plain: Measure = field(default_factory=Measure)
    packed: Measure = field(default_factory=Measure)

    @property
    def content(self) -> Content:
        return Content(
            rows=self.plain.rows,
            plain_bytes=self.plain.size,
            plain_sha256=self.plain.sha256.hexdigest(),
            packed_bytes=self.packed.size,
            packed_sha256=self.packed.sha256.hexdigest(),
        )


class Packer:
    def __init__(self) -> None:
        self._seen = Packed()
        self._gzip = zlib.compressobj(wbits=GZIP)

    def pack(self, plain: bytes) -> bytes:
        return self._seen.packed.add(self._gzip.compress(self._seen.plain.add(plain)))

    def end(self) -> bytes:
        return self._seen.packed.add(self._gzip.flush())

    @property
    def content(self) -> Content:
        """Of all that was packed, once it has ended."""
        return self._seen.content


def unpack(key: str, blocks: Iterator[bytes], expected: Content) -> Iterator[bytes]:
    """The rows again, in blocks. At the end every byte was compared. Raises Corrupted.

    Blocks are small: of data that compresses well, each becomes a thousand times as much.
    """
    seen, gzip = Packed(), zlib.decompressobj(wbits=GZIP)
    try:
        for block in blocks:
            if plain := gzip.decompress(seen.packed.add(block)):
                yield seen.plain.add(plain)
    except zlib.error as error:
        raise Corrupted(f"{key} is corrupted: it cannot be unpacked ({error}).") from error
    if seen.content != expected:
        raise Corrupted(f"{key} is corrupted: {expected.differences(seen.content)}.")
