"""The files that migrations come from: each text knows its file and line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from lib.schema.texts import Finding, MigrationText, Way, tidy

NUMBERED = re.compile(r"(\d+)_?(.*)\.sql")


class CannotCollect(Exception):
    """The files are not as their tool writes them; `line` is 0 if it is about the whole file."""

    def __init__(self, message: str, file: Path | None = None, line: int = 0) -> None:
        super().__init__(f"{file}: {message}" if file else message)
        self.message = message
        self.file = file
        self.line = line


@dataclass(frozen=True, slots=True)
class Source:
    """Where a text came from: its first line is this line of the file."""

    file: Path
    line: int = 1


@dataclass(frozen=True, slots=True)
class Collected:
    """One migration. `text` None: it is too large to be kept, for the reason given."""

    version: str
    text: MigrationText | None
    up: Source
    down: Source | None = None
    too_large: str = ""

    def place(self, finding: Finding) -> Source:
        source = self.down if finding.way == "down" and self.down else self.up
        return Source(source.file, source.line + finding.line - 1)


def sql_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.sql") if not path.name.startswith("."))


def numbered_files(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """File, version, name. Others lie beside them, and the tools themselves pass those by."""
    for file in sql_files(folder):
        if found := NUMBERED.fullmatch(file.name):
            yield file, found[1], found[2] or found[1]


def whole_files(version: str, name: str, up: Path, down: Path | None) -> Collected:
    return migration(
        version,
        name,
        up=(read(up), Source(up)),
        down=(read(down), Source(down)) if down else None,
    )


def migration(
    version: str,
    name: str,
    *,
    up: tuple[str, Source],
    down: tuple[str, Source] | None,
) -> Collected:
    text, too_large = None, ""
    try:
        tidied: dict[Way, str | None] = {"up": tidy(up[0]), "down": tidy(down[0]) if down else None}
        text = MigrationText(version=version, name=name, **tidied)
    except ValidationError as error:
        raise CannotCollect(
            f"cannot be recorded: {error.errors()[0]['msg']}.", up[1].file
        ) from error
    except ValueError as error:
        too_large = str(error)
    return Collected(version, text, up[1], down[1] if down else None, too_large)


def read(file: Path) -> str:
    """Raises CannotCollect on anything but UTF-8."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise CannotCollect(f"cannot be read: {error.strerror}.", file) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CannotCollect("is not UTF-8. Save it as UTF-8.", file, line) from error
    if "\x00" in text:
        line = line_at(text, text.index("\x00"))
        raise CannotCollect("holds a NUL character. Save it as UTF-8.", file, line)
    return text.replace("\r\n", "\n")


def line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
