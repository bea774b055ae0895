"""Reads vercel.json and compiles it to the flat list of routes that the platform works from.

The list is the one `vercel build` writes to `.vercel/output/config.json` (CLI 64.0.2), entry by
entry; a test holds a captured build against it.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: What decides nothing about routes, or is read elsewhere in this module.
ELSEWHERE = {"$schema", "framework", "functions", "crons", "git", "regions", "buildCommand"}
ELSEWHERE |= {"installCommand", "outputDirectory", "public", "github"}
ROUTING = {"cleanUrls", "routes", "redirects", "headers", "rewrites"}
#: The platform's own limit where the file names none (https://vercel.com/docs/functions/limitations,
#: read 2026-11-22).
DEFAULT_SECONDS = 300
SEGMENT = r"[^/]+?"
PARAMETER = re.compile(r"/:(?P<name>\w+)(?P<pattern>\((?:\\.|[^()\\])+\))?(?P<many>\*)?")

type Route = dict[str, Any]


class NotUnderstood(Exception):
    """vercel.json says something that this router cannot do as the platform would."""


@dataclass(frozen=True)
class Cron:
    path: str
    schedule: str


@dataclass(frozen=True)
class Configuration:
    """What vercel.json declares, together with the functions and files it is about."""

    routes: list[Route]
    crons: list[Cron]
    durations: dict[str, int]
    clean_urls: bool

    def seconds(self, function: str) -> int:
        """How long one invocation of `function` (`api/health.py`) may take.

        Of several patterns that match, the first counts.
        """
        matching = (s for glob, s in self.durations.items() if _glob(glob).fullmatch(function))
        return next(matching, DEFAULT_SECONDS)


def read(root: Path) -> Configuration:
    """The configuration of the project in `root`. Raises NotUnderstood."""
    declared = json.loads((root / "vercel.json").read_text())
    if unknown := set(declared) - ELSEWHERE - ROUTING:
        raise NotUnderstood(f"vercel.json: this router does not know {', '.join(sorted(unknown))}.")
    return Configuration(
        routes=compile_routes(declared, functions(root)),
        crons=[Cron(cron["path"], cron["schedule"]) for cron in declared.get("crons", [])],
        durations={
            glob: settings["maxDuration"]
            for glob, settings in declared.get("functions", {}).items()
            if "maxDuration" in settings
        },
        clean_urls=bool(declared.get("cleanUrls")),
    )


def functions(root: Path) -> list[str]:
    """The files under api/ that become functions, as paths from `root`."""
    files = (path.relative_to(root).as_posix() for path in (root / "api").rglob("*.py"))
    return sorted(file for file in files if "/_" not in file and "/." not in file)


def compile_routes(declared: Mapping[str, Any], files: Iterable[str]) -> list[Route]:
    return [
        *(_clean_urls() if declared.get("cleanUrls") else []),
        *(_route(route) for route in declared.get("routes", [])),
        *(_redirect(redirect) for redirect in declared.get("redirects", [])),
        *(_header(header) for header in declared.get("headers", [])),
        *_function_extensions(),
        {"handle": "filesystem"},
        *(_rewrite(rewrite) for rewrite in declared.get("rewrites", [])),
        *(_dynamic(file) for file in files if "[" in file),
        {"src": "^/api(/.*)?$", "status": 404},
        {"handle": "error"},
        {"status": 404, "src": "^(?!/api).*$", "dest": "/404"},
    ]


def _clean_urls() -> list[Route]:
    return [
        {
            "src": r"^/(?:(.+)/)?index(?:\.html)?/?$",
            "headers": {"Location": "/$1"},
            "status": 308,
        },
        {"src": r"^/(.*)\.html/?$", "headers": {"Location": "/$1"}, "status": 308},
    ]


def _function_extensions() -> list[Route]:
    return [
        {
            "src": r"^/(api(?:.+)?)/index(?:\.(?:py))?/?$",
            "headers": {"Location": "/$1"},
            "status": 308,
        },
        {"src": r"^/api/(.+)(?:\.(?:py))/?$", "headers": {"Location": "/api/$1"}, "status": 308},
    ]


def _route(route: Mapping[str, Any]) -> Route:
    if "handle" in route:
        raise NotUnderstood(
            "vercel.json: a `handle` entry in `routes` moves every `headers` entry behind the "
            "filesystem, where static files miss them. Leave it out."
        )
    return {**route, "src": f"^{route['src'].removeprefix('^').removesuffix('$')}$"}


def _redirect(redirect: Mapping[str, Any]) -> Route:
    pattern, names = _pattern(redirect["source"])
    permanent = 308 if redirect.get("permanent", True) else 307
    return {
        "src": pattern,
        "headers": {"Location": _destination(redirect["destination"], names)},
        "status": redirect.get("statusCode", permanent),
        **_conditions(redirect),
    }


def _header(header: Mapping[str, Any]) -> Route:
    pattern, _ = _pattern(header["source"])
    return {
        "src": pattern,
        "headers": {item["key"]: item["value"] for item in header["headers"]},
        "continue": True,
        **_conditions(header),
    }


def _rewrite(rewrite: Mapping[str, Any]) -> Route:
    pattern, names = _pattern(rewrite["source"])
    destination = _destination(rewrite["destination"], names)
    if names and destination == rewrite["destination"]:
        # Nothing of the path was used in the destination: the platform passes all of it on.
        joint = "&" if "?" in destination else "?"
        destination += joint + "&".join(f"{name}=${at}" for at, name in enumerate(names, 1))
    return {"src": pattern, "dest": destination, "check": True, **_conditions(rewrite)}


def _conditions(entry: Mapping[str, Any]) -> Route:
    return {kind: entry[kind] for kind in ("has", "missing") if kind in entry}


def _dynamic(file: str) -> Route:
    """The route of `api/things/[id].py`: the path stays, the parameter joins the query."""
    path = "/" + file.removesuffix(".py").removesuffix("/index")
    names = re.findall(r"\[(\w+)\]", path)
    pattern = re.sub(r"\[\w+\]", "([^/]+)", path)
    query = "&".join(f"{name}=${at}" for at, name in enumerate(names, 1))
    return {"src": f"^{pattern}$", "dest": f"{path}?{query}", "check": True}


def _pattern(source: str) -> tuple[str, list[str]]:
    """The regular expression of a `source` and the names of its groups, in order."""
    if source == "/(.*)":
        return "^(?:/(.*))$", []
    names: list[str] = []

    def group(found: re.Match[str]) -> str:
        names.append(found["name"])
        inside = (found["pattern"] or f"({SEGMENT})")[1:-1]
        if found["many"]:
            return f"(?:/((?:{inside})(?:/(?:{inside}))*))?"
        return f"(?:/({inside}))"

    return f"^{PARAMETER.sub(group, source)}$", names


def _destination(destination: str, names: list[str]) -> str:
    def group(found: re.Match[str]) -> str:
        name = found[1]
        return f"${names.index(name) + 1}" if name in names else f"${name}"

    return re.sub(r":([A-Za-z_]\w*)\*?", group, destination)


def _glob(glob: str) -> re.Pattern[str]:
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    split = re.split(r"(\*\*/|\*\*|\*)", glob)
    return re.compile("".join(parts.get(part, re.escape(part)) for part in split))
