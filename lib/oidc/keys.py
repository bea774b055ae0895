"""An issuer's public keys, from the address in the settings alone."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

from lib import errors

log = logging.getLogger(__name__)

#: What an issuer has withdrawn is believed this long at most, while it answers.
FRESH_SECONDS = 600.0
#: What is known goes on so long where it does not answer.
LAST_KNOWN_SECONDS = 24 * 3600.0
#: An unknown key is asked for no sooner, whoever makes them up.
PAUSE_SECONDS = 60.0
#: Nor anything after a failure: those who wait do not each try in turn.
PAUSE_AFTER_FAILURE_SECONDS = 5.0
TIMEOUT_SECONDS = 3.0
SIZE_LIMIT_BYTES = 128 * 1024
MOST_KEYS = 50

Key = Mapping[str, Any]


class Jwks(BaseModel):
    keys: list[dict[str, Any]]


@dataclass(slots=True)
class IssuerKeys:
    url: str
    #: Seconds that only grow.
    clock: Callable[[], float] = time.monotonic
    timeout_seconds: float = TIMEOUT_SECONDS
    _keys: dict[str, Key] = field(default_factory=dict)
    _fetched_at: float | None = None
    _tried_at: float | None = None
    _has_failed: bool = False
    _fetching: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def find(self, kid: str) -> Key | None:
        """None: the issuer has no such key. Raises IssuerUnavailable if nobody can tell."""
        if key := self._known(kid, FRESH_SECONDS):
            return key
        async with self._fetching:
            # Who waited here finds what another has fetched.
            if key := self._known(kid, FRESH_SECONDS):
                return key
            if self._may_ask():
                await self._fetch()
        if key := self._known(kid, LAST_KNOWN_SECONDS):
            return key
        if self._has_failed:
            raise errors.IssuerUnavailable(
                "The issuer of this token does not answer, and its key is not known yet. Try again."
            )
        return None

    def _known(self, kid: str, seconds: float) -> Key | None:
        is_near = self._fetched_at is not None and self.clock() - self._fetched_at < seconds
        return self._keys.get(kid) if is_near else None

    def _may_ask(self) -> bool:
        pause = PAUSE_AFTER_FAILURE_SECONDS if self._has_failed else PAUSE_SECONDS
        return self._tried_at is None or self.clock() - self._tried_at >= pause

    async def _fetch(self) -> None:
        """What cannot be read changes nothing."""
        self._tried_at, self._has_failed = self.clock(), True
        try:
            async with asyncio.timeout(self.timeout_seconds):
                found = Jwks.model_validate_json(await read(self.url)).keys
        except (TimeoutError, httpx.HTTPError, ValidationError, Refused) as error:
            log.warning("issuer_unavailable", extra={"url": self.url, "why": type(error).__name__})
            return
        self._has_failed, self._fetched_at = False, self._tried_at
        self._keys = {
            key["kid"]: key for key in found[:MOST_KEYS] if isinstance(key.get("kid"), str)
        }


class Refused(Exception):
    """No 200, or too large."""


async def read(url: str) -> bytes:
    """As it came: what is compressed cannot swell here. Follows no redirect.

    Raises Refused or one of httpx's errors.
    """
    body = b""
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    async with (
        httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as http,
        http.stream("GET", url, headers=headers) as response,
    ):
        if response.status_code != httpx.codes.OK:
            raise Refused
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > SIZE_LIMIT_BYTES:
                raise Refused
    return body
