"""Instant Rollback and promotion: accepted at once, done later, seen at the edge."""

import pytest

from dev.platform import Config, Platform

PRODUCTION = "production-wedsync.vercel.app"
FAILED = "/v9/projects/prj_wedsync/rollback/aliases"


@pytest.fixture
def v2(platform):
    return platform.release("good-2")


@pytest.fixture
def failed_domains(api):
    """The domains that did not move in the last switch."""

    def failed_domains():
        params = {"teamId": "team_wedsync", "failedOnly": "true", "limit": 20}
        aliases = api.get(FAILED, params=params).json()["aliases"]
        return [(each["alias"], each["status"]) for each in aliases]

    return failed_domains


def test_a_rollback_is_accepted_then_done(switch, v1, v2):
    accepted = switch.roll_back(v1)
    at_first = switch.job()
    last = switch.end()

    assert (accepted.status_code, accepted.content) == (201, b"")
    assert at_first["jobStatus"] in {"pending", "in-progress"}
    assert (last["jobStatus"], last["type"]) == ("succeeded", "rollback")
    assert (last["fromDeploymentId"], last["toDeploymentId"]) == (v2["id"], v1["id"])
    assert switch.serving() == v1["id"]
    assert switch.project()["targets"]["production"]["id"] == v1["id"]


def test_a_rollback_pins_production(platform, switch, v1, v2):
    switch.roll_back(v1)
    switch.end()

    assert switch.project()["autoAssignCustomDomains"] is False
    assert switch.project()["lastRollbackTarget"] == v2["id"]
    assert platform.release("good-2")["live"] is False
    assert switch.serving() == v1["id"]


def test_a_promotion_unpins_it(platform, switch, v1, v2):
    switch.roll_back(v1)
    switch.end()
    v3 = platform.release("good-2")
    promoted = switch.promote(v3)
    switch.end()

    assert promoted.status_code == 201
    assert switch.project()["autoAssignCustomDomains"] is True
    assert switch.serving() == v3["id"]
    assert platform.release("good")["live"] is True


def test_what_is_live_already_conflicts(switch, v1):
    assert switch.roll_back(v1).status_code == 409
    assert switch.promote(v1).status_code == 409


def test_only_one_switch_runs_at_a_time(switch, v1, v2):
    assert switch.roll_back(v1).status_code == 201
    assert switch.roll_back(v1).status_code == 409
    assert switch.promote(v1).status_code == 409


def test_what_was_never_live_cannot_be_rolled_back_to(platform, switch):
    assert switch.roll_back(platform.release("good-2", live=False)).status_code == 422


def test_staging_cannot_become_production(platform, switch):
    assert switch.roll_back(platform.release("good", environment="staging")).status_code == 400


def test_an_unknown_deployment_is_not_found(switch, v1):
    assert switch.roll_back({"id": "dpl_none"}).status_code == 404


@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_a_job_ends_otherwise_and_nothing_has_moved(platform, switch, v1, v2, outcome):
    platform.fault(f"job-{outcome}")

    switch.roll_back(v1)

    assert switch.end()["jobStatus"] == outcome
    assert switch.serving() == v2["id"]
    assert switch.project()["autoAssignCustomDomains"] is True


def test_a_domain_that_fails_stays_behind(platform, switch, v1, v2, failed_domains):
    platform.fault("domain-failed")

    switch.roll_back(v1)

    assert switch.end()["jobStatus"] == "succeeded"
    assert failed_domains() == [(PRODUCTION, "failed")]
    assert switch.serving() == v2["id"]


def test_a_domain_that_failed_moves_at_the_next_try(platform, switch, v1, v2, failed_domains):
    platform.fault("domain-failed")
    switch.roll_back(v1)
    switch.end()

    assert switch.roll_back(v1).status_code == 201
    switch.end()
    assert switch.serving() == v1["id"]
    assert failed_domains() == []


def test_all_of_productions_domains_move_together():
    with Platform(Config(production_domains=["wedsync.example"])) as platform:
        v1 = platform.release("good")
        v2 = platform.release("good-2")
        moves = platform.alias_moves()

    assert [(move["alias"], move["to"]) for move in moves] == [
        (PRODUCTION, v1["id"]),
        ("wedsync.example", v1["id"]),
        (PRODUCTION, v2["id"]),
        ("wedsync.example", v2["id"]),
    ]
