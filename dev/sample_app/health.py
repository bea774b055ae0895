"""GET /api/health: the six keys a monitor reads. Checks run side by side, each bounded."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus

import httpx
import psycopg
from starlette.responses import JSONResponse

from dev.sample_app.settings import Settings
from dev.sample_app.store import Store

#: Leaves room to answer within half a second when everything hangs.
CHECK_SECONDS = 0.4


async def answer_health(settings: Settings, store: Store) -> JSONResponse:
    database, redis, stripe = await asyncio.gather(
        check(settings.database_url, store.ping),
        check(settings.redis_url, lambda: ping_redis(settings)),
        check(settings.stripe_url, lambda: ping_stripe(settings)),
    )
    broken = {"unhealthy", "late"} & {database, redis, stripe}
    body = {
        "api": "healthy",
        "database": named(database),
        "redis": named(redis),
        "stripe": named(stripe),
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "deployment_id": settings.deployment_id,
    }
    status = HTTPStatus.SERVICE_UNAVAILABLE if broken else HTTPStatus.OK
    return JSONResponse(body, status, headers={"cache-control": "no-store"})


async def check(configured: object, ping: Callable[[], Awaitable[object]]) -> str:
    """`late` is not sent: who reads the answer sees `unknown`, and the 503 that goes with it."""
    if not configured:
        return "unknown"
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await ping()
    except TimeoutError:
        return "late"
    except (OSError, httpx.HTTPError, psycopg.Error):
        return "unhealthy"
    return "healthy"


def named(outcome: str) -> str:
    return "unknown" if outcome == "late" else outcome


@cache
def certificates() -> ssl.SSLContext:
    """Loading them takes 20 ms: twice for each look would be most of what a look costs."""
    return httpx.create_ssl_context(trust_env=False)


async def ping_redis(settings: Settings) -> None:
    async with httpx.AsyncClient(verify=certificates(), trust_env=False) as client:
        answer = await client.post(
            settings.redis_url,
            json=["PING"],
            headers={"authorization": f"Bearer {settings.redis_token}"},
        )
        answer.raise_for_status()


async def ping_stripe(settings: Settings) -> None:
    async with httpx.AsyncClient(verify=certificates(), trust_env=False) as client:
        answer = await client.get(
            f"{settings.stripe_url}/v1/account",
            headers={"authorization": f"Bearer {settings.stripe_key}"},
        )
        answer.raise_for_status()
