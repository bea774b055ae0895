"""A sign of life after each good sweep, to a service that calls people when it stays away.

Any service that takes a GET will do, e.g. https://healthchecks.io/docs/http_api/ (read 2026-11-22).
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

log = logging.getLogger(__name__)

#: The sweep has better things to do.
PING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Deadman:
    """`url` is a secret: whoever has it can feign life."""

    open_http: Callable[[], httpx.AsyncClient]
    url: str | None = field(repr=False)

    async def ping(self) -> None:
        """Whether it worked is only logged: who is not reached calls people."""
        if self.url is None:
            return
        try:
            async with (
                asyncio.timeout(PING_SECONDS),
                self.open_http() as http,
                http.stream("GET", self.url) as response,
            ):
                if not response.is_success:
                    log.warning("ping_failed", extra={"why": f"it answers {response.status_code}"})
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            log.warning("ping_failed", extra={"why": type(error).__name__})
