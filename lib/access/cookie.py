"""The session cookie: script cannot read it, other sites cannot send it."""

from datetime import timedelta

from starlette.requests import Request

#: The prefix makes browsers refuse it from any other host, path, or without TLS.
COOKIE = "__Host-wedsync-session"
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict"
RENEWED = "renewed_session"


def session_cookie(secret: str, lifetime: timedelta) -> str:
    return f"{COOKIE}={secret}; Max-Age={int(lifetime.total_seconds())}; {ATTRIBUTES}"


def spent_cookie() -> str:
    return f"{COOKIE}=; Max-Age=0; {ATTRIBUTES}"


def read_session(request: Request) -> str:
    """Empty without one, or with two: the browser has one at most.

    Not by Starlette, which strips more from a name than browsers do: what a host beside ours may
    set as another name must not be read as this one.
    """
    parts = ";".join(request.headers.getlist("cookie")).split(";")
    given = [
        value
        for name, _, value in (part.strip(" ").partition("=") for part in parts)
        if name == COOKIE
    ]
    return given[0] if len(given) == 1 else ""


def renew(request: Request, cookie: str) -> None:
    """Goes out with the answer, whatever that is."""
    request.scope[RENEWED] = cookie


def renewed(request: Request) -> str | None:
    return request.scope.get(RENEWED)
