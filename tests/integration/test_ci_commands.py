"""The commands for an app's CI, against the function that records."""

import asyncio
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import httpx
import psycopg
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from dev.ports import free_port
from dev.serving import serve
from lib.access.models import Role
from lib.access.store import AccessStore
from lib.migrations.sources import Source
from lib.migrations.texts import TEXT_LIMIT_BYTES
from lib.postgres import Database
from scripts import runner
from scripts.ci import annotation, tell

ROOT = Path(__file__).parents[2]
SHA = "a1b2c3d4e5" * 4
GOOD = "-- migrate:up\nCREATE TABLE a ();\n\n-- migrate:down\nDROP TABLE a;\n"
BAD = "-- migrate:up\nCREATE TABLE b ();\n\n-- migrate:down\nBEGIN;\nDROP TABLE b;\n"
MERGES = "-- rollback: irreversible it merges accounts\n" + GOOD


@pytest.fixture
def app(tmp_path):
    """An app's repository."""
    (tmp_path / "db/migrations").mkdir(parents=True)

    def write(name: str, text: str = GOOD) -> None:
        (tmp_path / "db/migrations" / name).write_text(text)

    write("20261101090000_create_a.sql")
    return write


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """As a runner would start it, in this process: another would take its time each time."""
    for name in ("GITHUB_ACTIONS", "GITHUB_WORKSPACE", "GITHUB_SHA", "CONTROL_PLANE_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    def run(module, *arguments, **variables):
        capsys.readouterr()
        with monkeypatch.context() as environment:
            for name, value in variables.items():
                environment.setenv(name, value)
            try:
                code = import_module(f"scripts.{module}").main(
                    ["--root", str(tmp_path), *arguments]
                )
            except SystemExit as ended:
                code = ended.code
        return Done(code, *capsys.readouterr())

    return run


@pytest.mark.parametrize("module", ["check_migrations", "record_release"])
def test_each_says_how_it_is_used(module):
    done = subprocess.run(
        [sys.executable, "-m", f"scripts.{module}", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0
    assert "Exit codes" in done.stdout


class TestCheck:
    def test_a_release_that_can_be_rolled_back(self, run, app):
        done = run("check_migrations")

        assert (done.returncode, done.stderr) == (0, "")
        assert "can be rolled back" in done.stdout

    def test_past_which_version_one_cannot_go_and_why(self, run, app):
        app("20261102090000_merge.sql", MERGES)
        app("20261103090000_more.sql")

        done = run("check_migrations")
        assert done.returncode == 1
        assert "db/migrations/20261102090000_merge.sql:1: 20261102090000" in done.stdout
        assert (
            "cannot be rolled back past 20261102090000, because its author says that it is"
            " irreversible: it merges accounts" in done.stdout
        )

    def test_what_was_really_dropped_is_a_wall_and_a_new_name_a_choice(self, run, app):
        app("20261102090000_rename.sql", "-- migrate:up\nALTER TABLE a RENAME TO b;\n")

        renamed = run("check_migrations")
        assert renamed.returncode == 0
        assert "warning: " in renamed.stdout
        assert "can be rolled back, if a person chooses it" in renamed.stdout

        app("20261103090000_drop.sql", "-- migrate:up\nALTER TABLE b DROP COLUMN note;\n")
        dropped = run("check_migrations")
        assert dropped.returncode == 1
        assert "20261103090000_drop.sql:2: 20261103090000: it drops b.note" in dropped.stdout
        assert "cannot be rolled back past 20261103090000, because it drops" in dropped.stdout

    def test_a_default_that_an_older_text_tells_can_be_set_again(self, run, app):
        app("20261102090000_b.sql", "-- migrate:up\nCREATE TABLE b (n int NOT NULL DEFAULT 7);\n")
        app(
            "20261103090000_plain.sql",
            "-- migrate:up\nALTER TABLE b ALTER COLUMN n DROP DEFAULT;\n",
        )

        assert run("check_migrations", "--after", "20261102090000").returncode == 0

    def test_of_several_the_newest_is_met_first(self, run, app):
        app("20261102090000_merge.sql", MERGES)
        app("20261103090000_merge.sql", MERGES)

        assert "past 20261103090000" in run("check_migrations").stdout

    def test_what_was_live_before_is_not_judged(self, run, app):
        app("20261102090000_merge.sql", MERGES)
        app("20261103090000_more.sql")

        assert run("check_migrations", "--after", "20261102090000").returncode == 0
        assert run("check_migrations", "--after", "20261101090000").returncode == 1
        unknown = run("check_migrations", "--after", "2026")
        assert (unknown.returncode, "version 2026" in unknown.stdout) == (2, True)

    def test_what_cannot_be_recorded_is_said_before(self, run, app):
        app("20261102090000_create_b.sql", BAD)

        done = run("check_migrations")
        assert done.returncode == 1
        assert "create_b.sql:5: 20261102090000: BEGIN" in done.stdout
        assert "cannot be recorded, because of 20261102090000" in done.stdout

    def test_a_text_that_is_too_large_to_keep_is_a_wall(self, run, app):
        app("20261102090000_large.sql", GOOD + "-" * TEXT_LIMIT_BYTES)

        done = run("check_migrations")
        assert done.returncode == 1
        assert "past 20261102090000, because its text is 262," in done.stdout

    @pytest.mark.parametrize(
        "arguments", [[], ["--tool", "prisma"], ["--folder", "nowhere"], ["--tool", "flyway"]]
    )
    def test_what_nobody_can_tell_is_no_verdict(self, run, arguments):
        done = run("check_migrations", *arguments)

        assert done.returncode == 2
        assert done.stdout + done.stderr

    def test_on_github_each_finding_is_at_its_line_of_the_change(self, run, app, tmp_path):
        app("20261102090000_create_b.sql", BAD)

        done = run(
            "check_migrations", GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(tmp_path.resolve())
        )
        at = "file=db/migrations/20261102090000_create_b.sql,line=5"
        assert f"::error {at}::20261102090000: BEGIN" in done.stdout

    def test_elsewhere_nothing_is_written_for_github(self, run, app):
        app("20261102090000_create_b.sql", BAD)

        assert "::error" not in run("check_migrations").stdout

    def test_a_name_that_is_no_text_is_told_all_the_same(self, run, tmp_path):
        folder = tmp_path / "prisma" / "migrations" / os.fsdecode(b"1_\xff")
        folder.mkdir(parents=True)
        (folder / "migration.sql").write_text("SELECT 1;")

        done = run("check_migrations", GITHUB_ACTIONS="true")
        assert done.returncode == 2
        assert "cannot be recorded" in done.stdout

    def test_a_text_cannot_give_the_runner_commands(self, capsys):
        tell("error", "a\n::stop-commands::x\r::debug::")

        assert capsys.readouterr().out == "error: a ::stop-commands::x ::debug::\n"
        line = annotation("error", "100 %\n::set-output::", Source(Path("/a:b,c\n.sql"), 0))

        assert line == "::error file=/a%3Ab%2Cc%0A.sql,line=1::100 %25%0A::set-output::"


@pytest.fixture
def address(database_url, tmp_path):
    """The function that records, on a port."""
    port = free_port()
    log = (tmp_path / "function.log").open("w")
    function = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "api.deployments:app", "--port", str(port)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": database_url},
        stdout=log,
        stderr=log,
    )
    deadline = time.monotonic() + 60
    while not answers(port):
        assert function.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    function.terminate()
    function.wait()
    log.close()


def answers(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}", trust_env=False).is_error
    except httpx.TransportError:
        return False


@pytest.fixture
def token(database_url):
    def token(role=Role.ADMIN):
        async def mint():
            database = Database(database_url)
            try:
                return await AccessStore(database).mint(
                    name="CI", role=role, by="test", lifetime=None
                )
            finally:
                await database.close()

        return asyncio.run(mint())

    return token


@pytest.fixture
def record_at(run):
    def record_at(url, *arguments, token="", **variables):
        return run(
            "record_release",
            *("--url", url, "--deployment", "dpl_1", "--sha", SHA),
            *arguments,
            **({"CONTROL_PLANE_TOKEN": token} if token else {}),
            **variables,
        )

    return record_at


@pytest.fixture
def record(record_at, address):
    return partial(record_at, address)


@pytest.fixture
def rows(database_url):
    def rows(query):
        with psycopg.connect(database_url) as connection:
            return connection.execute(query).fetchall()

    return rows


VERSIONS = "SELECT version FROM deployment_migrations ORDER BY position"
TEXTS = "SELECT version FROM migration_scripts ORDER BY version"


class TestRecord:
    def test_a_release_is_recorded_once_however_often(self, record, app, token, rows):
        app("20261102090000_create_b.sql")
        admin = token()

        first, second = record(token=admin), record(token=admin)
        assert (first.returncode, second.returncode) == (0, 0), first.stdout + first.stderr
        assert "2 migrations of dbmate" in first.stdout
        assert "new: 20261101090000, 20261102090000" in first.stdout
        assert "new: none" in second.stdout
        assert rows(VERSIONS) == rows(TEXTS) == [("20261101090000",), ("20261102090000",)]
        assert rows("SELECT db_migration_version FROM deployment_history") == [("20261102090000",)]

    def test_a_dry_run_says_it_and_asks_nobody(self, record_at, app):
        done = record_at("https://nowhere.invalid", "--dry-run")

        assert done.returncode == 0
        assert "dpl_1 for production: 1 migrations" in done.stdout

    def test_the_token_is_no_argument_and_must_be_there(self, record_at, app):
        done = record_at("https://nowhere.invalid")

        assert done.returncode == 2
        assert "CONTROL_PLANE_TOKEN is not set" in done.stdout

    def test_a_recorder_tells_the_list_alone(self, record, app, token, rows):
        recorder = token(Role.RECORDER)

        refused, told = record(token=recorder), record("--no-texts", token=recorder)
        assert (refused.returncode, told.returncode) == (1, 0)
        assert "may one day run on the app's database" in refused.stdout
        assert "without a text: 1 migrations, the newest 20261101090000" in told.stdout
        assert (rows(VERSIONS), rows(TEXTS)) == ([("20261101090000",)], [])

    def test_texts_of_long_ago_can_be_left_out(self, record, app, token, rows):
        app("20261101090000_create_a.sql", BAD)
        app("20261102090000_create_b.sql")
        admin = token()

        refused = record(token=admin)
        done = record("--after", "20261101090000", token=admin)
        assert (refused.returncode, done.returncode) == (1, 0)
        assert "create_a.sql:5: 20261101090000: BEGIN" in refused.stdout
        assert (len(rows(VERSIONS)), rows(TEXTS)) == (2, [("20261102090000",)])

    def test_what_does_not_fit_is_listed_and_said(self, record, app, token, rows):
        for number in range(2, 25):
            app(f"202611{number:02}090000_large.sql", GOOD + "-" * (TEXT_LIMIT_BYTES - 1000))

        done = record(token=token(), GITHUB_ACTIONS="true")
        assert done.returncode == 0, done.stdout[-2000:]
        assert len(rows(VERSIONS)) == 24
        assert 10 < len(rows(TEXTS)) < 20
        assert "::warning file=" in done.stdout
        assert "nobody can step back past it" in done.stdout

    def test_a_changed_text_is_refused_by_name(self, record, app, token):
        admin = token()
        record(token=admin)
        app("20261101090000_create_a.sql", GOOD.replace("a ()", "c ()"))

        done = record(token=admin, GITHUB_ACTIONS="true")
        assert done.returncode == 1
        assert "::error::The up text of migration 20261101090000 is not the one" in done.stdout

    @pytest.mark.parametrize("token_sent", ["wsr_unknown", "Bearer x", "é".encode().hex()])
    def test_a_token_that_nobody_knows_is_refused(self, record, app, token_sent):
        done = record(token=token_sent)

        assert done.returncode == 1
        assert "error: " in done.stdout

    @pytest.mark.parametrize(
        "arguments",
        [["--deployment", "v3"], ["--sha", "main"], ["--environment", "x"], ["--title", "a" * 300]],
    )
    def test_what_makes_no_sense_is_named(self, record_at, app, arguments):
        done = record_at("https://nowhere.invalid", *arguments, token="wsr_x")

        assert done.returncode == 2
        assert done.stdout + done.stderr

    @pytest.mark.parametrize("url", ["http://control.example", "control.example", "", "ftp://a"])
    def test_a_token_does_not_travel_in_the_open(self, record_at, app, url):
        done = record_at(url, token="wsr_x")

        assert done.returncode == 2
        assert "https://" in done.stderr

    def test_a_control_plane_that_is_away_for_a_moment_is_asked_again(self, record_at, app):
        asked = []

        async def answer(_):
            asked.append(1)
            return PlainTextResponse("later", 503)

        with serve(Starlette(routes=[Route("/api/deployments", answer, methods=["POST"])])) as away:
            done = record_at(away.url, token="wsr_x")
        gone = record_at(away.url, token="wsr_x")

        assert (done.returncode, gone.returncode, len(asked)) == (2, 2, 3)
        assert "answered 503: later" in done.stdout
        assert "does not answer" in gone.stdout


def test_a_job_that_worked_for_long_waits_for_the_control_plane_all_the_same(monkeypatch):
    """An app is deployed, and migrated, between two of its questions."""
    answers = iter([503, 200])

    async def answer(_):
        return JSONResponse({}, next(answers))

    monkeypatch.setenv(runner.TOKEN_VARIABLE, "wsr_x")
    with serve(Starlette(routes=[Route("/", answer)])) as there:
        control_plane = runner.ControlPlane(there.url, away_after_seconds=60)
        # Of this module alone: every server in this process lives by the same clock.
        later = SimpleNamespace(monotonic=lambda: time.monotonic() + 3600, sleep=time.sleep)
        monkeypatch.setattr(runner, "time", later)
        assert control_plane.ask("GET", "/") == {}


class TestASuccessThatIsNoAnswerOfOurs:
    """A proxy's own page, or another address."""

    @pytest.fixture(params=["<p>We will be back soon</p>", "[]", "[" * 100_000, ""])
    def strange(self, request):
        async def answer(_):
            return PlainTextResponse(request.param)

        routes = [Route("/{path:path}", answer, methods=["GET", "POST"])]
        with serve(Starlette(routes=routes)) as served:
            yield served.url

    def test_is_none_to_who_records(self, record_at, app, strange):
        done = record_at(strange, token="wsr_x")

        assert done.returncode == 2
        assert "answered 200, and not as a control plane does" in done.stdout

    @pytest.mark.parametrize("is_dry", ["true", "false"])
    def test_is_none_to_who_rolls_back_so_break_glass_is_next(self, strange, is_dry):
        told = {"CONTROL_PLANE_URL": strange, "CONTROL_PLANE_TOKEN": "wsr_x", "AWAY_SECONDS": "0"}
        done = subprocess.run(
            [sys.executable, "-m", "scripts.roll_back"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "REASON": "It is slow", "DRY_RUN": is_dry} | told,
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 4, done.stderr
        assert "and not as a control plane does" in done.stdout
        assert "VERCEL_TOKEN is not set for this job" in done.stderr
