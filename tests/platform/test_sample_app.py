"""The app that is guarded: what it does, and how its bad versions fail."""

import httpx
import pytest

from dev.ports import LOOPBACK, free_port
from dev.sample_app.app import make_app
from dev.sample_app.migrate import down_text, migrate
from dev.sample_app.settings import read_settings
from dev.sample_app.versions import UnknownVersion, find_version
from tests.waiting import PATIENCE_SECONDS


def test_the_page_shows_the_timeline(platform, visitor):
    page = visitor.get("/")

    assert page.status_code == 200
    assert "Mia &amp; Tom" in page.text
    assert "Ceremony" in page.text


def test_the_page_brings_its_style_and_script(platform, visitor):
    assert visitor.get("/static/style.css").headers["content-type"].startswith("text/css")
    assert "javascript" in visitor.get("/static/timeline.js").headers["content-type"]


def test_a_coordinator_moves_the_ceremony_and_vendors_read_it(platform, visitor, app_data):
    moved = visitor.put("/api/events/ceremony", json={"starts_at": "16:30"})

    events = {event["id"]: event for event in visitor.get("/api/timeline").json()["events"]}
    assert moved.json() == {"id": "ceremony", "title": "Ceremony", "starts_at": "16:30"}
    assert events["ceremony"]["starts_at"] == "16:30"


def test_events_come_in_the_order_of_the_day(platform, visitor):
    times = [event["starts_at"] for event in visitor.get("/api/timeline").json()["events"]]

    assert times == sorted(times)
    assert len(times) == 7


def test_vendors_are_listed(platform, visitor):
    roles = {vendor["role"] for vendor in visitor.get("/api/vendors").json()["vendors"]}

    assert {"Photographer", "Venue coordinator"} <= roles


def test_a_shot_is_ticked_off(platform, visitor):
    assert visitor.put("/api/shots/rings", json={"taken": True}).json()["taken"] is True
    assert visitor.put("/api/shots/rings", json={"taken": False}).json()["taken"] is False


def test_an_event_is_added_to_the_day(platform, visitor, fresh):
    toasts = {"title": "Toasts", "place": "Barn", "starts_at": "19:15"}

    added = visitor.post("/api/events", json=toasts).json()

    events = {event["id"]: event for event in visitor.get("/api/timeline").json()["events"]}
    assert events[added["id"]].items() >= toasts.items()


def test_a_vendor_is_renamed(platform, visitor, fresh):
    renamed = visitor.put("/api/vendors/photographer", json={"name": " Lena Moss "})

    names = {v["id"]: v["name"] for v in visitor.get("/api/vendors").json()["vendors"]}
    assert renamed.json() == {"id": "photographer", "name": "Lena Moss"}
    assert names["photographer"] == "Lena Moss"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"starts_at": "26:00"}', b'{"note": "x"}'])
def test_a_change_that_makes_no_sense_is_refused(platform, visitor, body):
    assert visitor.put("/api/events/ceremony", content=body).status_code == 422


def test_an_unknown_event_is_not_found(platform, visitor):
    answer = visitor.put("/api/events/speech", json={"starts_at": "16:30"})

    assert answer.status_code == 404
    assert answer.json() == {"error": "There is nothing with this id."}


def test_health_has_the_six_keys_and_names_the_deployment(platform, visitor, v1, eventually):
    def well() -> httpx.Response | None:
        answer = visitor.get("/api/health")
        return answer if answer.is_success else None

    answer = eventually(well)

    health = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert health.pop("timestamp").endswith("Z")
    assert health == {
        "api": "healthy",
        "database": "healthy",
        "redis": "unknown",
        "stripe": "unknown",
        "deployment_id": v1["id"],
    }


@pytest.mark.parametrize("path", ["/api/health", "/api/timeline"])
def test_errors_come_in_the_promised_proportion(platform, visitor, path):
    platform.release("errors-10")

    answers = [visitor.get(path).status_code for _ in range(100)]

    assert answers.count(500) == 10
    # Its health is 503 where the database takes a moment longer, on a busy machine.
    assert {*answers} <= ({200, 500, 503} if path == "/api/health" else {200, 500})


def test_a_version_that_crashes_gets_the_platforms_error_page(platform, visitor):
    platform.release("crash")

    answer = visitor.get("/")

    assert answer.status_code == 500
    assert answer.headers["x-vercel-error"] == "FUNCTION_INVOCATION_FAILED"


