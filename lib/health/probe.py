"""One look at a deployment from outside: does it answer its health endpoint, and is it that one?"""

import asyncio
import re
import ssl
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from http import HTTPStatus
from typing import Any

import httpx

from lib.vercel.hosts import is_public

#: A visitor would have given up; the platform's own time-out comes later.
TIMEOUT = httpx.Timeout(3.0, connect=2.0)
HEALTH_PATH = "/api/health"
BODY_LIMIT_BYTES = 64 * 1024
#: Not asked for, and sent by some all the same.
PACKED = ("gzip", "x-gzip")
#: zlib's own number for "gzip, with its header".
GZIP_WINDOW = 31
USER_AGENT = "wedsync-rollback-probe/1.0"
CHECKS = ("api", "database", "redis", "stripe")
STATES = ("healthy", "unhealthy", "unknown")
NAME = re.compile(r"[!-~]{1,100}")
NO_DATABASE = "it says that its database is not healthy, and the other version's is"
#: The platform's own refusals: they say nothing about the deployment.
PROTECTED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
#: What the platform says at the address of a deployment that was deleted.
GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
NOT_THE_DEPLOYMENT = {*PROTECTED, HTTPStatus.NOT_FOUND}


class Health(StrEnum):
    OK = "ok"
    FAILED = "failed"  #: it is there, and it is not well
    UNKNOWN = "unknown"  #: no answer that came from it


@dataclass(frozen=True, slots=True)
class Look:
    health: Health
    detail: str
    deployment_id: str | None = None
    checks: Mapping[str, str] = field(default_factory=dict)
    #: By anybody: False if it may be our own network that is out.
    answered: bool = True
    #: By the platform, which asks who we are: the deployment was not reached.
    is_refused: bool = False
    #: There is nothing at this address, or nothing any more.
    is_gone: bool = False


@cache
def certificates() -> ssl.SSLContext:
    """Loading them takes longer than a probe."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True, slots=True)
class Prober:
    """`edge_url`: where hosts are reached, None for the hosts themselves."""

    edge_url: str | None = None
    bypass_secret: str = ""
    #: An answer that trickles in keeps each read in time, and the sweep for ever.
    whole_look_seconds: float = 6.0

    async def look(
        self, host: str, *, expected: str | None = None, path: str = HEALTH_PATH
    ) -> Look:
        """Over a connection of its own, so that no old one pins an old deployment.

        `expected`: the deployment id that must answer; None: any. Another path than the health
        report's does not say who answers: there, only whether it is an error counts.
        """
        if self.edge_url is None and not is_public(host):
            return Look(Health.UNKNOWN, "it has no address on the internet", answered=False)
        headers = {"host": host, "user-agent": USER_AGENT, "cache-control": "no-cache"}
        headers["accept-encoding"] = "identity"
        if self.bypass_secret:
            headers["x-vercel-protection-bypass"] = self.bypass_secret
        url = (self.edge_url or f"https://{host}") + path
        try:
            async with (
                asyncio.timeout(self.whole_look_seconds),
                httpx.AsyncClient(timeout=TIMEOUT, verify=certificates(), trust_env=False) as http,
                http.stream("GET", url, headers=headers) as response,
            ):
                body = await read_bounded(response)
        except (TimeoutError, httpx.ReadTimeout, httpx.RemoteProtocolError):
            return Look(Health.FAILED, "it accepts requests and does not answer", answered=False)
        except httpx.DecodingError:
            return Look(Health.FAILED, "its answer cannot be read")
        except httpx.TransportError as error:
            why = f"it cannot be reached ({type(error).__name__})"
            return Look(Health.UNKNOWN, why, answered=False)
        if path != HEALTH_PATH:
            return judge_page(response.status_code, path)
        if body is None:
            return Look(Health.FAILED, "its answer has no end")
        return judge(httpx.Response(response.status_code, content=body), expected)

    async def look_around(self, host: str, *, expected: str, paths: Sequence[str]) -> Look:
        """As `look`, and at these pages too: the worst of them. What the report said is kept."""
        report, *pages = await asyncio.gather(
            self.look(host, expected=expected), *(self.look(host, path=path) for path in paths)
        )
        failed = next((page for page in pages if page.health is Health.FAILED), None)
        if report.health is not Health.OK or failed is None:
            return report
        return replace(report, health=failed.health, detail=failed.detail)


async def read_bounded(response: httpx.Response) -> bytes | None:
    """None once it is larger than any health report: a bad release may send for ever.

    Raises httpx.DecodingError.
    """
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            return None
    return unpack(body, response.headers.get("content-encoding", ""))


def unpack(body: bytes, encoding: str) -> bytes | None:
    """Never more than a report may have; httpx would unpack all of it, twice where it says so."""
    if encoding.strip().lower() not in PACKED:
        return body
    try:
        unpacked = zlib.decompressobj(GZIP_WINDOW).decompress(body, BODY_LIMIT_BYTES + 1)
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from error
    return unpacked if len(unpacked) <= BODY_LIMIT_BYTES else None


def judge(response: httpx.Response, expected: str | None) -> Look:
    status = response.status_code
    body = parse(response)
    if body is None:
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Look(Health.FAILED, f"it answers {status}")
        if status in (*NOT_THE_DEPLOYMENT, *GONE):
            detail = f"{HEALTH_PATH} answers {status}"
            return Look(
                Health.UNKNOWN, detail, is_refused=status in PROTECTED, is_gone=status in GONE
            )
        return Look(Health.UNKNOWN, f"{HEALTH_PATH} does not say which deployment answers")
    deployment_id = body["deployment_id"]
    checks = {name: state_of(body.get(name)) for name in CHECKS}
    if expected is not None and deployment_id != expected:
        return Look(Health.UNKNOWN, f"{deployment_id} answers", deployment_id, checks)
    if checks["api"] != "healthy":
        return Look(Health.FAILED, "it says that it is not healthy", deployment_id, checks)
    return Look(Health.OK, "it answers and is healthy", deployment_id, checks)


def judge_page(status: int, path: str) -> Look:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Look(Health.FAILED, f"{path} answers {status}")
    if status in NOT_THE_DEPLOYMENT:
        return Look(Health.UNKNOWN, f"{path} answers {status}")
    return Look(Health.OK, f"{path} answers {status}")


def one_sided(live: Look, target: Look) -> tuple[Look, Look]:
    """A database that only one of the two cannot use is that one's failure."""
    if not live.health is target.health is Health.OK:
        return live, target
    states = live.checks.get("database"), target.checks.get("database")
    if states == ("unhealthy", "healthy"):
        return replace(live, health=Health.FAILED, detail=NO_DATABASE), target
    if states == ("healthy", "unhealthy"):
        return live, replace(target, health=Health.FAILED, detail=NO_DATABASE)
    return live, target


def parse(response: httpx.Response) -> dict[str, Any] | None:
    """The health report, whatever the status: 503 with `api` healthy is a slow dependency.

    A bad release may answer anything; what is kept of it must be fit to be stored and shown.
    """
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return None
    named = isinstance(body, dict) and NAME.fullmatch(str(body.get("deployment_id", "")))
    return body if named and isinstance(body["deployment_id"], str) else None


def state_of(word: object) -> str:
    return word if isinstance(word, str) and word in STATES else "unknown"
