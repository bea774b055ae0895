"""Redis answers. A rollback does not need it; counting and progress do."""

from lib.preflight.kit import Kit, not_used, ok, warning
from lib.preflight.models import Finding
from lib.redis import RedisUnavailable
from lib.rollback.models import Environment


async def check(kit: Kit, _: Environment) -> Finding:
    if kit.redis is None:
        return not_used(
            "No Redis is set up: progress is read from Postgres, and no request is counted."
        )
    try:
        await kit.redis.run("PING")
    except RedisUnavailable as error:
        return warning(
            f"Redis does not answer ({error}): no request is counted, so error rates are not seen,"
            " and progress is read from Postgres. Check its address, token and quota."
        )
    return ok("Redis answers.")
