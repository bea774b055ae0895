"""GET /api/overview: everything the dashboard's main page shows."""

from http import HTTPStatus

from starlette.requests import Request

from lib.access.models import Caller
from lib.overview.page import etag
from lib.web import Reply, endpoint, read_environment
from lib.wiring import services


async def get(request: Request, caller: Caller) -> Reply:
    page = await services().overview.build(read_environment(request), caller)
    headers = {"etag": etag(page), "cache-control": "private, no-cache"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Reply(None, HTTPStatus.NOT_MODIFIED, headers)
    return Reply(page, headers=headers)


app = endpoint("/api/overview", get=get)
