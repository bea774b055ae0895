"""Rows get their places after their commit: all of them, once, whoever dies or hangs meanwhile."""

import asyncio
import os
import signal
from datetime import timedelta

import psycopg
import pytest

from lib import errors
from lib.audit.sealer import BATCH, Sealer
from lib.postgres import Database
from tests.integration.audit.conftest import KEYS
from tests.integration.audit.minter import minter

LOCK = "SELECT pg_advisory_lock(7726003)"
HELD = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 7726003 AND granted"
PROCESSES, EACH = 8, 250
#: Ends the connection of whoever comes here, as the death of its process or of the server does.
DIES = """
CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_terminate_backend(pg_backend_pid());
  PERFORM pg_sleep(1);
  RETURN NULL;
END
$$
"""
#: Holds whoever comes here for as long as the test has this lock.
WAIT = """
CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$
"""
WAITS = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory'"
#: Where: what ends there.
POINTS = {
    "places": "CREATE TRIGGER dies BEFORE INSERT ON audit_chain EXECUTE FUNCTION die()",
    "queue": "CREATE TRIGGER dies BEFORE DELETE ON audit_unsealed EXECUTE FUNCTION die()",
    "checkpoint": "CREATE TRIGGER dies AFTER INSERT ON audit_checkpoints EXECUTE FUNCTION die()",
    "commit": "CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON audit_checkpoints"
    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()",
}
TABLE = {
    "places": "audit_chain",
    "queue": "audit_unsealed",
    "checkpoint": "audit_checkpoints",
    "commit": "audit_checkpoints",
}


async def test_eight_processes_at_once_leave_one_chain_and_no_action_without_its_row(
    database_url, rows, verify, sealer
):
    running = [minter(database_url, f"job-{number}", EACH) for number in range(PROCESSES)]
    assert [process.wait(100) for process in running] == [0] * PROCESSES

    left = await rows("SELECT count(*) FROM audit_unsealed")
    verifier = await verify()
    assert left == [(0,)]
    assert (verifier.findings, verifier.position) == ([], PROCESSES * EACH)
    assert (
        await rows(
            "SELECT name FROM tokens WHERE NOT EXISTS (SELECT FROM audit"
            " WHERE action = 'token.mint' AND subject = tokens.name || ' (viewer)')"
        )
        == []
    )
    assert await rows("SELECT count(*) FROM tokens") == [(PROCESSES * EACH,)]


async def test_rows_of_before_the_chain_get_their_places(control, write, sealer, verify, tamper):
    """As the migration queues them."""
    await write(3)
    tamper("TRUNCATE audit_unsealed", "INSERT INTO audit_unsealed SELECT id FROM audit")
    await sealer.seal()

    verifier = await verify()
    assert (verifier.findings, verifier.position) == ([], 3)


async def test_more_than_a_batch_is_sealed_in_one_go(control, sealer, verify, rows):
    await control.execute(
        "INSERT INTO audit (actor, action, result)"
        " SELECT 'Ada', 'test', 'ok' FROM generate_series(1, %s)",
        [BATCH + 1],
    )
    await sealer.seal()

    verifier = await verify()
    assert (verifier.findings, verifier.position, verifier.checkpoints) == ([], BATCH + 1, 2)


async def test_a_row_whose_transaction_was_slow_comes_after_later_ones(
    database_url, write, sealer, verify, rows
):
    async with await psycopg.AsyncConnection.connect(database_url) as slow:
        await slow.execute("INSERT INTO audit (actor, action, result) VALUES ('Bob', 'slow', 'ok')")
        await write()
        await sealer.seal()
    await sealer.seal()

    assert await rows("SELECT audit_id FROM audit_chain ORDER BY position") == [(2,), (1,)]
    assert (await verify()).findings == []


async def test_what_was_rolled_back_has_no_place(database_url, write, sealer, verify):
    async with await psycopg.AsyncConnection.connect(database_url) as undone:
        await undone.execute("INSERT INTO audit (actor, action, result) VALUES ('Bob', 'x', 'ok')")
        await undone.rollback()
    await write()
    await sealer.seal()

    verifier = await verify()
    assert (verifier.findings, verifier.position) == ([], 1)


async def test_sealing_at_once_gives_each_row_one_place(database_url, write, verify):
    databases = [Database(database_url) for _ in range(4)]
    sealers = [Sealer(database, KEYS) for database in databases]
    await write(40)
    await asyncio.gather(*(sealer.seal() for sealer in sealers for _ in range(3)))
    for database in databases:
        await database.close()

    verifier = await verify()
    assert (verifier.findings, verifier.position) == ([], 40)


