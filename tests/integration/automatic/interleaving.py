"""A world in which anything may happen between any two steps, and a model that watches.

Postgres, the platform's REST API and several instances of the control plane are real; one small
server stands for the edge and all versions behind it. Traffic is given to the judges as Redis
would read it, so that it follows the database's clock, which these tests move.
"""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dev.platform import Platform
from lib import errors
from lib.automatic.judging import Questions
from lib.automatic.models import Mode
from lib.health.baseline import ALL
from lib.health.evidence import BUCKET_SECONDS, Bucket
from lib.redis import RedisUnavailable
from lib.rollback.engine import LEASE
from lib.rollback.models import Claim, Environment
from lib.rollback.steps import find
from lib.traffic.models import Ask, Drain, Reading, Seen
from lib.wiring import Services

PRODUCTION = Environment.PRODUCTION
DAY = timedelta(days=1)
PER_BUCKET = 50
CLIENTS = frozenset(f"c{i}" for i in range(8))
#: A held look is given up on by whoever takes it after three seconds.
HELD_SECONDS = 2.0
VERSIONS = ("good", "good-2")

PASS_TIME = """
INSERT INTO clock_offset (ahead) VALUES (%s)
    ON CONFLICT (only_row) DO UPDATE SET ahead = clock_offset.ahead + excluded.ahead
"""
ROLLBACKS = """
SELECT r.id, r.target, r.from_deployment, r.status, r.requested_at,
       (SELECT p.id FROM live_periods p
         WHERE p.environment = r.environment AND p.live_from <= r.requested_at
           AND (p.live_until IS NULL OR p.live_until > r.requested_at)) AS period
  FROM rollbacks r WHERE r.automatic ORDER BY r.requested_at
"""
DECISIONS = "SELECT outcome FROM decisions"
NOW = "SELECT app_now() AS now"