def test_a_version_that_hangs_is_given_up(platform, visitor, monkeypatch):
    monkeypatch.setattr(platform.config, "function_seconds", 0.1)
    platform.release("hang")

    answer = visitor.get("/")

    assert answer.status_code == 504
    assert answer.headers["x-vercel-error"] == "FUNCTION_INVOCATION_TIMEOUT"


def test_wrong_content_looks_healthy(platform, visitor, eventually):
    platform.release("wrong-content")

    eventually(lambda: visitor.get("/api/health").status_code == 200)
    assert visitor.get("/").status_code == 200
    assert "Ceremony" not in visitor.get("/").text


def test_a_version_with_a_migration_applies_it_once_before_it_goes_live(platform, visitor, fresh):
    first = platform.release("adds-note")
    second = platform.release("adds-note")

    noted = visitor.put("/api/events/ceremony", json={"note": "The arch goes left"})
    assert first["migrations_applied"] == ["20261115090000"]
    assert second["migrations_applied"] == []
    assert noted.json()["note"] == "The arch goes left"
    assert "The arch goes left" in visitor.get("/").text


def test_older_code_runs_on_the_newer_schema(platform, visitor, fresh):
    platform.release("adds-note")
    platform.release("good-2")

    assert visitor.get("/").status_code == 200
    assert visitor.put("/api/events/ceremony", json={"starts_at": "16:00"}).status_code == 200


def test_an_unknown_version_is_named_with_those_there_are(database_url):
    with pytest.raises(UnknownVersion, match="errors-50"):
        migrate(database_url, "bad")


def test_a_deployment_outlives_a_restart_of_its_database(platform, postgres, visitor, eventually):
    eventually(lambda: visitor.get("/api/health").json()["database"] == "healthy")
    postgres.restart(immediate=True)

    eventually(lambda: visitor.get("/api/health").json()["database"] == "healthy")


