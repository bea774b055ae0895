"""Whatever dies, hangs or comes between: it is done once, or nothing has changed."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Self
from uuid import uuid4

import psycopg
import pytest

from dev.postgres import Postgres
from lib.schema.models import Code, Down, Lock, Refuse, literal
from lib.schema.outcome import Again, Outcome
from lib.schema.session import connect
from tests.schema.sabotage import DISK_FULL, HANG, LosesCommit, steps, trap
from tests.schema.world import World
from tests.waiting import PATIENCE_SECONDS, wait_until

#: One of every kind of step, forward with each kind of proof.
OLD = """
CREATE TABLE tables (id int PRIMARY KEY);
CREATE TABLE guests (id int PRIMARY KEY, name text NOT NULL, email text, seats int,
  arrives text, state text NOT NULL DEFAULT 'new');
INSERT INTO tables VALUES (1); INSERT INTO guests VALUES (1, 'Ann', 'a@x', 1, '16:30')
"""
NEW = """
ALTER TABLE guests ADD COLUMN phone text;
UPDATE guests SET phone = '1';
ALTER TABLE guests ALTER COLUMN phone SET NOT NULL;
ALTER TABLE guests ADD CONSTRAINT seated CHECK (seats > 0);
ALTER TABLE guests ADD CONSTRAINT one UNIQUE (email);
ALTER TABLE guests ADD CONSTRAINT seat FOREIGN KEY (seats) REFERENCES tables;
CREATE TABLE gifts (guest int REFERENCES guests);
INSERT INTO gifts VALUES (1);
ALTER TABLE guests ADD COLUMN arrives_at time;
UPDATE guests SET arrives_at = arrives::time WHERE arrives_at IS NULL;
UPDATE guests SET state = 'invited' WHERE state = 'new'
"""
DOWN = """
UPDATE guests SET arrives = to_char(arrives_at, 'HH24:MI')
 WHERE arrives IS DISTINCT FROM to_char(arrives_at, 'HH24:MI');
UPDATE guests SET state = 'new' WHERE state = 'invited'
"""


@pytest.fixture
def app(world):
    world.migrate(OLD)
    world.migrate(NEW, DOWN)
    return world


def everything(app) -> list[object]:
    return [app.shape(), app.execute("SELECT * FROM guests"), app.execute("SELECT * FROM gifts")]


#: Each statement takes a run of its own: most of them in `make test-deep`.
EVERY = pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.deep)])


def assert_done_again(outcome, at: int) -> None:
    """Not at the first try. The backend that was killed may hold its locks for the next one too."""
    assert outcome.state == "done", (at, outcome)
    assert outcome.attempts > 1, (at, outcome)


def runs(app) -> list[tuple[object, ...]]:
    return app.execute("SELECT state FROM _rollback.runs")


@EVERY
def test_the_backend_is_killed_at_each_statement_on_the_way_back(app, every):
    plan, run_id = app.down(), uuid4()
    with trap(app, at=0):
        app.run(run_id, plan)
        count = steps(app)
    undisturbed = everything(app)
    assert app.forward(run_id).state == "done"
    assert count > 10
    for at in range(1, count + 1, every):
        plan, run_id = app.down(), uuid4()
        app.execute("DROP SCHEMA IF EXISTS sabotage CASCADE")
        with trap(app, at):
            outcome = app.run(run_id, plan)
        assert_done_again(outcome, at)
        assert everything(app) == undisturbed
        assert app.status(run_id) == "back"
        assert app.forward(run_id).state == "done"


@EVERY
def test_the_backend_is_killed_at_each_statement_on_the_way_forward(app, every):
    before = everything(app)
    with trap(app, at=0):
        run_id = app.go_back()
        started = steps(app)
        assert app.forward(run_id).state == "done"
        count = steps(app) - started
    assert count > 20
    for at in range(1, count + 1, every):
        run_id = app.go_back()
        app.execute("DROP SCHEMA IF EXISTS sabotage CASCADE")
        with trap(app, at):
            outcome = app.forward(run_id)
        assert_done_again(outcome, at)
        assert everything(app) == before
        assert app.status(run_id) == "forward"


def test_killed_without_time_to_try_again_it_says_that_it_does_not_know(app):
    before, run_id = everything(app), uuid4()
    plan = app.down()
    with trap(app, at=3):
        outcome = app.run(run_id, plan, seconds=0)
    assert outcome.state == "unknown"
    assert app.status(run_id) is None
    assert everything(app) == before


@pytest.mark.parametrize("early", [False, True])
def test_the_answer_to_commit_is_lost(app, server, early):
    before = everything(app)
    run_id, plan = uuid4(), app.down()
    app.make_journal()
    middle = LosesCommit(server.port, before_it_arrives=early)
    direct, app.url = app.url, app.url.replace(str(server.port), str(middle.port))
    outcome = app.run(run_id, plan)
    app.url = direct
    middle.close()
    assert middle.lost == 1
    assert_done_again(outcome, 0)
    assert outcome.facts["was_done"] is not early
    assert runs(app) == [("back",)]
    assert app.forward(run_id).state == "done"
    assert everything(app) == before


@pytest.mark.parametrize(
    ("then", "state"),
    [
        (Again("another run is under way"), "unknown"),
        (Again("others held a lock that it needs", is_settled=True), "busy"),
    ],
)
def test_what_was_lost_is_not_called_unchanged_until_somebody_looked(app, then, state):
    """The answer to COMMIT was lost; after that, the way to the run's row was barred, or not."""
    ends = iter([Again("the connection was lost", is_lost=True)])

    async def attempt():
        raise next(ends, then)

    outcome = asyncio.run(app.executor(0.5).persist(attempt, []))
    assert (outcome.state, outcome.attempts > 1) == (state, True)


