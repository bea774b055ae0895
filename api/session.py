"""POST, DELETE /api/session: sign in to the dashboard with a token, and out again."""

from http import HTTPStatus

from starlette.requests import Request

from lib.access.cookie import read_session, session_cookie, spent_cookie
from lib.access.models import SignIn
from lib.settings import settings
from lib.web import Reply, endpoint, read_body
from lib.wiring import services


async def post(request: Request) -> Reply:
    sign_in = await read_body(request, SignIn)
    lifetime = settings().session_lifetime
    caller, secret = await services().access.sign_in(sign_in.token, lifetime=lifetime)
    return Reply(caller, headers={"set-cookie": session_cookie(secret, lifetime)})


async def delete(request: Request) -> Reply:
    secret = read_session(request)
    await services().access.sign_out(secret)
    services().gate.forget(secret)
    return Reply(None, HTTPStatus.NO_CONTENT, {"set-cookie": spent_cookie()})


app = endpoint("/api/session", post=post, delete=delete)