class Versions:
    """The edge and every version behind it, on one port; `alias` knows what is live."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.host = platform.config.aliases.production
        self.live = ""
        self.by_url: dict[str, str] = {}
        self.down: set[str] = set()
        #: How many looks to hold from now on, and those that are held.
        self.to_hold = 0
        self.held = 0
        self.let_go = threading.Event()

    def begin(self, by_url: dict[str, str]) -> None:
        self.by_url = dict(by_url)
        self.down = set()
        self.to_hold = 0
        self.let_go.set()
        self.live = self.platform.state()["aliases"][self.host]

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return
        response = await self.answer(Request(scope, receive))
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        host = request.headers["host"]
        if self.to_hold:
            self.to_hold -= 1
            await self.hold()
        deployment = self.live if host == self.host else self.by_url.get(host)
        if deployment is None:
            return PlainTextResponse("DEPLOYMENT_NOT_FOUND", 404)
        if deployment in self.down:
            return PlainTextResponse("FUNCTION_INVOCATION_FAILED", 500)
        checks = dict.fromkeys(("api", "database", "redis", "stripe"), "healthy")
        return JSONResponse({**checks, "timestamp": "", "deployment_id": deployment})

    async def hold(self) -> None:
        self.held += 1
        await asyncio.to_thread(self.let_go.wait, HELD_SECONDS)
        self.held -= 1


@dataclass
class World:
    platform: Platform
    versions: Versions
    instances: list[Services]
    control: psycopg.AsyncConnection
    chance: random.Random
    script: list[str] = field(default_factory=list)
    #: Share of a deployment's visits that fail.
    rates: dict[str, float] = field(default_factory=dict)
    visits: dict[str, dict[int, float]] = field(default_factory=dict)
    #: Automatic rollbacks, by id.
    seen: set[object] = field(default_factory=set)
    mode: str = Mode.AUTOMATIC
    happened: Counter[str] = field(default_factory=Counter)

    # --- what can happen

    async def release(self) -> None:
        """Somebody ships; it may be bad from the start. Half of the time nobody tells us."""
        made = self.platform.release(self.chance.choice(VERSIONS), live=False)
        self.rates[made["id"]] = self.chance.choice((0.0, 0.5, 0.5, 0.9))
        self.versions.by_url[made["url"]] = made["id"]
        if self.chance.random() < 0.4:
            self.versions.down.add(made["id"])
        self.point(made["id"])
        if self.chance.random() < 0.7:
            await self.one().tracker.reconcile(PRODUCTION)

    async def become_bad(self) -> None:
        live = self.versions.live
        self.rates[live] = 0.6
        if self.chance.random() < 0.5:
            self.versions.down.add(live)

    async def become_well(self) -> None:
        self.rates[self.versions.live] = 0.0
        self.versions.down.discard(self.versions.live)

    async def incident(self) -> None:
        """Enough errors to act on; the second verdict is for a gate that sees none."""
        await self.become_bad()
        await self.pass_time(80)
        for seconds in (10, 0):
            await self.judge(self.one())
            await self.pass_time(seconds)

    async def all_down(self) -> None:
        """A shared cause, or the end of one."""
        everybody = set(self.versions.by_url.values())
        self.versions.down = set() if self.versions.down >= everybody else everybody

    async def pass_some_time(self) -> None:
        await self.pass_time(self.chance.choice((1, 6, 10, 10, 30, 60, 90)))

    async def pass_much_time(self) -> None:
        await self.pass_time(self.chance.choice((16 * 60, 60 * 60, 10 * 60 * 60)))

    async def batch(self) -> None:
        await self.judge(self.one())

    async def batches(self) -> None:
        """Of several instances at once."""
        await together(*(self.judge(one) for one in self.instances))

    async def tick(self) -> None:
        await self.sweep(self.one())

    async def ticks(self) -> None:
        """The sweep was called twice, or still runs when it is called again."""
        await together(self.sweep(self.one()), self.sweep(self.one()))

    async def die_in_gate(self) -> None:
        if await self.one().autopilot.decider.store.claim_gate(PRODUCTION):
            self.happened["died in the gate"] += 1

    async def work(self) -> None:
        """A worker takes the steps that are due; it may end between two of them."""
        await self.advance(self.one(), steps=self.chance.choice((1, 3, 9)))

    async def work_at_once(self) -> None:
        await together(*(self.advance(one, steps=5) for one in self.instances))

    async def die_at_work(self) -> None:
        """It takes a step and is not heard of again: before it did anything, or after."""
        one = self.one()
        for rollback_id in await one.engine.store.unfinished():
            claim = await one.engine.store.claim(rollback_id, lease=LEASE)
            if claim is not None and self.chance.random() < 0.5:
                await self.moving(find(claim.step).run(claim, one.engine.tools), claim)
            self.happened["died at work"] += claim is not None

    async def look_by_itself(self) -> None:
        """Somebody asks what is live: a webhook came late, or twice."""
        await self.one().tracker.reconcile(PRODUCTION)

    async def change_mode(self) -> None:
        self.mode = self.chance.choice([*Mode, Mode.AUTOMATIC])
        await self.control.execute("UPDATE environments SET mode = %s", [self.mode])

    async def hold_a_gate(self) -> None:
        """An instance is slow in the middle of its gate, and life goes on meanwhile."""
        await self.become_bad()
        await self.pass_time(80)
        self.versions.let_go.clear()
        self.versions.to_hold = 1
        judging = asyncio.create_task(self.judge(self.one()))
        while not (judging.done() or self.versions.held):
            await asyncio.wait([judging], timeout=0.002)
        self.versions.to_hold = 0
        try:
            if self.versions.held:
                self.happened["held in the gate"] += 1
                for _ in range(self.chance.choice((1, 2))):
                    await self.happen(self.chance.choice(MEANWHILE))
        finally:
            self.versions.let_go.set()
            await judging

    # --- how

    def one(self) -> Services:
        return self.chance.choice(self.instances)

    async def happen(self, name: str) -> None:
        self.script.append(name)
        try:
            await getattr(self, name)()
        except (errors.Upstream, errors.StaleLease, RedisUnavailable):
            self.happened["waited for the next"] += 1  # as whoever called it would
        await self.watch()

    def point(self, deployment_id: str) -> None:
        self.platform.move_alias(self.versions.host, deployment_id)
        self.versions.live = deployment_id

    async def pass_time(self, seconds: float) -> None:
        """With visitors, in each of the buckets that end meanwhile."""
        before = await self.now()
        await self.control.execute(PASS_TIME, [timedelta(seconds=seconds)])
        start = int(before.timestamp()) // BUCKET_SECONDS * BUCKET_SECONDS
        rate = self.rates.get(self.versions.live, 0.0)
        counted = self.visits.setdefault(self.versions.live, {})
        newest = start + int(min(seconds, 1200)) + BUCKET_SECONDS
        for bucket in range(start, newest, BUCKET_SECONDS):
            counted[bucket] = max(rate, counted.get(bucket, 0.0))

    async def now(self) -> datetime:
        return (await self.rows(NOW))[0]["now"]

    async def rows(self, query: str) -> list[dict]:
        return await (await self.control.execute(query)).fetchall()

    async def judge(self, one: Services) -> None:
        pilot = one.autopilot
        questions = await pilot.judging.ask()
        judged = await pilot.judging.conclude(questions, self.readings(questions))
        await pilot.act(judged, stop_at=time.monotonic() + 60)

    async def sweep(self, one: Services) -> None:
        """Its looks and its judging run side by side."""
        await together(one.sweep.take_looks(), self.judge(one))

    def readings(self, questions: Questions) -> list[Reading]:
        return [self.reading(ask, questions.now) for ask in questions.asks]

    def reading(self, ask: Ask, now: float) -> Reading:
        until = int(now - 5) // BUCKET_SECONDS * BUCKET_SECONDS
        counted = self.visits.get(ask.deployment_id, {})
        seen = [
            Seen(
                Bucket(start, PER_BUCKET, PER_BUCKET * rate, CLIENTS if rate else frozenset()),
                PER_BUCKET,
                round(PER_BUCKET * rate),
            )
            for start, rate in sorted(counted.items())
            if ask.since <= start < until
        ]
        found = {stream: seen if stream == ALL else [] for stream in ask.streams}
        now_ms = round(now * 1000)
        return Reading(ask, now_ms, until, found, Drain(now_ms, 0, 0, 0, 0, 1))

    async def advance(self, one: Services, *, steps: int) -> None:
        engine = one.engine
        for rollback_id in await engine.store.unfinished():
            for _ in range(steps):
                claim = await engine.store.claim(rollback_id, lease=LEASE)
                if claim is None:
                    break
                await self.moving(engine.advance(claim), claim)
                self.happened["steps"] += 1

    async def moving(self, step: Awaitable[object], claim: Claim) -> None:
        """What it moves away from is what the evidence is against."""
        left = claim.rollback.from_deployment
        before = self.alias()
        await step
        self.versions.live = self.alias()
        assert before in (self.versions.live, left), f"{before} was moved for what {left} did"

    def alias(self) -> str:
        return self.platform.state()["aliases"][self.versions.host]

    # --- the model

    async def watch(self) -> None:
        """What must be so at every moment."""
        rollbacks = await self.rows(ROLLBACKS)
        unfinished = [row for row in rollbacks if row["status"] in ("pending", "in_progress")]
        assert len(unfinished) <= 1, "two unfinished rollbacks"
        for row in rollbacks:
            if row["id"] not in self.seen:
                self.seen.add(row["id"])
                self.happened["rollbacks"] += 1
                assert self.mode == Mode.AUTOMATIC, f"a rollback in mode {self.mode}"
                assert row["from_deployment"] == self.versions.live, (
                    f"rolled back {row['from_deployment']}, and {self.versions.live} is live"
                )
        self.watch_order([row for row in rollbacks if row["status"] == "completed"])
        acted = Counter(row["period"] for row in rollbacks if row["status"] != "failed")
        assert max(acted.values(), default=0) <= 1, "two rollbacks for one live period"
        times = [row["requested_at"] for row in rollbacks]
        for first, fourth in zip(times, times[3:], strict=False):
            assert fourth - first >= DAY, "four automatic rollbacks in a day"

    def watch_order(self, completed: list[dict]) -> None:
        left: set[str] = set()
        for row in completed:
            left.add(row["from_deployment"])
            assert row["target"] not in left, "back to what an automatic rollback had left"


#: What happens, and how often.
EVENTS = {
    "release": 8,
    "become_bad": 4,
    "become_well": 3,
    "incident": 8,
    "all_down": 1,
    "pass_some_time": 14,
    "pass_much_time": 2,
    "batch": 6,
    "batches": 4,
    "tick": 6,
    "ticks": 4,
    "die_in_gate": 1,
    "work": 14,
    "work_at_once": 4,
    "die_at_work": 3,
    "look_by_itself": 6,
    "change_mode": 1,
    "hold_a_gate": 10,
}
#: None of these waits for a gate that is held.
MEANWHILE = (
    "release",
    "become_bad",
    "become_well",
    "pass_some_time",
    "batch",
    "work",
    "die_at_work",
    "look_by_itself",
    "change_mode",
)


async def together(*work: Awaitable[object]) -> None:
    """All to their end, whatever one of them raises."""
    ended = await asyncio.gather(*work, return_exceptions=True)
    raised = [one for one in ended if isinstance(one, BaseException)]
    for one in sorted(raised, key=lambda one: not isinstance(one, AssertionError)):
        raise one


async def live_through(world: World, events: int) -> None:
    names, weights = [*EVENTS], [*EVENTS.values()]
    for _ in range(events):
        await world.happen(world.chance.choices(names, weights)[0])
    world.happened.update(row["outcome"] for row in await world.rows(DECISIONS))
