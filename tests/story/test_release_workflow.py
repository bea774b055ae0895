"""The app's release, as its workflow makes it: the real command line, the running stack."""

import shlex
import shutil

import pytest

from dev.cli import vercel_command
from dev.sample_app.migrate import FOLDER
from dev.sample_app.versions import TIMELINE
from tests.story.workflow import Runner, said_file, variables_of

SHA = "0123456789abcdef" * 2 + "01234567"
ONE_WAY = "-- rollback: irreversible it merges accounts\n-- migrate:up\nCREATE TABLE one_way ();\n"


@pytest.fixture
def app(tmp_path):
    """The app's repository: `version.txt` says how the sample app behaves."""
    root = tmp_path / "app"
    migrations = root / "db" / "migrations"
    migrations.mkdir(parents=True)
    for file in FOLDER.glob(f"{TIMELINE}*.sql"):
        shutil.copy(file, migrations)

    def app(version: str):
        (root / "version.txt").write_text(version)
        return root

    return app


@pytest.fixture
def release(world, app, tmp_path):
    runner = Runner(tmp_path / "job", variables_of(world.stack), said_file(world.data))

    def release(version: str, module: str = "release_app", **variables):
        told = {
            "APP_ROOT": str(app(version)),
            "GITHUB_SHA": SHA,
            "CONTROL_PLANE_TOKEN": world.stack["tokens"]["admin"],
            "VERCEL_COMMAND": shlex.join(vercel_command()),
            "SLOTS": f"{world.hosts['blue']} {world.hosts['green']}",
        }
        return runner.run(module, **(told | variables))

    return release


def aliases(world):
    return world.ask_platform("GET", "state")["aliases"]


def test_a_release_goes_by_the_idle_slot_and_leaves_the_other_warm(release, world):
    left = world.live()

    job = release("good-2")

    assert job.code == 0, job.said
    live = world.live()
    assert live != left
    slots = {aliases(world)[world.hosts[slot]] for slot in ("blue", "green")}
    assert slots == {live, left}
    assert "looked at on" in job.summary
    known = world.api.get("/api/deployments", params={"environment": "production"}).json()
    row = next(one for one in known["deployments"] if one["deployment_id"] == live)
    assert (row["git_sha"], row["migration_version"]) == (SHA, TIMELINE)

    again = release("good")
    assert again.code == 0, again.said
    slots = {aliases(world)[world.hosts[slot]] for slot in ("blue", "green")}
    assert slots == {world.live(), live}


def test_one_that_is_not_well_on_its_slot_does_not_go_live(release, world):
    left = world.live()

    job = release("crash")

    assert job.code == 1
    assert world.live() == left
    assert "::error::" in job.said


def test_one_that_nobody_could_go_back_from_is_not_deployed(release, world, app):
    left, known = world.live(), len(world.ask_platform("GET", "state")["deployments"])
    (app("good") / "db" / "migrations" / "20270101000000_one_way.sql").write_text(ONE_WAY)

    job = release("good")

    assert job.code == 1
    assert "cannot be rolled back past 20270101000000" in job.summary
    assert world.live() == left
    assert len(world.ask_platform("GET", "state")["deployments"]) == known


def test_nothing_is_released_that_cannot_be_recorded(release, world):
    left = world.live()

    job = release("good", CONTROL_PLANE_TOKEN="unknown")

    assert job.code == 1
    assert "401" in job.summary
    assert world.live() == left


def test_nothing_is_released_while_the_control_plane_is_away(release, world):
    left = world.live()
    slots = {slot: aliases(world).get(world.hosts[slot]) for slot in ("blue", "green")}

    job = release("good", CONTROL_PLANE_URL="http://127.0.0.1:9", AWAY_SECONDS="1")

    assert job.code == 1
    assert "Nothing is released without it" in job.summary
    assert world.live() == left
    assert slots == {slot: aliases(world).get(world.hosts[slot]) for slot in slots}


def test_where_production_owns_its_domains_it_is_promoted(release, world):
    left = world.ask_platform("GET", "state")["production_id"]

    job = release("good-2", SWITCH_METHOD_PRODUCTION="instant")

    assert job.code == 0, job.said
    state = world.ask_platform("GET", "state")
    assert state["production_id"] == world.live() != left
    assert state["last_job"]["type"] == "promote"
    assert {aliases(world)[world.hosts[slot]] for slot in ("blue", "green")} == {
        world.live(),
        left,
    }


@pytest.fixture
def in_stages(world):
    """The app's project rolls its releases out."""
    path = f"/v1/projects/{world.stack['project_id']}/rolling-release"
    stages = [{"targetPercentage": 20}, {"targetPercentage": 100}]
    world.ask_api("PATCH", f"{path}/config", enabled=True, stages=stages)
    return lambda: world.ask_api("GET", path)["rollingRelease"]


def test_where_releases_roll_out_it_ends_once_that_has_begun(release, world, in_stages):
    left = world.ask_platform("GET", "state")["production_id"]

    job = release("good-2", SWITCH_METHOD_PRODUCTION="instant")

    assert job.code == 0, job.said
    assert "rolling out: stage 1 of 2, 20 % of visitors. Somebody has to approve" in job.summary
    assert world.ask_platform("GET", "state")["production_id"] == left
    slots = {aliases(world)[world.hosts[slot]] for slot in ("blue", "green")}
    assert slots == {in_stages()["canaryDeployment"]["id"], left}


class TestRecordDeployment:
    @pytest.fixture
    def staged(self, world):
        return world.release("good", live=False)

    def record(self, release, deployment, event="vercel.deployment.success", **more):
        return release(
            "good",
            "record_deployment",
            EVENT=event,
            DEPLOYMENT=deployment["id"],
            SHA=deployment["sha"],
            **more,
        )

    def test_what_was_built_is_recorded(self, release, world, staged):
        live = world.live()

        job = self.record(release, staged)

        assert job.code == 0, job.said
        assert world.live() == live
        rows = world.rows(
            "SELECT h.git_sha FROM deployment_details d JOIN deployment_history h USING (id)"
            " WHERE d.vercel_deployment_id = %s AND migrations_recorded_at IS NOT NULL",
            staged["id"],
        )
        assert [row["git_sha"] for row in rows] == [staged["sha"]]

    def test_a_safe_one_is_promoted_where_that_is_asked_for(self, release, world, staged):
        job = self.record(release, staged, PROMOTE="true")

        assert job.code == 0, job.said
        assert world.live() == staged["id"]

    def test_the_verdict_keeps_one_from_going_live(self, release, world, staged, app):
        live = world.live()
        (app("good") / "db" / "migrations" / "20270101000000_one_way.sql").write_text(ONE_WAY)

        job = self.record(release, staged, PROMOTE="true")

        assert job.code == 1
        assert world.live() == live
        assert self.record(release, staged, "vercel.deployment.promoted").code == 0

    @pytest.mark.parametrize("wrong", [{"DEPLOYMENT": "v1"}, {"SHA": "; rm"}])
    def test_what_is_no_deployment_is_refused(self, release, staged, wrong):
        told = {"DEPLOYMENT": staged["id"], "SHA": staged["sha"]} | wrong
        assert release("good", "record_deployment", **told).code == 1
