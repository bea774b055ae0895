"""Who was refused is in the log: a row each of somebody known, a few rows of everybody else."""

import asyncio
import time
from datetime import timedelta

import psycopg
import pytest

from lib import errors
from lib.access.models import Caller, Role
from lib.audit.denials import (
    MINUTE_SECONDS,
    MOST_ADDRESSES,
    MOST_ROWS,
    PAUSE_SECONDS,
    Denials,
)
from lib.audit.origin import Attempt
from lib.postgres import TIMEOUT_SECONDS, Database
from tests.integration.audit.test_sealing import LOCK

MINUTE = timedelta(minutes=1)
COUNTED = (
    "SELECT address, problem, sum(count)::int AS count FROM denied_attempts"
    " GROUP BY address, problem ORDER BY address"
)
WRITTEN = (
    "SELECT actor, address, subject, reason, result, (facts ->> 'count')::int AS count"
    " FROM audit ORDER BY id"
)


@pytest.fixture
def denials(database):
    return Denials(database)


def attempt(address: str | None = "192.0.2.1", problem: str = "unauthenticated") -> Attempt:
    return Attempt(address, problem, "POST /api/session")


async def test_attempts_of_an_address_and_minute_are_one_row(denials, rows, pass_time):
    for _ in range(3):
        await denials.of_nobody(attempt())
    await denials.of_nobody(attempt("192.0.2.2"))
    counted = await rows(COUNTED)
    await pass_time(MINUTE)
    await denials.settle()

    assert counted == [
        ("192.0.2.1", "unauthenticated", 3),
        ("192.0.2.2", "unauthenticated", 1),
    ]
    row = ("POST /api/session", "unauthenticated", "denied")
    assert await rows(WRITTEN) == [
        ("nobody known", "192.0.2.1", *row, 3),
        ("nobody known", "192.0.2.2", *row, 1),
    ]
    assert await rows(COUNTED) == []


async def test_a_minute_that_is_not_over_is_left(denials, rows, control):
    await denials.of_nobody(attempt())
    await control.execute("UPDATE denied_attempts SET minute = minute + interval '1 minute'")
    await denials.settle()

    assert len(await rows(COUNTED)) == 1


async def test_two_sweeps_write_each_once(denials, rows, pass_time, database_url):
    await denials.of_nobody(attempt())
    await pass_time(MINUTE)
    other = Database(database_url)
    await asyncio.gather(denials.settle(), Denials(other).settle(), denials.settle())
    await other.close()

    assert len(await rows(WRITTEN)) == 1


async def test_what_is_counted_late_is_a_row_of_its_own(denials, rows, pass_time, control):
    await denials.of_nobody(attempt())
    await pass_time(MINUTE)
    await denials.settle()
    await denials.of_nobody(attempt())
    await control.execute("UPDATE denied_attempts SET minute = minute - interval '1 minute'")
    await denials.settle()

    assert [row[-1] for row in await rows(WRITTEN)] == [1, 1]


async def test_an_address_of_ipv6_is_its_subscribers(denials, rows):
    await denials.of_nobody(attempt("2001:db8::1"))
    await denials.of_nobody(attempt("2001:db8::ffff"))

    assert await rows(COUNTED) == [("2001:db8::/64", "unauthenticated", 2)]


async def test_attempts_at_once_are_all_counted(denials, rows):
    await asyncio.gather(*(denials.of_nobody(attempt()) for _ in range(500)))

    assert await rows(COUNTED) == [("192.0.2.1", "unauthenticated", 500)]


async def test_they_are_counted_while_somebody_holds_the_chain(services, rows, database_url):
    """As a sealer does, and one that hangs for long: a row of somebody known is written, too."""
    ada = Caller(name="Ada", role=Role.VIEWER)
    with psycopg.connect(database_url) as sealer:
        sealer.execute(LOCK)
        for _ in range(3):
            await services.keeper.denials.of_nobody(attempt())
        await services.keeper.denials.of_caller(ada, attempt(problem="forbidden"), "She may not.")
        await services.keeper.seal()

        assert await rows(COUNTED) == [("192.0.2.1", "unauthenticated", 3)]
        assert await rows("SELECT count(*)::int FROM audit WHERE actor = 'Ada'") == [(1,)]
        assert await rows("SELECT count(*)::int FROM audit_chain") == [(0,)]


