"""A small build that is right in everything, made by hand, for each test to spoil."""

import json
from pathlib import Path
from typing import Any

import pytest

from dev.bundle import routes
from dev.bundle.output import Build, read_build

SOURCES = ("api/health.py", "api/cron/health_sweep.py", "api/rollback/status/[id].py")
STARLETTE = "_vendor/starlette-1.10.0.dist-info/METADATA"
REQUIREMENTS = """\
starlette==1.10.0 \\
    --hash=sha256:{good}
    # by hand
tzdata==2026.6 ; sys_platform == 'win32' \\
    --hash=sha256:{good}
""".format(good="a" * 64)
LOCK = """\
[[package]]
name = "starlette"
version = "1.10.0"
wheels = [{{ hash = "sha256:{digest}" }}]
"""


class Made:
    """The tree and the output of a build, as files."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree
        self.output = tree / ".vercel" / "output"

    def write(self, name: str, text: str = "") -> None:
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def function(self, source: str, **changes: Any) -> None:
        shipped = [*SOURCES, "lib/settings/__init__.py", "migrations/1.sql"]
        config = {
            "runtime": "python3.12",
            "maxDuration": 90 if "sweep" in source else 30,
            "filePathMap": {name: name for name in shipped}
            | {STARLETTE: f".vercel/python/.venv/site-packages/{STARLETTE}"},
        }
        folder = source.replace(".py", ".func")
        self.write(
            f".vercel/output/functions/{folder}/.vc-config.json", json.dumps(config | changes)
        )

    def configure(self, compiled: list[dict[str, Any]]) -> None:
        config = {"version": 3, "routes": compiled, "crons": [routes.CRON]}
        self.write(".vercel/output/config.json", json.dumps(config))

    def read(self) -> Build:
        return read_build(self.tree)


def front_door() -> list[dict[str, Any]]:
    slots = [(kind, slot) for kind in ("header", "cookie") for slot in ("blue", "green")]
    return [
        *(
            proxy(slot, {"type": kind, "key": "wedsync-slot", "value": slot})
            for kind, slot in slots
        ),
        proxy("production"),
    ]


def proxy(alias: str, *conditions: dict[str, str]) -> dict[str, Any]:
    return {
        "src": "^/(.*)$",
        "has": [{"type": "host", "value": routes.PUBLIC}, *conditions],
        "dest": f"https://{alias}-wedsync.vercel.app/$1",
        "respectOriginCacheControl": False,
    }


def dashboard() -> list[dict[str, Any]]:
    everywhere = dict.fromkeys(routes.EVERYWHERE, "set")
    return [
        {"src": "^/$", "headers": {"Location": routes.DASHBOARD}, "status": 307},
        {"src": "^/admin$", "headers": {"Location": routes.DASHBOARD}, "status": 307},
        {"src": "^/.*$", "headers": everywhere, "continue": True},
        {"src": "^/admin/.*$", "headers": {"Content-Security-Policy": "…"}, "continue": True},
    ]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path)
    for name in (
        *SOURCES,
        "lib/settings/__init__.py",
        "migrations/1.sql",
        "public/admin/deployments.html",
    ):
        made.write(name)
    for source in SOURCES:
        made.function(source)
    made.write(".vercel/output/static/admin/deployments.html")
    made.write(".python-version", "3.12\n")
    made.write("requirements.txt", REQUIREMENTS)
    made.write("uv.lock", LOCK.format(digest="a" * 64))
    made.configure([*front_door(), *dashboard(), {"handle": "filesystem"}])
    return made
