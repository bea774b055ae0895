"""Refusals are counted and end in 429; whoever is known goes on, whatever others do."""

import asyncio
import hashlib
import hmac
from datetime import timedelta

import pytest

from dev.serving import serve
from dev.upstash import upstash_app
from dev.valkey import Valkey
from lib import errors
from lib.access.limits import MOST_COUNTED, Limits
from lib.access.models import Role
from lib.redis import RedisClient
from lib.settings.kinds import LONGEST_SECONDS

REDIS_TOKEN = "redis-token"
VENUE = "203.0.113.7"
PER_ADDRESS, PER_SUBJECT = 6, 3
WINDOW = timedelta(seconds=60)
SIGNING = "s" * 32
UNLOCK = {"action": "unlock", "environment": "staging", "reason": "Looked at it"}
EVENT = b'{"id": "evt_1", "type": "deployment.created", "createdAt": 1800000000000, "payload": {}}'
TRIGGER = {"deployment_id": "last-stable", "reason": "Page does not open", "environment": "staging"}


class Clock:
    seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def valkey():
    with Valkey.start(None) as valkey:
        yield valkey


@pytest.fixture
def address(valkey):
    with serve(upstash_app(valkey.url, REDIS_TOKEN)) as served:
        yield served.url


@pytest.fixture
async def redis(address):
    client = RedisClient(address, REDIS_TOKEN)
    yield client
    await client.close()


@pytest.fixture
def instance(redis):
    clock = Clock()

    def instance(shared: RedisClient | None = redis) -> Limits:
        return Limits(shared, WINDOW, PER_ADDRESS, PER_SUBJECT, clock)

    return instance


async def refuse(limits: Limits, times: int = 1, *, address=VENUE, subject="Ada", **more) -> int:
    """How many of them are too many."""
    results = [
        await asyncio.gather(
            limits.refused(address=address, subject=subject.format(number), **more),
            return_exceptions=True,
        )
        for number in range(times)
    ]
    return sum(isinstance(one, errors.RefusedTooOften) for (one,) in results)


async def test_a_subject_is_refused_a_few_times(instance):
    limits = instance()

    assert await refuse(limits, PER_SUBJECT) == 0
    assert await refuse(limits, 2) == 2
    assert await refuse(limits, subject="Grace") == 0


async def test_an_address_is_refused_whoever_it_says_it_is(instance):
    limits = instance()

    assert await refuse(limits, PER_ADDRESS, subject="guess-{}") == 0
    assert await refuse(limits, subject="another") == 1
    assert await refuse(limits, address="203.0.113.8", subject="another one") == 0


async def test_a_subscriber_has_one_address_however_many_he_has(instance):
    limits = instance()
    for number in range(PER_ADDRESS):
        await refuse(limits, address=f"2001:db8::{number:x}", subject=f"guess-{number}")

    assert await refuse(limits, address="2001:db8::ffff:1", subject="another") == 1


async def test_all_instances_count_together(instance):
    instances = [instance() for _ in range(PER_SUBJECT)]
    for limits in instances:
        assert await refuse(limits) == 0

    assert await refuse(instance()) == 1


async def test_at_once_none_is_forgotten(instance):
    results = await asyncio.gather(
        *(instance().refused(address=VENUE, subject="Ada") for _ in range(10)),
        return_exceptions=True,
    )

    assert len([one for one in results if one]) == 10 - PER_SUBJECT


async def test_it_ends_when_it_says(instance):
    limits = instance()
    await refuse(limits, PER_SUBJECT)
    with pytest.raises(errors.RefusedTooOften) as raised:
        await limits.refused(address=VENUE, subject="Ada")

    assert 1 <= raised.value.retry_after <= WINDOW.total_seconds() + 1
    limits.clock.seconds += raised.value.retry_after
    assert await refuse(limits) == 0


async def test_with_redis_stopped_each_instance_counts_for_itself(instance, valkey):
    limits, other = instance(), instance()
    await refuse(limits, PER_SUBJECT)
    valkey.stop()

    assert await refuse(limits) == 1
    assert await refuse(other, PER_SUBJECT) == 0
    assert await refuse(other) == 1


async def test_without_a_redis_too(instance):
    limits = instance(None)

    assert await refuse(limits, PER_SUBJECT) == 0
    assert await refuse(limits) == 1


async def test_a_flood_costs_redis_no_more_than_the_limit(instance, valkey, redis):
    limits = instance()
    await refuse(limits, 50)
    keys = await redis.run("KEYS", "refused:*")

    assert sorted([int(await redis.run("GET", key)) for key in keys]) == [PER_SUBJECT] * 2


async def test_what_redis_keeps_ends_and_holds_no_secret(instance, redis):
    await refuse(instance(), subject="Bearer wsr_mistyped")
    keys = await redis.run("KEYS", "*")

    assert len(keys) == 2
    assert "wsr_" not in str(keys)
    assert [key for key in keys if not 0 < await redis.run("TTL", key) <= 61] == []


