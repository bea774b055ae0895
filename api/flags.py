"""GET, PUT /api/flags: feature switches; POST /ofrep/v1/evaluate/flags[/key]: as apps read them."""

from starlette.requests import Request

from lib.access.models import Role
from lib.flags.models import CHANGE
from lib.flags.room import PROTOCOL
from lib.web import Reply, below, endpoint, read_environment, read_union
from lib.wiring import services


async def get(request: Request) -> Reply:
    viewer = await services().gate.admit(request, Role.VIEWER)
    return Reply(await services().flags.list(read_environment(request), viewer))


async def put(request: Request) -> Reply:
    caller = await services().gate.identify(request)
    return Reply(await services().flags.change(await read_union(request, CHANGE), caller))


async def evaluate(request: Request) -> Reply:
    return await services().flags.evaluate(request)


app = below(PROTOCOL, endpoint(post=evaluate), endpoint(get=get, put=put))
