"""Stops a rollback's worker at an exact place, from outside: the worker's code is as it is.

The platform holds a call of the step's, the app's database holds its ledger, or the rollback's
own row is locked so that whatever the worker wants to write waits.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

import psycopg

from tests.story.world import World
from tests.waiting import PATIENCE_SECONDS, wait_until

#: The platform's call that a step waits for, and nobody before it. The database step makes none.
CALLS = {"record": "env", "switch": "alias", "caches": "purge-edge", "verify": "deployment"}
#: A call is given up after seconds, and made again: the obstacle is still there then.
ALWAYS = 1000
#: Where a step cannot be told from an earlier one by its call: the step to leave first.
LEAVE = {"database": "switch", "verify": "caches"}

RENEWAL = "UPDATE rollbacks SET lease_until"
TAKE = "SELECT FROM rollbacks WHERE id = %s FOR UPDATE"
WAITING = """
SELECT pid, query FROM pg_stat_activity
 WHERE cardinality(pg_blocking_pids(pid)) > 0 AND datname = current_database()
"""


class Row:
    """A rollback's row, held. Two connections take turns, so that it is never free in between."""

    def __init__(self, world: World, rollback_id: str) -> None:
        self.world = world
        self.rollback_id = rollback_id
        self._holder = psycopg.connect(world.database_url)
        self._next = psycopg.connect(world.database_url)
        self._take(self._holder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.close()
        self._next.close()

    def let_through_until(self, step_ends: str) -> None:
        """Let the worker write, one time after the other, until this step has ended."""
        while not has_ended(self.world, self.rollback_id, step_ends):
            self._let_one_through()

    def let_through_up_to_the_end_of_the_step(self) -> None:
        """The worker waits with the write that would end its step."""
        while not any("finished_at" in query for query in self._wait_for_a_write()):
            self._let_one_through()

    def _let_one_through(self) -> None:
        self._wait_for_a_write()
        with ThreadPoolExecutor(1) as pool:
            taken = pool.submit(self._take, self._next)
            # Behind the worker in the row's queue, and so before whatever the worker does next.
            wait_until(lambda: self._next.info.backend_pid in waiting(self.world))
            self._holder.commit()
            taken.result()
        self._holder, self._next = self._next, self._holder

    def _wait_for_a_write(self) -> list[str]:
        """Renewals of the lease come at any time and wait as well; they are none of the step's.

        Taken for one, a renewal would be let through together with the write that comes next.
        """
        return wait_until(self._writes, what="a write")

    def _writes(self) -> list[str]:
        return [query for query in waiting(self.world).values() if RENEWAL not in query]

    def _take(self, connection: psycopg.Connection) -> None:
        connection.execute(TAKE, [self.rollback_id])


def waiting(world: World) -> dict[int, str]:
    """The statements that wait for a lock in the control plane's database."""
    return {row["pid"]: row["query"] for row in world.rows(WAITING)}


def has_ended(world: World, rollback_id: str, step: str) -> bool:
    return world.step(rollback_id, step)["finished_at"] is not None


@dataclass(frozen=True)
class Held:
    """A rollback whose worker stands inside a step, before the step has done anything."""

    rollback_id: str
    obstacle: "Obstacle"


class Obstacle:
    """`fault`: `slow` lets the call through in the end, `hang` never does."""

    def __init__(self, world: World, step: str, fault: str) -> None:
        self.world = world
        self.ledger: psycopg.Connection | None = None
        if step == "database":
            self.ledger = psycopg.connect(world.stack["app_database_url"])
            self.ledger.execute("LOCK TABLE schema_migrations IN ACCESS EXCLUSIVE MODE")
        else:
            world.fault(fault, call=CALLS[step], seconds=PATIENCE_SECONDS, times=ALWAYS)

    def wait_until_met(self) -> None:
        wait_until(self._is_met, what="the worker")

    def _is_met(self) -> bool:
        if self.ledger is None:
            return bool(self.world.unanswered_calls())
        with psycopg.connect(self.world.stack["app_database_url"]) as look:
            return bool(look.execute(WAITING).fetchall())

    def let_go(self) -> None:
        if self.ledger is None:
            self.world.clear_faults()
        else:
            self.ledger.close()


@contextmanager
def held_in(world: World, step: str, *, fault: str = "slow") -> Iterator[Held]:
    """Start a rollback and stop its worker inside `step`."""
    first = LEAVE.get(step, step)
    obstacle = Obstacle(world, first, "slow" if first != step else fault)
    rollback_id = world.start()
    obstacle.wait_until_met()
    if first != step:
        with Row(world, rollback_id) as row:
            obstacle.let_go()
            row.let_through_until(first)
            obstacle = Obstacle(world, step, fault)
        obstacle.wait_until_met()
    try:
        yield Held(rollback_id, obstacle)
    finally:
        obstacle.let_go()
