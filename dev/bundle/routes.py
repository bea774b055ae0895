"""The compiled routes do what vercel.json means: which rule answers, with which headers.

Only what comes before the platform looks for files and functions is followed here: that is where
the front door's proxies and the headers have to be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dev.bundle.output import Build
from dev.bundle.problems import Problem

PUBLIC = "wedsync.example"
OWN = "wedsync-rollback.vercel.app"
LIVE, BLUE, GREEN = (
    f"https://{name}-wedsync.vercel.app" for name in ("production", "blue", "green")
)
DASHBOARD = "/admin/deployments"
EVERYWHERE = (
    "strict-transport-security",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
)
CSP = "content-security-policy"
CRON = {"path": "/api/cron/health_sweep", "schedule": "* * * * *"}

Route = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    host: str
    path: str
    header: dict[str, str] = field(default_factory=dict)
    cookie: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        pins = [*(f"header {v}" for v in self.header.values())]
        pins += [f"cookie {v}" for v in self.cookie.values()]
        return " ".join([f"https://{self.host}{self.path}", *pins])


@dataclass(frozen=True, slots=True)
class Fate:
    """Where a request goes before the platform looks for a file, and what headers it carries."""

    goes_to: str | None
    headers: dict[str, str]
    cached: bool = True


SLOT = "wedsync-slot"
EVALUATE = "/ofrep/v1/evaluate/flags/rsvp-emails"
PATHS = (
    *("/", "/timeline", "/api/health", "/api/rollback/trigger"),
    *(DASHBOARD, "/assets/app.js", EVALUATE),
)
EXPECTED: list[tuple[Ask, str | None]] = [
    *((Ask(PUBLIC, path), f"{LIVE}{path}") for path in PATHS),
    *((Ask(PUBLIC, path, header={SLOT: "blue"}), f"{BLUE}{path}") for path in PATHS),
    *((Ask(PUBLIC, path, header={SLOT: "green"}), f"{GREEN}{path}") for path in PATHS),
    *((Ask(PUBLIC, path, cookie={SLOT: "blue"}), f"{BLUE}{path}") for path in PATHS),
    *((Ask(PUBLIC, path, cookie={SLOT: "green"}), f"{GREEN}{path}") for path in PATHS),
    (Ask(PUBLIC, "/", header={SLOT: "red"}), f"{LIVE}/"),
    (Ask(OWN, "/"), DASHBOARD),
    (Ask(OWN, "/admin"), DASHBOARD),
    *((Ask(OWN, path, cookie={SLOT: "blue"}), None) for path in PATHS if path != "/"),
]


def check_routes(build: Build) -> list[Problem]:
    routes = before_files(build.routes)
    return [
        *wrong_ways(routes),
        *missing_headers(routes),
        *([] if CRON in build.crons else [Problem("crons", f"must hold {CRON}")]),
    ]


def wrong_ways(routes: list[Route]) -> Iterator[Problem]:
    for ask, expected in EXPECTED:
        fate = follow(routes, ask)
        if fate.goes_to != expected:
            yield Problem(f"routes, {ask}", f"goes to {fate.goes_to}, and must to {expected}")
        elif ask.host == PUBLIC and fate.cached:
            yield Problem(f"routes, {ask}", "may be cached: a page would outlive a switch")


def missing_headers(routes: list[Route]) -> Iterator[Problem]:
    for path in (DASHBOARD, "/assets/app.js", "/api/health"):
        headers = follow(routes, Ask(OWN, path)).headers
        for name in EVERYWHERE:
            if name not in headers:
                yield Problem(f"headers, {path}", f"{name} is not set before files are served")
        if (CSP in headers) != path.startswith("/admin/"):
            yield Problem(f"headers, {path}", f"{CSP} must be set under /admin/ and only there")


def before_files(routes: list[Route]) -> list[Route]:
    handles = (index for index, route in enumerate(routes) if "handle" in route)
    return routes[: next(handles, len(routes))]


def follow(routes: list[Route], ask: Ask) -> Fate:
    headers: dict[str, str] = {}
    for route in routes:
        match = re.match(route["src"], ask.path)
        if not match or not all(holds(condition, ask) for condition in route.get("has", [])):
            continue
        if not route.get("continue"):
            return Fate(goal(route, match), headers, route.get("respectOriginCacheControl", True))
        headers |= {key.lower(): value for key, value in route.get("headers", {}).items()}
    return Fate(None, headers)


def goal(route: Route, match: re.Match[str]) -> str | None:
    place = route.get("dest") or route.get("headers", {}).get("Location")
    return place and re.sub(r"\$(\d)", lambda group: match[int(group[1])] or "", place)


def holds(condition: dict[str, str], ask: Ask) -> bool:
    values = {"host": {"": ask.host}, "header": ask.header, "cookie": ask.cookie}
    value = values[condition["type"]].get(condition.get("key", ""))
    return value is not None and re.fullmatch(condition.get("value", ".*"), value) is not None
