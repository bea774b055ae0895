"""The sample app's versions that keep a value in a new form, and leave the old column in place."""

import pytest

from dev.sample_app.migrate import down_text
from dev.sample_app.versions import EVENT_TIMES, VENDOR_NAMES, find_version

TOASTS = {"title": "Toasts", "place": "Barn", "starts_at": "19:15"}


def test_times_that_became_times_are_added_moved_and_read_as_before(
    platform, visitor, fresh, app_data
):
    texts = visitor.get("/api/timeline").json()
    platform.release("retimes")
    times = visitor.get("/api/timeline").json()
    toasts = visitor.post("/api/events", json=TOASTS).json()
    moved = visitor.put(f"/api/events/{toasts['id']}", json={"starts_at": "09:05"}).json()

    assert times == texts
    assert (toasts["starts_at"], moved["starts_at"]) == ("19:15", "09:05")
    assert visitor.get("/api/timeline").json()["events"][0]["id"] == toasts["id"]
    assert "09:05" in visitor.get("/").text
    stored = app_data.execute(
        "SELECT starts_at, begins_at::text FROM events WHERE id = %s", [toasts["id"]]
    ).fetchone()
    assert stored == (None, "09:05:00")


def test_their_way_down_writes_them_as_text_again(platform, visitor, fresh, app_data):
    platform.release("retimes")
    visitor.post("/api/events", json=TOASTS)
    visitor.put("/api/events/ceremony", json={"starts_at": "16:30"})
    times = visitor.get("/api/timeline").json()
    app_data.execute(down_text(EVENT_TIMES).encode())
    platform.release("good")

    assert visitor.get("/api/timeline").json() == times


@pytest.mark.parametrize(
    ("name", "given", "family"),
    [
        ("Lena Hart", "Lena", "Hart"),
        ("The Long Table", "The", "Long Table"),
        ("Zoë", "Zoë", ""),
        ("Ana  María", "Ana", " María"),
    ],
)
def test_a_name_is_split_and_put_together_again(
    platform, visitor, fresh, app_data, name, given, family
):
    visitor.put("/api/vendors/band", json={"name": name})
    platform.release("splits-name")
    split = named(visitor)
    shown = visitor.get("/").text
    app_data.execute("UPDATE vendors SET name = 'as it was' WHERE id = 'band'")
    app_data.execute(down_text(VENDOR_NAMES).encode())
    platform.release("good")

    assert (split["name"], split["given_name"], split["family_name"]) == (name, given, family)
    assert name in shown
    assert named(visitor)["name"] == name


def named(visitor):
    """The band, as this version knows its name."""
    vendors = visitor.get("/api/vendors").json()["vendors"]
    return next(vendor for vendor in vendors if vendor["id"] == "band")


def test_vendors_are_sorted_by_their_last_names_once_there_are_any(platform, visitor, fresh):
    platform.release("splits-name")

    vendors = visitor.get("/api/vendors").json()["vendors"]
    families = [vendor["family_name"] for vendor in vendors]
    assert families == ["& Stem", "Hart", "Long Table", "Night Owls", "Okafor"]


@pytest.mark.parametrize("version", ["retimes", "splits-name"])
def test_with_errors_it_is_the_same_version_that_fails_every_other_time(
    platform, visitor, fresh, version
):
    platform.release(f"{version}-errors")

    answers = [visitor.get("/api/timeline").status_code for _ in range(100)]

    bad, good = find_version(f"{version}-errors"), find_version(version)
    assert bad.migrations == good.migrations
    assert answers.count(500) == 50


@pytest.mark.parametrize("name", [{"name": "Petal"}, {"given_name": " ", "family_name": "Stem"}])
def test_a_name_that_is_not_in_parts_is_refused_by_the_code_that_splits_it(
    platform, visitor, fresh, name
):
    platform.release("splits-name")

    assert visitor.put("/api/vendors/florist", json=name).status_code == 422