def test_the_server_is_stopped_in_the_middle_and_comes_back(app, server):
    plan, run_id = app.down(), uuid4()
    life = app.value("SELECT pg_postmaster_start_time()::text")
    once = f"IF pg_postmaster_start_time()::text = '{life}' THEN {HANG}; END IF"
    with trap(app, at=4, action=once):
        app.execute("CHECKPOINT")  # the tests' servers do not sync: what follows is not about that
        outcomes = []
        ours = threading.Thread(target=lambda: outcomes.append(app.run(run_id, plan)))
        ours.start()
        wait_until(lambda: steps(app) >= 4)
        server.restart(immediate=True)
        ours.join()
    (outcome,) = outcomes
    assert outcome.state == "done", outcome
    assert outcome.attempts > 1
    assert app.status(run_id) == "back"


@pytest.mark.parametrize("action", [HANG, DISK_FULL])
def test_a_statement_that_hangs_or_fails_ends_it_and_nothing_has_changed(app, action):
    before, run_id = everything(app), uuid4()
    plan = app.down()
    with trap(app, at=9, action=action):
        outcome = app.run(run_id, plan)
    assert outcome.state == "refused", outcome
    assert everything(app) == before
    assert app.status(run_id) is None


#: Whatever anybody but us holds of a table, and every lock of our own kind.
LOCKED = """
SELECT l.mode, c.relname FROM pg_locks l LEFT JOIN pg_class c ON c.oid = l.relation
WHERE l.pid <> pg_backend_pid() AND l.mode <> 'AccessShareLock'
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
#: Queries of the app that wait, and not for the reader: for us, who wait for it.
BEHIND_US = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'the app' AND cardinality(pg_blocking_pids(pid)) > 0
"""
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0
"""
FOR_A_VACUUM = """
SELECT count(*) FROM pg_stat_activity ours JOIN pg_stat_activity vacuum
  ON vacuum.backend_type = 'autovacuum worker' AND vacuum.pid = ANY(pg_blocking_pids(ours.pid))
