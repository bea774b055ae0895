"""GET /api/audit: who did what, when, why, with what result."""

from starlette.requests import Request

from lib.access.models import Caller
from lib.audit.models import Question
from lib.web import Reply, endpoint, read_query
from lib.wiring import services


async def get(request: Request, caller: Caller) -> Reply:
    return Reply(await services().audit.page(read_query(request, Question), caller))


app = endpoint("/api/audit", get=get)
