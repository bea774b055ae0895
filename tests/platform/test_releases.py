"""What a release does: where it goes live, and what reaches it."""

import httpx
import psycopg
import pytest
from pydantic import ValidationError

from dev.platform import Config, Platform
from tests.waiting import PATIENCE_SECONDS

PRODUCTION = "production-wedsync.vercel.app"


@pytest.fixture
def ask(platform):
    """Ask the edge for `host`."""

    def ask(host, path="/api/health", **headers):
        return httpx.get(
            f"{platform.edge_url}{path}",
            headers={"host": host, **headers},
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        )

    return ask


def test_a_release_is_live_on_production(platform, ask):
    v2 = platform.release("good-2")

    assert v2["live"] is True
    assert ask(PRODUCTION).json()["deployment_id"] == v2["id"]


def test_every_release_has_a_sha_and_an_address_of_its_own(platform, v1, ask):
    again = platform.release("good")

    assert again["sha"] != v1["sha"]
    assert len(again["sha"]) == 40
    assert ask(again["url"]).json()["deployment_id"] == again["id"]
    assert ask(v1["url"]).json()["deployment_id"] == v1["id"]


def test_a_release_that_is_not_live_moves_nothing(platform, v1, ask):
    v2 = platform.release("good-2", live=False)

    assert v2["live"] is False
    assert ask(PRODUCTION).json()["deployment_id"] == v1["id"]


def test_staging_goes_live_on_staging_alone(platform, v1, ask):
    staged = platform.release("good-2", environment="staging")

    assert ask("staging-wedsync.vercel.app").json()["deployment_id"] == staged["id"]
    assert ask(PRODUCTION).json()["deployment_id"] == v1["id"]


def test_a_release_to_a_slot_can_be_looked_at_there_first(platform, v1, ask):
    green = platform.release("good-2", slot="green", live=False)

    assert ask("green-wedsync.vercel.app").json()["deployment_id"] == green["id"]
    assert ask(PRODUCTION).json()["deployment_id"] == v1["id"]


def test_a_host_that_points_nowhere_gets_the_platforms_page(ask):
    answer = ask("nowhere.vercel.app")

    assert answer.status_code == 404
    assert answer.headers["x-vercel-error"] == "DEPLOYMENT_NOT_FOUND"


def test_a_browser_reaches_an_alias_under_localhost(v1, ask):
    assert ask("production-wedsync.localhost:4000").json()["deployment_id"] == v1["id"]


def test_a_browser_stays_with_a_deployment_under_localhost(platform, v1, ask):
    platform.release("good-2")
    name = v1["url"].partition(".")[0]

    assert ask(f"{name}.localhost:4000").json()["deployment_id"] == v1["id"]


def test_the_edge_passes_queries_bodies_and_headers_on(visitor, app_data):
    moved = visitor.put("/api/events/ceremony?by=grace", json={"starts_at": "16:15"})

    assert moved.json()["starts_at"] == "16:15"
    assert moved.headers["server"] == "Vercel"
    assert moved.headers["x-vercel-id"].startswith("dev1::")


def test_alias_moves_are_remembered_in_order(platform, v1):
    v2 = platform.release("good-2")
    platform.move_alias(PRODUCTION, v1["id"])
    platform.move_alias(PRODUCTION, v1["id"])

    moves = [(move["from"], move["to"]) for move in platform.alias_moves()]
    assert moves == [(None, v1["id"]), (v1["id"], v2["id"]), (v2["id"], v1["id"])]


def test_a_variable_is_baked_into_later_releases_only(platform, visitor, eventually):
    platform.set_variable("VERCEL_DEPLOYMENT_NICKNAME", "late")
    platform.set_variable("STRIPE_API_URL", "http://127.0.0.1:1")

    before = visitor.get("/api/health").json()["stripe"]
    platform.release("good")

    assert before == "unknown"
    # Late, it is unknown; it comes in time once the machine is not as busy.
    eventually(lambda: visitor.get("/api/health").json()["stripe"] == "unhealthy")


def test_an_unknown_environment_is_refused(platform):
    with pytest.raises(ValidationError):
        platform.release("good", environment="preview")


def test_protected_addresses_ask_for_the_secret(database_url):
    config = Config(
        app_database_url=database_url,
        function_seconds=PATIENCE_SECONDS,
        protection_bypass_secret="open",
    )
    with Platform(config) as platform:
        v1 = platform.release("good", slot="blue")

        def ask(host, **headers):
            headers = {"host": host, **headers}
            return httpx.get(
                platform.edge_url, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False
            ).status_code

        for host in (v1["url"], "blue-wedsync.vercel.app"):
            assert ask(host) == 401
            assert ask(host, **{"x-vercel-protection-bypass": "open"}) == 200
        assert ask(PRODUCTION) == 200


def test_a_release_needs_the_apps_database():
    config = Config(app_database_url="postgresql://127.0.0.1:1/none")
    with Platform(config) as platform, pytest.raises(psycopg.OperationalError):
        platform.release("good")


def test_a_release_whose_build_fails_goes_nowhere(platform, api, v1, ask):
    broken = platform.release("good-2", builds=False)

    shown = api.get(f"/v13/deployments/{broken['id']}").json()
    moved = api.post(f"/v2/deployments/{broken['id']}/aliases", json={"alias": PRODUCTION})
    back = api.post(f"/v1/projects/prj_wedsync/rollback/{broken['id']}")
    assert shown["readyState"] == "ERROR"
    assert (moved.status_code, back.status_code) == (400, 400)
    assert ask(PRODUCTION).json()["deployment_id"] == v1["id"]
