"""What GET /api/audit answers: a page as JSON, or a file as CSV."""

from starlette.requests import Request

from lib.access.models import Caller
from lib.audit.models import Question
from lib.audit.paging import AuditReader
from lib.web import Reply, read_query


async def answer(request: Request, reader: AuditReader, caller: Caller) -> Reply:
    """Raises InvalidRequest."""
    question = read_query(request, Question)
    if question.format == "json":
        return Reply(await reader.page(question, caller))
    table = await reader.table(question)
    headers = {
        "content-type": "text/csv; charset=utf-8; header=present",
        "content-disposition": f'attachment; filename="{table.file_name}.csv"',
    }
    if table.older is not None:
        rest = request.url.include_query_params(before=table.older)
        headers["link"] = f'<{rest.path}?{rest.query}>; rel="next"'
    return Reply(table.text, headers=headers)
