"""POST /api/drains/logs: the platform's log drain. GET shows it that the address is ours."""

from starlette.requests import Request

from lib.settings import settings
from lib.traffic.entries import BODY_LIMIT_BYTES
from lib.web import Reply, endpoint, read_raw
from lib.wiring import services


async def get(_: Request) -> Reply:
    token = settings().drain_verify_token
    return Reply(headers={"x-vercel-verify": token.get_secret_value()} if token else {})


async def post(request: Request) -> Reply:
    body = await read_raw(request, BODY_LIMIT_BYTES)
    await services().drain.take(request.headers, body)
    return await get(request)


app = endpoint(get=get, post=post)
