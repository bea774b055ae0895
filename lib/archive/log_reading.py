"""The audit log as it was exported: from the store, or from a folder that it was downloaded to.

What is in no part is not looked for: parts at the end that were taken out are found by a head, by
the table, or by its note of how far the export was.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lib.archive.log_parts import NOTHING, Part, Reached, part_keys, reached, read_part
from lib.archive.models import Corrupted
from lib.archive.packing import unpack
from lib.audit.reading import read_lines
from lib.audit.verify import End, Entry, Unreadable, Verifier
from lib.commands import Stopped

READ_BYTES = 64 * 2**10


class Shelf(Protocol):
    """What `lib.archive.s3.Store` and a folder have in common."""

    def keys(self, folder: str) -> list[str]: ...

    def get(self, key: str) -> bytes | None: ...

    def read(self, key: str) -> Iterator[bytes] | None: ...


@dataclass(frozen=True, slots=True)
class Folder:
    """All files of it, as they were downloaded. Raises OSError."""

    path: Path

    def keys(self, folder: str) -> list[str]:
        return [file.name for file in (self.path / folder).iterdir()]

    def get(self, key: str) -> bytes | None:
        blocks = self.read(key)
        return None if blocks is None else b"".join(blocks)

    def read(self, key: str) -> Iterator[bytes] | None:
        file = self.path / key
        return blocks_of(file) if file.exists() else None


def blocks_of(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while block := opened.read(READ_BYTES):
            yield block


@dataclass(slots=True)
class LogReading:
    """Reads every byte once, and finds what is wrong with parts and manifests."""

    shelf: Shelf
    findings: list[str] = field(default_factory=list)
    reached: Reached = NOTHING

    def parts(self) -> Iterator[tuple[Part, Reached]]:
        """In order, each with where the one before ended. Raises Stopped if there is none."""
        keys = part_keys(self.shelf.keys(""))
        if not keys:
            raise Stopped("There is no export of the audit log here.")
        for key in keys:
            written = self.shelf.get(key) or b""
            try:
                part = read_part(key, written)
            except Corrupted as error:
                self.findings.append(str(error))
                continue
            before = self.reached
            self._follow(part, before)
            self.reached = reached(part, written)
            yield part, before

    def entries(self, part: Part) -> Iterator[Entry]:
        """Also of a part that was changed: which of its rows was, is for who verifies them."""
        blocks = self.shelf.read(part.data_key)
        if blocks is None:
            self.findings.append(f"{part.data_key} was removed.")
            return
        try:
            for entry in read_lines(lines(unpack(part.data_key, blocks, part.content))):
                if isinstance(entry, Unreadable):
                    self.findings.append(
                        f"{part.data_key}, line {entry.line}, was changed: it cannot be read."
                    )
                else:
                    yield entry
        except Corrupted as error:
            self.findings.append(str(error))

    def verify(self, verifier: Verifier) -> None:
        """Raises Stopped if there is nothing."""
        for part, _ in self.parts():
            for entry in self.entries(part):
                verifier.take(entry)
            self._hold_against(part, verifier)
        verifier.take(End())
        verifier.end()
        self.findings.extend(verifier.findings)

    def _follow(self, part: Part, before: Reached) -> None:
        if (part.previous, part.previous_sha256) != (before.key, before.sha256):
            self.findings.append(
                f"{part.key} was written after {part.previous or 'nothing'}, which is not what"
                f" comes before it here{f': {before.key}' if before.key else ''}. One of them was"
                " changed, removed or inserted."
            )
        for finding in part.findings:
            self.findings.append(f"{part.key} was exported as it was: {finding}")

    def _hold_against(self, part: Part, verifier: Verifier) -> None:
        found = (verifier.position, verifier.link.hex(), verifier.checkpoints)
        if found != (part.last, part.head, part.checkpoint):
            self.findings.append(
                f"{part.key} ends at position {part.last} with checkpoint {part.checkpoint}, and"
                " its rows do not."
            )


def lines(blocks: Iterator[bytes]) -> Iterator[str]:
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")
