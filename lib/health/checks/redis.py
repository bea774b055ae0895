"""Our Redis answers."""

import asyncio
from functools import cache

from lib.redis import RedisClient
from lib.settings import Settings


def is_configured(settings: Settings) -> bool:
    return settings.redis_url is not None and settings.redis_token is not None


async def check(settings: Settings) -> None:
    assert settings.redis_url is not None
    assert settings.redis_token is not None
    token = settings.redis_token.get_secret_value()
    await client(settings.redis_url, token, asyncio.get_running_loop()).run("PING")


@cache
def client(url: str, token: str, _: asyncio.AbstractEventLoop) -> RedisClient:
    """Kept for the life of the instance: each new one loads certificates for 20 ms, and every
    other request waits. One per loop, as the vendor's client fails on a second one.
    """
    return RedisClient(url, token)
