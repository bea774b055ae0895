"""Which requests are counted together. Pure: no I/O and no clock.

Every request is in the first stream, one that may write in the second, and each critical route is
one of its own: of a route with 2 % of the traffic, all may fail unseen in the total.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from lib.health.baseline import ALL

WRITES = "all writes"
#: Requests that were answered 4xx: told when their share changes, and never judged.
REFUSED = "refused requests"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_ROUTES = 8
ROUTE = re.compile(r"(?P<method>[A-Z]+|\*) (?P<path>/[!-~]*)")
#: A route's parameter, the rest of a path, or anything at all.
WILD = re.compile(r"\[\.\.\.[^\]/]+\]|\[[^\]/]+\]|\*")
#: Paths are the visitors' to choose: their places are remembered for so many.
REMEMBERED_PATHS = 4096


@dataclass(frozen=True, slots=True)
class Route:
    """`POST /api/vendors/[id]`: a method or `*`, and a path as the app's router writes it."""

    text: str
    method: str
    path: re.Pattern[str]

    def matches(self, method: str, path: str) -> bool:
        return self.method in {"*", method} and self.path.fullmatch(path) is not None


def read_route(text: str) -> Route:
    """Raises ValueError."""
    found = ROUTE.fullmatch(text)
    if found is None:
        raise ValueError("write a method and a path, such as `POST /api/vendors/[id]`")
    return Route(text, found["method"], path_pattern(found["path"]))


def path_pattern(text: str) -> re.Pattern[str]:
    """`[name]` stands for one segment, `[...name]` and `*` for any number."""
    parts, end = [], 0
    for wild in WILD.finditer(text):
        one_segment = wild[0].startswith("[") and not wild[0].startswith("[...")
        parts += [re.escape(text[end : wild.start()]), "[^/]+" if one_segment else ".*"]
        end = wild.end()
    return re.compile("".join([*parts, re.escape(text[end:])]), re.DOTALL)


class Streams:
    """The streams of one app, in order: all, writes, then each critical route.

    `names` are judged; what is counted besides is the last of `counted`.
    """

    def __init__(self, routes: tuple[str, ...] = (), excluded_paths: tuple[str, ...] = ()) -> None:
        self.routes = tuple(map(read_route, routes))
        self.excluded = tuple(map(path_pattern, excluded_paths))
        self.names = (ALL, WRITES, *routes)
        self.counted = (*self.names, REFUSED)
        #: Short, and a route's stays the same whatever other routes are named.
        self.keys = ("all", "writes", *map(short, routes), "refused")
        self.refused = 1 << len(self.names)
        self.place = lru_cache(REMEMBERED_PATHS)(self.find)

    def find(self, method: str, path: str) -> int:
        """A bit for each stream but the first, the lowest bit left free; -1: it does not count."""
        plain = path.partition("?")[0]
        if any(pattern.fullmatch(plain) for pattern in self.excluded):
            return -1
        bits = 0 if method in READING else 2
        for place, route in enumerate(self.routes, start=2):
            if route.matches(method, plain):
                bits |= 1 << place
        return bits


def short(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()
