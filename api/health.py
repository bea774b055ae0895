"""GET, HEAD /api/health: is this control plane up?"""

from starlette.requests import Request

from lib.health.report import report
from lib.settings import settings
from lib.web import Reply, endpoint


async def get(_: Request) -> Reply:
    body, status = await report(settings())
    return Reply(body, status)


app = endpoint(get=get, head=get)
