"""This control plane's own deployment, as its workflow makes it: with the real command line."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest

from dev.cli import QUIET, vercel_command
from dev.places import ROOT
from dev.platform import Config, Platform

#: The first test may have to install the command line.
pytestmark = pytest.mark.timeout(300)
SHA = "0123456789abcdef" * 2 + "01234567"
OWN = "prj_rollback"
ROLLING = f"/v1/projects/{OWN}/rolling-release"


@dataclass(frozen=True)
class Job:
    code: int
    said: str


@pytest.fixture(scope="module")
def own_platform() -> Iterator[Platform]:
    """Where this project is, with what answers as the sample app does in its place."""
    with Platform(Config(project_id=OWN, project_name="rollback")) as platform:
        platform.release("good")
        platform.snapshot("start")
        yield platform


@pytest.fixture
def production(own_platform) -> Callable[[], str]:
    own_platform.restore("start")
    return lambda: own_platform.state()["production_id"]


@pytest.fixture
def empty_database(postgres) -> Iterator[str]:
    postgres.create_database("own")
    yield postgres.url("own")
    postgres.drop_database("own")


@pytest.fixture
def deploy(own_platform, empty_database, tmp_path):
    def deploy(version: str = "good-2", **variables: str) -> Job:
        """`version`: how what is deployed behaves."""
        (tmp_path / "version.txt").write_text(version)
        told = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "VERCEL_COMMAND": shlex.join(vercel_command()),
            "VERCEL_API_URL": own_platform.api_url,
            "VERCEL_TOKEN": own_platform.config.token,
            "VERCEL_TEAM_ID": own_platform.config.team_id,
            "EDGE_URL": own_platform.edge_url,
            "CONTROL_PLANE_PROJECT_ID": OWN,
            "APP_PROJECT_ID": "prj_wedsync",
            "DATABASE_URL": empty_database,
            "GITHUB_SHA": SHA,
        }
        done = subprocess.run(
            [sys.executable, "-m", "scripts.deploy"],
            cwd=tmp_path,
            env={**QUIET, **told, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        return Job(done.returncode, done.stdout + done.stderr)

    return deploy


@pytest.fixture
def deployed(own_platform):
    return lambda: own_platform.state()["deployments"]


def test_it_is_migrated_staged_looked_at_and_promoted(deploy, production, deployed, empty_database):
    before = production()

    job = deploy()

    assert job.code == 0, job.said
    [_, new] = deployed()
    assert (production(), new["sha"]) == (new["id"], SHA)
    assert production() != before
    steps = ["applied ", "is healthy where nobody comes by", "promoted; it is live and healthy"]
    assert sorted(steps, key=job.said.index) == steps
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT count(*) FROM environments").fetchone() == (2,)


class TestWhereReleasesRollOut:
    """By the project's own setting at the platform."""

    @pytest.fixture
    def api(self, own_platform, production):
        with own_platform.client() as api:
            yield api

    @pytest.fixture
    def stages(self, api):
        def stages(**first):
            told = [{"targetPercentage": 10, **first}, {"targetPercentage": 100}]
            body = {"enabled": True, "stages": told}
            api.patch(f"{ROLLING}/config", json=body).raise_for_status()

        return stages

    @pytest.fixture
    def rolling(self, api):
        return lambda: api.get(ROLLING).json()["rollingRelease"]

    def test_the_first_stage_is_enough(self, deploy, deployed, stages, rolling):
        stages()

        job = deploy()

        assert job.code == 0, job.said
        [_, new] = deployed()
        assert (rolling()["state"], rolling()["canaryDeployment"]["id"]) == ("ACTIVE", new["id"])
        assert "rolling out: stage 1 of 2, 10 % of visitors" in job.said

    def test_nothing_is_deployed_behind_another_one(self, own_platform, deploy, deployed, stages):
        stages()
        own_platform.release("good-2")

        job = deploy()

        assert (job.code, len(deployed())) == (1, 2)
        assert "is being rolled out (stage 1 of 2, 10 % of visitors). Complete it" in job.said


def test_one_that_is_not_well_is_not_promoted(deploy, production, deployed):
    before = production()

    job = deploy("crash")

    assert job.code == 1
    assert len(deployed()) == 2
    assert production() == before


def test_without_its_migrations_nothing_is_deployed(deploy, production, deployed):
    job = deploy(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert job.code == 1
    assert "migrations were not applied" in job.said
    assert len(deployed()) == 1


@pytest.mark.parametrize("project", ["", "prj_wedsync"])
def test_the_apps_project_is_never_taken_for_it(deploy, production, deployed, project):
    job = deploy(CONTROL_PLANE_PROJECT_ID=project)

    assert (job.code, "never the app's" in job.said) == (1, True)
    assert len(deployed()) == 1
