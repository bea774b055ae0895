"""Lets a request in by its door, before any of its handler runs.

What a door needs is loaded with its first request: the health report's needs nothing.
"""

import logging

from pydantic import SecretStr
from starlette.requests import Request

from lib import errors
from lib.access.doors import Door, Key, Signed
from lib.access.models import Caller, Role
from lib.settings import settings
from lib.vercel.signature import is_signed
from lib.web.reading import read_raw

log = logging.getLogger(__name__)


async def enter(request: Request, door: Door) -> tuple[Caller | bytes, ...]:
    """What the handler is given beside the request: who calls, or the body that was signed.

    Raises Unauthenticated, Forbidden or BadSignature, and InvalidRequest of a body too large.
    """
    match door:
        case Role():
            from lib.wiring import services

            return (await services().gate.admit(request, door),)
        case Signed():
            return (await read_signed(request, door),)
        case Key.KNOWN:
            from lib.wiring import services

            return (await services().gate.identify(request),)
        case Key.CRON:
            from lib.access.gate import check_shared_secret

            check_shared_secret(request, settings().cron_secret)
        case Key.OWN_PAGE:
            from lib.access.gate import check_origin

            check_origin(request)
        case Key.NONE | Key.APP:
            pass
    return ()


async def read_signed(request: Request, door: Signed) -> bytes:
    """The raw body. Nothing of it is parsed or unpacked before its signature fits."""
    secret: SecretStr | None = getattr(settings(), door.setting)
    expected = secret.get_secret_value() if secret else ""
    if not expected:
        log.error("route_closed", extra={"path": request.url.path, "why": "its secret is not set"})
    body = await read_raw(request, door.limit_bytes)
    if not is_signed(body, request.headers.get("x-vercel-signature", ""), expected):
        raise errors.BadSignature("The signature does not fit the body.")
    return body
