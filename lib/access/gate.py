"""Who is calling, and may they? Fails closed: without a valid token or session, nobody."""

import hmac
import logging
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import SecretStr
from starlette.requests import Request

from lib import errors
from lib.access.cookie import read_session
from lib.access.models import Caller, Role
from lib.access.store import AccessStore, digest
from lib.audit import origin

log = logging.getLogger(__name__)

READS = ("GET", "HEAD")
#: A revoked token goes on reading for this long at most; it never writes.
CACHE_SECONDS = 15.0
CACHE_SIZE = 256


@dataclass(slots=True)
class Gate:
    store: AccessStore
    remember_seconds: float = CACHE_SECONDS
    _known: dict[bytes, tuple[Caller, float]] = field(default_factory=dict)

    async def admit(self, request: Request, role: Role) -> Caller:
        """Raises Unauthenticated or Forbidden."""
        caller = await self.identify(request)
        check_role(caller, role)
        return caller

    async def identify(self, request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        session = read_session(request)
        by_cookie = not token
        secret = token if scheme.lower() == "bearer" else session if by_cookie else ""
        if not secret:
            raise errors.Unauthenticated("Sign in, or send a token as `Authorization: Bearer …`.")
        if by_cookie and request.method not in READS:
            check_origin(request)
        key = remembered_as(secret, by_cookie=by_cookie)
        caller = self._remembered(key) if request.method in READS else None
        if caller is None:
            find = self.store.by_session if by_cookie else self.store.by_token
            caller = await find(secret)
            if caller is None:
                raise errors.Unauthenticated("Your sign-in has ended. Sign in again.")
            self._remember(key, caller)
        origin.identified(caller, by="session" if by_cookie else "token")
        return caller

    def forget(self, session: str) -> None:
        self._known.pop(remembered_as(session, by_cookie=True), None)

    def _remembered(self, key: bytes) -> Caller | None:
        known = self._known.get(key)
        return known[0] if known and time.monotonic() - known[1] < self.remember_seconds else None

    def _remember(self, key: bytes, caller: Caller) -> None:
        if len(self._known) >= CACHE_SIZE:
            self._known.clear()
        self._known[key] = (caller, time.monotonic())


def check_role(caller: Caller, role: Role) -> None:
    """Raises Forbidden."""
    if not caller.role.may(role):
        raise errors.Forbidden(
            f"{caller.name} has the role {caller.role}; this needs {role}. Ask an admin."
        )


def remembered_as(secret: str, *, by_cookie: bool) -> bytes:
    """A session is no token, and a token no session."""
    return digest(f"{'session' if by_cookie else 'token'}:{secret}")


def check_origin(request: Request) -> None:
    """A page of another site cannot write with our cookie. Raises Forbidden."""
    try:
        host = urlsplit(request.headers.get("origin", "")).netloc
    except ValueError:
        host = ""
    if not host or host != request.headers.get("host"):
        raise errors.Forbidden("Requests that carry the session cookie must come from this site.")


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
