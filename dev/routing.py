"""Decides where a request goes, from the routes that vercel.json compiles to.

Pure but for one question, which files exist. First the routes before the filesystem, then the
filesystem itself (static files and functions), then rewrites, then the error page.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from dev.vercel_json import Configuration, Route

HTTP_REDIRECT = range(300, 400)
NOT_FOUND = 404


@dataclass(frozen=True)
class Asked:
    """What of a request can decide its way; `path` is as sent, still percent-encoded."""

    host: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Invoke:
    """A function, by its file; it sees the path as asked, and the query with what was added."""

    function: str
    query: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Static:
    file: Path
    headers: Mapping[str, str]
    status: int = 200


@dataclass(frozen=True)
class Proxy:
    """Another origin, reached over the network."""

    host: str
    path: str
    query: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """A status alone: a redirect, or an error without a page."""

    status: int
    headers: Mapping[str, str]


type Outcome = Invoke | Static | Proxy | Answer


class Routing:
    """The decisions of one project: its configuration and its folder."""

    def __init__(self, root: Path, configuration: Configuration, functions: Iterable[str]) -> None:
        self._public = root / "public"
        self._clean_urls = configuration.clean_urls
        self._functions = {_url(file): file for file in functions}
        phases = _phases(configuration.routes)
        self._before, self._after, self._errors = (
            phases.get(name, []) for name in ("", "filesystem", "error")
        )

    def decide(self, asked: Asked) -> Outcome:
        way = _Way(asked)
        for route in self._before:
            if (outcome := way.follow(route)) is not None:
                return outcome
            if way.turned:
                break
        if (found := self._on_disk(way)) is not None:
            return found
        for route in self._after:
            if (outcome := way.follow(route)) is not None:
                return self._error(way, outcome)
            if way.turned and (found := self._on_disk(way)) is not None:
                return found
        return self._error(way, Answer(NOT_FOUND, way.headers))

    def _on_disk(self, way: "_Way") -> Outcome | None:
        if function := self._functions.get(way.path):
            return Invoke(function, way.query, way.headers)
        if file := self._static(way.path):
            return Static(file, way.headers)
        return None

    def _static(self, path: str) -> Path | None:
        asked = self._public / unquote(path).strip("/")
        candidates = [asked, asked / "index.html"]
        if self._clean_urls:
            candidates.insert(1, asked.with_name(f"{asked.name}.html"))
        public = self._public.resolve()
        for file in candidates:
            if file.is_file() and file.resolve().is_relative_to(public):
                return file
        return None

    def _error(self, way: "_Way", outcome: Outcome) -> Outcome:
        if not isinstance(outcome, Answer) or outcome.status != NOT_FOUND:
            return outcome
        for route in self._errors:
            if _expression(route).fullmatch(way.path) and (page := self._static(route["dest"])):
                return Static(page, way.headers, NOT_FOUND)
        return outcome


class _Way:
    """How far one request has come: where it points now and the headers met on the way."""

    def __init__(self, asked: Asked) -> None:
        self.path = asked.path
        self.query = asked.query
        self.headers: dict[str, str] = {}
        self.turned = False
        self._asked = asked

    def follow(self, route: Route) -> Outcome | None:
        """Take the route if it applies. None: go on, perhaps `turned` to another path."""
        self.turned = False
        match = _expression(route).match(self.path)
        if match is None:
            return None
        groups = _applies(route, self._asked)
        if groups is None:
            return None
        values = _values(match) | groups
        given = {name: _fill(value, values) for name, value in route.get("headers", {}).items()}
        if route.get("continue"):
            self.headers |= given
            return None
        if "dest" not in route:
            return Answer(route.get("status", 200), self.headers | given)
        self.headers |= given
        return self._turn(_fill(route["dest"], values))

    def _turn(self, destination: str) -> Proxy | None:
        path, _, added = destination.partition("?")
        query = "&".join(part for part in (self.query, added) if part)
        if external := re.fullmatch(r"https?://([^/]+)(/.*)?", path):
            return Proxy(external[1], external[2] or "/", query, self.headers)
        self.path, self.query, self.turned = path, query, True
        return None


def _url(file: str) -> str:
    return "/" + file.removesuffix(".py").removesuffix("/index")


def _phases(routes: Iterable[Route]) -> dict[str, list[Route]]:
    phases: dict[str, list[Route]] = {"": []}
    phase = ""
    for route in routes:
        if "handle" in route:
            phase = route["handle"]
            phases[phase] = []
        else:
            phases[phase].append(route)
    return phases


def _expression(route: Route) -> re.Pattern[str]:
    return _compiled(route["src"], case_sensitive=bool(route.get("caseSensitive")))


@lru_cache
def _compiled(source: str, *, case_sensitive: bool = False) -> re.Pattern[str]:
    """A JavaScript expression as Python writes it."""
    pythonic = re.sub(r"\(\?<(?![=!])", "(?P<", source)
    return re.compile(pythonic, 0 if case_sensitive else re.IGNORECASE)


def _applies(route: Route, asked: Asked) -> dict[str, str] | None:
    """The groups named in the route's conditions, or None if they do not hold."""
    groups: dict[str, str] = {}
    for condition in route.get("has", []):
        held = _holds(condition, asked)
        if held is None:
            return None
        groups |= held
    if any(_holds(condition, asked) is not None for condition in route.get("missing", [])):
        return None
    return groups


def _holds(condition: Mapping[str, Any], asked: Asked) -> dict[str, str] | None:
    value = _value(condition, asked)
    if value is None or "value" not in condition:
        return None if value is None else {}
    match = _compiled(condition["value"], case_sensitive=True).fullmatch(value)
    return None if match is None else _values(match)


def _value(condition: Mapping[str, Any], asked: Asked) -> str | None:
    key = condition.get("key", "")
    match condition["type"]:
        case "host":
            return asked.host
        case "header":
            return asked.headers.get(key.lower())
        case "cookie":
            return asked.cookies.get(key)
        case _:
            return next(iter(parse_qs(asked.query, keep_blank_values=True).get(key, [])), None)


def _values(match: re.Match[str]) -> dict[str, str]:
    numbered = {str(at): value or "" for at, value in enumerate(match.groups(), 1)}
    return numbered | {name: value or "" for name, value in match.groupdict().items()}


def _fill(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\$(\d+|[A-Za-z_]\w*)", lambda found: values.get(found[1], ""), text)
