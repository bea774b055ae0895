"""Deployment checks: a run for each new deployment, and no promotion before it has passed."""

import pytest

CHECK = {"name": "Ours", "blocks": "deployment-promotion", "targets": ["production"]}
CONFLICT = 409


@pytest.fixture
def check(api):
    return api.post("/v2/projects/prj_wedsync/checks", json=CHECK).json()


@pytest.fixture
def runs(api):
    def runs(deployment):
        return api.get(f"/v2/deployments/{deployment['id']}/check-runs").json()["runs"]

    return runs


@pytest.fixture
def conclude(api, runs):
    def conclude(deployment, conclusion):
        (run,) = runs(deployment)
        return api.patch(
            f"/v2/deployments/{deployment['id']}/check-runs/{run['id']}",
            json={"status": "completed", "conclusion": conclusion, "conclusionText": "Because."},
        )

    return conclude


def test_a_check_is_kept(api, check):
    listed = api.get("/v2/projects/prj_wedsync/checks").json()["checks"]

    assert [(one["id"], one["name"], one["blocks"]) for one in listed] == [
        (check["id"], "Ours", "deployment-promotion")
    ]


def test_a_new_deployment_gets_a_run_and_its_subscribers_hear(
    platform, check, runs, receiver, eventually
):
    new = platform.release("good-2", live=False)

    (run,) = runs(new)
    assert (run["checkId"], run["status"]) == (check["id"], "queued")
    eventually(lambda: any(b"deployment.checkrun.start" in body for _, body in receiver.received))


def test_staging_is_not_checked(platform, check, runs):
    assert runs(platform.release("good-2", environment="staging")) == []


@pytest.mark.parametrize("conclusion", [None, "failed", "canceled", "timeout"])
def test_what_has_not_passed_is_not_promoted(platform, check, switch, conclude, v1, conclusion):
    new = platform.release("good-2", live=False)
    if conclusion:
        conclude(new, conclusion)

    assert switch.promote(new).status_code == CONFLICT
    assert switch.serving() == v1["id"]


@pytest.mark.parametrize("conclusion", ["succeeded", "neutral", "skipped"])
def test_what_has_passed_is_promoted(platform, check, switch, conclude, conclusion):
    new = platform.release("good-2", live=False)
    conclude(new, conclusion)

    assert switch.promote(new).is_success
    assert switch.end()["jobStatus"] == "succeeded"


def test_a_release_waits_for_its_checks_and_then_goes_live(platform, check, switch, conclude, v1):
    new = platform.release("good-2")
    while_checked = switch.serving()

    conclude(new, "succeeded")

    assert (new["live"], while_checked) == (False, v1["id"])
    assert switch.serving() == new["id"]


def test_a_rollback_is_not_checked(platform, check, switch, conclude):
    """Whatever a check says by now of the version that is gone back to."""
    before, after = platform.release("good-2"), platform.release("good-2")
    conclude(before, "succeeded")
    conclude(after, "succeeded")
    conclude(before, "failed")

    assert switch.roll_back(before).is_success
    assert switch.end()["jobStatus"] == "succeeded"
    assert switch.serving() == before["id"]


@pytest.mark.parametrize("wrong", [{"status": "done"}, {"conclusion": "good"}])
def test_a_word_it_does_not_know_is_refused(platform, check, runs, api, wrong):
    new = platform.release("good-2", live=False)
    (run,) = runs(new)

    answer = api.patch(f"/v2/deployments/{new['id']}/check-runs/{run['id']}", json=wrong)

    assert answer.status_code == 400