WHERE ours.backend_type = 'client backend'
"""


class Queries(threading.Thread):
    """The app's own, one after the other, for as long as the block lasts."""

    def __init__(self, app) -> None:
        super().__init__()
        self.app, self.answered, self._over = app, 0, threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        with psycopg.connect(
            self.app.url, autocommit=True, application_name="the app"
        ) as connection:
            while not self._over.is_set():
                connection.execute("SELECT name FROM guests WHERE id = 1")
                connection.execute("UPDATE guests SET name = name WHERE id = 1")
                self.answered += 1
                time.sleep(0.01)

    def wait_behind_us_and_go_on(self) -> None:
        with self.app.one_connection():
            wait_until(lambda: self.app.value(BEHIND_US), what="a query that waits for us")
        before = self.answered
        # The second one began afterwards.
        wait_until(lambda: self.answered >= before + 2, what="the app's answers")


@contextlib.contextmanager
def long_reader(app) -> Iterator[psycopg.Connection]:
    """It holds the table until it commits. Afterwards nothing is locked."""
    with psycopg.connect(app.url) as reader:
        reader.execute("SELECT * FROM guests")
        yield reader
    assert app.execute(LOCKED) == []


def behind_a_long_reader(app, run: Callable[[float], Outcome], state: str) -> Outcome:
    """It stays for as long as we try, or leaves once the app's queries have come to wait for us and
    were answered all the same, while it still held the table: what ended that was our own time-out.
    """
    with long_reader(app) as reader, Queries(app) as queries, ThreadPoolExecutor(1) as pool:
        if state == "busy":
            return run(4)
        ours = pool.submit(run, PATIENCE_SECONDS)
        queries.wait_behind_us_and_go_on()
        reader.commit()
        return ours.result()


@pytest.mark.parametrize("state", ["done", "busy"])
def test_behind_a_long_reader_the_app_waits_no_longer_than_the_lock_may(app, state):
    before, run_id, plan = everything(app), uuid4(), app.down()
    outcome = behind_a_long_reader(app, lambda s: app.run(run_id, plan, seconds=s), state)
    assert outcome.state == state, outcome
    assert outcome.attempts > 1
    assert (app.status(run_id) == "back") is (state == "done")
    if state == "busy":
        assert "pid" in outcome.sentence
        assert everything(app) == before


@pytest.mark.parametrize("state", ["done", "busy"])
def test_behind_a_long_reader_the_way_forward_waits_too(app, state):
    run_id = app.go_back()
    before = everything(app)
    outcome = behind_a_long_reader(app, lambda s: app.forward(run_id, seconds=s), state)
    assert outcome.state == state, outcome
    assert (app.status(run_id) == "forward") is (state == "done")
    if state == "busy":
        assert (app.status(run_id), everything(app)) == ("back", before)
    assert app.forward(run_id).state == "done"


@pytest.fixture
def vacuumed(tmp_path, server):
    """An autovacuum is under way in guests, and takes its time: on a server that has one."""
    slowly = "autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1"
    with Postgres.start(tmp_path, programs=server.programs) as vacuuming:
        vacuuming.create_database("app")
        app = World(vacuuming.url("app"))
        app.migrate(OLD)
        app.migrate(NEW, DOWN)
        app.execute(
            "INSERT INTO guests (id, name, email, seats, phone)"
            " SELECT n, 'x', 'm' || n, 1, '1' FROM generate_series(100, 9999) n",
            f"ALTER TABLE guests SET (autovacuum_vacuum_threshold = 1, {slowly})",
            "DELETE FROM guests WHERE id > 3000",
            "ALTER SYSTEM SET autovacuum_naptime = 1",
            "SELECT pg_reload_conf()",
        )
        under_way = "SELECT count(*) FROM pg_stat_progress_vacuum WHERE relid = 'guests'::regclass"
        wait_until(lambda: app.value(under_way) == 1)
        yield app


