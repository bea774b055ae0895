"""What was done, line by line: each is on the disk before the next thing is done.

A line is a JSON object. Its `hmac` covers it and the `hmac` of the line before it, so nothing can
be changed, taken out or put in unnoticed; that the end was cut off shows in that there is none. A
process that is killed leaves at most one line without an end, which counts as not written.
"""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from lib.audit.chain import Keys

#: In the order in which they were begun.
NAME = "break-glass-{at:%Y%m%dT%H%M%S.%f}Z-{id}.jsonl"
PATTERN = "break-glass-*.jsonl"

type Entry = dict[str, Any]


class Tampered(Exception):
    """It is not as it was written; says which line."""


@dataclass(slots=True)
class Journal:
    path: Path
    keys: Keys
    file: int
    entries: list[Entry] = field(default_factory=list)

    @classmethod
    def create(cls, folder: Path, keys: Keys) -> Self:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / NAME.format(at=now(), id=secrets.token_hex(4))
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        flush_name(folder)
        return cls(path, keys, file)

    @classmethod
    def resume(cls, path: Path, keys: Keys) -> Self | None:
        """None: another process is at it, or has just ended it. Raises Tampered."""
        file = os.open(path, os.O_RDWR | os.O_APPEND)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        content = path.read_bytes()
        entries = read(content, keys)
        if find(entries, "end"):
            os.close(file)
            return None
        # A line that has no end was not written.
        os.ftruncate(file, content.rfind(b"\n") + 1)
        return cls(path, keys, file, entries)

    def write(self, event: str, **facts: Any) -> None:
        """On the disk when this returns."""
        entry = {
            "n": len(self.entries) + 1,
            "at": now().isoformat(timespec="milliseconds"),
            "event": event,
            **facts,
            "key": self.keys.current or "",
            "before": self.entries[-1]["hmac"] if self.entries else "",
        }
        entry["hmac"] = sign(entry, self.keys)
        line = json.dumps(entry, ensure_ascii=True).encode() + b"\n"
        while line:
            line = line[os.write(self.file, line) :]
        os.fsync(self.file)
        self.entries.append(entry)

    def find(self, event: str, **facts: Any) -> Entry | None:
        """The first such entry."""
        return find(self.entries, event, **facts)

    def close(self) -> None:
        os.close(self.file)


def find(entries: Sequence[Entry], event: str, **facts: Any) -> Entry | None:
    wanted = {"event": event, **facts}
    return next((one for one in entries if wanted.items() <= one.items()), None)


def read(content: bytes, keys: Keys) -> list[Entry]:
    """Its entries, each of which is as it was written. Raises Tampered."""
    entries: list[Entry] = []
    for line in content.split(b"\n")[:-1]:
        number = len(entries) + 1
        try:
            entry = json.loads(line)
            assert isinstance(entry, dict)
            is_whole = entry["n"] == number and entry["before"] == (
                entries[-1]["hmac"] if entries else ""
            )
            is_signed = hmac.compare_digest(sign(entry, keys), entry["hmac"])
        except KeyError as error:
            key = f"the key {error}" if error.args[0] not in ("n", "before", "hmac") else "a part"
            raise Tampered(f"Line {number} cannot be checked: {key} is missing.") from None
        except (ValueError, TypeError, AssertionError):
            raise Tampered(f"Line {number} is no line of a journal.") from None
        if not (is_whole and is_signed):
            raise Tampered(f"Line {number} is not as it was written, or does not belong here.")
        entries.append(entry)
    return entries


def sign(entry: Entry, keys: Keys) -> str:
    """Without a key a checksum: proof of nothing but a whole file. Raises KeyError."""
    told = {name: value for name, value in entry.items() if name != "hmac"}
    content = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    if not entry["key"]:
        return hashlib.sha256(content).hexdigest()
    return hmac.digest(keys.secrets[entry["key"]], b"break-glass\n" + content, "sha256").hex()


def is_signed(entries: Sequence[Entry]) -> bool:
    return bool(entries) and all(entry["key"] for entry in entries)


def unfinished(folder: Path, keys: Keys, project: str, *, younger_than_seconds: int) -> Path | None:
    """The newest that has asked the platform for something and has no end."""
    for path in sorted(folder.glob(PATTERN), reverse=True):
        try:
            entries = read(path.read_bytes(), keys)
        except Tampered:
            continue
        if not entries or entries[0].get("project") != project or find(entries, "end"):
            continue
        if keys.current and not is_signed(entries):
            # Whoever may write here may not choose for whoever has the key.
            continue
        age = now() - datetime.fromisoformat(entries[-1]["at"])
        if find(entries, "asking") and age.total_seconds() < younger_than_seconds:
            return path
    return None


def flush_name(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def now() -> datetime:
    return datetime.now(UTC)
