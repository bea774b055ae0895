"""The platform as a process: what it says, what it remembers, what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from dev.ports import free_port
from tests.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parent.parent.parent
PRODUCTION = "production-wedsync.vercel.app"


@pytest.fixture
def address():
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def begin(tmp_path, database_url, address, eventually):
    """Starts `python -m dev.platform`; whatever is left of it is ended after the test."""
    begun = []
    settings = {
        "api_port": int(address.rpartition(":")[2]),
        "data_dir": str(tmp_path / "data"),
        "token": "localtoken",
        "app_database_url": database_url,
        "function_seconds": PATIENCE_SECONDS,
    }

    def begin(**more):
        (tmp_path / "config.json").write_text(json.dumps({**settings, **more}))
        process = subprocess.Popen(
            [sys.executable, "-m", "dev.platform", "--config", tmp_path / "config.json"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


@pytest.fixture
def control(address, eventually):
    def control(method, what, **body):
        answer = httpx.request(
            method,
            f"{address}/_dev/{what}",
            json=body or None,
            headers={"authorization": "Bearer localtoken"},
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        )
        return answer.json() if answer.is_success else answer.status_code

    return control


@pytest.fixture
def edge():
    """Reads the edge's address from the process's first line."""

    def edge(process):
        return process.stdout.readline().split()[-1]

    return edge


def serving(address):
    answer = httpx.get(
        f"{address}/api/health",
        headers={"host": PRODUCTION},
        timeout=PATIENCE_SECONDS,
        trust_env=False,
    )
    return answer.json()["deployment_id"]


def test_it_says_what_happens_in_plain_words(begin, control, edge):
    process = begin()
    edge(process)
    control("POST", "releases", version="good")
    bad = control("POST", "releases", version="crash")

    assert "is live on production" in process.stdout.readline()
    assert process.stdout.readline() == f"v2 ({bad['sha'][:7]}, crash) is live on production\n"


def test_it_remembers_after_a_crash(begin, control, edge):
    first = begin()
    edge(first)
    v1 = control("POST", "releases", version="good")
    first.kill()
    first.wait()

    second = begin()
    assert serving(edge(second)) == v1["id"]


def test_a_rollback_goes_on_after_a_crash(begin, control, edge, address, eventually):
    first = begin(job_step_seconds=3600)
    edge(first)
    v1 = control("POST", "releases", version="good")
    control("POST", "releases", version="good-2")
    accepted = httpx.post(
        f"{address}/v1/projects/prj_wedsync/rollback/{v1['id']}",
        params={"teamId": "team_wedsync"},
        headers={"authorization": "Bearer localtoken"},
        timeout=PATIENCE_SECONDS,
        trust_env=False,
    )
    first.kill()
    first.wait()

    edge(begin(job_step_seconds=0.01))
    assert accepted.status_code == 201
    eventually(lambda: control("GET", "state")["aliases"][PRODUCTION] == v1["id"])


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_its_deployments_end_with_it(begin, control, edge, eventually, how):
    process = begin()
    at = edge(process)
    control("POST", "releases", version="good")
    serving(at)
    children = psutil.Process(process.pid).children(recursive=True)

    os.kill(process.pid, how)
    process.wait(PATIENCE_SECONDS)

    assert children
    eventually(lambda: not any(child.is_running() for child in children))


def test_controls_need_the_token(begin, edge, address):
    edge(begin())

    assert (
        httpx.get(f"{address}/_dev/state", timeout=PATIENCE_SECONDS, trust_env=False).status_code
        == 401
    )


def test_controls_refuse_what_they_do_not_know(begin, control, edge):
    edge(begin())

    assert control("POST", "releases", version="unheard-of") == 422
    assert control("POST", "faults", name="gremlins") == 422
    assert control("POST", "restore", name="never") == 404
    assert control("GET", "nothing") == 404


def test_snapshots_and_faults_are_there_over_http(begin, control, edge):
    edge(begin())
    control("POST", "releases", version="good")
    control("POST", "snapshot")
    control("POST", "releases", version="good-2")
    control("POST", "faults", name="500", times=3)
    control("POST", "restore")

    state = control("GET", "state")
    assert [each["version"] for each in state["deployments"]] == ["good"]
    assert state["faults"] == []
    assert len(control("GET", "alias_moves")) == 1
    assert control("GET", "calls") == []


def test_a_bad_config_is_named(tmp_path):
    (tmp_path / "config.json").write_text('{"tokn": "x"}')

    done = subprocess.run(
        [sys.executable, "-m", "dev.platform", "--config", tmp_path / "config.json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "tokn" in done.stderr
