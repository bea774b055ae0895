"""GET /api/cron/health_sweep: the platform's scheduler calls it every minute."""

from starlette.requests import Request

from lib.migrations.migrate import keep_up
from lib.settings import settings
from lib.web import Reply, endpoint
from lib.web.deadline import stop_at
from lib.wiring import services


async def get(_: Request) -> Reply:
    await keep_up(settings())
    await services().sweep.run_scheduled(stop_at=stop_at(90))
    return Reply()


app = endpoint("/api/cron/health_sweep", get=get)
