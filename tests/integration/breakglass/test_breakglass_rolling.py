"""A release that is being rolled out ends, and the version that the others get stays."""

import pytest

from tests.integration.breakglass.conftest import DECIDED

ROLLING = "/v1/projects/prj_wedsync/rolling-release"
STAGES = [{"targetPercentage": 20}, {"targetPercentage": 100}]


@pytest.fixture
def state(platform, releases, glass):
    """v2 is live, and v3, which crashes, gets a fifth of the visitors."""
    with platform.client() as api:
        body = {"enabled": True, "stages": STAGES}
        assert api.patch(f"{ROLLING}/config", json=body).is_success
        started = api.post(f"{ROLLING}/start", json={"canaryDeploymentId": releases.v3})
        assert started.is_success, started.text
        yield lambda: api.get(ROLLING).json()["rollingRelease"]["state"]


def test_it_ends_by_the_platforms_rollback(glass, state, live, releases):
    done = glass(*DECIDED)

    assert done.code == 0, done.err
    assert "is being rolled out" in done.out
    assert state() == "ABORTED"
    assert live() == releases.v2
    begun = glass.entries()[0]
    assert (begun["live"]["id"], begun["target"]["id"]) == (releases.v3, releases.v2)


@pytest.mark.parametrize("fault", ["hang", "timeout-after-applying"])
def test_what_gets_no_answer_is_read_first(glass, state, platform, live, releases, fault):
    platform.fault(fault, call="rollback")

    assert glass(*DECIDED, "--answer-within", "0.3").code == 0
    assert state() == "ABORTED"
    assert live() == releases.v2


def test_another_version_comes_after_that(glass, state, releases):
    done = glass(*DECIDED, "--to", releases.v1)

    assert done.code == 1
    assert "being rolled out" in done.err
    assert state() == "ACTIVE"


def test_what_is_told_of_its_stages_is_in_nobodys_way(glass, state, between, live, releases):
    """The platform may word it in another way by then; which versions they are is enough."""
    other = {
        "activeStage": {"index": "first", "targetPercentage": "20 %"},
        "startedAt": "2026-11-26T15:00:00Z",
    }
    between.changed["/rolling-release"] = lambda body: {
        "rollingRelease": body["rollingRelease"] | other
    }

    done = glass(*DECIDED, VERCEL_API_URL=between.url)

    assert (done.code, state(), live()) == (0, "ABORTED", releases.v2), done.err
