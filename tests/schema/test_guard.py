"""The guard alone: whatever ran under the lock, with each of its rules and without it."""

import asyncio
from uuid import uuid4

import psycopg
import pytest

from lib.schema import guard, journal
from lib.schema.models import Code, Down, Lock, Mode
from lib.schema.outcome import Refused
from lib.schema.session import connect

TABLES = """
CREATE SCHEMA IF NOT EXISTS elsewhere;
CREATE TABLE guests (id int PRIMARY KEY, email varchar(50));
CREATE TABLE gifts (guest_id int REFERENCES guests ON DELETE CASCADE);
CREATE TABLE bare ();
CREATE TABLE other (id int);
INSERT INTO guests VALUES (1, 'a'), (2, 'b');
INSERT INTO gifts VALUES (1);
CREATE FUNCTION bad() RETURNS void LANGUAGE sql AS 'DELETE FROM guests WHERE id = 2';
"""
#: Rule -> what no other rule finds.
BAD = {
    "column is there": ["ALTER TABLE guests DROP COLUMN email"],
    "column has its type": ["ALTER TABLE guests ALTER COLUMN email TYPE text"],
    "table has its file": ["TRUNCATE guests, gifts"],
    "table is there": ["DROP TABLE bare"],
    "column has its name": ["ALTER TABLE guests RENAME COLUMN email TO mail"],
    "table has its name": ["ALTER TABLE guests RENAME TO people"],
    "table is in its schema": ["ALTER TABLE guests SET SCHEMA elsewhere"],
    "only planned tables": [
        "DROP TABLE other",
        "DO $$ BEGIN EXECUTE 'ALTER TABLE other DROP COLUMN id'; END $$",
        "TRUNCATE other",
        "LOCK TABLE other IN SHARE MODE",
    ],
    "every row is captured": [
        "UPDATE guests SET email = email",
        "DELETE FROM gifts",
        "DELETE FROM guests WHERE id = 1",
        "SELECT bad()",
        "DO $$ BEGIN DELETE FROM gifts; EXCEPTION WHEN OTHERS THEN NULL; END $$",
    ],
    "rows are counted": ["SET LOCAL track_counts = off"],
}
CASES = [(rule, statement) for rule, statements in BAD.items() for statement in statements]
NOTHING = Down(
    steps=(),
    mode=Mode.SHARED,
    locks=(),
    reads=(),
    versions=("0002",),
    ledger=(),
    standing="",
    kept=(),
    new_tables=(),
    new_columns=(),
    sentence="",
)


def run(world, statement: str, rules: dict[str, str]) -> None:
    """Raises Refused where the guard does."""

    async def attempt() -> None:
        async with connect(world.url) as session:
            await session.run(journal.CREATE)
            # What the session did before is not this transaction's.
            await session.run("UPDATE guests SET email = email")
            names = {row["sql"]: row["oid"] for row in await session.all(OIDS)}
            run_id = uuid4()
            async with session.transaction():
                await session.run(*guard.prepare(run_id, "back", rules))
                await session.locked(
                    [Lock(oid, name) for name, oid in names.items()],
                    guard.CAPTURE,
                    journal.record_run(run_id, NOTHING.sealed()),
                    statement,
                    guard.JUDGE,
                )

    asyncio.run(attempt())


OIDS = """
SELECT oid::bigint AS oid, relname::text AS sql FROM pg_class
WHERE relname IN ('guests', 'gifts', 'bare') ORDER BY 1
"""


def content(world) -> list[object]:
    return [world.shape(), world.execute("SELECT * FROM guests, gifts ORDER BY 1")]


@pytest.mark.parametrize(("rule", "statement"), CASES)
def test_the_guard_undoes_what_loses_something(world, rule, statement):
    world.execute(TABLES)
    before = content(world)
    with pytest.raises(Refused) as refused:
        run(world, statement, dict(guard.RULES))
    assert refused.value.outcome.code is Code.GUARD
    assert content(world) == before


@pytest.mark.parametrize(("rule", "statement"), CASES)
def test_each_rule_is_needed(world, rule, statement):
    """Without it, what the test above saw refused is committed."""
    world.execute(TABLES)
    run(world, statement, {name: sql for name, sql in guard.RULES.items() if name != rule})


def test_no_rule_is_without_a_case():
    assert set(BAD) == set(guard.RULES)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (id int); DROP TABLE more",
        "INSERT INTO guests VALUES (3, 'c')",
        "CREATE TEMP TABLE t AS SELECT 1 AS x; DELETE FROM guests WHERE false",
        "ALTER TABLE guests ADD COLUMN note text",
        "CREATE INDEX ON guests (email); ALTER TABLE guests ALTER COLUMN id SET DEFAULT 1",
        "ALTER TABLE gifts DROP CONSTRAINT gifts_guest_id_fkey",
    ],
)
def test_what_loses_nothing_passes(world, statement):
    world.execute(TABLES)
    run(world, statement, dict(guard.RULES))


def test_what_other_sessions_do_is_not_judged(world):
    world.execute(TABLES)
    with psycopg.connect(world.url) as other:
        other.execute("UPDATE other SET id = 1")
        other.execute("CREATE TEMP TABLE mine (x int)")
        run(world, "SELECT 1", dict(guard.RULES))
