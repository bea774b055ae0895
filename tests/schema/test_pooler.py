"""What an app behind PgBouncer notices while its database is taken back, and brought forward.

Several clients never rest, and share fewer server connections, which outlive the app and keep what
it prepared. The newer release's leave when the database is back, as when traffic moves.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from dev.ports import LOOPBACK
from dev.postgres import SUPERUSER
from tests.schema.pooler import (
    KEEPS,
    LOST,
    NEEDED,
    SERVER_CONNECTIONS,
    App,
    PgBouncer,
    program,
    version,
)

pytestmark = pytest.mark.deep

OLD = """
CREATE TABLE guests (id bigserial PRIMARY KEY, name text NOT NULL, email text, seats int);
INSERT INTO guests (name, seats) SELECT 'Ann', 1 FROM generate_series(1, 20)
"""
SELECT_ALL = "SELECT * FROM guests LIMIT 5"
OLD_CODE = (
    SELECT_ALL,
    "SELECT id, name FROM guests LIMIT 5",
    "INSERT INTO guests (name, email, seats) VALUES ('Bob', 'same@example.com', 0)",
    "UPDATE guests SET name = 'Cem' WHERE id = 1",
)

#: Both releases' code runs afterwards.
ADDED = """
ALTER TABLE guests ADD COLUMN phone text;
UPDATE guests SET phone = '1';
ALTER TABLE guests ALTER COLUMN phone SET NOT NULL;
ALTER TABLE guests ADD CONSTRAINT seated CHECK (seats > 0);
ALTER TABLE guests ADD CONSTRAINT once UNIQUE (email)
"""
CODE_THAT_ADDED = (
    SELECT_ALL,
    "SELECT id, name, phone FROM guests LIMIT 5",
    "INSERT INTO guests (name, phone, email, seats) VALUES ('D', '1', gen_random_uuid()::text, 1)",
    "UPDATE guests SET phone = '2' WHERE id = 1",
)

#: A name or type of what is read changes.
CHANGED = {
    "column": (
        "ALTER TABLE guests RENAME COLUMN name TO called",
        (
            SELECT_ALL,
            "SELECT id, called FROM guests LIMIT 5",
            "INSERT INTO guests (called) VALUES ('Dov')",
            "UPDATE guests SET called = 'Eva' WHERE id = 1",
        ),
    ),
    "table": (
        "ALTER TABLE guests RENAME TO people; CREATE TABLE guests (id bigserial, note text)",
        (
            SELECT_ALL,
            "SELECT id, name FROM people LIMIT 5",
            "INSERT INTO people (name) VALUES ('Dov')",
            "UPDATE people SET name = 'Eva' WHERE id = 1",
        ),
    ),
    "type": ("ALTER TABLE guests ALTER COLUMN name TYPE varchar(20)", OLD_CODE),
}
#: Of code that the database is not made for any more: a column, a table, and `cached plan must not
#: change result type`.
NAMED = {"42703", "42P01", "0A000"}

#: More than a client needs to forget what it prepared, where it does.
SECOND = 1.0

FOUND = program()
MODES = ["forgets", *(["keeps"] if FOUND and version(FOUND) >= KEEPS else [])]


@pytest.fixture(scope="session")
def found(request) -> Path:
    if FOUND is None:
        pytest.fail(NEEDED)
    if reporter := request.config.pluginmanager.getplugin("terminalreporter"):
        numbers, least = (".".join(map(str, one)) for one in (version(FOUND), KEEPS))
        reporter.ensure_newline()
        reporter.write_line(f"PgBouncer {numbers}: {FOUND}; {least} keeps prepared statements")
    return FOUND


@pytest.fixture(params=MODES)
def bouncer(request, found, server, world, tmp_path):
    """Where it keeps no prepared statements, the app must not prepare any."""
    tmp_path.chmod(0o755)
    address = f"host={LOOPBACK} port={server.port} dbname=app user={SUPERUSER}"
    with PgBouncer.start(found, address, tmp_path, keeps=request.param == "keeps") as bouncer:
        yield bouncer


@pytest.fixture(params=["commits", "autocommits"])
def clients(request, bouncer) -> Callable[..., App]:
    """psycopg forgets what it prepared with each ROLLBACK, and only then."""

    def clients(*statements: str) -> App:
        return App(
            bouncer.url,
            *statements,
            prepares=bouncer.keeps,
            autocommit=request.param == "autocommits",
        )

    return clients


def test_a_shared_plan_is_noticed_by_nobody(world, clients):
    world.migrate(OLD)
    world.migrate(ADDED)
    with clients(*CODE_THAT_ADDED) as newer:
        newer.wait_for_answers()
        run_id = world.go_back()
        with clients(*OLD_CODE) as older:
            older.wait_for_answers()
            newer.wait_for_answers()
        world.execute("DELETE FROM guests WHERE seats = 0")
        forward = world.forward(run_id)
        assert forward.state == "done", forward
        newer.wait_for_answers()

    assert (newer.kinds(), older.kinds()) == ({}, {})


@pytest.mark.parametrize("what", CHANGED)
def test_where_sessions_may_be_ended_whoever_comes_afterwards_notices_nothing(world, clients, what):
    up, new_code = CHANGED[what]
    world.migrate(OLD)
    world.migrate(up)
    run_id, engine = uuid4(), world.executor(end_sessions=True)
    with clients(*new_code) as newer:
        newer.wait_for_answers()
        ended = asyncio.run(engine.run(run_id, world.down(), exclusive=True))
        newer.leave()
        with clients(*OLD_CODE) as older:
            older.wait_for_answers()
            meanwhile = older.kinds()
            forward = asyncio.run(engine.forward(run_id))
            older.leave()
            with clients(*new_code) as again:
                again.wait_for_answers()

    assert (ended.state, forward.state) == ("done", "done")
    for left in (newer, older):
        assert left.kinds().keys() <= NAMED | {LOST}
        assert left.kinds()[LOST] <= SERVER_CONNECTIONS
    assert (meanwhile, again.kinds()) == ({}, {})


@pytest.mark.parametrize("what", CHANGED)
def test_else_what_was_prepared_fails_until_the_pooler_reconnects_or_the_client_forgets_it(
    world, bouncer, clients, what
):
    up, new_code = CHANGED[what]
    world.migrate(OLD)
    world.migrate(up)
    with clients(*new_code) as newer:
        newer.wait_for_answers()
        world.go_back(exclusive=True)
        newer.leave()
        with clients(*OLD_CODE) as older:
            time.sleep(SECOND)
            lasting = [one for one in older.failures if one.after > SECOND / 2]
            bouncer.reconnect()
            time.sleep(SECOND)
            older.wait_for_answers()

    assert newer.kinds().keys() <= NAMED
    assert older.kinds().keys() <= {"0A000"}
    assert bool(lasting) is (bouncer.keeps and older.autocommit)
    assert {one.statement for one in lasting} <= {*OLD_CODE[:2]}
    assert not [one for one in older.failures if one.after > 2 * SECOND - SECOND / 2]