async def test_memory_is_bounded(instance):
    limits = instance(None)
    for number in range(MOST_COUNTED + 50):
        await refuse(limits, address=f"10.0.{number // 250}.{number % 250}", subject=str(number))

    assert len(limits._counted) == MOST_COUNTED  # noqa: SLF001 - what it keeps is the point


async def test_forged_signatures_are_counted_without_redis(instance, redis):
    limits = instance()

    assert await refuse(limits, PER_ADDRESS + 1, subject="", is_shared=False) == 1
    assert await redis.run("KEYS", "*") == []


class TestRoutes:
    @pytest.fixture
    def environment(self, environment, address):
        return environment | {
            "UPSTASH_REDIS_REST_URL": address,
            "UPSTASH_REDIS_REST_TOKEN": REDIS_TOKEN,
            "FAILED_ATTEMPTS_PER_ADDRESS": str(PER_ADDRESS),
            "FAILED_ATTEMPTS_PER_SUBJECT": str(PER_SUBJECT),
            # By the real clock: one that does not end while a test counts.
            "FAILED_ATTEMPTS_WINDOW_SECONDS": str(LONGEST_SECONDS),
            "WEBHOOK_SECRET": SIGNING,
            "DRAIN_SECRET": SIGNING,
        }

    @pytest.fixture
    def attempt(self, ask):
        async def attempt(function: str, token: str = "", address: str = VENUE, **more):
            headers = {"x-forwarded-for": address}
            if token:
                headers["authorization"] = f"Bearer {token}"
            return await ask(function, "POST", headers=headers | more.pop("headers", {}), **more)

        return attempt

    @pytest.mark.parametrize("is_redis_up", [True, False], ids=["redis", "redis is stopped"])
    async def test_a_valid_operator_is_let_in_whoever_shares_the_address(
        self, attempt, mint, valkey, is_redis_up
    ):
        if not is_redis_up:
            valkey.stop()
        token = await mint()
        guesses = [
            await attempt("session", json={"token": f"wsr_guess-{number}"})
            for number in range(PER_ADDRESS + 2)
        ]

        assert [one.status_code for one in guesses] == [401] * PER_ADDRESS + [429] * 2
        assert (await attempt("session", json={"token": token})).status_code == 200
        assert (await attempt("operations", token, json=UNLOCK)).status_code == 200
        # There is nothing to go back to here: an answer, and no refusal to let anybody in.
        assert (await attempt("rollback.trigger", token, json=TRIGGER)).status_code == 409

    async def test_an_operator_is_not_held_up_by_his_own_mistakes(self, attempt, mint):
        token = await mint()
        for _ in range(PER_ADDRESS + 2):
            await attempt("operations", "wsr_mistyped", json=UNLOCK)
            assert (await attempt("operations", token, content=b"{")).status_code == 422

        assert (await attempt("operations", token, json=UNLOCK)).status_code == 200

    @pytest.mark.parametrize(
        ("function", "body"), [("rollback.trigger", TRIGGER), ("operations", UNLOCK)]
    )
    async def test_who_may_not_is_told_so_a_few_times(self, attempt, mint, rows, function, body):
        viewer = await mint(Role.VIEWER)
        answers = [
            await attempt(function, viewer, address=f"198.51.100.{number}", json=body)
            for number in range(PER_SUBJECT + 2)
        ]

        assert [one.status_code for one in answers] == [403] * PER_SUBJECT + [429] * 2
        assert answers[-1].json()["type"].endswith("#too-many-attempts")
        assert 1 <= int(answers[-1].headers["retry-after"]) <= LONGEST_SECONDS + 1
        # Rows of the log for a few, and a count for the rest.
        denied = "SELECT count(*)::int FROM audit WHERE action = 'access.denied'"
        assert await rows(denied) == [(PER_SUBJECT,)]
        counted = "SELECT problem, sum(count)::int FROM denied_attempts GROUP BY problem"
        assert await rows(counted) == [("too-many-attempts", 2)]

    @pytest.mark.parametrize(
        ("function", "body"), [("webhooks.vercel", EVENT), ("drains.logs", b"[]")]
    )
    async def test_forged_signatures_keep_no_signed_one_out(self, attempt, function, body):
        forged = {"x-vercel-signature": "0" * 40}
        answers = [
            await attempt(function, content=b"[]", headers=forged) for _ in range(PER_ADDRESS + 1)
        ]
        elsewhere = await attempt(function, content=b"[]", headers=forged, address="203.0.113.8")
        signature = hmac.new(SIGNING.encode(), body, hashlib.sha1).hexdigest()
        signed = await attempt(function, content=body, headers={"x-vercel-signature": signature})

        assert [one.status_code for one in answers] == [401] * PER_ADDRESS + [429]
        assert elsewhere.status_code == 401
        assert signed.status_code == 200