async def test_of_many_addresses_a_few_are_named_and_the_rest_summed(
    denials, rows, control, pass_time
):
    await control.execute(
        "INSERT INTO denied_attempts SELECT date_trunc('minute', app_now()), '192.0.2.' || n,"
        " 'unauthenticated', 'GET /', n FROM generate_series(1, 200) n"
    )
    await pass_time(MINUTE)
    await denials.settle()

    written = await rows(WRITTEN)
    assert len(written) == MOST_ADDRESSES + 1
    assert written[0][1] == "192.0.2.200"
    assert written[-1][1] == "others"
    assert sum(row[-1] for row in written) == sum(range(1, 201))


async def test_a_flood_by_somebody_known_fills_no_chain(database, rows, control):
    """On a route that no limit counts, with a token that may do little."""
    now = 1000.0
    denials = Denials(database, clock=lambda: now)
    ci, ada = Caller(name="ci", role=Role.RECORDER), Caller(name="Ada", role=Role.VIEWER)
    for _ in range(MOST_ROWS + 5):
        await denials.of_caller(ci, attempt(problem="forbidden"), "It may not.")
    await denials.of_caller(ada, attempt(problem="forbidden"), "She may not.")

    written = "SELECT actor, count(*)::int AS count FROM audit GROUP BY actor ORDER BY actor"
    assert await rows(written) == [("Ada", 1), ("ci", MOST_ROWS)]
    assert await rows(COUNTED) == [("192.0.2.1", "forbidden", 5)]

    now += MINUTE_SECONDS
    await denials.of_caller(ci, attempt(problem="forbidden"), "It may not.")
    assert await rows(written) == [("Ada", 1), ("ci", MOST_ROWS + 1)]


async def test_what_could_not_be_written_is_written_by_the_next(denials, rows, database_url):
    denials.database.timeout_seconds, denials.pause_seconds = 0.5, 0
    with psycopg.connect(database_url) as blocking:
        blocking.execute("LOCK TABLE denied_attempts")
        with pytest.raises(errors.DatabaseUnavailable):
            await denials.of_nobody(attempt())
    denials.database.timeout_seconds = TIMEOUT_SECONDS
    await denials.of_nobody(attempt())

    assert await rows(COUNTED) == [("192.0.2.1", "unauthenticated", 2)]


async def test_those_who_wait_do_not_each_try_what_just_failed(database, rows, database_url):
    now = 1000.0
    denials = Denials(database, clock=lambda: now)
    database.timeout_seconds = 0.5
    with psycopg.connect(database_url) as blocking:
        blocking.execute("LOCK TABLE denied_attempts")
        ends = await asyncio.gather(
            *(denials.of_nobody(attempt()) for _ in range(20)), return_exceptions=True
        )
    database.timeout_seconds = TIMEOUT_SECONDS
    await denials.of_nobody(attempt())
    paused = await rows(COUNTED)
    now += PAUSE_SECONDS
    await denials.of_nobody(attempt())

    assert [type(end) for end in ends if end] == [errors.DatabaseUnavailable]
    assert paused == []
    assert await rows(COUNTED) == [("192.0.2.1", "unauthenticated", 22)]


async def test_a_flood_that_cannot_even_be_counted_holds_up_no_rollback(
    services, order, work, database_url, rows
):
    """One connection waits; those that a rollback needs are free. It would fail without one."""
    with psycopg.connect(database_url) as blocking:
        blocking.execute("LOCK TABLE denied_attempts")
        flood = [
            asyncio.create_task(services.keeper.denials.of_nobody(attempt(f"192.0.2.{number}")))
            for number in range(250)
        ]
        await asyncio.sleep(0)
        rollback = await work(await services.engine.start(order))
        for task in flood:
            task.cancel()
        await asyncio.gather(*flood, return_exceptions=True)

    assert rollback.status == "completed"


async def test_the_sweep_writes_and_seals_them(services, rows, pass_time):
    await services.keeper.denials.of_nobody(attempt())
    await pass_time(MINUTE)
    await services.sweep.run_scheduled(stop_at=time.monotonic() + 1)

    assert ("nobody known", "192.0.2.1") in [row[:2] for row in await rows(WRITTEN)]
    assert await rows("SELECT count(*) FROM audit_unsealed") == [(0,)]
