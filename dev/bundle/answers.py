"""Each built function, started in the real runtime from nothing but its bundle, and asked.

The bundle alone: the interpreter sees no package of this checkout, so what the build left out
fails here as it would fail deployed.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from dev.bundle.output import HANDLER, Build, Function
from dev.bundle.problems import Problem
from dev.instance import FunctionFailed, Instance
from dev.ports import LOOPBACK

START = f"import {HANDLER.removesuffix('.py')}"
#: The Python that the build chose, which compiled packages are for; here it may be another one.
PYTHON = Path(".vercel/python/.venv/bin/python")
HEALTH_KEYS = {"api", "database", "redis", "stripe", "timestamp", "deployment_id"}
PROBLEM_KEYS = {"type", "title", "status"}
#: Set up just enough to load, with nothing to reach: every address refuses at once.
NOWHERE = f"http://{LOOPBACK}:9"
SETTINGS = {
    "DATABASE_URL": f"postgresql://nobody@{LOOPBACK}:9/none",
    "UPSTASH_REDIS_REST_URL": NOWHERE,
    "UPSTASH_REDIS_REST_TOKEN": "none",
    "VERCEL_API_URL": NOWHERE,
    "STRIPE_API_URL": NOWHERE,
    "EDGE_URL": NOWHERE,
}
ANSWER_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Answer:
    source: str
    status: int | None = None
    wrong: str = ""  #: empty: it answered as it should


async def ask_all(build: Build) -> list[Answer]:
    """One after the other: each start is a process that loads every package."""
    with tempfile.TemporaryDirectory(prefix="bundle-") as scratch:
        return [await ask(build, one, Path(scratch)) for one in build.functions]


async def ask(build: Build, function: Function, scratch: Path) -> Answer:
    folder = Path(tempfile.mkdtemp(dir=scratch))
    lay_out(build.tree, function, folder / "task")
    instance = Instance.start(
        function.source,
        env={**SETTINGS, **function.environment, "PATH": os.environ.get("PATH", os.defpath)},
        cwd=folder / "task",
        log=folder / "log",
        address=folder / "ipc",
        # Without site-packages: the bundle brings its own.
        program=(interpreter(build.tree), "-S", "-c", START),
    )
    try:
        await instance.wait_until_ready()
        return await request(instance, function)
    except (FunctionFailed, httpx.HTTPError) as error:
        return Answer(function.source, wrong=f"{type(error).__name__}: {error}".rstrip())
    finally:
        instance.close()


def interpreter(tree: Path) -> str:
    built_with = tree / PYTHON
    return str(built_with) if built_with.exists() else sys.executable


def lay_out(tree: Path, function: Function, folder: Path) -> None:
    """Put the files where the platform would, and its own start file beside them."""
    for name, origin in function.files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        link_or_copy(tree / origin, target)
    shutil.copy(function.folder / HANDLER, folder / HANDLER)


def link_or_copy(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:  # another file system
        shutil.copy2(source, target)


async def request(instance: Instance, function: Function) -> Answer:
    path = "/" + function.source.removesuffix(".py").replace("[id]", "unknown")
    headers = instance.begin(ANSWER_SECONDS)
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
        response = await client.get(instance.url + path, headers=headers)
    return Answer(function.source, response.status_code, wrong=verdict(function.source, response))


def verdict(source: str, response: httpx.Response) -> str:
    """Ours is the health report, or a problem that is not our own fault."""
    body = json_object(response)
    if source == "api/health.py":
        return "" if set(body) == HEALTH_KEYS else f"is no health report: {response.text[:200]}"
    if response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"fails: {response.text[:200]}"
    if response.is_success or body.keys() >= PROBLEM_KEYS:
        return ""
    return f"answers {response.status_code} with something that is not ours: {response.text[:200]}"


def json_object(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def unanswered(answers: list[Answer]) -> list[Problem]:
    return [Problem(one.source, one.wrong) for one in answers if one.wrong]


def answers_of(build: Build) -> list[Answer]:
    return asyncio.run(ask_all(build))
