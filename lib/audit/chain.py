"""What a place in the chain and a checkpoint are made of. Read by whoever has to check them by
other means: docs/audit.md says the same in words.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

#: What comes before the first link.
START = bytes(32)
#: A key of 32 random bytes, in hexadecimal or base64, is longer.
SHORTEST_SECRET = 32
KEY = re.compile(rf"([A-Za-z0-9._-]{{1,40}}):([!-+\--~]{{{SHORTEST_SECRET},}})")


def canonical(row: Mapping[str, str | None]) -> bytes:
    """JSON of the fields that are not empty, all strings, in the order of their names.

    What is empty is left out, so that a column which comes later changes no hash of before.
    """
    told = {name: value for name, value in row.items() if value is not None}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def hash_row(row: Mapping[str, str | None]) -> bytes:
    return hashlib.sha256(canonical(row)).digest()


def link(before: bytes, position: int, row_sha256: bytes) -> bytes:
    """`before`: the link at the position before."""
    return hashlib.sha256(before + position.to_bytes(8, "big", signed=True) + row_sha256).digest()


@dataclass(frozen=True, slots=True)
class Place:
    """One position of the chain. `row`: what stands in the log now; None: nothing does."""

    position: int
    audit_id: int
    row_sha256: bytes
    link: bytes
    row: Mapping[str, str | None] | None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The chain up to `position`, signed. Numbered, so that none can be taken out unnoticed."""

    number: int
    position: int
    link: bytes
    at: str
    key_id: str
    hmac: bytes = b""

    def signed_bytes(self) -> bytes:
        told = ["audit-checkpoint", self.number, self.position, self.link.hex()]
        return json.dumps([*told, self.at, self.key_id], separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Span:
    """Places and checkpoints: after the first number, up to the second."""

    places: tuple[int, int]
    checkpoints: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Keys:
    """By id; the first signs, all of them prove what they signed. Empty: nothing is signed."""

    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """`id:secret`, commas or line ends between them. Raises ValueError, which shows none."""
        parts = [part.strip() for part in re.split(r"[,\n]", text) if part.strip()]
        found = [KEY.fullmatch(part) for part in parts]
        pairs = [(match[1], match[2].encode()) for match in found if match]
        if len(pairs) < len(parts) or len(dict(pairs)) < len(pairs):
            raise ValueError(
                "write `id:secret`, commas between several, each id once, each secret of"
                f" {SHORTEST_SECRET} characters or more"
            )
        return cls(dict(pairs))

    @property
    def current(self) -> str | None:
        return next(iter(self.secrets), None)

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """Raises KeyError if its key is not here."""
        secret = self.secrets[checkpoint.key_id]
        return hmac.digest(secret, checkpoint.signed_bytes(), "sha256")

    def proves(self, checkpoint: Checkpoint) -> bool:
        """Raises KeyError if its key is not here."""
        return hmac.compare_digest(self.sign(checkpoint), checkpoint.hmac)
