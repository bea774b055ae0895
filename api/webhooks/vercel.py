"""POST /api/webhooks/vercel: the platform tells us that something went live."""

from starlette.background import BackgroundTask
from starlette.requests import Request

from lib.settings import settings
from lib.vercel.webhook import read_event
from lib.web import Reply, endpoint
from lib.web.deadline import stop_at
from lib.wiring import services


async def post(_: Request, body: bytes) -> Reply:
    event = read_event(body)
    if event.project_id != settings().app_project_id or not await services().events.is_news(event):
        return Reply()
    return Reply(after=BackgroundTask(services().arrivals.follow, event, stop_at=stop_at(30)))


app = endpoint("/api/webhooks/vercel", post=post)