def test_an_autovacuum_is_waited_for_where_nobody_waits_for_us(vacuumed):
    """The server ends it after its deadlock_timeout, which is longer than the app may wait."""
    plan, write = vacuumed.down(), "UPDATE guests SET name = name WHERE id = 1"

    def is_waited_for() -> bool:
        return bool(vacuumed.value(FOR_A_VACUUM))

    def answers_meanwhile() -> bool:
        return is_waited_for() and vacuumed.execute(write) == [] and is_waited_for()

    with ThreadPoolExecutor(1) as pool, vacuumed.one_connection():
        ours = pool.submit(vacuumed.run, uuid4(), plan)
        answered = wait_until(lambda: [True] * answers_meanwhile() or [False] * ours.done())
    outcome = ours.result()
    assert (outcome.state, outcome.attempts) == ("done", 1), outcome
    assert answered == [True]


def works_in_transactions(url: str, until: threading.Event) -> None:
    """As most apps do: between two statements they think for a moment."""
    with psycopg.connect(url) as connection:
        while not until.is_set():
            connection.execute("SELECT name FROM guests WHERE id = 1")
            time.sleep(0.02)
            connection.commit()


@pytest.mark.parametrize(("allowed", "state"), [(True, "done"), (False, "busy")])
def test_only_sessions_that_sleep_in_a_transaction_are_ended_and_only_where_that_is_allowed(
    app, allowed, state
):
    plan, over = app.down(), threading.Event()
    with ThreadPoolExecutor() as threads, psycopg.connect(app.url) as sleeper:
        sleeper.execute("SELECT * FROM guests")
        worker = threads.submit(works_in_transactions, app.url, over)
        # They are ended in the second half, which is long enough to get a turn then.
        engine = app.executor(16 if allowed else 8, end_sessions=allowed)
        outcome = asyncio.run(engine.run(uuid4(), plan))
        over.set()
        worker.result()
        assert outcome.state == state, outcome
        with pytest.raises(psycopg.OperationalError) if allowed else contextlib.nullcontext():
            sleeper.execute("SELECT 1")


def test_a_deadlock_is_tried_again(app):
    plan = app.down()
    database = "ALTER DATABASE app SET deadlock_timeout"
    app.execute(f"{database} = '10ms'")
    first, second = (lock.sql for lock in sorted(plan.locks, key=lambda one: one.table)[:2])
    with psycopg.connect(app.url) as other:
        other.execute(f"LOCK TABLE {second} IN ACCESS SHARE MODE")
        outcomes = []
        ours = threading.Thread(target=lambda: outcomes.append(app.run(uuid4(), plan)))
        ours.start()
        wait_until(lambda: app.value(WAITING), what="that it waits")
        with contextlib.suppress(psycopg.errors.DeadlockDetected):
            other.execute(f"LOCK TABLE {first} IN ACCESS SHARE MODE")
        other.rollback()
        ours.join()
    app.execute("ALTER DATABASE app RESET deadlock_timeout")
    assert outcomes[0].state == "done"


def test_half_way_forward_nothing_is_planned_until_it_has_ended(app):
    run_id = app.go_back()
    with trap(app, at=0):
        app.forward(run_id)
        count = steps(app)
    run_id = app.go_back()
    app.execute("DROP SCHEMA sabotage CASCADE")
    with trap(app, at=count):
        assert app.forward(run_id, seconds=0).state == "unknown"
    assert app.status(run_id) == "returning"
    plan = app.plan()
    assert isinstance(plan, Refuse)
    assert (plan.code, str(run_id) in plan.remedy) == (Code.LEFT_OVER, True)
    assert app.forward(run_id).state == "done"
    assert isinstance(app.plan(), Down)


def test_the_same_run_twice_at_once_is_done_once(app):
    plan, run_id = app.down(), uuid4()

    async def both():
        one, other = app.executor(), app.executor()
        return await asyncio.gather(one.run(run_id, plan), other.run(run_id, plan))

    outcomes = asyncio.run(both())
    assert [outcome.state for outcome in outcomes] == ["done", "done"]
    assert sorted(outcome.facts["was_done"] for outcome in outcomes) == [False, True]
    assert runs(app) == [("back",)]


