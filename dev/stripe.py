"""A stand-in for the one question the health check asks Stripe: whose account is this key's?"""

from base64 import b64decode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

PREFIX = "sk_test_"
KEY = f"{PREFIX}of_the_local_stack"


def stripe_app() -> ASGIApp:
    """GET /v1/account: an account for a test key, 401 without one."""
    return Starlette(routes=[Route("/v1/account", account)])


async def account(request: Request) -> JSONResponse:
    key = key_of(request.headers.get("authorization", ""))
    if not key:
        return refusal("You did not provide an API key.")
    if not key.startswith(PREFIX):
        return refusal(f"Invalid API Key provided: {key[:7]}***")
    return JSONResponse(
        {"id": "acct_local", "object": "account", "charges_enabled": True, "country": "US"}
    )


def key_of(authorization: str) -> str:
    """The key, given as a bearer token or as the user name of basic authentication."""
    kind, _, credentials = authorization.partition(" ")
    if kind.lower() == "bearer":
        return credentials
    try:
        return b64decode(credentials).decode().partition(":")[0] if kind == "Basic" else ""
    except ValueError:
        return ""


def refusal(message: str) -> JSONResponse:
    return JSONResponse({"error": {"type": "invalid_request_error", "message": message}}, 401)
