"""The documents name what there is, and link to what there is."""

import os
import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from lib.alerts import NEWS
from lib.web.problems import NOT_ALLOWED, PROBLEMS, TYPE_BASE, UNEXPECTED

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page for places in ("*.md", ".github/*.md", "docs/**/*.md") for page in ROOT.glob(places)
)
LINK = re.compile(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)")
FOLDERS = "api|lib|public|migrations|dev|scripts|benchmarks|tests"
PATH = re.compile(rf"`((?:{FOLDERS})/[\w./\[\]-]*)`")
#: Files of the original specification, which README names too, and one that is still to be made.
THEIRS = (".ts", ".tsx", "YYYYMMDDHHMMSS_what_it_does.sql")
COMMANDS = [
    "lib.breakglass",
    "lib.health.backtest",
    "scripts.setup",
    *(
        f"scripts.{file.stem}"
        for file in sorted(ROOT.glob("scripts/*.py"))
        if '__name__ == "__main__"' in file.read_text()
    ),
]
COMMAND = re.compile(r"python -m ((?:scripts|lib|dev|benchmarks)(?:\.\w+)*)")


def test_every_problem_has_a_section_and_every_section_a_problem():
    page = (ROOT / "docs" / "problems.md").read_text()
    sections = set(re.findall(r"^## (.+)$", page, re.MULTILINE))
    assert sections == {one.slug for one in (*PROBLEMS.values(), NOT_ALLOWED, UNEXPECTED)}


def test_a_problem_says_the_status_that_is_sent():
    page = (ROOT / "docs" / "problems.md").read_text()
    said = dict(re.findall(r"^## (.+)\n\n\*\*(\d+)", page, re.MULTILINE))
    rows = (*PROBLEMS.values(), NOT_ALLOWED, UNEXPECTED)
    assert said == {one.slug: str(int(one.status)) for one in rows}


def test_the_type_of_a_problem_leads_to_its_page():
    assert TYPE_BASE.endswith("docs/problems.md#")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_paths_exist(page):
    text = page.read_text()
    linked = [page.parent / target if target else page for target, _ in LINK.findall(text)]
    named = [ROOT / path for path in PATH.findall(text) if not path.endswith(THEIRS)]
    assert [str(path) for path in (*linked, *named) if not path.exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_into_a_page_leads_to_a_heading_of_it(page):
    linked = [
        (page.parent / target if target else page, anchor)
        for target, anchor in LINK.findall(page.read_text())
        if anchor
    ]
    assert [anchor for other, anchor in linked if anchor not in headings(other)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_that_is_named_is_there(page):
    assert [one for one in COMMAND.findall(page.read_text()) if find_spec(one) is None] == []


def headings(page):
    """As GitHub makes anchors of them."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in found}


def test_each_alert_that_wakes_a_person_says_what_to_do():
    told, remedies = (ROOT / "docs" / "alerts.md").read_text().split("\n## What to do\n")
    wakes = dict(re.findall(r"^\| `(\w+)` \| .* \| (yes|no) \|$", told, re.MULTILINE))

    assert {kind for kind, answer in wakes.items() if answer == "no"} == NEWS
    assert sorted(re.findall(r"^\| `(\w+)` \|", remedies, re.MULTILINE)) == sorted(
        wakes.keys() - NEWS
    )


def test_ci_runs_the_commands_that_the_readme_names():
    readme = (ROOT / "README.md").read_text()
    commands = re.search(r"## Try it\n\n```sh\n(.*?)```", readme, re.DOTALL)
    checked = re.search(r"^check: ([a-z -]+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert commands[1].split("\n")[:2] == ["make dev", "make test"]
    assert "`make check` is what CI runs" in readme
    assert (ROOT / ".ci" / "run").read_text().endswith("\nmake check\n")
    assert {"test", "bundle"} <= set(checked[1].split())


@pytest.mark.parametrize("command", ["check_migrations", "record_release"])
def test_the_options_in_the_workflow_are_the_commands(command, capsys):
    page = (ROOT / "docs" / "migrations.md").read_text()
    [used] = re.findall(rf"python -m scripts\.{command} (--root .*(?:\n +--.*)?)", page)
    with pytest.raises(SystemExit):
        import_module(f"scripts.{command}").main(["--help"])
    assert set(re.findall(r"--[a-z-]+", used)) <= set(
        re.findall(r"--[a-z-]+", capsys.readouterr().out)
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_how_it_is_used_and_does_nothing(command):
    done = subprocess.run(
        [sys.executable, "-m", command, "--help"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ")


async def test_the_drop_in_for_an_app_in_python_names_its_deployment(monkeypatch):
    for name in ("KV_REST_API_URL", "STRIPE_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VERCEL_DEPLOYMENT_ID", "dpl_of_the_app")
    blocks = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "deploying.md").read_text(), re.DOTALL
    )
    module = {}
    exec(blocks[0], module)  # the code block is what is tested
    transport = httpx.ASGITransport(module["app"])
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        answer = await client.get("/api/health")
    body = answer.json()
    assert list(body) == ["api", "database", "redis", "stripe", "timestamp", "deployment_id"]
    assert (answer.status_code, body["api"], body["deployment_id"]) == (
        200,
        "healthy",
        "dpl_of_the_app",
    )
