from pathlib import Path

import httpx
import pytest

from dev.bundle.answers import ask_all, verdict
from dev.bundle.output import HANDLER

SITE = Path(httpx.__file__).parents[1]
START = """\
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "_vendor"))
os.environ["__VC_HANDLER_MODULE_NAME"] = "api.health"
os.environ["__VC_HANDLER_ENTRYPOINT"] = "api/health.py"
os.environ["__VC_HANDLER_ENTRYPOINT_ABS"] = os.path.join(os.path.dirname(__file__), "api/health.py")
os.environ["__VC_HANDLER_VARIABLE_NAME"] = "app"
from vercel_runtime.vc_init import vc_handler
"""
REPORT = dict.fromkeys(
    ["api", "database", "redis", "stripe", "timestamp", "deployment_id"], "healthy"
)
HEALTH = f"""\
import json

async def app(scope, receive, send):
    headers = [(b"content-type", b"application/json")]
    await send({{"type": "http.response.start", "status": 200, "headers": headers}})
    await send({{"type": "http.response.body", "body": json.dumps({REPORT}).encode()}})
"""
PROBLEM = {"type": "…/not-found", "title": "Not found", "status": 404}


@pytest.fixture
def built(made):
    """A build whose health function is there for real, with the platform's runtime beside it."""
    for path in SITE.joinpath("vercel_runtime").rglob("*.py"):
        name = path.relative_to(SITE).as_posix()
        made.write(f".vercel/python/{name}", path.read_text())
    made.write("api/health.py", HEALTH)
    runtime = [
        p.relative_to(made.tree / ".vercel/python")
        for p in made.tree.rglob("*.py")
        if p.is_relative_to(made.tree / ".vercel/python")
    ]
    files = {f"_vendor/{name}": f".vercel/python/{name}" for name in runtime}
    made.function("api/health.py", filePathMap={"api/health.py": "api/health.py"} | files)
    made.write(f".vercel/output/functions/api/health.func/{HANDLER}", START)
    for other in ("api/cron/health_sweep.func", "api/rollback/status/[id].func"):
        (made.output / "functions" / other / ".vc-config.json").unlink()
    return made


async def test_a_built_function_answers_from_its_bundle_alone(built):
    (answer,) = await ask_all(built.read())
    assert (answer.source, answer.status, answer.wrong) == ("api/health.py", 200, "")


async def test_a_package_that_was_left_out_is_named(built):
    built.write("api/health.py", "import starlette\n" + HEALTH)
    (answer,) = await ask_all(built.read())
    assert "No module named 'starlette'" in answer.wrong


async def test_an_answer_that_is_no_report_is_shown(built):
    built.write("api/health.py", HEALTH.replace("deployment_id", "version"))
    (answer,) = await ask_all(built.read())
    assert answer.wrong.startswith("is no health report")


@pytest.mark.parametrize("status", [401, 404, 405, 503])
def test_a_problem_is_ours(status):
    assert verdict("api/session.py", httpx.Response(status, json=PROBLEM)) == ""


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(404, text="Not Found"),
        httpx.Response(500, json=PROBLEM | {"status": 500}),
        httpx.Response(502, json={"error": "bad gateway"}),
    ],
)
def test_another_error_is_not(response):
    assert verdict("api/session.py", response) != ""
