"""GET, POST /api/deployments: the history; record a deployment."""

from http import HTTPStatus

from starlette.requests import Request

from lib.access.models import Caller
from lib.deployments.models import DeploymentList, Release
from lib.migrations.texts import BODY_LIMIT_BYTES
from lib.web import Reply, endpoint, read_body, read_environment
from lib.wiring import services


async def get(request: Request, _: Caller) -> Reply:
    environment = read_environment(request)
    return Reply(DeploymentList(deployments=await services().listing.all(environment)))


async def post(request: Request, caller: Caller) -> Reply:
    release = await read_body(request, Release, BODY_LIMIT_BYTES)
    is_new, migrations = await services().recorder.record(release, caller)
    await services().changes.tell()
    view = await services().listing.recorded(release, migrations)
    view.forward_note = await services().needs_forward.note(
        release.environment, release.vercel_deployment_id
    )
    return Reply(view, HTTPStatus.CREATED if is_new else HTTPStatus.OK)


app = endpoint("/api/deployments", get=get, post=post)
