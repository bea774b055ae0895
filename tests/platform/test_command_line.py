"""The platform's real command line, against the simulated platform."""

import os
import subprocess

import pytest

from dev.cli import QUIET, vercel_command

PRODUCTION = "production-wedsync.vercel.app"


@pytest.fixture(scope="session")
def command():
    return vercel_command()


@pytest.fixture
def vercel(command, platform, tmp_path):
    """Run `vercel …`; returns what it said, and checks that it said it had worked."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "CI": "1",
        "VERCEL_ORG_ID": "team_wedsync",
        "VERCEL_PROJECT_ID": "prj_wedsync",
        **QUIET,
    }

    def vercel(*words, succeeds=True):
        done = subprocess.run(
            [*command, *words, "--api", platform.api_url, "--token", "localtoken"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert (done.returncode == 0) == succeeds, said
        return said

    return vercel


@pytest.fixture
def v2(platform):
    return platform.release("crash")


def test_rollback(vercel, switch, v1, v2):
    said = vercel("rollback", v1["id"], "--yes")

    assert f"was rolled back to {v1['url']}" in said
    assert switch.serving() == v1["id"]


def test_rollback_by_address(vercel, switch, v1, v2):
    vercel("rollback", v1["url"], "--yes")

    assert switch.serving() == v1["id"]
    assert "was rolled back to" in vercel("rollback", "status")


def test_rollback_that_fails_is_told(vercel, platform, v1, v2):
    platform.fault("job-failed")

    vercel("rollback", v1["id"], "--yes", succeeds=False)


def test_rollback_to_what_is_live_is_refused(vercel, v1):
    said = vercel("rollback", v1["id"], "--yes", succeeds=False)

    assert "already the current production deployment" in said


def test_promote(vercel, platform, switch, v1):
    staged = platform.release("good-2", live=False)

    said = vercel("promote", staged["id"], "--yes")

    assert f"was promoted to {staged['url']}" in said
    assert switch.serving() == staged["id"]


def test_alias_set(vercel, switch, v1, v2):
    said = vercel("alias", "set", v1["url"], PRODUCTION)

    assert f"{PRODUCTION} now points to {v1['url']}" in said
    assert switch.serving() == v1["id"]


def test_alias_set_on_a_domain_of_ones_own(vercel, platform, v1):
    vercel("alias", "set", v1["url"], "day.wedsync.example")

    assert platform.state()["aliases"]["day.wedsync.example"] == v1["id"]
    assert "day.wedsync.example" in vercel("alias", "ls")


def test_list(vercel, v1, v2):
    said = vercel("list", "--prod")

    assert v1["url"] in said
    assert v2["url"] in said


def test_inspect(vercel, v1):
    assert v1["id"] in vercel("inspect", v1["url"])
    assert v1["id"] in vercel("inspect", PRODUCTION)


def test_cache_purge(vercel, platform):
    vercel("cache", "purge", "--yes")

    assert {purge["cache"] for purge in platform.state()["purges"]} == {"edge", "data"}


CONFIG = (
    '{"enabled":true,"advancementType":"manual-approval","stages":'
    '[{"targetPercentage":10,"requireApproval":true},{"targetPercentage":50,"requireApproval":true},'
    '{"targetPercentage":100}]}'
)


@pytest.fixture
def rolling(vercel, platform, api):
    """What rolls out, asked of the API that the command line has set up."""
    vercel("rolling-release", "configure", "--cfg", CONFIG)

    def rolling():
        return api.get("/v1/projects/prj_wedsync/rolling-release").json()["rollingRelease"]

    return rolling


def test_a_rolling_release_from_start_to_end(vercel, platform, rolling, switch):
    staged = platform.release("good-2", live=False)

    vercel("rolling-release", "start", "--dpl", staged["id"], "--yes")
    vercel("rolling-release", "approve", "--dpl", staged["id"], "--currentStageIndex", "0")
    half = rolling()["activeStage"]["targetPercentage"]
    vercel("rolling-release", "complete", "--dpl", staged["id"])

    assert half == 50
    assert rolling()["state"] == "COMPLETE"
    assert switch.serving() == staged["id"]


def test_a_rolling_release_is_aborted_by_going_back(vercel, platform, rolling, switch, v1):
    platform.release("good-2")
    assert "ACTIVE" in vercel("rolling-release", "fetch")

    vercel("rolling-release", "abort", "--dpl", v1["id"])
    switch.end()

    assert rolling()["state"] == "ABORTED"


def test_a_promotion_starts_a_rolling_release_and_the_next_is_queued(vercel, platform, rolling):
    first, second = (platform.release("good-2", live=False) for _ in range(2))

    assert "initial percentage 10" in vercel("promote", first["id"], "--yes")
    assert "has been queued" in vercel("promote", second["id"], "--yes")
    assert rolling()["queuedDeploymentId"] == second["id"]