async def test_a_query_that_fails_fails_its_own_request_only(monkeypatch):
    """An error that reached the server would end the connection too, which the edge uses again."""
    monkeypatch.setenv("DATABASE_URL", f"postgresql://{LOOPBACK}:{free_port()}/gone")
    transport = httpx.ASGITransport(make_app(read_settings()), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://wedding") as client:
        answer = await client.get("/api/timeline")

    assert answer.status_code == 500
    assert "Something went wrong" in answer.text


def test_a_deployment_reads_what_it_is_given(platform, v1):
    own = httpx.get(
        f"{platform.edge_url}/api/health",
        headers={"host": v1["url"]},
        timeout=PATIENCE_SECONDS,
        trust_env=False,
    )

    assert own.json()["deployment_id"] == v1["id"]


#: Everything that `good` does, by name. Subjects and events are those of the wedding.
OLD = {
    "page": ("GET", "/", None),
    "timeline": ("GET", "/api/timeline", None),
    "vendors": ("GET", "/api/vendors", None),
    "move": ("PUT", "/api/events/ceremony", {"starts_at": "16:00"}),
    "add event": (
        "POST",
        "/api/events",
        {"title": "Toasts", "place": "Barn", "starts_at": "19:15"},
    ),
    "rename": ("PUT", "/api/vendors/band", {"name": "The Night Owls"}),
    "take": ("PUT", "/api/shots/rings", {"taken": True}),
    "add": ("POST", "/api/shots", {"event_id": "ceremony", "subject": "The kiss"}),
    "add again": ("POST", "/api/shots", {"event_id": "ceremony", "subject": "The kiss"}),
    "add long": ("POST", "/api/shots", {"event_id": "dinner", "subject": "The cake, " * 6}),
}
ADDING = {"add", "add again", "add long"}
READING_WEDDING = {"page", "timeline"}
#: Version -> what its code writes, what comes back, and what `good` can no longer do.
CHANGES = {
    "adds-column": (
        ("PUT", "/api/vendors/florist", {"arrives_at": "12:30"}),
        {"arrives_at": "12:30"},
        set(),
    ),
    "adds-required": (
        ("POST", "/api/shots", {"event_id": "dinner", "subject": "The toast", "minutes": 10}),
        {"minutes": 10},
        ADDING,
    ),
    "adds-unique": (
        ("POST", "/api/shots", {"event_id": "ceremony", "subject": "Walking down the aisle"}),
        {"id": "aisle"},
        {"add again"},
    ),
    "drops-column": (
        ("PUT", "/api/events/ceremony", {"starts_at": "16:30"}),
        {"starts_at": "16:30"},
        READING_WEDDING,
    ),
    "renames-table": (
        ("PUT", "/api/shots/rings", {"taken": True}),
        {"taken": True},
        READING_WEDDING | ADDING | {"take"},
    ),
    "narrows": (
        ("POST", "/api/shots", {"event_id": "dinner", "subject": "a" * 40}),
        {"subject": "a" * 40},
        {"add long"},
    ),
    "opaque": (
        ("POST", "/api/shots", {"event_id": "dinner", "subject": "The toast"}),
        {"taken": False},
        ADDING,
    ),
    "retimes": (
        ("PUT", "/api/events/ceremony", {"starts_at": "16:30"}),
        {"starts_at": "16:30"},
        {"add event"},
    ),
    "splits-name": (
        ("PUT", "/api/vendors/florist", {"given_name": "Petal", "family_name": "and Stem"}),
        {"given_name": "Petal", "family_name": "and Stem"},
        set(),
    ),
    "counts": (
        ("PUT", "/api/shots/rings", {"taken": True}),
        {"taken": True},
        set(),
    ),
}


def ask(visitor, request):
    method, path, body = request
    return visitor.request(method, path, json=body)


def failing(visitor):
    return {name for name, request in OLD.items() if ask(visitor, request).status_code >= 500}


def test_the_first_version_does_everything_on_its_own_schema(platform, visitor, fresh):
    assert failing(visitor) == set()


@pytest.mark.parametrize("version", CHANGES)
def test_a_version_with_a_migration_goes_live_and_writes(platform, visitor, fresh, version):
    write, back, _ = CHANGES[version]
    released = platform.release(version)

    written = ask(visitor, write)
    assert (released["live"], len(released["migrations_applied"])) == (True, 1)
    assert written.status_code == 200
    assert written.json().items() >= back.items()
    assert ask(visitor, OLD["page"]).status_code == 200
    assert ask(visitor, OLD["add"]).status_code == 200


@pytest.mark.parametrize("version", CHANGES)
def test_older_code_on_its_schema_fails_exactly_there(platform, visitor, fresh, version):
    platform.release(version)
    platform.release("good")

    assert failing(visitor) == CHANGES[version][2]


@pytest.mark.parametrize("version", CHANGES)
def test_its_way_down_lets_older_code_do_everything_again(
    platform, visitor, fresh, version, app_data
):
    platform.release(version)
    migration = find_version(version).migrations[-1]
    app_data.execute(down_text(migration).encode())
    platform.release("good")

    assert failing(visitor) == set()


def test_a_longer_subject_is_refused_by_the_code_that_narrows(platform, visitor, fresh):
    platform.release("narrows")

    assert ask(visitor, OLD["add long"]).status_code == 422


@pytest.mark.parametrize(
    "request_",
    [
        ("POST", "/api/shots", {"event_id": "ceremony", "subject": ""}),
        ("POST", "/api/shots", {"subject": "The kiss"}),
        ("PUT", "/api/vendors/florist", {"arrives_at": "12:30"}),
        ("PUT", "/api/vendors/florist", {"given_name": "Petal", "family_name": "and Stem"}),
        ("PUT", "/api/vendors/florist", {"name": " "}),
        ("POST", "/api/events", {"title": "", "place": "Barn", "starts_at": "19:15"}),
        ("POST", "/api/events", {"title": "Toasts", "place": "Barn", "starts_at": "7 pm"}),
    ],
)
def test_what_the_first_version_does_not_know_is_refused(platform, visitor, request_):
    assert ask(visitor, request_).status_code == 422


def test_a_shot_of_an_unknown_event_is_not_found(platform, visitor):
    shot = {"event_id": "speech", "subject": "The groom"}

    assert ask(visitor, ("POST", "/api/shots", shot)).status_code == 404


def test_a_migration_that_does_not_fit_what_is_there_releases_nothing(platform, api, fresh):
    """The versions are alternatives: this one's table was renamed by the other."""
    platform.release("renames-table")
    before = platform.state()["aliases"]

    refused = api.post("/_dev/releases", json={"version": "narrows"})

    assert refused.status_code == 409
    assert "nothing was released" in refused.json()["error"]
    assert platform.state()["aliases"] == before
