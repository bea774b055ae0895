"""All of the platform's parts, put together into one ASGI app for its two ports."""

import asyncio
from collections.abc import Callable

from starlette.types import Receive, Scope, Send

from dev.platform.cloud import Cloud
from dev.platform.config import Config
from dev.platform.control import PREFIX, ControlApi, Controls
from dev.platform.drain import Drain
from dev.platform.edge import Edge
from dev.platform.instances import Instances
from dev.platform.jobs import Jobs
from dev.platform.rates import Rates
from dev.platform.rest_api import RestApi
from dev.platform.rolling import RollingReleases
from dev.platform.webhooks import Webhooks


class Assembly:
    """Made and used inside one running event loop."""

    def __init__(self, config: Config, say: Callable[[str], None], edge_port: int) -> None:
        self.edge_port = edge_port
        cloud = Cloud(config, say)
        self.instances = Instances(config)
        self.jobs = Jobs(cloud)
        rolling = RollingReleases(cloud, self.jobs)
        self.webhooks = Webhooks(cloud)
        self.drains = [Drain(cloud, endpoint) for endpoint in config.drains]
        self.rates = Rates(cloud)
        watchers = [self.rates.watch, rolling.watch, *(drain.watch for drain in self.drains)]
        self.edge = Edge(cloud, self.instances, watchers)
        self.rest = RestApi(cloud, self.jobs, rolling)
        self.controls = Controls(cloud, self.rest, under_way=self._drop_what_is_under_way)
        self.control = ControlApi(self.controls)
        cloud.on_commit.append(self.webhooks.send_waiting)
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["server"][1] == self.edge_port:
            await self.edge(scope, receive, send)
        elif scope["path"].startswith(PREFIX):
            await self.control(scope, receive, send)
        else:
            await self.rest(scope, receive, send)

    def begin(self) -> None:
        """Take up what was under way when the last process ended, and start to watch."""
        self.jobs.resume()
        self.webhooks.send_waiting()
        for watching in (self.rates.run(), *(drain.run() for drain in self.drains)):
            self._tasks.append(asyncio.create_task(watching))

    async def end(self) -> None:
        self._drop_what_is_under_way()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.webhooks.http.aclose()
        await self.edge.http.aclose()
        self.instances.stop_all()

    def _drop_what_is_under_way(self) -> None:
        self.jobs.cancel()
        self.webhooks.cancel()
        self.rates.clear()
        for drain in self.drains:
            drain.clear()
