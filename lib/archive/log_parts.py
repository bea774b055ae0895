"""A part of the audit log in the store, and the manifest that tells of it. Pure.

Parts follow each other: each manifest names the one before and its hash, so that none can be taken
out or exchanged without the next one speaking against it.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from lib.archive.models import MANIFEST, Content, Corrupted
from lib.audit.chain import START, Span

FORMAT = 1
DATA = ".jsonl.gz"
KEY = re.compile(r"\d{12,19}-\d{12,19}\.\d{1,19}\.json")


@dataclass(frozen=True, slots=True)
class Part:
    """Positions `first` to `last`, and the checkpoints up to the one that signs its end.

    None but a checkpoint where only the key was changed: `last` then comes before `first`.
    """

    key: str
    first: int
    last: int
    head: str  #: the link at `last`, hexadecimal
    checkpoint: int
    key_id: str
    hmac: str
    content: Content
    exported_at: datetime
    made_by: dict[str, str]
    #: What `verify` said when it was exported all the same.
    findings: tuple[str, ...] = ()
    previous: str = ""
    previous_sha256: str = ""

    @property
    def data_key(self) -> str:
        return self.key.removesuffix(MANIFEST) + DATA

    def written(self) -> bytes:
        facts = {"format": FORMAT, **asdict(self), "exported_at": self.exported_at.isoformat()}
        return json.dumps(facts, indent=2).encode()


@dataclass(frozen=True, slots=True)
class Reached:
    """Where the newest part ends, and what the next one says of it."""

    key: str = ""
    sha256: str = ""
    position: int = 0
    link: bytes = START
    checkpoint: int = 0

    def until(self, position: int, checkpoint: int) -> Span:
        return Span((self.position, position), (self.checkpoint, checkpoint))


NOTHING = Reached()


def reached(part: Part, written: bytes) -> Reached:
    return Reached(
        part.key, sha256_of(written), part.last, bytes.fromhex(part.head), part.checkpoint
    )


def sha256_of(written: bytes) -> str:
    return hashlib.sha256(written).hexdigest()


def part_key(first: int, last: int, checkpoint: int) -> str:
    return f"{first:012}-{last:012}.{checkpoint}{MANIFEST}"


def part_keys(keys: Iterable[str]) -> list[str]:
    """Of manifests, in the order in which they follow each other."""
    return sorted((key for key in keys if KEY.fullmatch(key)), key=order)


def order(key: str) -> tuple[int, int]:
    _, _, rest = key.partition("-")
    last, checkpoint, _ = rest.split(".")
    return int(last), int(checkpoint)


def read_part(key: str, written: bytes) -> Part:
    """Raises Corrupted."""
    try:
        facts: dict[str, Any] = json.loads(written)
        if facts.pop("format") != FORMAT:
            raise Corrupted(f"{key} is of another format: a newer version made it.")
        part = Part(
            **facts
            | {
                "content": Content(**facts["content"]),
                "exported_at": datetime.fromisoformat(facts["exported_at"]),
                "findings": tuple(facts["findings"]),
            }
        )
        bytes.fromhex(part.head)
        is_its_own = part.key == key == part_key(part.first, part.last, part.checkpoint)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Corrupted(f"{key} was changed: it is no manifest of the audit log.") from error
    if not is_its_own:
        raise Corrupted(f"{key} was changed: it is the manifest {part.key}.")
    return part
