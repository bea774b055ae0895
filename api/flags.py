"""GET, PUT /api/flags: feature switches; POST /ofrep/v1/evaluate/flags[/key]: as apps read them."""

from starlette.requests import Request

from lib.access.models import Caller
from lib.flags.models import CHANGE
from lib.flags.room import EVALUATE
from lib.web import Reply, below, endpoint, read_environment, read_union
from lib.wiring import services


async def get(request: Request, viewer: Caller) -> Reply:
    return Reply(await services().flags.list(read_environment(request), viewer))


async def put(request: Request, caller: Caller) -> Reply:
    return Reply(await services().flags.change(await read_union(request, CHANGE), caller))


async def evaluate(request: Request) -> Reply:
    return await services().flags.evaluate(request)


app = below(EVALUATE, endpoint(EVALUATE, post=evaluate), endpoint("/api/flags", get=get, put=put))
