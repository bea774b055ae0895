"""Runs the whole platform in a thread of its own: one event loop, two ports."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar

import httpx
import uvicorn
from starlette.types import ASGIApp

from dev.platform.assembly import Assembly
from dev.platform.config import Config
from dev.platform.control import Move, Named, Release, SetVariable
from dev.platform.faults import Fault
from dev.platform.state import Environment
from dev.ports import LOOPBACK, listening_socket
from dev.stopping import Stoppable

T = TypeVar("T")

#: What hangs on request is ended with the platform.
GRACE_SECONDS = 1
PATIENCE_SECONDS = 60


class Platform(Stoppable):
    """The simulated platform. `say` gets a line for each event that matters, in plain words."""

    def __init__(self, config: Config, say: Callable[[str], None] = lambda _: None) -> None:
        self.config = config
        self._say = say
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="platform", daemon=True)

    # --- life

    def start(self) -> Self:
        """Raises OSError if a port is taken."""
        self._api = listening_socket(self.config.api_port)
        self._edge = listening_socket(self.config.edge_port)
        self.api_port = int(self._api.getsockname()[1])
        self.edge_port = int(self._edge.getsockname()[1])
        for bound in (self._api, self._edge):
            bound.listen()  # from here on, who connects is answered
        self._thread.start()
        self._ready.wait()
        return self

    def stop(self) -> None:
        """Ends the deployments' processes and frees both ports."""
        self._server.should_exit = True
        self._thread.join()

    def __enter__(self) -> Self:
        return self if self._thread.is_alive() else self.start()

    @property
    def api_url(self) -> str:
        return f"http://{LOOPBACK}:{self.api_port}"

    @property
    def edge_url(self) -> str:
        return f"http://{LOOPBACK}:{self.edge_port}"

    def client(self) -> httpx.Client:
        """Of its REST API, as somebody in the team."""
        return httpx.Client(
            base_url=self.api_url,
            headers={"authorization": f"Bearer {self.config.token}"},
            params={"teamId": self.config.team_id},
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        )

    # --- control

    def release(
        self,
        version: str,
        *,
        environment: Environment = "production",
        slot: str | None = None,
        live: bool = True,
        builds: bool = True,
        sha: str | None = None,
    ) -> dict[str, Any]:
        order = {"version": version, "environment": environment, "slot": slot}
        release = Release.model_validate({**order, "live": live, "builds": builds, "sha": sha})
        return self._do(self._controls.release(release))

    def move_alias(self, alias: str, deployment: str, *, by: str = "ci") -> dict[str, Any]:
        move = Move(alias=alias, deployment=deployment, by=by)
        return self._do(self._controls.move_alias(move))

    def fault(self, name: str, **details: object) -> None:
        self._do(self._controls.fault(Fault.model_validate({"name": name, **details})))

    def clear_faults(self) -> None:
        self._do(self._controls.clear_faults())

    def set_variable(self, key: str, value: str) -> None:
        self._do(self._controls.set_variable(SetVariable(key=key, value=value)))

    def snapshot(self, name: str = "default") -> None:
        self._do(self._controls.snapshot(Named(name=name)))

    def restore(self, name: str = "default") -> None:
        self._do(self._controls.restore(Named(name=name)))

    def state(self) -> dict[str, Any]:
        return self._do(self._controls.state())

    def calls(self) -> list[dict[str, Any]]:
        return self._do(self._controls.calls())

    def clear_calls(self) -> None:
        self._do(self._controls.clear_calls())

    def alias_moves(self) -> list[dict[str, Any]]:
        return self._do(self._controls.alias_moves())

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    # --- inside the thread

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        parts = Assembly(self.config, self._say, self.edge_port)
        self._controls = parts.controls
        self._server = uvicorn.Server(uvicorn_config(parts))
        parts.begin()
        self._loop.call_soon(self._ready.set)
        try:
            await self._server.serve(sockets=[self._api, self._edge])
        finally:
            await parts.end()


def uvicorn_config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        access_log=False,
        log_level="error",
        server_header=False,
        date_header=False,  # the deployments send theirs
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