async def test_nothing_to_seal_takes_no_lock(database_url, sealer, write, rows):
    await write()
    await sealer.seal()
    await sealer.seal()

    assert await rows("SELECT count(*) FROM audit_checkpoints") == [(1,)]


@pytest.mark.parametrize("point", POINTS)
async def test_whoever_dies_while_sealing_leaves_all_to_the_next(
    control, write, sealer, verify, point
):
    await write(3)
    await sealer.seal()
    await write(3)
    await control.execute(DIES)
    await control.execute(POINTS[point])
    with pytest.raises(errors.DatabaseUnavailable):
        await sealer.seal()
    after_death = await verify()
    await control.execute(f"DROP TRIGGER dies ON {TABLE[point]}")
    await sealer.seal()

    verifier = await verify()
    assert (after_death.findings, after_death.position, after_death.waiting) == ([], 3, 3)
    assert (verifier.findings, verifier.position, verifier.waiting) == ([], 6, 0)


async def test_a_lost_answer_to_the_commit_seals_nothing_twice(
    database_url, control, write, verify, rows
):
    """The server commits, and who asked it to is gone: the next finds the work done."""
    await write(3)
    await control.execute(f"""
        {WAIT};
        CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON audit_checkpoints
          DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait();
        SELECT pg_advisory_lock(1)
    """)
    running = minter(database_url, "Ada", 1)
    try:
        await until(rows, f"{WAITS} AND query = 'COMMIT'")
    finally:
        running.kill()
        running.wait(10)
    await control.execute("SELECT pg_advisory_unlock(1)")
    await until(rows, "SELECT FROM audit_checkpoints")
    await control.execute("DROP TRIGGER waits ON audit_checkpoints")
    database = Database(database_url)
    await Sealer(database, KEYS).seal()
    await database.close()

    verifier = await verify()
    assert (verifier.findings, verifier.position, verifier.waiting) == ([], 4, 0)


async def test_who_hangs_while_sealing_keeps_nobody_from_writing_and_is_ended_by_the_server(
    database_url, control, write, sealer, verify, rows
):
    """A frozen process in the middle of its transaction, as a platform freezes instances."""
    await write(3)
    await control.execute(f"""
        {WAIT};
        CREATE TRIGGER waits BEFORE INSERT ON audit_chain EXECUTE FUNCTION wait();
        SELECT pg_advisory_lock(1)
    """)
    running = minter(database_url, "Ada", 1)
    try:
        await until(rows, WAITS)
        os.kill(running.pid, signal.SIGSTOP)
        await control.execute("SELECT pg_advisory_unlock(1)")
        await write()
        await sealer.seal()
        sealed_meanwhile = (await verify()).position
        # The server ends it after a while, also while a slow machine is still here.
        was_held = bool(await rows(HELD))
        await until(rows, "SELECT WHERE pg_try_advisory_lock(7726003)")
    finally:
        running.kill()
        running.wait(10)
    await control.execute("SELECT pg_advisory_unlock_all()")
    await control.execute("DROP TRIGGER waits ON audit_chain")
    await sealer.seal()

    assert sealed_meanwhile == 0 or not was_held
    verifier = await verify()
    assert (verifier.findings, verifier.position, verifier.waiting) == ([], 5, 0)


async def test_a_rollback_does_not_wait_for_the_chain(
    services, order, work, database_url, verify, caplog
):
    """Even if somebody holds its lock for ever: who waited for it would be told of by the log."""
    with psycopg.connect(database_url) as holder:
        holder.execute(LOCK)
        rollback = await work(await services.engine.start(order))
        await services.keeper.seal()

        assert (rollback.status, (await verify()).position) == ("completed", 0)
        assert "audit_waits" not in caplog.messages
    await services.keeper.seal()

    assert (await verify()).waiting == 0


class TestNobodySeals:
    async def test_is_found(self, write, pass_time, verify):
        await write()
        fresh = await verify()
        await pass_time(timedelta(minutes=11))

        assert (fresh.findings, fresh.waiting) == ([], 1)
        assert "no sweep runs" in (await verify()).findings[0]

    async def test_a_row_that_was_removed_while_it_waited_is_named(self, write, tamper, verify):
        await write()
        tamper("DELETE FROM audit")

        assert (await verify()).findings == ["Row 1 was removed before it was sealed."]


async def until(rows, query: str) -> None:
    for _ in range(1200):
        if await rows(query):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(query)
