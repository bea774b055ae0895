"""A migration's text as a release brings it: its bounds, its checksum, what its header promises.

Pure. Line ends are made one kind before a text is compared, kept or hashed: a checkout on Windows
must not look like a changed migration.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from lib.migrations.lexing import header, tokens

#: What a release may bring. The platform takes bodies of 4.5 MB; the rest is far more than a
#: year's migrations.
VERSIONS_AT_MOST = 2_000
TEXTS_AT_MOST = 200
TEXT_LIMIT_BYTES = 256 * 1024
BODY_LIMIT_BYTES = 4_500_000
#: Prisma's folder names are its versions, and may be this long.
VERSION_LENGTH = 255

BYTE_ORDER_MARK = "\ufeff"
MARK = re.compile(r"--\s*rollback:\s*(safe|irreversible)\b[\s:,-]*(.*)", re.IGNORECASE)

Marked = Literal["safe", "irreversible"]
Way = Literal["up", "down"]


def tidy(text: str) -> str:
    """Raises ValueError if it cannot be kept, saying why."""
    if "\x00" in text:
        raise ValueError("holds a NUL character, which Postgres cannot store")
    text = text.removeprefix(BYTE_ORDER_MARK).replace("\r\n", "\n")
    if (size := len(text.encode())) > TEXT_LIMIT_BYTES:
        raise ValueError(f"is {size:,} bytes long; at most {TEXT_LIMIT_BYTES:,} are kept")
    return text


Sql = Annotated[str, AfterValidator(tidy)]
OneLine = r"^[^\x00-\x1f\x7f]+$"
MigrationVersion = Annotated[
    str, StringConstraints(min_length=1, max_length=VERSION_LENGTH, pattern=OneLine)
]


class MigrationText(BaseModel):
    """One migration, `up` with the comments at the top of its file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: MigrationVersion
    name: Annotated[str, StringConstraints(max_length=VERSION_LENGTH, pattern=OneLine)]
    up: Sql
    #: None: nobody wrote one.
    down: Sql | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """`-- rollback: safe|irreversible <reason>` at the top of an up text: the author's word."""

    marked: Marked
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a text, at its own line, counted from 1."""

    version: str
    way: Way
    line: int
    sentence: str
    #: True: it cannot be recorded at all. False: one cannot go back past this version.
    is_refused: bool = True
    #: False, where it is not refused: a rollback passes it if a person chooses that.
    is_wall: bool = True


def newest_wall(findings: Sequence[Finding], versions: Sequence[str]) -> Finding | None:
    """Going back meets the newest first. `versions`: in order."""
    order = {version: number for number, version in enumerate(versions)}
    walls = [one for one in findings if one.is_wall and not one.is_refused]
    return max(walls, key=lambda one: order[one.version], default=None)


def said(wall: Finding) -> str:
    reason = wall.sentence.removesuffix(".")
    return f"This release cannot be rolled back past {wall.version}, because {reason}."


class Judge(Protocol):
    """Whether what a release brings can be undone. Pure; `migrations` in order."""

    def __call__(self, migrations: Sequence[MigrationText]) -> Sequence[Finding]: ...


def checksum(text: str) -> bytes:
    """SHA-256 of the text as it is kept."""
    return hashlib.sha256(text.encode()).digest()


def promises(up: str) -> list[Promise]:
    """Each that the header makes, also one without a reason; several contradict each other."""
    return [promise for token in header(up) if (promise := read_promise(token.text, token.line))]


def promise_of(up: str) -> Promise | None:
    """What is kept of it. A text with several is refused before."""
    return next(iter(promises(up)), None)


def late_promises(up: str) -> list[Promise]:
    """Those below the first statement, which nobody may rely on."""
    if len(MARK.findall(up)) == len(promises(up)):
        return []
    found = [
        promise
        for token in tokens(up)
        if token.kind == "comment" and (promise := read_promise(token.text, token.line))
    ]
    return found[len(promises(up)) :]


def read_promise(comment: str, line: int) -> Promise | None:
    found = MARK.match(comment)
    if found is None:
        return None
    marked: Marked = "safe" if found[1].lower() == "safe" else "irreversible"
    return Promise(marked, found[2].strip()[:500], line)
