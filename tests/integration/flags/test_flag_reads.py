"""What apps are told while parts are away: the right state, and never an error."""

import asyncio
import json

import pytest

from lib import errors
from lib.flags import copies, switchboard
from lib.flags.copies import key
from lib.flags.models import Snapshot, State
from lib.redis import RedisClient
from lib.rollback.models import Environment
from lib.settings import load
from lib.wiring import build

PRODUCTION = Environment.PRODUCTION
NOWHERE = "http://127.0.0.1:9"
NO_DATABASE = "postgresql://127.0.0.1:9/none"
BIRTH = {"rsvp-emails": "on", "seating": "off", "timeline": "on"}


#: For a Postgres that is away; one that answers gets all the time that it needs.
IMPATIENT_SECONDS, PATIENT_SECONDS = 0.2, 60.0


@pytest.fixture(autouse=True)
def slow_clocks(monkeypatch):
    """No copy grows old by itself while a test runs."""
    monkeypatch.setattr(copies, "CONFIRMED_SECONDS", 600)
    monkeypatch.setattr(copies, "BELIEVED_SECONDS", 1800)
    monkeypatch.setattr(switchboard, "POSTGRES_SECONDS", PATIENT_SECONDS)


@pytest.fixture
def impatient(monkeypatch):
    def impatient() -> None:
        monkeypatch.setattr(switchboard, "POSTGRES_SECONDS", IMPATIENT_SECONDS)

    return impatient


@pytest.fixture
async def instance(variables, services, impatient):
    """Another instance of the functions, with other settings."""
    opened = []

    def instance(**changes: str):
        if "DATABASE_URL" in changes:
            impatient()
        opened.append(build(load(variables | changes)))
        opened[-1].flags.switchboard.remember_seconds = 0
        return opened[-1]

    yield instance
    for one in opened:
        await one.close()


@pytest.fixture
def age(services):
    """So many seconds have passed since anybody looked into Postgres."""

    async def age(seconds: int) -> None:
        at = int(await services.redis.run("HGET", key(PRODUCTION), "at"))
        await services.redis.run("HSET", key(PRODUCTION), "at", at - seconds)

    return age


async def told(instance) -> tuple[dict[str, str] | None, bool]:
    known = await instance.flags.switchboard.look(PRODUCTION)
    return dict(known.snapshot.states) if known.snapshot else None, known.is_current


async def test_a_change_reaches_another_instance_by_the_copy_alone(instance, flip):
    await flip("rsvp-emails", "off")

    assert await told(instance(DATABASE_URL=NO_DATABASE)) == (BIRTH | {"rsvp-emails": "off"}, True)


async def test_without_redis_postgres_is_asked(instance, flip):
    reader = instance(UPSTASH_REDIS_REST_URL=NOWHERE)
    assert await told(reader) == (BIRTH, True)
    await flip("rsvp-emails", "off")

    assert await told(reader) == (BIRTH | {"rsvp-emails": "off"}, True)


async def test_a_change_whose_copy_was_never_written_is_seen_within_seconds(
    instance, services, flip, age
):
    """Whoever turned it was killed between the commit and the copy, or Redis was away then."""
    reader = instance()
    await told(reader)
    services.flags.switchboard.copies = type(services.flags.switchboard.copies)(None)
    await flip("rsvp-emails", "off")
    at_first = await told(reader)
    await age(copies.CONFIRMED_SECONDS)

    assert at_first == (BIRTH, True)
    assert await told(reader) == (BIRTH | {"rsvp-emails": "off"}, True)
    assert await told(instance(DATABASE_URL=NO_DATABASE)) == (BIRTH | {"rsvp-emails": "off"}, True)


async def test_without_either_what_was_last_seen_holds(instance, impatient):
    reader = instance(UPSTASH_REDIS_REST_URL=NOWHERE)
    await told(reader)
    impatient()
    reader.database.url = NO_DATABASE
    await reader.database.close()

    assert await told(reader) == (BIRTH, False)


