"""GET /api/overview: everything the dashboard's main page shows; its chart apart (?part=chart)."""

from http import HTTPStatus

from starlette.requests import Request

from lib.access.models import Caller
from lib.overview.page import etag
from lib.web import Reply, endpoint, read_environment, read_part
from lib.wiring import services


async def get(request: Request, caller: Caller) -> Reply:
    environment, pages = read_environment(request), services().pages
    is_chart = read_part(request, ["chart"]) == "chart"
    page = await (pages.chart(environment) if is_chart else pages.overview(environment, caller))
    headers = {"etag": etag(page), "cache-control": "private, no-cache"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Reply(None, HTTPStatus.NOT_MODIFIED, headers)
    return Reply(page, headers=headers)


app = endpoint("/api/overview", get=get)