def test_of_two_runs_at_once_one_is_told_to_plan_again(app):
    plan = app.down()

    async def both():
        return await asyncio.gather(*(app.executor().run(uuid4(), plan) for _ in range(2)))

    outcomes = asyncio.run(both())
    assert sorted(outcome.state for outcome in outcomes) == ["done", "refused"]
    assert [one.code for one in outcomes if one.state == "refused"] == [Code.MOVED]
    assert runs(app) == [("back",)]


def test_two_that_come_forward_at_once_take_turns(app):
    before, run_id = everything(app), app.go_back()

    async def both():
        return await asyncio.gather(*(app.executor().forward(run_id) for _ in range(3)))

    outcomes = asyncio.run(both())
    assert {outcome.state for outcome in outcomes} == {"done"}
    assert everything(app) == before


def test_a_plan_from_before_a_roll_forward_is_not_run(app):
    app.migrate("ALTER TABLE guests ADD CONSTRAINT more CHECK (seats < 9)")
    run_id = app.go_back("0002")
    plan = app.down("0001")
    assert app.forward(run_id).state == "done"
    outcome = app.run(uuid4(), plan)
    assert (outcome.state, outcome.code) == ("refused", Code.MOVED)


def test_a_changed_text_is_refused(app):
    app.texts["0002"] = replace(app.texts["0002"], up="SELECT 1")
    plan = app.plan()
    assert isinstance(plan, Refuse)
    assert plan.code is Code.TAMPERED


@pytest.mark.parametrize(
    "meanwhile",
    [
        "INSERT INTO schema_migrations VALUES ('0003')",
        "DELETE FROM schema_migrations WHERE version = '0002'",
        "ALTER TABLE guests RENAME TO people; CREATE TABLE guests (id int)",
        "ALTER TABLE guests RENAME TO people",
        "ALTER TABLE guests DROP CONSTRAINT seated",
    ],
)
def test_what_moved_since_the_plan_is_noticed_under_the_lock(app, meanwhile):
    plan, run_id = app.down(), uuid4()
    app.execute(meanwhile)
    before = app.shape()
    outcome = app.run(run_id, plan)
    assert (outcome.state, outcome.code) == ("refused", Code.MOVED), outcome
    assert app.shape() == before
    assert app.status(run_id) is None


def test_a_process_that_is_frozen_under_the_lock_lets_go_of_it(app):
    """As a serverless function is: its connection stays, and nobody speaks on it."""
    counted = []

    async def freeze() -> None:
        oid = app.value("SELECT 'guests'::regclass::oid::bigint")
        async with connect(app.url) as session, connect(app.url) as frozen, frozen.transaction():
            await frozen.locked([Lock(oid, "public.guests")], "SELECT 1")
            counted.append(await session.one("SELECT count(*) AS guests FROM guests"))

    with pytest.raises(Again) as again:
        asyncio.run(freeze())
    assert again.value.is_lost
    assert counted == [{"guests": 1}]


def test_a_role_that_owns_nothing_is_refused(app):
    app.execute(
        "DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
    )
    owner, app.url = app.url, app.url.replace("postgres@", "reader@")
    plan = app.plan(applied=("0001", "0002"), target=("0001",))
    app.url = owner
    assert isinstance(plan, Refuse)
    assert plan.code is Code.PRIVILEGE


def test_a_name_is_only_ever_a_name(app):
    name = 'odd "name"\\\'; DROP TABLE guests; --'
    quoted = '"' + name.replace('"', '""') + '"'
    app.migrate(f"ALTER TABLE guests ADD CONSTRAINT {quoted} CHECK (name <> {literal(name)})")
    before = everything(app)
    run_id = app.go_back("0002")
    assert app.forward(run_id).state == "done"
    assert everything(app) == before
