"""SQL cut into statements, by its quotes and comments alone. Pure; no grammar is known here.

Enough to say with which words a statement starts and on which line; what a statement does is for
a real parser to say.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

#: Possessive: a text of a few hundred kilobytes is read once, whatever is in it.
TOKEN = re.compile(
    r"""
      (?P<space>\s++)
    | (?P<comment>--[^\n]*+)
    | (?P<block>/\*)
    | (?P<escaped>[eE]'(?:[^'\\]++|\\.|'')*+(?P<escaped_end>')?)
    | (?P<string>'[^']*+(?P<string_end>')?)
    | (?P<name>"[^"]*+(?P<name_end>")?)
    | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
    | (?P<word>[^\W\d][\w$]*+)
    | (?P<other>[^\w\s'"$;()\\/-]++|.)
    """,
    re.VERBOSE | re.DOTALL,
)
BLOCK_EDGE = re.compile(r"/\*|\*/")


class Token(NamedTuple):
    """A tuple, because a text may have a hundred thousand."""

    kind: str
    text: str
    line: int
    #: False: the text ends inside this quote or comment.
    is_closed: bool = True


@dataclass(slots=True)
class Statement:
    """`words` are its keywords and plain names, in capitals; `line` is where it starts, from 1."""

    line: int
    words: list[str] = field(default_factory=list)
    #: Starts with a backslash: psql's own command, which no server understands.
    is_psql: bool = False

    def starts(self, *words: str) -> bool:
        return tuple(self.words[: len(words)]) == words


def tokens(text: str) -> Iterator[Token]:
    at, line = 0, 1
    while found := TOKEN.match(text, at):
        kind = found.lastgroup or "other"
        end, is_closed = end_of(text, found)
        yield Token(plain(kind), text[at:end], line, is_closed)
        line += text.count("\n", at, end)
        at = end


def plain(kind: str) -> str:
    """The kind of a quote is that of what it is, not of how it ends."""
    return kind.removesuffix("_end")


def end_of(text: str, found: re.Match[str]) -> tuple[int, bool]:
    """Where the token ends, and whether it does so by itself."""
    if found["block"]:
        return end_of_block(text, found.end())
    if tag := found["dollar"]:
        close = text.find(tag, found.end())
        return (close + len(tag), True) if close >= 0 else (len(text), False)
    for quote in ("escaped", "string", "name"):
        if found[quote]:
            return found.end(), found[f"{quote}_end"] is not None
    return found.end(), True


def end_of_block(text: str, at: int) -> tuple[int, bool]:
    """Comments of this kind hold others."""
    depth = 1
    while depth and (edge := BLOCK_EDGE.search(text, at)):
        depth += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return (at, True) if not depth else (len(text), False)


def statements(text: str) -> Iterator[Statement]:
    """Without empty ones. A semicolon in brackets or in a function's BEGIN ATOMIC ends none."""
    current: Statement | None = None
    brackets = bodies = 0
    for token in tokens(text):
        if token.kind in ("space", "comment", "block"):
            continue
        if token.text == ";" and not brackets and not bodies:
            if current is not None:
                yield current
            current, brackets, bodies = None, 0, 0
            continue
        current = current or Statement(token.line, is_psql=token.text == "\\")
        if token.kind == "word":
            current.words.append(token.text.upper())
            bodies = max(0, bodies + opened(current.words, inside=bodies > 0))
        brackets = max(0, brackets + {"(": 1, ")": -1}.get(token.text, 0))
    if current is not None:
        yield current


def opened(words: list[str], *, inside: bool) -> int:
    """1: the last word opens a body of several statements, or a CASE in it; -1: it ends one."""
    if words[-2:] == ["BEGIN", "ATOMIC"] and words[0] == "CREATE":
        return 1
    return {"CASE": 1, "END": -1}.get(words[-1], 0) if inside else 0


def unclosed(text: str) -> Token | None:
    """The quote or comment that the text ends in, if it does."""
    return next((token for token in tokens(text) if not token.is_closed), None)


def header(text: str) -> list[Token]:
    """The `--` comments before the first statement."""
    found = []
    for token in tokens(text):
        if token.kind == "comment":
            found.append(token)
        elif token.kind not in ("space", "block"):
            break
    return found
