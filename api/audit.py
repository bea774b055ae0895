"""GET /api/audit: who did what, when, why, with what result. GET /api/incidents: reports of it.

A project may have twelve functions, so vercel.json sends both paths here.
"""

from starlette.requests import Request

from lib.access.models import Caller
from lib.audit.answers import answer
from lib.incidents import answers as incidents
from lib.web import Reply, endpoint
from lib.wiring import services


async def get(request: Request, caller: Caller) -> Reply:
    if request.url.path.startswith(incidents.PATH):
        return await incidents.answer(request, services().incidents, caller)
    return await answer(request, services().audit, caller)


app = endpoint("/api/audit", get=get)
