"""What is in the functions, and what must not be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from dev.bundle.output import Build, Function, files_under
from dev.bundle.problems import Problem
from dev.bundle.tree import CANARY

SHIPPED = ("api", "lib", "migrations")
PACKAGES = "_vendor"
#: Where the build installs packages: nothing from the tree may pass for one.
INSTALLED = ".vercel/python/"
RUNTIME = "python"
#: Seconds. The sweep loops within its invocation; the trigger's work goes on after its answer.
DURATION = 30
DURATIONS = {
    "api/cron/health_sweep.py": 90,
    "api/rollback/trigger.py": 120,
    "api/operations.py": 120,
}
#: The most functions a deployment may have on every plan.
MOST_FUNCTIONS = 12


def check_contents(build: Build) -> list[Problem]:
    return [
        *undetected(build),
        *too_many(build.functions),
        *foreign_static(build),
        *leaked(build.tree),
        *(problem for function in build.functions for problem in check_function(build, function)),
    ]


def undetected(build: Build) -> Iterator[Problem]:
    """Of a file whose `app` is not a plain top-level name, the build says nothing at all."""
    made = {function.source for function in build.functions}
    for source in handlers(build.tree):
        if source not in made:
            yield Problem(
                source, "did not become a function: assign `app` at the top level, unconditionally"
            )


def handlers(tree: Path) -> list[str]:
    """Files under api/ that the platform is meant to serve: it skips names with `_` or `.`."""
    return sorted(
        f"api/{path}"
        for path in files_under(tree / "api")
        if path.endswith(".py") and not any(part[0] in "_." for part in PurePosixPath(path).parts)
    )


def too_many(functions: list[Function]) -> Iterator[Problem]:
    if len(functions) > MOST_FUNCTIONS:
        yield Problem("api/", f"{len(functions)} functions; {MOST_FUNCTIONS} are the most allowed")


def foreign_static(build: Build) -> Iterator[Problem]:
    """Without a public/ folder the build publishes the whole tree."""
    public = set(files_under(build.tree / "public"))
    for name in build.static:
        if name not in public:
            yield Problem(f"static/{name}", "is published, and is not in public/")


def leaked(tree: Path) -> Iterator[Problem]:
    """In whatever the build has made or installed."""
    for name in files_under(tree / ".vercel"):
        if CANARY.encode() in (tree / ".vercel" / name).read_bytes():
            yield Problem(f".vercel/{name}", "has a secret of the build's environment in it")


def check_function(build: Build, function: Function) -> Iterator[Problem]:
    yield from wrong_settings(build.tree, function)
    yield from forbidden(function)
    yield from missing(build.tree, function)


def wrong_settings(tree: Path, function: Function) -> Iterator[Problem]:
    seconds = DURATIONS.get(function.source, DURATION)
    if function.max_duration != seconds:
        yield Problem(
            function.source, f"maxDuration is {function.max_duration}, and must be {seconds}"
        )
    runtime = RUNTIME + (tree / ".python-version").read_text().strip()
    if function.runtime != runtime:
        yield Problem(function.source, f"runs on {function.runtime}, and must on {runtime}")


def forbidden(function: Function) -> Iterator[Problem]:
    for name, origin in function.files.items():
        parts = PurePosixPath(name).parts
        if parts[0] == PACKAGES and origin.startswith(INSTALLED):
            continue
        if parts[0] not in SHIPPED or any(part.startswith(".") for part in parts):
            yield Problem(
                function.source, f"ships {name}: narrow `excludeFiles` in vercel.json or move it"
            )


def missing(tree: Path, function: Function) -> Iterator[Problem]:
    for name in sorted(shipped(tree) - set(function.files)):
        yield Problem(function.source, f"lacks {name}: `excludeFiles` in vercel.json is too wide")


def shipped(tree: Path) -> set[str]:
    return {name for name in all_of(tree, SHIPPED) if "__pycache__" not in name}


def all_of(tree: Path, folders: Iterable[str]) -> Iterator[str]:
    for folder in folders:
        yield from (f"{folder}/{name}" for name in files_under(tree / folder))
