"""The app's database goes back with the code, while vendors write through the edge all the time."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

import psycopg
import pytest
from psycopg.rows import dict_row

from dev.recording import record
from dev.sample_app.versions import VENUE_DROPPED
from tests.story.holding import Row
from tests.story.test_outages import restart_postgres
from tests.story.world import LEASE_IS_OVER, STEPS, TRIGGER, World
from tests.waiting import wait_until

ORDER = ["record", "database", "switch", "caches", "verify"]
PAUSE_SECONDS = 0.05
MOMENTS = ("before the lock", "after the commit over there", "after the commit")


class Vendors:
    """A photographer who lists one photograph after the other, whatever version answers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.answers: list[tuple[int, str]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _write(self) -> None:
        number = 0
        while not self._ended.is_set():
            number += 1
            subject = f"Photograph {number}"
            answer = self.world.visitor.post(
                "/api/shots", json={"event_id": "dinner", "subject": subject, "minutes": number}
            )
            self.answers.append((answer.status_code, subject))
            time.sleep(PAUSE_SECONDS)

    @property
    def written(self) -> list[str]:
        return [subject for status, subject in self.answers if status == 200]

    def wait_for_more(self, count: int = 3) -> None:
        before = len(self.written)
        wait_until(lambda: len(self.written) >= before + count, what="more photographs")


def release(world: World, version: str) -> str:
    """As a team's CI does it: migrated, deployed, recorded."""
    deployment = world.release(version)
    record(world.stack["control_plane"], world.stack["tokens"]["admin"], deployment)
    wait_until(
        lambda: (world.overview()["live"] or {}).get("deployment_id") == deployment["id"],
        what="the news of the release",
    )
    return deployment["id"]


def runs(app: psycopg.Connection) -> list[dict[str, str]]:
    return app.execute("SELECT run_id::text, state FROM _rollback.runs").fetchall()


def check(world: World, app: psycopg.Connection, rollback_id: str, target: str) -> dict:
    """It is completed, in its order, and the database went back once."""
    status = world.follow(rollback_id)
    assert status["status"] == "completed", status
    assert [row["step"] for row in world.rows(STEPS, rollback_id)] == ORDER
    assert world.step(rollback_id, "database")["state"] == "ok"
    assert world.step(rollback_id, "database")["message"].startswith("Goes back one step")
    assert world.live() == target
    assert [run["state"] for run in runs(app)] == ["back"]
    return status


def shown_as_going_back(world: World, target: str) -> dict | None:
    """The page's version of it, which may be ten seconds old."""
    [shown] = [one for one in world.overview()["history"] if one["deployment_id"] == target]
    return shown if shown["database_effect"].startswith("Goes back one step") else None


@pytest.mark.parametrize(
    ("version", "may_fail"),
    [
        ("adds-required", False),
        # Its own INSERT says ON CONFLICT on the key that rests, until it is left.
        ("adds-unique", True),
    ],
)
def test_a_release_and_its_migration_go_back_under_load(world, app, tell, version, may_fail):
    target = world.live()
    release(world, version)
    with Vendors(world) as vendors:
        vendors.wait_for_more()
        shown = wait_until(lambda: shown_as_going_back(world, target), what="what it would mean")
        rollback_id = world.start(deployment_id=target, reason="Wrong or missing data")
        status = check(world, app, rollback_id, target)
        until_then = len(vendors.answers) + 1  # one may be under way
        vendors.wait_for_more()

    assert shown["eligible"]
    assert ("may see errors" in world.step(rollback_id, "database")["message"]) is may_fail
    kept = {row["subject"] for row in app.execute("SELECT subject FROM shots").fetchall()}
    assert set(vendors.written) <= kept
    counted = vendors.answers[until_then:] if may_fail else vendors.answers
    assert {code for code, _ in counted} == {200}
    failed = sum(code != 200 for code, _ in vendors.answers)
    tell(
        f"{version}: back in {status['duration_ms'] / 1000:.1f} s; of {len(vendors.answers)} writes"
        f" {failed} failed"
    )


def test_what_only_the_newer_version_knows_is_still_there(world, app):
    target = world.live()
    release(world, "adds-required")
    world.visitor.post("/api/shots", json={"event_id": "dinner", "subject": "Toast", "minutes": 9})

    check(world, app, world.start(deployment_id=target), target)
    old = world.visitor.post("/api/shots", json={"event_id": "dinner", "subject": "Cake"})

    assert old.status_code == 200
    rows = app.execute("SELECT subject, minutes FROM shots WHERE event_id = 'dinner'").fetchall()
    minutes = {row["subject"]: row["minutes"] for row in rows}
    # The older code knows of no minutes: its photograph has what the migration gives all others.
    assert (minutes["Toast"], minutes["Cake"]) == (9, 5)


def test_a_column_that_was_dropped_is_refused_before_traffic_moves(world, app):
    target = world.live()
    bad = release(world, "drops-column")

    status = world.follow(world.start(deployment_id=target, note="It was there yesterday"))

    assert (status["status"], status["current_step"]) == ("failed", "database")
    assert VENUE_DROPPED in status["error"]
    assert "weddings.venue" in status["error"]
    assert "Nothing was changed" in status["visitors_get"]
    assert world.live() == bad


def test_a_table_that_was_renamed_goes_back_if_a_person_chooses_it(world, app):
    target = world.live()
    release(world, "renames-table")

    refused = world.trigger(deployment_id=target)
    assert refused.status_code == 409
    assert "will see errors" in refused.json()["detail"]

    rollback_id = world.start(deployment_id=target, allow_exclusive=True)
    check(world, app, rollback_id, target)
    assert world.visitor.get("/").status_code == 200


@contextmanager
def held_at(world: World, app: psycopg.Connection, target: str, moment: str) -> Iterator[str]:
    """A rollback whose worker stands in step `database`, at this moment."""
    if moment == "before the lock":
        with psycopg.connect(world.stack["app_database_url"]) as reader:
            reader.execute("SELECT FROM shots LIMIT 1")
            rollback_id = world.start(deployment_id=target)
            # It takes its turns waiting for the table.
            wait_until(lambda: has_begun(app), what="the run")
            yield rollback_id
        return
    with psycopg.connect(world.stack["app_database_url"]) as reader:
        reader.execute("SELECT FROM shots LIMIT 1")
        rollback_id = world.start(deployment_id=target)
        wait_until(lambda: has_begun(app), what="the run")
        with Row(world, rollback_id) as row:
            reader.commit()
            wait_until(lambda: runs(app), what="the commit over there")
            if moment == "after the commit":
                row.let_through_until("database")
            yield rollback_id


def has_begun(app: psycopg.Connection) -> bool:
    waits = "SELECT FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0"
    is_there = app.execute("SELECT to_regclass('_rollback.runs') AS it").fetchone()["it"]
    return is_there is not None and bool(app.execute(waits).fetchall())


def kill_in_database(world: World, app: psycopg.Connection, moment: str, tell) -> None:
    target = world.live()
    release(world, "adds-required")
    with Vendors(world) as vendors:
        with held_at(world, app, target, moment) as rollback_id:
            world.kill(TRIGGER)
        world.pass_time(LEASE_IS_OVER)
        status = check(world, app, rollback_id, target)
        vendors.wait_for_more()

    assert not [code for code, _ in vendors.answers if code != 200]
    audit = world.rows("SELECT actor FROM audit WHERE action = 'database.back'")
    assert len(audit) == 1
    tell(f"killed in database, {moment}: completed after {status['duration_ms'] / 1000:.1f} s")


@pytest.mark.parametrize(
    "moment", [pytest.param(m, marks=[pytest.mark.deep] * (m != MOMENTS[1])) for m in MOMENTS]
)
def test_killed_in_the_middle_it_is_completed_by_another_and_done_once(world, app, tell, moment):
    kill_in_database(world, app, moment, tell)


def test_with_postgres_restarted_in_the_middle_it_is_done_once_and_in_time(world, app, tell):
    """The step waits for a table that a reader holds, and everything crashes under it."""
    target = world.live()
    release(world, "adds-required")
    with suppress(psycopg.OperationalError), held_at(world, app, target, MOMENTS[0]) as rollback_id:
        restart_postgres(world)

    with psycopg.connect(world.stack["app_database_url"], row_factory=dict_row) as again:
        status = check(world, again, rollback_id, target)
        [kept] = again.execute("SELECT count(*) AS shots FROM shots").fetchall()
    assert not status["overdue"]
    assert kept["shots"] > 0
    tell(f"Postgres restarted in database: completed after {status['duration_ms'] / 1000:.1f} s")


def test_with_an_unmoved_ledger_traffic_goes_back_though_the_apps_database_is_away(world, v1):
    """A connection storm of the bad release: nobody else gets in, the control plane included."""
    name = world.stack["app_database_url"].rpartition("/")[2]
    with refusing(world, name):
        rollback_id = world.start(deployment_id=v1)
        wait_until(lambda: world.moves() == [v1], what="the switch")
    status = world.follow(rollback_id)

    assert status["status"] == "completed", status
    assert world.step(rollback_id, "database")["state"] == "skipped"


@contextmanager
def refusing(world: World, name: str) -> Iterator[None]:
    postgres = world.database_url.rpartition("/")[0] + "/postgres"
    with psycopg.connect(postgres, autocommit=True) as opened:
        opened.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        opened.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        try:
            yield
        finally:
            opened.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
