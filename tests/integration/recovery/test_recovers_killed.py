"""Killed at any of its writes: the same again makes everything right, and nothing is done twice."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest

from lib.rollback.engine import LEASE
from lib.rollback.progress import key
from lib.traffic.counts import IDS_KEPT_SECONDS
from tests.integration.archive.forked import Command, Running
from tests.integration.archive.middle import between
from tests.integration.automatic.conftest import judge, live_since, visits

__all__ = ["judge", "live_since", "visits"]

DONE, KILLED = 0, -9
LOOK_SECONDS = 0.02
ABANDONED = timedelta(minutes=1)
HALF_AN_HOUR = 1800
LATELY = {"ago": 390, "seconds": 300, "per_second": 2, "rate": 0.2}
NOBODY = "dpl_none"

#: The number-th statement that writes waits, whichever it is.
STRIKE = """
CREATE SEQUENCE writes;
CREATE FUNCTION strike() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF nextval('writes') = {number} THEN PERFORM pg_advisory_lock_shared(1); END IF;
  RETURN NULL;
END $$;
DO $$ DECLARE name regclass; BEGIN
  FOR name IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace
                 AND relkind = 'r' LOOP
    EXECUTE format('CREATE TRIGGER strike BEFORE INSERT OR UPDATE OR DELETE ON %s'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION strike()', name);
  END LOOP;
END $$
"""
#: What was done is said last.
STRIKE_AT_THE_END = """
CREATE FUNCTION strike() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM pg_advisory_lock_shared(1);
  RETURN NEW;
END $$;
CREATE TRIGGER strike BEFORE INSERT ON audit FOR EACH ROW
  WHEN (NEW.action = 'state.recover' AND NEW.result = 'ok') EXECUTE FUNCTION strike()
"""
SPARE = "DROP FUNCTION strike() CASCADE; DROP SEQUENCE IF EXISTS writes"
WAITING = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 1"
PASS_TIME = """
INSERT INTO clock_offset (ahead) VALUES (%s)
    ON CONFLICT (only_row) DO UPDATE SET ahead = clock_offset.ahead + excluded.ahead
"""
#: What is the same however often it had to be begun.
OUTCOME = """
SELECT target, status, error, visitors_get FROM rollbacks ORDER BY requested_at;
SELECT s.step, s.state, s.message FROM rollback_steps s JOIN rollbacks r ON r.id = s.rollback_id
 ORDER BY r.requested_at, s.position;
SELECT actor, action, result, count(*) FROM audit WHERE action <> 'state.recover'
 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT kind, count(*) FROM alerts GROUP BY 1 ORDER BY 1;
SELECT git_sha, count(*) FROM quarantine GROUP BY 1 ORDER BY 1;
SELECT deployment, how, count(*) FROM live_periods GROUP BY 1, 2 ORDER BY 1, 2
"""
REVISIONS = "SELECT id, revision FROM rollbacks"
NOTED = """
SELECT subject, result, facts ->> 'to_do' FROM audit WHERE action = 'state.recover' ORDER BY id
"""


@dataclass
class Lost:
    """A moment at which something is lost; it can be come back to."""

    url: str
    postgres: Any
    platform: Any
    redis: Callable[..., Any]
    recover: Command

    def __post_init__(self) -> None:
        self.name = self.url.rpartition("/")[2]
        self.copy = f"{self.name}_copy"
        self.platform.snapshot(self.name)
        with psycopg.connect(self.postgres.url("postgres"), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [self.name],
            )

    def again(self) -> "Moment":
        """A control plane in which it is lost."""
        self.postgres.drop_database(self.copy)
        self.postgres.create_database(self.copy, self.name)
        self.platform.restore(self.name)
        self.redis("FLUSHALL")
        url = self.postgres.url(self.copy)
        recover = replace(self.recover, variables=self.recover.variables | {"DATABASE_URL": url})
        return Moment(url, self.platform, self.redis, recover, len(self.platform.alias_moves()))


@dataclass
class Moment:
    url: str
    platform: Any
    redis: Callable[..., Any]
    recover: Command
    moves_before: int

    def run(self, query: str, *arguments: object) -> list[tuple]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query, arguments or None)
            return cursor.fetchall() if cursor.description else []

    def made_right(self) -> list[object]:
        """What came of it, when what was killed is long gone and the same was done again."""
        self.run(PASS_TIME, ABANDONED)
        code, said = self.recover("--yes")
        assert (code, "Everything is as it should be." in said) == (DONE, True), said
        code, said = self.recover()
        assert code == DONE, said
        return self.outcome()

    def outcome(self) -> list[object]:
        for one, revision in self.run(REVISIONS):
            assert self.redis("HGET", key(one), "revision") == str(revision)
        moves = self.platform.alias_moves()[self.moves_before :]
        return [
            *[self.run(query) for query in OUTCOME.split(";")],
            [(move["alias"], move["to"]) for move in moves],
            self.counted(),
            len(self.redis("ZRANGE", "audit:heads", 0, -1)) > 0,
        ]

    def counted(self) -> dict[tuple[str, str], str]:
        found = {}
        for name in self.redis("KEYS", "traffic:counts:*"):
            assert self.redis("TTL", name) > 0
            found |= {(name, field): value for field, value in pairs(self.redis("HGETALL", name))}
        return found


def pairs(hash_: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(hash_.items())


@contextmanager
def killed_at_write(
    moment: Moment, number: int, *, is_done: bool, strike: str = STRIKE
) -> Iterator[Running]:
    """`is_done`: it is written all the same, and only the answer never came."""
    moment.run(strike.format(number=number))
    with psycopg.connect(moment.url, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(1)")
        running = moment.recover.start("--yes")
        while running.is_running and not holder.execute(WAITING).fetchone():
            time.sleep(LOOK_SECONDS)
        running.kill()
        for (pid,) in moment.run(WAITING):
            if not is_done:
                holder.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    yield running
    moment.run(SPARE)


@contextmanager
def killed_at_request(
    moment: Moment, number: int, *, is_done: bool, setting: str
) -> Iterator[Running]:
    """As it is asked for the number-th time, of what `setting` is the address of."""
    started: list[Running] = []

    def strike(now: int) -> bool:
        if now == number:
            started[0].kill()
        return now == number

    with between(moment.recover.variables[setting]) as middle:
        if is_done:
            middle.acted = strike
        else:
            middle.act = strike
        started.append(moment.recover.start("--yes", **{setting: middle.url}))
        yield started[0]


def kill_at_each(lost: Lost, kill: Callable[..., Any], *, every: int) -> int:
    """One after the other, each in a moment of its own, until it is too late; how many it were."""
    right = lost.again()
    assert right.recover("--yes")[0] == DONE
    expected, number, killed, code = right.made_right(), 1, 0, KILLED
    while code == KILLED:
        for is_done in (False, True):
            moment = lost.again()
            with kill(moment, number, is_done=is_done) as running:
                code, said = running.end()
            assert code in (DONE, KILLED), said
            killed += code == KILLED
            assert moment.made_right() == expected, f"killed at {number}, {is_done=}"
        number += every
    return killed


PLACES = {
    "the database": killed_at_write,
    "Redis": partial(killed_at_request, setting="UPSTASH_REDIS_REST_URL"),
    "the platform": partial(killed_at_request, setting="VERCEL_API_URL"),
}


def some(every: int) -> pytest.MarkDecorator:
    """A kill takes processes of its own: most of them in `make test-deep`."""
    each = pytest.param(1, marks=[pytest.mark.deep, pytest.mark.timeout(3600)])
    return pytest.mark.parametrize("every", [every, each])


@pytest.fixture
def remember(database_url, postgres, platform, redis, recover) -> Callable[[], Lost]:
    return lambda: Lost(database_url, postgres, platform, redis, recover)


class TestARollback:
    @pytest.fixture
    async def lost(self, services, order, pass_time, remember):
        """Its worker died in its first step; one from before has failed, and has no copy either."""
        store = services.engine.store
        failed = await services.engine.start(order.model_copy(update={"target": NOBODY}))
        await services.engine.run(failed.id, stop_at=time.monotonic() + 60)
        assert (await store.get(failed.id)).is_final
        left = await services.engine.start(order)
        await store.claim(left.id, lease=LEASE)
        await pass_time(ABANDONED)
        return remember()

    def test_what_it_was_at_is_in_the_log(self, lost):
        """It is killed when the rollback is ended and that is not said yet."""
        moment = lost.again()
        with killed_at_write(moment, 1, is_done=False, strike=STRIKE_AT_THE_END) as running:
            assert running.end()[0] == KILLED
        assert {status for _, status, *_ in moment.run(OUTCOME.partition(";")[0])} == {
            "completed",
            "failed",
        }
        [(subject, result, to_do)] = moment.run(NOTED)
        assert (subject, result) == ("Rollbacks", "accepted")
        assert "was left unfinished: it is taken to its end" in to_do

    @some(every=21)
    @pytest.mark.parametrize("place", PLACES)
    def test_is_ended_once(self, lost, place, every):
        assert kill_at_each(lost, PLACES[place], every=every) > 2


class TestCounts:
    @pytest.fixture
    async def lost(self, services, visits, live_since, judge, releases, pass_time, remember):
        await services.redis.run("FLUSHALL")
        await live_since(releases.v2, HALF_AN_HOUR)
        await visits(releases.v2, **LATELY)
        await judge()
        await services.keeper.sealer.seal()
        await pass_time(timedelta(seconds=IDS_KEPT_SECONDS))
        return remember()

    @some(every=3)
    def test_come_back_whole_and_expire(self, lost, every):
        assert kill_at_each(lost, PLACES["Redis"], every=every) > 2
