"""The REST front of the local Valkey, as the real client sees it."""

import httpx
import pytest
from upstash_redis.asyncio import Redis
from upstash_redis.errors import UpstashError

from dev.serving import serve
from dev.upstash import upstash_app
from dev.valkey import Valkey
from tests.waiting import PATIENCE_SECONDS

TOKEN = "a-token-of-this-test"


@pytest.fixture(scope="module")
def valkey():
    with Valkey.start(None) as running:
        yield running


@pytest.fixture(scope="module")
def front(valkey):
    with serve(upstash_app(valkey.url, TOKEN)) as served:
        yield served.url


@pytest.fixture(params=["base64", None], ids=["base64", "plain"])
async def redis(front, request):
    async with Redis(
        front, TOKEN, rest_encoding=request.param, rest_retries=0, allow_telemetry=False
    ) as client:
        await client.flushall()
        yield client


@pytest.mark.parametrize("value", ["4:30", "OK", "fünf Uhr 💍", "", "1"])
async def test_what_is_set_can_be_read(redis, value):
    assert await redis.set("ceremony", value)
    assert await redis.get("ceremony") == value


async def test_a_missing_key_is_none(redis):
    assert await redis.get("nothing") is None


async def test_a_hash_comes_back_whole(redis):
    await redis.hset("step", values={"name": "switch", "attempt": 2})

    assert await redis.hgetall("step") == {"name": "switch", "attempt": "2"}


async def test_a_script_runs_with_its_keys_and_arguments(redis):
    script = "redis.call('SET', KEYS[1], ARGV[1]); return {KEYS[1], redis.call('GET', KEYS[1])}"

    assert await redis.eval(script, keys=["a"], args=["b"]) == ["a", "b"]


async def test_a_script_is_found_by_its_hash(redis):
    sha = await redis.script_load("return 7")

    assert await redis.evalsha(sha) == 7


async def test_a_pipeline_answers_each_command_in_order(redis):
    pipeline = redis.pipeline()
    pipeline.set("count", 1)
    pipeline.incr("count")
    pipeline.get("nothing")

    assert await pipeline.exec() == [True, 2, None]


async def test_a_transaction_answers_each_command_in_order(redis):
    transaction = redis.multi()
    transaction.rpush("log", "record", "switch")
    transaction.lrange("log", 0, -1)

    assert await transaction.exec() == [2, ["record", "switch"]]


async def test_a_key_expires(redis):
    await redis.set("short", "x", ex=100)

    assert 0 < await redis.ttl("short") <= 100


async def test_a_command_error_is_told(redis):
    await redis.set("text", "not a number")

    with pytest.raises(UpstashError, match="ERR value is not an integer"):
        await redis.incr("text")


async def test_a_wrong_token_is_refused(front):
    async with Redis(front, "wrong", rest_retries=0) as stranger:
        with pytest.raises(UpstashError, match="WRONGPASS"):
            await stranger.get("ceremony")


@pytest.fixture
async def http(front):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(
        base_url=front, headers=headers, timeout=PATIENCE_SECONDS
    ) as client:
        yield client


async def test_a_missing_token_is_401(front):
    async with httpx.AsyncClient(base_url=front, timeout=PATIENCE_SECONDS) as client:
        assert (await client.post("/", json=["PING"])).status_code == 401


async def test_a_command_error_is_400(http):
    response = await http.post("/", json=["GET"])

    assert response.status_code == 400
    assert response.json()["error"].startswith("ERR wrong number of arguments")


async def test_one_failed_command_leaves_the_rest_of_a_pipeline_alone(http):
    response = await http.post("/pipeline", json=[["SET", "k", "v"], ["INCR", "k"], ["GET", "k"]])

    assert response.status_code == 200
    assert [sorted(reply) for reply in response.json()] == [["result"], ["error"], ["result"]]


async def test_a_discarded_transaction_is_400(http):
    response = await http.post("/multi-exec", json=[["SET", "k", "1"], ["NONSENSE"]])

    assert response.status_code == 400
    assert response.json()["error"].startswith("EXECABORT")


@pytest.mark.parametrize("body", ["{", '{"a": 1}', "[]", '["SUBSCRIBE", "channel"]'])
async def test_what_is_no_command_is_400(http, body):
    assert (await http.post("/", content=body)).status_code == 400


async def test_a_database_that_is_gone_is_503():
    with Valkey.start(None) as valkey, serve(upstash_app(valkey.url, TOKEN)) as front:
        valkey.stop()
        async with httpx.AsyncClient(
            headers={"Authorization": f"Bearer {TOKEN}"}, timeout=PATIENCE_SECONDS
        ) as client:
            assert (await client.post(front.url, json=["PING"])).status_code == 503
            valkey.restart()
            assert (await client.post(front.url, json=["PING"])).json() == {"result": "PONG"}
