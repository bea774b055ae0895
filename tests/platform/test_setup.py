"""The set-up as code: never two of anything, whatever fails on the way, and then nothing to do."""

import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from dev.places import ROOT
from dev.serving import serve
from lib.deployments.check import NAME
from lib.settings import load
from scripts.setup.__main__ import main
from tests.waiting import PATIENCE_SECONDS, wait_until

NOTHING, FAILED, SOMETHING = 0, 1, 2
BASE = "https://control.example"
ROLLING = "/v1/projects/prj_wedsync/rolling-release/config"
STAGES = [{"targetPercentage": 20}, {"targetPercentage": 100}]
SECRETS = ("CRON_SECRET", "AUDIT_KEYS", "WEBHOOK_SECRET", "DRAIN_SECRET")
IMPATIENT_SECONDS = 3.0
WRITES = ("set-env", "create-webhook", "create-drain", "checks")


@pytest.fixture
def environment(platform):
    return {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "UPSTASH_REDIS_REST_URL": "http://127.0.0.1:1",
        "UPSTASH_REDIS_REST_TOKEN": "token",
        "VERCEL_API_URL": platform.api_url,
        "VERCEL_TOKEN": "localtoken",
        "VERCEL_TEAM_ID": "team_wedsync",
        "VERCEL_PROJECT_ID": "prj_rollback",
        "APP_PROJECT_ID": "prj_wedsync",
        "CONTROL_PLANE_URL": BASE,
    }


