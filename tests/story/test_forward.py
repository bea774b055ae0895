"""B is bad, A is live again and people go on writing; then B comes back, or C follows it.

Nothing that anybody wrote is lost, and no release goes live onto a schema that is still back.
"""

from typing import Any

import psycopg
import pytest

from dev.recording import contained
from dev.sample_app.versions import SHOT_MINUTES
from lib.deployments.models import Release
from lib.migrations.collect import newest_texts
from lib.rollback.models import Environment
from tests.story.test_operations import operate
from tests.story.test_others import as_a_person
from tests.story.world import World
from tests.waiting import wait_until

AS_IT_WAS = (
    "DROP SCHEMA IF EXISTS _rollback CASCADE",
    "DELETE FROM shots WHERE subject LIKE 'Told by %'",
    "ALTER TABLE shots DROP COLUMN IF EXISTS minutes",
    "UPDATE events SET starts_at = '16:00' WHERE id = 'ceremony'",
    f"DELETE FROM schema_migrations WHERE version = '{SHOT_MINUTES}'",
)


def ask(world: World, statement: str) -> list[tuple[Any, ...]]:
    """The app's own database."""
    with psycopg.connect(world.stack["app_database_url"], autocommit=True) as opened:
        cursor = opened.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def world(world):
    """The app's database is put back as well."""
    yield world
    for statement in AS_IT_WAS:
        ask(world, statement)


def record(world: World, deployment_id: str, sha: str, version: str) -> dict[str, Any]:
    """As the app's CI does; the answer."""
    brought = contained(version)
    release = Release(
        environment=Environment.PRODUCTION,
        git_sha=sha,
        vercel_deployment_id=deployment_id,
        versions=brought.versions,
        migrations=newest_texts(brought.migrations),
    )
    answer = world.as_role("admin").post("/api/deployments", json=release.model_dump(mode="json"))
    assert answer.is_success, answer.text
    return answer.json()


def promotion(world: World) -> tuple[str, bool] | None:
    shown = world.overview()["promotion"]
    return shown and (shown["deployment_id"], shown["is_safe"])


def how_it_went_live(world: World, deployment_id: str) -> tuple[str, str, bool]:
    [row] = [one for one in world.overview()["history"] if one["deployment_id"] == deployment_id]
    return row["how"], row["by"], row["is_live"]


def release(world: World, **order: object) -> tuple[str, dict[str, Any]]:
    """One that knows of minutes, recorded; and what recording it answered."""
    made = world.release("adds-required", **order)
    return made["id"], record(world, made["id"], made["sha"], "adds-required")


def add_shot(world: World, subject: str, **more: object):
    body = {"event_id": "dinner", "subject": subject, **more}
    return world.visitor.post("/api/shots", json=body)


def move_ceremony(world: World) -> None:
    answer = world.visitor.put("/api/events/ceremony", json={"starts_at": "16:30"})
    assert answer.is_success, answer.text


def timeline(world: World) -> dict[str, Any]:
    return world.visitor.get("/api/timeline").json()


@pytest.fixture
def from_b_to_a(world):
    """Ids of B and A, and of the rollback; each release's people have written."""
    a = world.overview()["live"]
    record(world, a["deployment_id"], a["git_sha"], "good-2")
    b, _ = release(world)
    wait_until(lambda: world.live_in_overview() == b, what="the news of the release")
    assert add_shot(world, "Told by B", minutes=12).is_success

    ended = world.follow(world.start(deployment_id=a["deployment_id"]))

    assert ended["status"] == "completed", ended
    move_ceremony(world)
    return b, a["deployment_id"], ended


def test_a_rollback_that_was_wrong_is_undone_and_nothing_is_lost(world, from_b_to_a, tell):
    b, a, back = from_b_to_a
    assert (back["kind"], world.live()) == ("back", a)
    assert add_shot(world, "Told by A").is_success

    # Somebody emptied what the newer release requires, and nobody can guess it.
    [(shot,)] = ask(world, "SELECT id FROM shots WHERE subject = 'Told by A'")
    ask(world, f"UPDATE shots SET minutes = NULL WHERE id = '{shot}'")
    refused = world.follow(
        operate(world, action="roll_forward", subject=back["rollback_id"]).json()["rollback_id"]
    )
    assert (refused["status"], refused["current_step"]) == ("failed", "database")
    assert f"shots id={shot}" in refused["error"]
    assert world.live() == a
    assert add_shot(world, "Told by A as well").is_success

    ask(world, "UPDATE shots SET minutes = 6 WHERE minutes IS NULL")
    answer = operate(world, action="roll_forward")
    ended = world.follow(answer.json()["rollback_id"])

    assert answer.status_code == 202, answer.text
    assert ended["status"] == "completed", ended
    assert ended["kind"] == "forward"
    assert [step["name"] for step in ended["steps"]][:3] == ["record", "database", "switch"]
    assert world.live() == b
    day = timeline(world)
    told = {shot["subject"]: shot["minutes"] for shot in day["shots"] if "Told" in shot["subject"]}
    assert told == {"Told by B": 12, "Told by A": 6, "Told by A as well": 5}
    assert [e["starts_at"] for e in day["events"] if e["id"] == "ceremony"] == ["16:30"]
    assert add_shot(world, "Told by B again", minutes=7).is_success
    again = operate(world, action="roll_forward")
    assert (again.status_code, again.json()["rollback_id"]) == (200, ended["rollback_id"])
    known = ("roll_forward", "Olga Operator", True)
    wait_until(lambda: how_it_went_live(world, b) == known, what="the page")
    tell(f"Roll forward: {ended['duration_ms'] / 1000:.2f} s")


def test_release_c_follows_b_once_the_database_is_forward(world, from_b_to_a):
    _, a, _ = from_b_to_a
    c, recorded = release(world, live=False)
    assert "needs the database forward first" in recorded["forward_note"]
    wait_until(lambda: promotion(world) == (c, False), what="that C is not safe to promote")

    answer = operate(world, action="database_forward")

    assert answer.status_code == 200, answer.text
    assert "Traffic was not touched" in answer.json()["message"]
    assert world.live() == a
    assert ask(world, "SELECT state FROM _rollback.runs") == [("forward",)]
    wait_until(lambda: promotion(world) == (c, True), what="that C is safe to promote")
    as_a_person(world, "promote", c)
    wait_until(lambda: world.live_in_overview() == c, what="the news of C")
    assert add_shot(world, "Told by C", minutes=3).is_success
    shots = {shot["subject"]: shot["minutes"] for shot in timeline(world)["shots"]}
    assert (shots["Told by B"], shots["Told by C"]) == (12, 3)
    kinds = world.rows("SELECT kind FROM alerts WHERE kind = 'needs_database_forward'")
    assert kinds == []
