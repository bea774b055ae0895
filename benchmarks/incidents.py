"""`python -m benchmarks.incidents`: bad releases, and how long visitors are left with them.

On a local stack of its own, with the scheduler, real visitors at the edge and the log drain. Each
run begins at the same moment: two good versions were live, nothing was counted yet. What counts is
the time from the first bad answer that a visitor got to the first good one after the last bad one.
`--full` takes about an hour.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.redis_front import CountedRedis, counted_redis
from benchmarks.table import show
from dev.testing import running_stack
from dev.visitors import Outage, Visitors, outage_of
from tests.story.world import World, platform_scheduler
from tests.waiting import wait_until

DRAIN = "api/drains/logs"
#: Good answers before the bad release: everything is warm, as it would be.
BEFORE_SECONDS = 15
#: Visitors go on coming: stragglers are counted, and that it is really over.
AFTER_SECONDS = 5
SHARED_SECONDS = 120
RPS = 10

HEAD = (
    "incident",
    "runs",
    "median",
    "worst",
    "at most",
    "failed visits",
    "worst",
    "Redis commands",
)

DECIDED = """
SELECT extract(epoch FROM requested_at)::float8 AS at, evidence->>'source' AS source,
       evidence->>'path' AS path
  FROM rollbacks WHERE id = %s
"""
#: What was decided on the way there, and how the gate was answered.
DECISIONS = """
SELECT extract(epoch FROM at)::float8 AS at, outcome, gate FROM decisions ORDER BY id
"""
ALERTS = "SELECT kind, sentence FROM alerts ORDER BY id"


@dataclass(frozen=True, slots=True)
class Run:
    seconds: float
    failed: int
    commands: int
    #: Anything that is not as promised.
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    name: str
    run: Callable[[Stage], Run]
    runs: int
    at_most_seconds: float
    #: False: its length says nothing; that nothing moves does.
    is_timed: bool = True


@dataclass(frozen=True, slots=True)
class Stage:
    world: World
    redis: CountedRedis

    def bad_release(self, version: str, patience: float) -> Run:
        """With visitors; it goes back by itself."""
        world = self.world
        with self.beginning(), self.visitors() as visitors:
            time.sleep(BEFORE_SECONDS)
            self.redis.commands.clear()
            good, bad = world.live(), world.release(version)["id"]
            rollback = self.follow(bad, good, patience)
            commands = self.redis.commands.total()
            time.sleep(AFTER_SECONDS)
        outage = outage_of(visitors.visits)
        if rollback is None or outage is None:
            return Run(patience, 0, commands, f"it did not go back: {self.what_is_known()}")
        tell(self.account(rollback, outage))
        return Run(outage.seconds, outage.failed, commands)

    def crash(self) -> Run:
        """Without visitors: from going live to the alias's way back."""
        world = self.world
        with self.beginning():
            time.sleep(BEFORE_SECONDS)
            self.redis.commands.clear()
            good, bad = world.live(), world.release("crash")["id"]
            rollback = self.follow(bad, good, 120)
            commands = self.redis.commands.total()
        if rollback is None:
            return Run(120, 0, commands, f"it did not go back: {self.what_is_known()}")
        went, back = world.ask_platform("GET", "alias_moves")[-2:]
        outage = Outage(went["at_ms"] / 1000, back["at_ms"] / 1000, 0, 0)
        tell(self.account(rollback, outage))
        is_well = world.visitor.get("/").status_code == 200
        return Run(outage.seconds, 0, commands, "" if is_well else "visitors get errors")

    def three_percent(self, seconds: float) -> Run:
        world = self.world
        with self.beginning(), self.visitors() as visitors:
            time.sleep(BEFORE_SECONDS)
            self.redis.commands.clear()
            bad = world.release("errors-3")["id"]
            for minute in range(round(seconds / 60)):
                time.sleep(60)
                tell(f"  minute {minute + 1}: {self.what_is_known()}")
            moves, commands = world.moves(), self.redis.commands.total()
        failed = sum(not visit.is_good for visit in visitors.visits)
        return Run(seconds, failed, commands, "" if moves == [bad] else f"it moved: {moves}")

    def shared_cause(self) -> Run:
        """The app's database refuses everybody: no version is well."""
        world = self.world
        with self.beginning(), self.visitors() as visitors:
            time.sleep(BEFORE_SECONDS)
            self.redis.commands.clear()
            with closed(world.stack["app_database_url"]):
                time.sleep(SHARED_SECONDS)
                moves, commands = world.moves(), self.redis.commands.total()
        failed = sum(not visit.is_good for visit in visitors.visits)
        alerts = world.rows(ALERTS)
        for alert in alerts:
            tell(f"  alert {alert['kind']}: {alert['sentence']}")
        wrong = f"it moved: {moves}" if moves else "" if alerts else "nobody was told"
        return Run(SHARED_SECONDS, failed, commands, wrong)

    # --- what the runs have in common

    @contextmanager
    def beginning(self) -> Iterator[None]:
        """The same for each run, until it is over."""
        self.world.return_to("start")
        self.world.kill(DRAIN)  # it remembers what it has counted
        self.redis.empty()
        with platform_scheduler(self.world):
            yield

    def visitors(self) -> Visitors:
        edge = self.world.stack["edge"]
        return Visitors(edge["address"], edge["hosts"]["production"], RPS)

    def follow(self, bad: str, good: str, patience: float) -> dict[str, Any] | None:
        """The rollback from `bad` to `good`, ended; None: there was none in time."""
        deadline = time.monotonic() + patience
        while self.world.moves() != [bad, good]:
            if time.monotonic() > deadline:
                return None
            time.sleep(0.1)
        (row,) = self.world.rows("SELECT id::text FROM rollbacks")
        ended = self.world.follow(row["id"])
        return ended if ended["status"] == "completed" else None

    def account(self, rollback: dict[str, Any], outage: Outage) -> str:
        (decided,) = self.world.rows(DECIDED, rollback["rollback_id"])
        steps = ", ".join(
            f"{step['name']} {(step['duration_ms'] or 0) / 1000:.2f}" for step in rollback["steps"]
        )
        for earlier in self.world.rows(DECISIONS)[:-1]:
            gate = ", ".join(f"{one['answer']}: {one['detail']}" for one in earlier["gate"])
            after = earlier["at"] - outage.first_bad
            tell(f"         after {after:.1f} s: {earlier['outcome']} ({gate})")
        return (
            f"  {outage.seconds:5.1f} s: decided after {decided['at'] - outage.first_bad:.1f} s by"
            f" {decided['source']} ({decided['path']}), then {steps};"
            f" {outage.failed} of {outage.visits} visits failed;"
            f" {self.redis.commands.total()} Redis commands"
        )

    def what_is_known(self) -> str:
        (newest,) = self.world.rows(
            "SELECT newest->>'sentence' AS sentence FROM live_periods p"
            " LEFT JOIN baselines b ON b.period = p.id"
            " WHERE p.environment = 'production' AND p.live_until IS NULL"
        )
        alerts = [f"{row['kind']}: {row['sentence']}" for row in self.world.rows(ALERTS)]
        return "; ".join([newest["sentence"] or "nothing is known", *alerts])


