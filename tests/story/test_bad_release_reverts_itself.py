"""The story that all of this is for: a wedding day, a bad release, and nobody presses anything."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread
from typing import Self

import pytest

from tests.story.world import World, platform_scheduler
from tests.waiting import wait_until

READ_EVERY_SECONDS = 0.25
LIMIT = timedelta(seconds=60)

FAILED_PROBES = """
SELECT at FROM probes WHERE deployment = %s AND live = 'failed' ORDER BY id
"""
WENT_LIVE = """
SELECT p.live_from AS at FROM live_periods p JOIN deployment_history h ON h.id = p.deployment
 WHERE h.vercel_deployment_id = %s
"""


@dataclass(frozen=True)
class Reading:
    at: float
    status: int


class Vendors:
    """They read the timeline's page again and again, as long as the wedding day lasts."""

    def __init__(self, world: World) -> None:
        self.readings: list[Reading] = []
        self._world = world
        self._over = Event()
        self._thread = Thread(target=self._read)

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: self.readings, what="the first reading")
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._over.wait(READ_EVERY_SECONDS):
            answer = self._world.visitor.get("/")
            self.readings.append(Reading(time.monotonic(), answer.status_code))

    def failed(self) -> list[Reading]:
        return [reading for reading in self.readings if reading.status != 200]


@pytest.fixture
def vendors(young_world) -> Iterator[Vendors]:
    with platform_scheduler(young_world), Vendors(young_world) as reading:
        yield reading


def test_a_crashing_release_reverts_itself_and_keeps_what_was_written(
    young_world, vendors, v1, tell
):
    world = young_world
    world.visitor.put("/api/events/ceremony", json={"starts_at": "16:00"}).raise_for_status()
    world.visitor.put("/api/events/ceremony", json={"starts_at": "16:30"}).raise_for_status()
    assert not vendors.failed()

    released_at = time.monotonic()
    v2 = world.release("crash")["id"]
    wait_until(lambda: world.moves() == [v2, v1], what="the way back")
    [row] = world.rows("SELECT id::text FROM rollbacks")
    rollback = world.follow(row["id"])
    wait_until(lambda: vendors.readings[-1].status == 200, what="a page for the vendors")

    assert rollback["status"] == "completed", rollback
    assert (rollback["automatic"], rollback["requested_by"]) == (True, "automatic")
    assert rollback["target"]["deployment_id"] == v1
    assert starts_of_the_ceremony(world) == "16:30"
    assert world.rows("SELECT DISTINCT actor FROM audit WHERE action LIKE 'rollback.%%'") == [
        {"actor": "automatic"}
    ]
    assert timedelta(milliseconds=rollback["duration_ms"]) <= LIMIT
    tell(account(world, v2, rollback, vendors, released_at))


def starts_of_the_ceremony(world: World) -> str:
    health = world.visitor.get("/api/health").json()
    assert health["deployment_id"] == world.live()
    events = world.visitor.get("/api/timeline").json()["events"]
    return next(event["starts_at"] for event in events if event["id"] == "ceremony")


def account(world, v2, rollback, vendors, released_at) -> str:
    """The times as they were stored, and what the vendors saw."""
    (live,) = world.rows(WENT_LIVE, v2)
    probes = [row["at"] for row in world.rows(FAILED_PROBES, v2)]
    (row,) = world.rows(
        "SELECT requested_at, finished_at FROM rollbacks WHERE id = %s", rollback["rollback_id"]
    )
    failed = vendors.failed()
    back = next(r.at for r in vendors.readings if r.status == 200 and r.at > failed[-1].at)
    steps = ", ".join(
        f"{step['name']} {step['state'] if step['state'] == 'skipped' else in_seconds(step)}"
        for step in rollback["steps"]
    )
    first, start, end = probes[0], row["requested_at"], row["finished_at"]
    return "\n".join(
        [
            "The bad release, by itself:",
            f"  known to be live to first failed probe   {first - live['at']}",
            f"  first failed probe to decided            {start - first}",
            f"  decided to verified                      {end - start}",
            f"    of which {steps}",
            f"  first failed probe to verified           {end - first}",
            f"  bad release to traffic back, for vendors {back - released_at:.1f} s",
            f"  pages that vendors did not get           {len(failed)} of {len(vendors.readings)}",
        ]
    )


def in_seconds(step) -> str:
    return f"{step['duration_ms'] / 1000:.2f} s"
