"""What GET /api/incidents answers, and what is below it."""

from starlette.requests import Request

from lib.access.models import Caller
from lib.incidents.markdown import markdown
from lib.incidents.models import Asked, Form, ShownIncident, Wanted
from lib.incidents.report import report
from lib.incidents.store import IncidentStore
from lib.web import Reply, read_last_segment, read_query

PATH = "/api/incidents"
MARKDOWN = "text/markdown"


async def answer(request: Request, store: IncidentStore, caller: Caller) -> Reply:
    """Raises NotFound or InvalidRequest."""
    if request.url.path == PATH:
        return Reply(await store.page(read_query(request, Asked), caller))
    form = wanted(request)
    incident = report(await store.read(read_last_segment(request)))
    if form == "markdown":
        name = saved_as(f"{incident.file_name}.md")
        kind = {"content-type": f"{MARKDOWN}; charset=utf-8"}
        return Reply(markdown(incident), headers=kind | name)
    if form == "json":
        return Reply(incident, headers=saved_as(f"{incident.file_name}.json"))
    shown = ShownIncident(**dict(incident), viewer=caller)
    return Reply(shown, headers={"vary": "accept"})


def wanted(request: Request) -> Form | None:
    """By the query, else by what the caller accepts. None: JSON that nobody saves."""
    asked = read_query(request, Wanted).format
    return asked or ("markdown" if MARKDOWN in request.headers.get("accept", "") else None)


def saved_as(name: str) -> dict[str, str]:
    """Names hold nothing that would have to be quoted."""
    return {"content-disposition": f'attachment; filename="{name}"', "vary": "accept"}