@pytest.fixture
def setup(environment, monkeypatch, capsys):
    """Run it to its end; its exit code and what it said."""
    monkeypatch.setattr("lib.vercel.client.TIMEOUT", httpx.Timeout(PATIENCE_SECONDS))
    monkeypatch.setattr("scripts.setup.__main__.WAIT_SECONDS", 0)
    monkeypatch.setattr("sys.stdin", io.StringIO())

    def setup(*words, **more):
        variables = load(environment | more)
        monkeypatch.setattr("scripts.setup.__main__.settings", lambda: variables)
        code = main([*words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return setup


@pytest.fixture
def impatient(setup, monkeypatch):
    """Where an answer does not come: all others have that long."""
    monkeypatch.setattr("lib.vercel.client.TIMEOUT", httpx.Timeout(IMPATIENT_SECONDS))


@pytest.fixture
def begin(environment):
    """Run it as a process of its own, to be killed."""

    def begin(*words):
        return subprocess.Popen(
            [sys.executable, "-m", "scripts.setup", *words],
            cwd=ROOT,
            env=environment | {"PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    return begin


@pytest.fixture
def is_whole(platform, setup, api):
    """One of each, each with its own secret stored, and nothing to do."""

    def is_whole():
        state = platform.state()
        [hook], [drain] = state["webhooks"], state["drains"]
        checks = api.get("/v2/projects/prj_wedsync/checks").json()["checks"]
        [check] = [one for one in checks if one["name"] == NAME]
        variables = state["control_variables"]
        assert variables["WEBHOOK_SECRET"] == hook["secret"]
        assert variables["DRAIN_SECRET"] == drain["order"]["delivery"]["secret"]
        assert variables["DEPLOYMENT_CHECK_ID"] == check["id"]
        assert check["source"]["webhookId"] == hook["id"]
        code, said = setup("plan")
        assert (code, "Nothing to do." in said) == (NOTHING, True), said
        return True

    return is_whole


def test_the_plan_shows_and_changes_nothing(setup, platform):
    before = platform.state()
    code, said = setup("plan")

    assert code == SOMETHING
    assert "CRON_SECRET" in said
    assert f"none  ->  {BASE}/api/webhooks/vercel" in said
    assert platform.state() == before


def test_apply_makes_everything_once(setup, platform, is_whole):
    code, said = setup("apply", "--yes")

    assert code == NOTHING, said
    assert is_whole()
    before = platform.state()
    assert setup("apply", "--yes")[0] == NOTHING
    assert platform.state() == before


def test_no_secret_is_ever_shown(setup, platform):
    _, said = setup("apply", "--yes")
    _, again = setup("plan")

    variables = platform.state()["control_variables"]
    for name in SECRETS:
        assert variables[name]
        assert variables[name].rpartition(":")[2] not in said + again


def test_it_asks_first(setup, platform):
    code, said = setup("apply")

    assert code == FAILED
    assert "--yes" in said
    assert platform.state()["webhooks"] == []


@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize("fault", ["429", "500", "500-after-applying"])
def test_a_platform_that_fails_is_asked_again(setup, platform, is_whole, fault, call):
    platform.fault(fault, call=call, retry_after=0)
    code, said = setup("apply", "--yes")

    assert code == NOTHING, said
    assert is_whole()


@pytest.mark.parametrize("call", ["create-webhook", "create-drain", "set-env"])
@pytest.mark.parametrize("fault", ["hang", "timeout-after-applying"])
@pytest.mark.usefixtures("impatient")
def test_an_answer_that_never_comes_makes_no_second_one(setup, platform, is_whole, fault, call):
    platform.fault(fault, call=call)
    code, said = setup("apply", "--yes")

    assert code == NOTHING, said
    assert is_whole()


@pytest.mark.parametrize("number", [4, 5, 6], ids=["drain", "webhook", "check"])
@pytest.mark.parametrize("fault", ["hang", "timeout-after-applying"])
def test_killed_while_what_belongs_to_it_is_stored_the_next_run_mends_it(
    begin, setup, platform, is_whole, fault, number
):
    platform.fault("slow", call="set-env", seconds=0, times=number - 1)
    platform.fault(fault, call="set-env", seconds=PATIENCE_SECONDS)
    process = begin("apply", "--yes")
    wait_until(
        lambda: any(is_open(call) for call in platform.calls()) or process.poll() is not None
    )
    assert process.poll() is None
    process.kill()
    process.wait()
    platform.clear_faults()

    code, said = setup("apply", "--yes")
    assert code == NOTHING, said
    assert is_whole()


def is_open(call):
    return call["status"] is None and call["method"] == "POST" and call["path"].endswith("/env")


def test_three_at_once_leave_one_of_each(setup, is_whole):
    with ThreadPoolExecutor(3) as pool:
        ended = [*pool.map(lambda _: setup("apply", "--yes")[0], range(3))]

    assert NOTHING in ended
    assert setup("apply", "--yes")[0] == NOTHING
    assert is_whole()


def test_a_second_webhook_that_somebody_made_is_deleted(setup, api, platform, is_whole):
    setup("apply", "--yes")
    order = {"url": f"{BASE}/api/webhooks/vercel", "events": ["deployment.created"]}
    api.post("/v1/webhooks", json=order)
    api.post("/v1/webhooks", json=order | {"url": "https://elsewhere.example/hook"})

    code, said = setup("plan")
    assert (code, "2 of them  ->  one of them" in said) == (SOMETHING, True), said
    setup("apply", "--yes")
    urls = [hook["url"] for hook in platform.state()["webhooks"]]
    assert sorted(urls) == [order["url"], "https://elsewhere.example/hook"]


def test_what_was_set_up_by_hand_is_taken_as_it_is(setup, api, platform):
    setup("apply", "--yes")
    hook = platform.state()["webhooks"][0]
    body = {"key": "WEBHOOK_SECRET", "value": hook["secret"], "type": "sensitive", "comment": ""}
    params = {"teamId": "team_wedsync", "upsert": "true"}
    api.post("/v10/projects/prj_rollback/env", json=body, params=params)

    assert setup("plan")[0] == NOTHING


def test_a_preview_variable_is_not_productions(setup, api, platform):
    """Of the same name: it is neither taken for ours, nor changed where the platform has both."""
    body = {"key": "CRON_SECRET", "value": "x", "type": "sensitive", "target": ["preview"]}
    params = {"teamId": "team_wedsync"}
    assert api.post("/v10/projects/prj_rollback/env", json=body, params=params).is_success

    code, said = setup("plan")

    assert code == SOMETHING
    assert "CRON_SECRET" in [line.split()[1] for line in said.splitlines() if line[0] == "~"]


def test_an_answer_that_repeats_a_secret_is_not_shown(setup):
    told = []

    async def answer(request):
        if request.method == "GET":
            found = {"envs": [], "drains": [], "checks": []}
            return JSONResponse([] if request.url.path == "/v1/webhooks" else found)
        told.append((await request.json())["value"])
        return JSONResponse({"error": {"message": f"{told[-1]} is no value"}}, 400)

    route = Route("/{path:path}", answer, methods=["GET", "POST"])
    with serve(Starlette(routes=[route])) as served:
        code, said = setup("apply", "--yes", VERCEL_API_URL=served.url)

    assert (code, "is no value" in said) == (FAILED, True), said
    assert told[0] not in said


def test_a_drain_that_differs_is_changed_and_keeps_its_secret(setup, platform):
    setup("apply", "--yes")
    [before] = platform.state()["drains"]

    assert setup("plan", DRAIN_SAMPLING="0.1")[0] == SOMETHING
    assert setup("apply", "--yes", DRAIN_SAMPLING="0.1")[0] == NOTHING
    [after] = platform.state()["drains"]
    assert (after["id"], after["order"]["sampling"][0]["rate"]) == (before["id"], 0.1)
    assert after["order"]["delivery"] == before["order"]["delivery"]
    assert setup("plan", DRAIN_SAMPLING="0.1")[0] == NOTHING


def test_a_platform_that_refuses_is_quoted(setup):
    code, said = setup("plan", VERCEL_TOKEN="another")

    assert code == FAILED
    assert "403" in said


def test_what_is_missing_is_named(setup):
    code, said = setup("plan", APP_PROJECT_ID="", CONTROL_PLANE_URL="")

    assert code == FAILED
    assert "APP_PROJECT_ID, CONTROL_PLANE_URL" in said


class TestGate:
    @pytest.fixture(autouse=True)
    def rolls(self, api):
        api.patch(ROLLING, json={"enabled": True, "stages": STAGES})

    @pytest.fixture
    def gated(self, api):
        return lambda: api.get(ROLLING).json()["rollingRelease"]

    def test_it_runs_dry_first_and_then_acts(self, setup, gated):
        code, said = setup("apply", "--yes", ROLLING_RELEASE_GATE="rollback")
        assert (code, "dry-run first" in said) == (FAILED, True), said

        for mode, is_dry in (("dry-run", True), ("rollback", False)):
            code, said = setup("apply", "--yes", ROLLING_RELEASE_GATE=mode)
            assert code == NOTHING, said
            assert gated()["gate"]["dryRun"] is is_dry
            assert [one["targetPercentage"] for one in gated()["stages"]] == [20, 100]
            assert setup("plan", ROLLING_RELEASE_GATE=mode)[0] == NOTHING

    def test_unset_it_is_left_alone(self, setup, gated):
        setup("apply", "--yes", ROLLING_RELEASE_GATE="dry-run")
        before = gated()

        assert setup("plan")[0] == NOTHING
        assert gated() == before

    def test_off_turns_it_off(self, setup, gated):
        setup("apply", "--yes", ROLLING_RELEASE_GATE="dry-run")
        setup("apply", "--yes", ROLLING_RELEASE_GATE="off")

        assert gated()["gate"]["enabled"] is False
        assert setup("plan", ROLLING_RELEASE_GATE="off")[0] == NOTHING

    def test_without_rolling_releases_it_says_so(self, setup, api):
        api.patch(ROLLING, json={"enabled": False})
        code, said = setup("plan", ROLLING_RELEASE_GATE="dry-run")

        assert (code, "vercel rolling-release configure" in said) == (FAILED, True), said