async def test_an_old_copy_is_better_than_nothing(instance, flip, age):
    await flip("rsvp-emails", "off")
    await age(3600)

    assert await told(instance(DATABASE_URL=NO_DATABASE)) == (
        BIRTH | {"rsvp-emails": "off"},
        False,
    )


async def test_where_nothing_was_ever_seen_settings_say_what_is_safe(instance):
    reader = instance(DATABASE_URL=NO_DATABASE, UPSTASH_REDIS_REST_URL=NOWHERE)
    known = await reader.flags.switchboard.look(PRODUCTION)

    assert known.snapshot is None
    assert known.safe == {"rsvp-emails": State.ON, "seating": State.OFF}


async def test_an_older_reading_does_not_replace_a_newer_copy(services, flip, age):
    before = await services.flags.store.snapshot(PRODUCTION)
    await flip("rsvp-emails", "off")
    written = services.flags.switchboard.copies
    await written.write(PRODUCTION, before)

    assert (await written.read(PRODUCTION)).snapshot.states["rsvp-emails"] is State.OFF


async def test_a_copy_of_a_database_that_was_put_back_is_replaced(services, age):
    written = services.flags.switchboard.copies
    await written.write(PRODUCTION, Snapshot(1000, {"rsvp-emails": State.OFF}))
    await age(copies.BELIEVED_SECONDS)
    await written.write(PRODUCTION, await services.flags.store.snapshot(PRODUCTION))

    assert (await written.read(PRODUCTION)).snapshot.states == BIRTH


@pytest.mark.parametrize("broken", ["[]", "{", '{"rsvp-emails": "maybe"}', "7"])
async def test_a_broken_copy_is_no_copy(services, instance, broken):
    await services.redis.run("HSET", key(PRODUCTION), "states", broken)

    assert await told(instance()) == (BIRTH, True)


async def test_many_that_read_at_once_ask_once(instance, monkeypatch):
    reader = instance()
    reader.flags.switchboard.remember_seconds = 60
    asked = []
    run = RedisClient.run

    async def counted(self, *command):
        asked.append(command[0])
        return await run(self, *command)

    monkeypatch.setattr(RedisClient, "run", counted)
    await asyncio.gather(*(told(reader) for _ in range(50)))

    assert len(asked) == 1


async def test_parts_that_go_away_under_load_bring_no_error_and_no_wrong_value(
    instance, flip, services, impatient
):
    """Both are stopped in turn, and come back, while many read all the time."""
    await flip("rsvp-emails", "off")
    impatient()
    right = BIRTH | {"rsvp-emails": "off"}
    reader = instance()
    good_redis, good_database = reader.flags.switchboard.copies.redis, reader.database.url
    bad_redis = RedisClient(NOWHERE, "x")
    answers, done, read_once = [], asyncio.Event(), asyncio.Semaphore(0)

    async def read() -> None:
        while not done.is_set():
            answers.append((await told(reader))[0])
            read_once.release()

    async def stop_and_start() -> None:
        for redis, database in (
            *((bad_redis, good_database), (bad_redis, NO_DATABASE)),
            *((good_redis, NO_DATABASE), (good_redis, good_database)),
        ):
            reader.flags.switchboard.copies = type(services.flags.switchboard.copies)(redis)
            reader.database.url = database
            await reader.database.close()
            for _ in range(20):
                await read_once.acquire()
        done.set()

    await asyncio.gather(stop_and_start(), *(read() for _ in range(5)))
    await bad_redis.close()

    assert {json.dumps(answer, sort_keys=True) for answer in answers} == {
        json.dumps(right, sort_keys=True)
    }


async def test_turning_needs_postgres_and_says_so(services, flip):
    services.database.url = NO_DATABASE
    await services.database.close()

    with pytest.raises(errors.DatabaseUnavailable):
        await flip("rsvp-emails", "off")
