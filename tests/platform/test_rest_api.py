"""The REST API's statuses, bodies and pages."""

import time

import httpx
import pytest

from tests.waiting import PATIENCE_SECONDS

PRODUCTION = "production-wedsync.vercel.app"
PROJECT = "/v9/projects/prj_wedsync"


@pytest.fixture
def bare(platform):
    """A client without token or team."""
    with httpx.Client(
        base_url=platform.api_url, timeout=PATIENCE_SECONDS, trust_env=False
    ) as client:
        yield client


def code(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_a_call_without_a_token_is_unauthenticated(bare):
    assert code(bare.get("/v2/user")) == (401, "missing_authentication")


def test_a_wrong_token_is_forbidden(bare):
    answer = bare.get("/v2/user", headers={"authorization": "Bearer wrong"})

    assert code(answer) == (403, "forbidden")
    assert answer.json()["error"]["invalidToken"] is True


def test_another_team_is_forbidden(api):
    assert code(api.get(PROJECT, params={"teamId": "team_other"})) == (403, "forbidden")


def test_without_the_team_its_projects_are_not_found(bare):
    answer = bare.get(PROJECT, headers={"authorization": "Bearer localtoken"})

    assert code(answer) == (404, "not_found")


@pytest.mark.parametrize(
    "path", ["/v9/projects/other", "/v13/deployments/dpl_none", "/v1/nothing", "/v4/aliases/no.app"]
)
def test_what_is_not_there_is_not_found(api, path):
    assert code(api.get(path)) == (404, "not_found")


def test_the_token_that_asks_says_when_it_expires(api, platform, monkeypatch):
    assert "expiresAt" not in api.get("/v5/user/tokens/current").json()["token"]

    later = int(time.time() * 1000) + 60_000
    monkeypatch.setattr(platform.config, "token_expires_ms", later)

    assert api.get("/v5/user/tokens/current").json()["token"]["expiresAt"] == later


def test_another_token_is_not_known(api):
    assert code(api.get("/v5/user/tokens/tok_other")) == (404, "not_found")


def test_a_token_that_has_expired_is_as_a_wrong_one(api, platform, monkeypatch):
    monkeypatch.setattr(platform.config, "token_expires_ms", int(time.time() * 1000) - 1)

    assert code(api.get("/v2/user")) == (403, "forbidden")


def test_a_deployment_that_was_deleted_is_gone_and_its_hosts_lead_nowhere(
    api, platform, visitor, v1
):
    second = platform.release("good-2")
    answer = api.delete(f"/v13/deployments/{v1['id']}")

    assert answer.json() == {"uid": v1["id"], "state": "DELETED"}
    assert code(api.get(f"/v13/deployments/{v1['id']}")) == (404, "not_found")
    assert visitor.get("/", headers={"host": v1["url"]}).status_code == 404
    assert visitor.get("/api/health").json()["deployment_id"] == second["id"]


def test_a_body_that_is_no_object_is_refused(api, v1):
    answer = api.post(f"/v2/deployments/{v1['id']}/aliases", content=b"[")

    assert code(answer) == (400, "bad_request")


def test_a_deployment_is_found_by_id_address_and_alias(api, v1):
    asked = [api.get(f"/v13/deployments/{name}") for name in (v1["id"], v1["url"], PRODUCTION)]

    assert {answer.json()["id"] for answer in asked} == {v1["id"]}


def test_a_deployment_tells_where_it_came_from_and_where_it_is(api, v1):
    shown = api.get(f"/v13/deployments/{v1['id']}").json()

    assert shown["meta"]["githubCommitSha"] == v1["sha"]
    assert shown["alias"] == [PRODUCTION]
    assert (shown["readyState"], shown["readySubstate"]) == ("READY", "PROMOTED")
    assert (shown["target"], shown["projectId"]) == ("production", "prj_wedsync")


def test_a_release_that_is_not_live_is_staged(platform, api):
    v2 = platform.release("good-2", live=False)

    shown = api.get(f"/v13/deployments/{v2['id']}").json()
    assert shown["readySubstate"] == "STAGED"
    assert shown["aliasAssigned"] is False


def test_deployments_come_newest_first_in_pages(platform, api, v1):
    ids = [platform.release("good")["id"] for _ in range(4)]

    first = api.get("/v7/deployments", params={"teamId": "team_wedsync", "limit": 3}).json()
    until = first["pagination"]["next"]
    second = api.get("/v7/deployments", params={"teamId": "team_wedsync", "until": until}).json()

    pages = [[deployment["uid"] for deployment in page["deployments"]] for page in (first, second)]
    assert pages == [[ids[3], ids[2], ids[1]], [ids[0], v1["id"]]]
    assert second["pagination"]["next"] is None


@pytest.mark.parametrize(
    ("wanted", "versions"),
    [
        ({"target": "staging"}, ["good-2"]),
        ({"target": "production", "state": "READY"}, ["errors-3", "good"]),
        ({"state": "ERROR"}, []),
        ({"rollbackCandidate": "true"}, ["good"]),
    ],
)
def test_deployments_are_filtered(platform, api, wanted, versions):
    platform.release("good-2", environment="staging")
    platform.release("errors-3")
    version_of = {each["id"]: each["version"] for each in platform.state()["deployments"]}

    found = api.get("/v7/deployments", params={"teamId": "team_wedsync", **wanted}).json()

    assert [version_of[each["uid"]] for each in found["deployments"]] == versions


def test_a_page_that_is_no_number_is_refused(api):
    asked = api.get("/v7/deployments", params={"teamId": "team_wedsync", "limit": "many"})

    assert code(asked) == (400, "bad_request")


def test_the_project_names_its_production_deployment_and_domains(api, v1):
    shown = api.get(PROJECT).json()

    assert shown["targets"]["production"]["id"] == v1["id"]
    assert shown["targets"]["production"]["alias"] == [PRODUCTION]
    assert shown["autoAssignCustomDomains"] is True
    assert "lastAliasRequest" not in shown


def test_an_alias_moves_at_once(platform, api, visitor, v1):
    v2 = platform.release("good-2")

    answer = api.post(f"/v2/deployments/{v1['id']}/aliases", json={"alias": PRODUCTION})

    assert answer.status_code == 200
    assert answer.json()["alias"] == PRODUCTION
    assert answer.json()["oldDeploymentId"] == v2["id"]
    assert visitor.get("/api/health").json()["deployment_id"] == v1["id"]


def test_an_alias_that_is_already_there_conflicts(api, v1):
    answer = api.post(f"/v2/deployments/{v1['id']}/aliases", json={"alias": PRODUCTION})

    assert answer.status_code == 409
    assert "already assigned to the given deployment" in answer.json()["error"]["message"]


@pytest.mark.parametrize("alias", [None, 7, "", "no dots", "-.app", "UPPER.app"])
def test_a_bad_alias_is_refused(api, v1, alias):
    answer = api.post(f"/v2/deployments/{v1['id']}/aliases", json={"alias": alias})

    assert code(answer) == (400, "bad_request")


def test_an_alias_does_not_pin(platform, api, v1, visitor):
    platform.release("good-2")
    api.post(f"/v2/deployments/{v1['id']}/aliases", json={"alias": PRODUCTION})

    v3 = platform.release("good-2")

    assert visitor.get("/api/health").json()["deployment_id"] == v3["id"]


def test_a_pinned_project_keeps_releases_staged(platform, api, v1, visitor):
    pinned = api.patch(PROJECT, json={"autoAssignCustomDomains": False})

    assert pinned.json()["autoAssignCustomDomains"] is False
    assert platform.release("good-2")["live"] is False
    assert visitor.get("/api/health").json()["deployment_id"] == v1["id"]


def test_a_project_is_not_updated_with_nonsense(api):
    answer = api.patch(PROJECT, json={"autoAssignCustomDomains": "no"})

    assert code(answer) == (400, "bad_request")


def test_variables_show_their_times_and_never_their_values(platform, api):
    platform.set_variable("FEATURE", "secret-value")
    first = {env["key"]: env for env in api.get("/v10/projects/prj_wedsync/env").json()["envs"]}
    platform.set_variable("FEATURE", "secret-value-2")
    again = api.get("/v10/projects/prj_wedsync/env")

    envs = {env["key"]: env for env in again.json()["envs"]}
    assert "DATABASE_URL" in envs
    assert "secret-value" not in again.text
    assert envs["FEATURE"]["id"] == first["FEATURE"]["id"]
    assert envs["FEATURE"]["createdAt"] == first["FEATURE"]["createdAt"]
    assert envs["FEATURE"]["updatedAt"] >= first["FEATURE"]["updatedAt"]
    assert envs["FEATURE"]["value"] != first["FEATURE"]["value"]


def test_aliases_are_listed_for_the_project(api, v1):
    listed = api.get("/v4/aliases").json()["aliases"]
    params = {"teamId": "team_wedsync", "rollbackDeploymentId": v1["id"]}
    moved = api.get("/v4/aliases", params=params).json()["aliases"]

    assert [(alias["alias"], alias["deploymentId"]) for alias in listed] == [(PRODUCTION, v1["id"])]
    assert [alias["alias"] for alias in moved] == [PRODUCTION]


def test_caches_are_purged_and_it_is_remembered(platform, api):
    params = {"teamId": "team_wedsync", "projectIdOrName": "prj_wedsync"}
    edge = api.post("/v1/edge-cache/purge-all", params=params)
    data = api.delete("/v1/data-cache/purge-all", params=params)
    elsewhere = api.post("/v1/edge-cache/purge-all", params={"projectIdOrName": "other"})

    assert (edge.status_code, data.status_code, elsewhere.status_code) == (200, 200, 404)
    assert [purge["cache"] for purge in platform.state()["purges"]] == ["edge", "data"]


def test_every_call_is_recorded_with_its_status(platform, api):
    platform.clear_calls()
    api.get(PROJECT)
    api.get("/v1/nothing")

    calls = [(call["method"], call["path"], call["status"]) for call in platform.calls()]
    assert calls == [("GET", PROJECT, 200), ("GET", "/v1/nothing", 404)]
