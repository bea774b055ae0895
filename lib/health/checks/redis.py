"""Our Redis answers."""

from lib.redis import RedisClient
from lib.settings import Settings


def is_configured(settings: Settings) -> bool:
    return settings.redis_url is not None and settings.redis_token is not None


async def check(settings: Settings) -> None:
    assert settings.redis_url is not None
    assert settings.redis_token is not None
    redis = RedisClient(settings.redis_url, settings.redis_token.get_secret_value())
    try:
        await redis.run("PING")
    finally:
        await redis.close()
