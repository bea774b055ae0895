"""GET, HEAD /api/health: is this control plane up?"""

from starlette.requests import Request

from lib.health.report import report
from lib.settings import settings
from lib.web import Reply, endpoint


async def get(_: Request) -> Reply:
    body, status = await report(settings())
    return Reply(body, status)


async def warm_up() -> None:
    """The first check loads certificates and libraries: that is no sick dependency."""
    await report(settings())


app = endpoint("/api/health", warm_up, get=get, head=get)
