"""Who asks the public host gets the app and nothing else; who asks ours gets the control plane."""

import pytest

from tests.waiting import wait_until

PUBLIC = "wedsync.example"
PATHS = (
    "/",
    "/api/health",
    "/admin/deployments",
    "/api/overview",
    "/assets/deployments.js",
    "/nowhere",
)


@pytest.fixture
def slots(world):
    """A deployment in each slot."""
    return {slot: world.release("good", slot=slot, live=False)["id"] for slot in ("blue", "green")}


@pytest.fixture
def public(world):
    return world.anybody(PUBLIC)


@pytest.mark.parametrize("path", PATHS)
def test_on_the_public_host_every_path_is_the_apps(world, public, path):
    # Its health is looked at anew for each: a database that was slow for one was not for the other.
    wait_until(
        lambda: public.get(path).status_code == world.visitor.get(path).status_code,
        what="the same answer",
    )
    ours, apps = public.get(path), world.visitor.get(path)

    assert "x-vercel-cache" in ours.headers  # it went through the app's edge
    assert ours.headers["content-type"] == apps.headers["content-type"]


def test_health_on_the_public_host_is_the_apps(world, public):
    assert public.get("/api/health").json()["deployment_id"] == world.live()


def test_nothing_can_be_triggered_on_the_public_host(world, public):
    body = {"deployment_id": "last-stable", "reason": "Down", "environment": "production"}

    answer = public.post(
        "/api/rollback/trigger",
        json=body,
        headers={"authorization": world.api.headers["authorization"]},
    )

    assert answer.status_code == 404
    assert world.rows("SELECT id FROM rollbacks") == []


@pytest.mark.parametrize("slot", ["blue", "green"])
def test_a_tester_sees_a_slot_by_header_or_cookie(public, slots, slot):
    by_header = public.get("/api/health", headers={"wedsync-slot": slot})
    by_cookie = public.get("/api/health", headers={"cookie": f"wedsync-slot={slot}"})

    assert by_header.json()["deployment_id"] == slots[slot]
    assert by_cookie.json()["deployment_id"] == slots[slot]


def test_a_slot_that_does_not_exist_is_what_is_live(world, public, slots):
    answer = public.get("/api/health", headers={"wedsync-slot": "purple"})

    assert answer.json()["deployment_id"] == world.live()


def test_the_public_host_carries_none_of_our_headers(public):
    assert "content-security-policy" not in public.get("/").headers


def test_our_own_host_shows_the_admin_page_under_a_strict_policy(world):
    page = world.api.get("/admin/deployments")

    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"


def test_our_own_host_answers_for_itself(world):
    assert world.api.get("/api/health").json()["deployment_id"] == "dpl_control_plane"


def test_our_own_host_has_no_slots(world, slots):
    answer = world.api.get("/api/health", headers={"wedsync-slot": "blue"})

    assert answer.json()["deployment_id"] == "dpl_control_plane"
