"""POST /api/drains/logs: the platform's log drain. GET shows it that the address is ours."""

from dataclasses import replace

from starlette.background import BackgroundTask
from starlette.requests import Request

from lib.settings import settings
from lib.web import Reply, endpoint
from lib.web.deadline import stop_at
from lib.wiring import services


async def get(_: Request) -> Reply:
    token = settings().drain_verify_token
    return Reply(headers={"x-vercel-verify": token.get_secret_value()} if token else {})


async def post(request: Request, body: bytes) -> Reply:
    """Counted before the answer, judged after it: what is not counted is sent again."""
    drain, autopilot = services().drain, services().autopilot
    tally = drain.read(body, request.headers.get("content-encoding", ""))
    questions = await autopilot.judging.questions()
    counted = await drain.count(tally, questions.asks)
    follow = BackgroundTask(autopilot.follow, questions, counted, stop_at=stop_at(30))
    return replace(await get(request), after=follow)


app = endpoint("/api/drains/logs", get=get, post=post)
