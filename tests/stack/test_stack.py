"""The whole stack, as processes: it starts, stays, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import psycopg
import pytest

from dev.places import ROOT
from dev.ports import is_free
from dev.sample_app.switches import RSVP_EMAILS
from dev.testing import current, running_stack, start_stack
from tests.waiting import PATIENCE_SECONDS, wait_until

KEYS = {
    "control_plane",
    "vercel_api",
    "vercel_token",
    "team_id",
    "project_id",
    "edge",
    "database_url",
    "app_database_url",
    "redis_rest_url",
    "redis_rest_token",
    "s3_endpoint",
    "tokens",
    "cron_secret",
    "webhook_secret",
    "drain_secret",
    "flags_token",
    "pids",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stack")
    with running_stack(folder, crons=False) as running:
        yield running | {"folder": folder}


@pytest.fixture
def data(stack):
    return stack["folder"]


@pytest.fixture
def edge(stack):
    host = stack["edge"]["hosts"]["production"]
    with httpx.Client(
        base_url=stack["edge"]["address"],
        headers={"host": host},
        timeout=PATIENCE_SECONDS,
        trust_env=False,
    ) as client:
        yield client


def dev(data, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "dev", "--data", data, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def ask(url, **headers):
    return httpx.get(url, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False)


def is_well(stack):
    """What has not answered within a fraction of a second is unknown to it, for the moment."""
    return ask(f"{stack['control_plane']}/api/health").status_code == 200


def are_gone(family):
    return not psutil.wait_procs(family, timeout=0)[1]


def ports_of(stack):
    addresses = [stack[name] for name in ("control_plane", "vercel_api", "redis_rest_url")]
    addresses += [stack["edge"]["address"], stack["s3_endpoint"], stack["database_url"]]
    return [urlsplit(address).port for address in addresses]


def family_of(pid):
    stack = psutil.Process(pid)
    return [stack, *stack.children(recursive=True)]


def test_the_file_says_all_and_to_its_owner_alone(stack, data):
    assert set(current(data)) == KEYS
    assert set(stack["tokens"]) == {"viewer", "operator", "admin", "recorder"}
    assert set(stack["edge"]["hosts"]) == {"production", "staging", "blue", "green"}
    assert (data / "stack.json").stat().st_mode & 0o777 == 0o600
    assert (data / "keys.json").stat().st_mode & 0o777 == 0o600


def test_the_control_plane_is_healthy(stack):
    well = dict.fromkeys(("api", "database", "redis", "stripe"), "healthy")

    wait_until(lambda: ask(f"{stack['control_plane']}/api/health").json().items() >= well.items())


def test_a_version_is_live_from_the_start(edge):
    assert edge.get("/").status_code == 200
    wait_until(lambda: edge.get("/api/health").status_code == 200)


def test_the_two_databases_are_separate(stack):
    names = {stack["database_url"], stack["app_database_url"]}

    assert len(names) == 2
    for url in names:
        with psycopg.connect(url) as connection:
            connection.execute("SELECT 1")


def test_the_process_of_a_function_is_told(stack, data):
    ask(f"{stack['control_plane']}/api/health")

    assert psutil.Process(current(data)["pids"]["api/health"]).is_running()


def test_a_killed_function_comes_back_with_a_process_of_its_own(stack, data):
    ask(f"{stack['control_plane']}/api/health")
    before = current(data)["pids"]["api/health"]
    os.kill(before, signal.SIGKILL)

    wait_until(lambda: answers_in_another_process(stack, data, before))


def test_functions_are_started_anew_after_a_reload(stack, data):
    ask(f"{stack['control_plane']}/api/health")
    before = current(data)["pids"]["api/health"]

    assert "api/health" in dev(data, "reload").stdout

    wait_until(lambda: answers_in_another_process(stack, data, before))


def answers_in_another_process(stack, data, before):
    return is_well(stack) and current(data)["pids"].get("api/health") not in (None, before)


@pytest.mark.parametrize("part", ["postgres", "valkey"])
def test_a_killed_part_is_started_again(stack, data, part):
    before = current(data)["pids"][part]
    os.kill(before, signal.SIGKILL)

    wait_until(lambda: current(data)["pids"].get(part, before) != before)

    wait_until(lambda: is_well(stack))


def test_a_held_part_stays_away_until_it_is_let_go(stack, data):
    assert dev(data, "hold", "valkey").returncode == 0
    wait_until(lambda: "valkey" not in current(data)["pids"])
    assert redis_answers(stack) is False

    assert dev(data, "let-go", "valkey").returncode == 0
    wait_until(lambda: redis_answers(stack))


def redis_answers(stack):
    headers = {"authorization": f"Bearer {stack['redis_rest_token']}"}
    answer = httpx.post(
        stack["redis_rest_url"],
        json=["PING"],
        headers=headers,
        timeout=PATIENCE_SECONDS,
        trust_env=False,
    )
    return answer.status_code == 200


def test_a_release_is_live_at_once_and_one_for_a_slot_is_not(data, edge):
    assert "is live on production-wedsync" in dev(data, "release", "good-2").stdout
    assert "good-2" in dev(data, "status").stdout
    wait_until(lambda: "good-2) is live on production" in (data / "output.log").read_text())

    assert "at blue-wedsync" in dev(data, "release", "good", "--slot", "blue").stdout
    production = next(
        line for line in dev(data, "status").stdout.splitlines() if line.startswith("production")
    )
    assert "good-2" in production


def test_a_feature_that_is_turned_off_and_on_again_is_told(stack, data):
    operator = {"authorization": f"Bearer {stack['tokens']['operator']}"}

    def turn(state, reason):
        body = {"environment": "staging", "key": RSVP_EMAILS, "state": state, "reason": reason}
        url = f"{stack['control_plane']}/api/flags"
        httpx.put(
            url, json=body, headers=operator, timeout=PATIENCE_SECONDS, trust_env=False
        ).raise_for_status()

    def told(line):
        return lambda: line in (data / "output.log").read_text()

    turn("off", "They come twice")
    wait_until(told("turned off RSVP e-mails on staging, by Olga Operator: They come twice"))
    turn("on", "Mended")
    wait_until(told("turned on RSVP e-mails on staging, by Olga Operator: Mended"))


def test_each_release_is_recorded_with_its_migrations_as_ci_would(stack, data, edge):
    """The first one too: or nobody could go back to it."""
    released = dev(data, "release", "adds-column")
    deployment = re.search(r"dpl_\w+", released.stdout)[0]

    assert "recorded with 20261101090000, 20261116090000" in released.stdout
    with psycopg.connect(stack["database_url"]) as connection:
        versions = connection.execute(
            "SELECT h.vercel_deployment_id = %s, array_agg(m.version ORDER BY m.position)"
            " FROM deployment_history h JOIN deployment_migrations m ON m.deployment = h.id"
            " GROUP BY h.id ORDER BY h.created_at",
            [deployment],
        ).fetchall()
        texts = connection.execute(
            "SELECT version, recorded_by, down_sql LIKE '%DROP COLUMN arrives_at%'"
            " FROM migration_scripts ORDER BY version"
        ).fetchall()
    assert versions[0] == (False, ["20261101090000"])
    assert (True, ["20261101090000", "20261116090000"]) in versions
    assert texts[:2] == [
        ("20261101090000", "Ada Admin", False),
        ("20261116090000", "Ada Admin", True),
    ]
    assert edge.put("/api/vendors/florist", json={"arrives_at": "12:30"}).status_code == 200


def test_a_staged_deployment_is_promoted(data, edge):
    dev(data, "release", "good")
    number = re.search(r"v(\d+)", dev(data, "release", "good-2", "--slot", "green").stdout)[0]

    assert dev(data, "promote", number).returncode == 0

    wait_until(lambda: f"production     {number}" in dev(data, "status").stdout)


def test_a_version_that_does_not_exist_is_refused_with_those_that_do(data):
    refused = dev(data, "release", "nonsense")

    assert refused.returncode == 1
    assert "errors-50" in refused.stderr


def test_traffic_is_counted(data):
    counted = dev(data, "traffic", "--rps", "20", "--seconds", "1").stdout

    assert counted.splitlines()[-1].startswith("total   20 ok, 0 failed")


def test_a_fault_is_set_and_taken_back(data):
    assert "429" in dev(data, "fault", "429", "times=2").stdout
    assert dev(data, "fault", "none").returncode == 0


def test_a_second_stack_on_the_same_data_is_refused(data, stack):
    refused = dev(data, "--port", "0")

    assert refused.returncode == 1
    assert "already" in refused.stderr


def test_data_in_use_is_not_forgotten(data, stack):
    assert dev(data, "reset").returncode == 1
    assert (data / "stack.json").exists()


def test_a_command_without_a_stack_says_how_to_start_one(tmp_path):
    refused = dev(tmp_path, "status")

    assert refused.returncode == 1
    assert "make dev" in refused.stderr


def test_a_taken_port_is_named_with_what_to_do(stack, tmp_path):
    port = str(urlsplit(stack["control_plane"]).port)
    refused = dev(tmp_path, "--port", port)

    assert refused.returncode == 1
    assert f"Port {port}" in refused.stderr
    assert "make dev PORT=" in refused.stderr


def test_a_folder_of_something_else_is_not_removed(tmp_path):
    (tmp_path / "precious").touch()

    assert dev(tmp_path, "reset").returncode == 1
    assert (tmp_path / "precious").exists()


def use(stack):
    """Start a process of every kind: a function and a deployment of the app."""
    wait_until(lambda: is_well(stack))
    assert ask(stack["edge"]["address"], host=stack["edge"]["hosts"]["production"]).is_success


def test_two_stacks_run_side_by_side_and_one_killed_leaves_nothing(stack, tmp_path):
    process = start_stack(tmp_path, crons=False)
    other = current(tmp_path)
    assert not set(ports_of(stack)) & set(ports_of(other))
    use(stack)
    use(other)
    family = family_of(process.pid)

    process.stop(signal.SIGKILL)

    wait_until(lambda: are_gone(family))
    assert [port for port in ports_of(other) if not is_free(port)] == []
    use(stack)


def test_a_restart_has_the_same_tokens_and_the_same_version_live(tmp_path):
    process = start_stack(tmp_path)
    first = current(tmp_path)
    use(first)
    dev(tmp_path, "release", "good-2")
    family = family_of(process.pid)

    process.stop(signal.SIGINT, timeout_seconds=PATIENCE_SECONDS)

    wait_until(lambda: are_gone(family))
    assert [port for port in ports_of(first) if not is_free(port)] == []
    assert not (tmp_path / "stack.json").exists()
    with running_stack(tmp_path, crons=False) as second:
        assert second["tokens"] == first["tokens"]
        assert "good-2" in dev(tmp_path, "status").stdout


def test_everything_starts_from_a_path_outside_the_project(tmp_path):
    done = subprocess.run(
        ["sh", ROOT / "dev" / "bootstrap.sh"], cwd=tmp_path, capture_output=True, check=False
    )

    assert done.returncode == 0
    assert Path(ROOT / ".venv" / ".made-from").exists()
