"""POST, DELETE /api/session: sign in to the dashboard with a token, and out again."""

from http import HTTPStatus

from starlette.requests import Request

from lib.access.cookie import read_session, session_cookie, spent_cookie
from lib.access.models import SignIn, SignOut
from lib.web import Reply, endpoint, read_body, read_query
from lib.wiring import services


async def post(request: Request) -> Reply:
    sign_in = await read_body(request, SignIn)
    caller, offer = await services().sessions.sign_in(
        sign_in.token, instead_of=read_session(request)
    )
    return Reply(caller, headers={"set-cookie": session_cookie(offer.secret, offer.lifetime)})


async def delete(request: Request) -> Reply:
    secret, sessions = read_session(request), services().sessions
    is_everywhere = read_query(request, SignOut).everywhere
    await (sessions.sign_out_everywhere if is_everywhere else sessions.sign_out)(secret)
    services().gate.forget()
    return Reply(None, HTTPStatus.NO_CONTENT, {"set-cookie": spent_cookie()})


app = endpoint("/api/session", post=post, delete=delete)
