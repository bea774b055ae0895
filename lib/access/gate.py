"""Who is calling, and may they? Fails closed: without a valid token or session, nobody."""

import hmac
import logging
import time
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr
from starlette.requests import Request

from lib import errors
from lib.access.cookie import read_session, renew, session_cookie
from lib.access.models import Caller, Role
from lib.access.sessions import Sessions
from lib.access.store import AccessStore, digest
from lib.audit import origin

log = logging.getLogger(__name__)

READS = ("GET", "HEAD")
#: A revoked token goes on reading for this long at most; it never writes.
CACHE_SECONDS = 15.0
CACHE_SIZE = 256
#: What a browser says of a request that no other site is behind.
OWN_SITES = ("same-origin", "none")
#: Of a JSON Web Token, and of no token of ours.
JOINT = "."
FOREIGN = "Requests that carry the session cookie must come from this site."
ENDED = "Your sign-in has ended. Sign in again."


class Bearers(Protocol):
    """Knows the tokens of other issuers."""

    async def identify(self, token: str) -> Caller:
        """Raises Unauthenticated or IssuerUnavailable."""


@dataclass(slots=True)
class Gate:
    store: AccessStore
    sessions: Sessions
    #: None: no other issuer is set.
    bearers: Bearers | None = None
    remember_seconds: float = CACHE_SECONDS
    _known: dict[bytes, tuple[Caller, float]] = field(default_factory=dict)

    async def admit(self, request: Request, role: Role) -> Caller:
        """Raises Unauthenticated or Forbidden."""
        caller = await self.identify(request)
        check_role(caller, role)
        return caller

    async def identify(self, request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if token:
            return await self._by_token(request, token if scheme.lower() == "bearer" else "")
        return await self._by_session(request, read_session(request))

    def forget(self) -> None:
        """Somebody signed out, maybe everywhere."""
        self._known.clear()

    async def _by_token(self, request: Request, token: str) -> Caller:
        check_given(token)
        if JOINT in token and self.bearers is not None:
            # Never remembered: it ends when it says.
            known = await self.bearers.identify(token)
            origin.identified(known, by="oidc")
            return known
        key = remembered_as(token, by_cookie=False)
        caller = self._remembered(request, key)
        if caller is None:
            caller = await self.store.by_token(token)
            if caller is None:
                raise errors.Unauthenticated(ENDED)
            self._remember(key, caller)
        origin.identified(caller, by="token")
        return caller

    async def _by_session(self, request: Request, secret: str) -> Caller:
        check_given(secret)
        if request.method in READS:
            check_site(request)
        else:
            check_origin(request)
        key = remembered_as(secret, by_cookie=True)
        caller = self._remembered(request, key)
        if caller is None:
            session = await self.sessions.find(secret)
            if session is None:
                raise errors.Unauthenticated(ENDED)
            caller = session.caller
            if session.offer:
                renew(request, session_cookie(session.offer.secret, session.offer.lifetime))
            if not session.is_retired:
                self._remember(key, caller)
        origin.identified(caller, by="session")
        return caller

    def _remembered(self, request: Request, key: bytes) -> Caller | None:
        """Only for reading."""
        known = self._known.get(key) if request.method in READS else None
        return known[0] if known and time.monotonic() < known[1] else None

    def _remember(self, key: bytes, caller: Caller) -> None:
        if len(self._known) >= CACHE_SIZE:
            self._known.clear()
        self._known[key] = (caller, time.monotonic() + self.remember_seconds)


def check_given(secret: str) -> None:
    """Raises Unauthenticated."""
    if not secret:
        raise errors.Unauthenticated("Sign in, or send a token as `Authorization: Bearer …`.")


def check_role(caller: Caller, role: Role) -> None:
    """Raises Forbidden."""
    if not caller.role.may(role):
        raise errors.Forbidden(
            f"{caller.name} has the role {caller.role}; this needs {role}. Ask an admin."
        )


def remembered_as(secret: str, *, by_cookie: bool) -> bytes:
    """A session is no token, and a token no session."""
    return digest(f"{'session' if by_cookie else 'token'}:{secret}")


def check_site(request: Request) -> None:
    """A page of another site, or of a sibling's host, asks nothing with our cookie; browsers that
    do not say so have SameSite. Raises Forbidden.
    """
    if request.headers.get("sec-fetch-site", OWN_SITES[0]) not in OWN_SITES:
        raise errors.Forbidden(FOREIGN)


def check_origin(request: Request) -> None:
    """A page of another site cannot write with our cookie, nor sign in. Raises Forbidden."""
    check_site(request)
    try:
        host = urlsplit(request.headers.get("origin", "")).netloc
    except ValueError:
        host = ""
    if not host or host != request.headers.get("host"):
        raise errors.Forbidden(FOREIGN)


def check_shared_secret(request: Request, secret: SecretStr | None) -> None:
    """`Authorization: Bearer <secret>`, compared in constant time. An unset secret lets nobody in.

    Raises Unauthenticated.
    """
    expected = secret.get_secret_value() if secret else ""
    if not expected:
        log.error("route_closed", extra={"path": request.url.path, "why": "its secret is not set"})
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise errors.Unauthenticated("This address is for the platform's scheduler.")
