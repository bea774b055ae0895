"""GET, POST /api/deployments: the history; record a deployment."""

from http import HTTPStatus

from starlette.requests import Request

from lib.access.models import Role
from lib.deployments.models import DeploymentList, DeploymentRecord
from lib.web import Reply, endpoint, read_body, read_environment
from lib.wiring import services


async def get(request: Request) -> Reply:
    await services().gate.admit(request, Role.VIEWER)
    environment = read_environment(request)
    return Reply(DeploymentList(deployments=await services().listing.all(environment)))


async def post(request: Request) -> Reply:
    caller = await services().gate.admit(request, Role.RECORDER)
    record = await read_body(request, DeploymentRecord)
    is_new = await services().deployments.record(record, recorded_by=caller.name)
    recorded = await services().listing.find(record.environment, record.vercel_deployment_id)
    return Reply(recorded, HTTPStatus.CREATED if is_new else HTTPStatus.OK)


app = endpoint(get=get, post=post)