@contextmanager
def closed(database_url: str) -> Iterator[None]:
    """A database that lets nobody in, and throws out who is in."""
    server, _, name = database_url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        try:
            yield
        finally:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


@contextmanager
def stage() -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, counted_redis() as redis:
        data = Path(folder)
        with running_stack(data, crons=False, env=redis.env) as stack, World(data, stack) as world:
            make_beginning(world)
            yield Stage(world, redis)


def make_beginning(world: World) -> None:
    """Two versions were live one after the other, and both were seen to be well."""
    wait_until(lambda: is_well(world), what="the first version's good health")
    world.release("good-2")
    wait_until(lambda: is_well(world), what="the second version's good health")
    world.remember("start")


def is_well(world: World) -> bool:
    live = world.overview()["live"] or {}
    return bool(live.get("deployment_id") == world.live() and live.get("health") == "passing")


def incidents(arguments: argparse.Namespace) -> list[Incident]:
    quiet = 600 if arguments.full else arguments.quiet_seconds
    return [
        Incident("errors-50", lambda on: on.bad_release("errors-50", 180), arguments.runs, 60),
        Incident(
            "errors-10", lambda on: on.bad_release("errors-10", 600), arguments.slow_runs, 210
        ),
        Incident("crash, no visitors", Stage.crash, arguments.slow_runs, 60),
        Incident("errors-3", lambda on: on.three_percent(quiet), 1, quiet, is_timed=False),
        Incident("shared cause", Stage.shared_cause, 1, SHARED_SECONDS, is_timed=False),
    ]


def measure(on: Stage, incident: Incident) -> list[Run]:
    runs = []
    for number in range(1, incident.runs + 1):
        tell(f"{incident.name}, {number} of {incident.runs}")
        runs.append(incident.run(on))
        if runs[-1].wrong:
            tell(f"  WRONG: {runs[-1].wrong}")
    return runs


def row_of(incident: Incident, runs: list[Run]) -> tuple[str, ...]:
    seconds = [run.seconds for run in runs]
    failed = [run.failed for run in runs]
    times = (f"{statistics.median(seconds):.1f} s", f"{max(seconds):.1f} s")
    calm = "WRONG" if any(run.wrong for run in runs) else "nothing moves"
    return (
        incident.name,
        str(len(runs)),
        *(times if incident.is_timed else (calm, f"{max(seconds):.0f} s")),
        f"{incident.at_most_seconds:g} s" if incident.is_timed else "",
        f"{statistics.median(failed):g}",
        str(max(failed)),
        f"{statistics.median(run.commands for run in runs):g}",
    )


def is_kept(incident: Incident, runs: list[Run]) -> bool:
    """What was promised."""
    in_time = all(run.seconds <= incident.at_most_seconds for run in runs)
    return in_time and not any(run.wrong for run in runs)


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="of errors-50")
    parser.add_argument("--slow-runs", type=int, default=3, help="of errors-10 and of crash")
    parser.add_argument("--quiet-seconds", type=int, default=180, help="of errors-3")
    parser.add_argument("--full", action="store_true", help="errors-3 for ten minutes")
    parser.add_argument("--only", default="", help="incidents whose name begins so")
    arguments = parser.parse_args()
    rows, kept = [HEAD], True
    with stage() as on:
        for incident in incidents(arguments):
            if incident.name.startswith(arguments.only):
                runs = measure(on, incident)
                rows.append(row_of(incident, runs))
                kept = kept and is_kept(incident, runs)
    show(rows)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
