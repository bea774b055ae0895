"""Break-glass against the simulated platform: nothing else is there for it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from dev.serving import Served, serve
from lib.audit.chain import Keys
from lib.breakglass import __main__ as command
from lib.breakglass import journal

ROOT = Path(__file__).parents[3]
KEY = "test:" + "k" * 32
KEYS = Keys.read(KEY)
SETTINGS = (
    *("VERCEL_TOKEN", "VERCEL_TEAM_ID", "VERCEL_API_URL", "APP_PROJECT_ID", "EDGE_URL"),
    *("ALIAS_PATTERN", "SWITCH_METHOD_PRODUCTION", "APP_PROTECTION_BYPASS_SECRET"),
    *("CONTROL_PLANE_URL", "CONTROL_PLANE_TOKEN", "BREAK_GLASS_KEYS", "BREAK_GLASS_BY"),
)
#: As somebody does who has made up their mind.
DECIDED = ("--yes", "--database-unknown-ok", "--reason", "All is down", "--by", "Ada")


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Glass:
    """The command, its settings, and the folder that it writes to."""

    variables: dict[str, str]
    folder: Path
    _run: object

    def __call__(self, *arguments: str, **variables: str) -> Done:
        return self._run([*arguments, "--journal", str(self.folder)], self.variables | variables)

    def start(self, *arguments: str, within: Sequence[str] = ()) -> subprocess.Popen[str]:
        """As a process of its own, which can be killed; `within`: what starts it."""
        return subprocess.Popen(
            [
                *within,
                sys.executable,
                "-m",
                "lib.breakglass",
                *arguments,
                "--journal",
                str(self.folder),
            ],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **self.variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def paths(self) -> list[Path]:
        return sorted(self.folder.glob(journal.PATTERN), key=lambda path: path.stat().st_mtime)

    def entries(self) -> list[journal.Entry]:
        """Of the newest journal, which is as it was written."""
        return journal.read(self.paths()[-1].read_bytes(), KEYS)

    def events(self) -> list[str]:
        return [entry["event"] for entry in self.entries()]

    def end(self) -> journal.Entry:
        found = journal.find(self.entries(), "end")
        assert found
        return found


@pytest.fixture(params=["alias", "instant"])
def method(request) -> str:
    return request.param


@pytest.fixture
def glass(platform, method, tmp_path, monkeypatch, capsys) -> Glass:
    variables = {
        "VERCEL_TOKEN": platform.config.token,
        "VERCEL_TEAM_ID": platform.config.team_id,
        "VERCEL_API_URL": platform.api_url,
        "APP_PROJECT_ID": platform.config.project_id,
        "EDGE_URL": platform.edge_url,
        "SWITCH_METHOD_PRODUCTION": method,
        "BREAK_GLASS_KEYS": KEY,
    }

    def run(arguments: list[str], told: dict[str, str]) -> Done:
        capsys.readouterr()
        with monkeypatch.context() as environment:
            for name in SETTINGS:
                environment.delenv(name, raising=False)
            for name, value in told.items():
                environment.setenv(name, value)
            try:
                code = command.main(arguments)
            except SystemExit as ended:
                code = ended.code
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    platform.clear_calls()
    return Glass(variables, tmp_path / "journals", run)


type Change = Callable[[Any], Any]


@dataclass
class Between:
    """Passes on what the platform is asked, and says something else where a test wants that."""

    platform_url: str
    #: By the end of a path: what is made of the platform's answer.
    changed: dict[str, Change] = field(default_factory=dict)
    #: By method and a part of the path: what is answered without asking the platform.
    refused: dict[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)
    served: Served | None = None

    @property
    def url(self) -> str:
        assert self.served
        return self.served.url

    async def answer(self, request: Request) -> JSONResponse:
        path = request.url.path
        for (method, part), (status, body) in self.refused.items():
            if request.method == method and part in path:
                return JSONResponse(body, status)
        async with httpx.AsyncClient(base_url=self.platform_url, trust_env=False) as http:
            answer = await http.request(
                request.method,
                path,
                params=dict(request.query_params),
                content=await request.body(),
                headers={"authorization": request.headers["authorization"]},
            )
        body = answer.json() if answer.content else {}
        for end, change in self.changed.items():
            if path.endswith(end) and answer.is_success and request.method == "GET":
                body = change(body)
        return JSONResponse(body, answer.status_code)


@pytest.fixture
def between(platform) -> Iterator[Between]:
    between = Between(platform.api_url)
    methods = ["GET", "POST", "PATCH", "DELETE"]
    between.served = serve(
        Starlette(routes=[Route("/{path:path}", between.answer, methods=methods)])
    )
    yield between
    between.served.stop()


@pytest.fixture
def live(platform):
    """What production's alias leads to."""
    return lambda: platform.state()["aliases"][platform.config.aliases.production]


@pytest.fixture
def writes(platform):
    """What the platform was asked to change production, in order."""

    def writes() -> list[str]:
        asked = [call for call in platform.calls() if call["method"] == "POST"]
        return [
            call["path"]
            for call in asked
            if "/rollback/" in call["path"] or "aliases" in call["path"]
        ]

    return writes
