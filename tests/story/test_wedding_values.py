"""The ceremony moves to 4:30, on whichever code: everybody reads it, and nothing is lost meanwhile.

A release keeps a value in a new form, and its migration says how one is made of the other. After
a rollback the older code is live and pages of the newer one are still open: both write.
"""

from typing import Any

import httpx

from dev.recording import record
from dev.visitors import Visitors
from tests.story.test_database_goes_back import release
from tests.story.test_errors_revert_themselves import GOOD_VISITS, RPS, went_back
from tests.story.test_operations import operate
from tests.story.test_others import as_a_person
from tests.story.world import World, platform_scheduler
from tests.waiting import wait_until

BOTH_COLUMNS = "SELECT starts_at, begins_at::text FROM events WHERE id = 'ceremony'"
#: What people said last, on whichever code.
SAID = {
    "Ceremony": "17:00",
    "Cutting the cake": "18:00",
    "First look": "15:15",
    "Sparklers": "21:45",
    "Last bus": "23:30",
}


def insist(who: httpx.Client, method: str, path: str, **body: str) -> dict[str, Any]:
    """As somebody whose page fails every other time: again, until it is answered well."""

    def answer() -> httpx.Response | None:
        got = who.request(method, path, json=body or None)
        return got if got.is_success else None

    found: dict[str, Any] = wait_until(answer, what=f"a good answer to {method} {path}").json()
    return found


def move(who: httpx.Client, event: str, starts_at: str) -> None:
    insist(who, "PUT", f"/api/events/{event}", starts_at=starts_at)


def add(who: httpx.Client, title: str, starts_at: str) -> None:
    insist(who, "POST", "/api/events", title=title, place="Orchard", starts_at=starts_at)


def times(who: httpx.Client) -> dict[str, str]:
    events = insist(who, "GET", "/api/timeline")["events"]
    return {event["title"]: event["starts_at"] for event in events}


def rename(who: httpx.Client, vendor: str, **name: str) -> None:
    insist(who, "PUT", f"/api/vendors/{vendor}", **name)


def names(who: httpx.Client) -> dict[str, Any]:
    """By vendor; in parts where the code knows them."""
    vendors = insist(who, "GET", "/api/vendors")["vendors"]
    return {
        vendor["id"]: (vendor["given_name"], vendor["family_name"])
        if "given_name" in vendor
        else vendor["name"]
        for vendor in vendors
    }


def record_as_ci(world: World, deployment: dict[str, Any]) -> None:
    record(world.stack["control_plane"], world.stack["tokens"]["admin"], deployment)


def described(world: World, deployment_id: str) -> dict[str, Any]:
    deployments = world.ask_platform("GET", "state")["deployments"]
    return next(one for one in deployments if one["id"] == deployment_id)


def test_after_errors_sent_it_back_both_codes_write_and_the_next_release_knows_it_all(
    young_world, v1, app, tell
):
    world, edge = young_world, young_world.stack["edge"]
    record_as_ci(world, described(world, v1))
    with (
        platform_scheduler(world),
        Visitors(edge["address"], edge["hosts"]["production"], RPS) as visitors,
    ):
        wait_until(lambda: len(visitors.visits) >= GOOD_VISITS, what="the first visitors")
        released = world.release("retimes-errors")
        record_as_ci(world, released)
        move(world.visitor, "ceremony", "16:30")
        add(world.visitor, "First look", "15:15")
        written = app.execute(BOTH_COLUMNS).fetchone()
        rollback, _ = went_back(world, released["id"], v1)

    assert written == {"starts_at": "16:00", "begins_at": "16:30:00"}
    assert rollback["automatic"]
    assert world.step(rollback["rollback_id"], "database")["state"] == "ok"
    old, tab = world.visitor, world.tab(released["url"])
    assert times(old).items() >= {"Ceremony": "16:30", "First look": "15:15"}.items()
    assert "16:30" in old.get("/").text

    move(old, "ceremony", "17:00")
    add(old, "Sparklers", "21:45")
    move(tab, "cake", "18:00")
    add(tab, "Last bus", "23:30")
    for who in (old, tab):
        assert times(who).items() >= SAID.items()

    # The errors are mended, and the release comes once more.
    mended = world.release("retimes", live=False)
    record_as_ci(world, mended)
    forward = operate(world, action="database_forward")
    assert forward.status_code == 200, forward.text
    as_a_person(world, "promote", mended["id"])
    wait_until(lambda: world.live() == mended["id"], what="the mended release")
    assert times(world.visitor).items() >= SAID.items()
    move(world.visitor, "ceremony", "17:15")
    assert times(world.visitor)["Ceremony"] == "17:15"
    tell(f"retimes-errors: rolled back in {rollback['duration_ms'] / 1000:.1f} s, nothing missing")


def test_names_that_were_split_follow_each_other_there_and_back_by_hand(world, app, tell):
    target = world.live()
    split = release(world, "splits-name")
    tab = world.tab(described(world, split)["url"])
    # What only the newer code can say: where the first name ends.
    rename(world.visitor, "photographer", given_name="Anna Lena", family_name="Hart")

    back = world.follow(world.start(deployment_id=target, reason="Wrong or missing data"))

    assert back["status"] == "completed", back
    assert world.step(back["rollback_id"], "database")["state"] == "ok"
    assert names(world.visitor)["photographer"] == "Anna Lena Hart"
    rename(world.visitor, "band", name="The Day Larks")
    rename(tab, "florist", given_name="Petal", family_name="and Stem")
    assert names(world.visitor)["florist"] == "Petal and Stem"
    assert names(tab)["band"] == ("The", "Day Larks")

    answer = operate(world, action="roll_forward", subject=back["rollback_id"])
    assert answer.status_code == 202, answer.text
    forward = world.follow(answer.json()["rollback_id"])

    assert forward["status"] == "completed", forward
    assert world.live() == split
    assert (
        names(world.visitor).items()
        >= {
            "photographer": ("Anna Lena", "Hart"),
            "band": ("The", "Day Larks"),
            "florist": ("Petal", "and Stem"),
            "caterer": ("The", "Long Table"),
        }.items()
    )
    tell(
        f"splits-name: back in {back['duration_ms'] / 1000:.1f} s,"
        f" forward in {forward['duration_ms'] / 1000:.1f} s"
    )
