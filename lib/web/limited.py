"""Routes where guessing, forging or trying again and again is refused in the end."""

from starlette.requests import Request

from lib import errors
from lib.access.cookie import read_session
from lib.audit.origin import CURRENT


async def count(request: Request, error: errors.Error) -> None:
    """Forged signatures are cheap to make: each instance counts them for itself.

    Raises RefusedTooOften.
    """
    # A function that knows nobody has no need to load it.
    from lib.wiring import services

    origin = CURRENT.get()
    caller = origin.caller if origin else None
    shown = request.headers.get("authorization") or read_session(request)
    await services().limits.refused(
        address=origin.address if origin else None,
        subject=caller.name if caller else shown,
        is_shared=not isinstance(error, errors.BadSignature),
    )
