"""Rolling releases: shares of visitors, stages, a queue, an end by rollback, the gate."""

import pytest

BAD_REQUEST, NOT_FOUND, CONFLICT, QUEUED = 400, 404, 409, 202
ROLLING = "/v1/projects/prj_wedsync/rolling-release"
STAGES = [{"targetPercentage": 20}, {"targetPercentage": 50}, {"targetPercentage": 100}]
GATE = {
    "enabled": True,
    "dryRun": False,
    "action": "rollback",
    "checks": [{"type": "error-rate-5xx", "minSampleSize": 2}],
    "failureThreshold": 2,
    "windowSize": 3,
}


@pytest.fixture
def configure(api):
    def configure(**more):
        body = {"enabled": True, "stages": STAGES, **more}
        return api.patch(f"{ROLLING}/config", json=body)

    configure()
    return configure


@pytest.fixture
def rolling(api):
    def rolling(**query):
        params = {"teamId": "team_wedsync", **query}
        return api.get(ROLLING, params=params).json()["rollingRelease"]

    return rolling


@pytest.fixture
def v2(platform, configure):
    return platform.release("good-2")


@pytest.fixture
def approve(api):
    def approve(deployment, stage):
        body = {"canaryDeploymentId": deployment["id"], "nextStageIndex": stage}
        return api.post(f"{ROLLING}/approve-stage", json=body)

    return approve


@pytest.fixture
def shares(visitor):
    """How many of a hundred visitors get which deployment."""

    def shares():
        got = [visitor.get("/api/health").json()["deployment_id"] for _ in range(100)]
        return {deployment: got.count(deployment) for deployment in got}

    return shares


def test_a_release_begins_with_the_first_share(rolling, shares, v1, v2):
    shown = rolling()

    assert (shown["state"], shown["activeStage"]["targetPercentage"]) == ("ACTIVE", 20)
    assert shown["currentDeployment"]["id"] == v1["id"]
    assert shown["canaryDeployment"]["id"] == v2["id"]
    assert shares() == {v1["id"]: 80, v2["id"]: 20}


def test_a_visitor_keeps_what_they_got(visitor, v2):
    for client in range(10):
        headers = {"x-forwarded-for": f"10.0.0.{client}"}
        got = [visitor.get("/api/health", headers=headers).json() for _ in range(5)]
        assert len({one["deployment_id"] for one in got}) == 1


def test_the_deployment_says_that_it_rolls(api, v2):
    assert api.get(f"/v13/deployments/{v2['id']}").json()["readySubstate"] == "ROLLING"


def test_approval_moves_on_and_the_last_stage_ends_it(rolling, approve, shares, platform, v2):
    approve(v2, 1)
    half = shares()[v2["id"]]
    approve(v2, 2)

    assert half == 50
    assert rolling()["state"] == "COMPLETE"
    assert shares() == {v2["id"]: 100}
    assert platform.state()["production_id"] == v2["id"]


def test_only_the_next_stage_of_this_release_is_approved(approve, v1, v2):
    assert approve(v2, 2).status_code == BAD_REQUEST
    assert approve(v1, 1).status_code == CONFLICT


def test_it_can_be_completed_at_once(api, shares, v2):
    api.post(f"{ROLLING}/complete", json={"canaryDeploymentId": v2["id"]})

    assert shares() == {v2["id"]: 100}


def test_a_promotion_is_queued_behind_it(platform, api, switch, rolling, v2):
    v3 = platform.release("good", live=False)

    assert switch.promote(v3).status_code == QUEUED
    assert rolling()["queuedDeploymentId"] == v3["id"]
    api.post(f"{ROLLING}/complete", json={"canaryDeploymentId": v2["id"]})
    assert rolling()["canaryDeployment"]["id"] == v3["id"]


def test_a_rollback_to_what_was_before_ends_it(platform, switch, rolling, shares, v1, v2):
    assert switch.roll_back(v1).is_success
    switch.end()

    assert rolling()["state"] == "ABORTED"
    assert rolling(state="ACTIVE") is None
    assert shares() == {v1["id"]: 100}
    assert not platform.state()["auto_assign"]


def test_starting_it_twice_is_starting_it_once(api, rolling, v2):
    before = rolling()
    again = api.post(f"{ROLLING}/start", json={"canaryDeploymentId": v2["id"]})

    assert again.json()["rollingRelease"] == before


def test_without_a_configuration_nothing_rolls(api, rolling, v1):
    body = {"canaryDeploymentId": v1["id"]}

    assert rolling() is None
    assert api.post(f"{ROLLING}/start", json=body).status_code == BAD_REQUEST
    assert api.post(f"{ROLLING}/complete", json=body).status_code == NOT_FOUND


@pytest.mark.parametrize(
    "wrong", [{"stages": []}, {"stages": STAGES[:2]}, {"stages": STAGES[::-1]}, {"gate": {}}]
)
def test_a_configuration_that_makes_no_sense_is_refused(configure, wrong):
    assert configure(**wrong).status_code == BAD_REQUEST


def test_the_configuration_comes_back_with_its_gate(api, configure):
    configure(gate=GATE)

    shown = api.get(f"{ROLLING}/config").json()["rollingRelease"]
    assert shown["gate"]["action"] == "rollback"
    assert [stage["targetPercentage"] for stage in shown["stages"]] == [20, 50, 100]


@pytest.mark.parametrize(
    ("change", "state", "substate"),
    [
        ({}, "ABORTED", None),
        ({"action": "pause"}, "ACTIVE", "PAUSED"),
        ({"dryRun": True}, "ACTIVE", None),
        ({"enabled": False}, "ACTIVE", None),
    ],
)
def test_the_gate_acts_on_a_release_that_fails(
    platform, configure, rolling, visitor, eventually, change, state, substate
):
    configure(gate=GATE | change)
    platform.release("crash")
    for _ in range(50):
        visitor.get("/")

    eventually(lambda: (rolling()["state"], rolling()["substate"]) == (state, substate))
