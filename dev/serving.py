"""An ASGI app, served for real by a thread of this process."""

import threading
import time

import uvicorn
from starlette.types import ASGIApp

from dev.ports import LOOPBACK, listening_socket
from dev.stopping import Stoppable

POLL_SECONDS = 0.005
GRACE_SECONDS = 1


class Served(Stoppable):
    """An app that answers at `url` until it is stopped."""

    def __init__(self, server: uvicorn.Server, thread: threading.Thread, port: int) -> None:
        self.port = port
        self._server = server
        self._thread = thread

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def stop(self) -> None:
        """Finish what is being answered, for a second at most, and free the port."""
        self._server.should_exit = True
        self._thread.join()


def serve(app: ASGIApp, port: int = 0) -> Served:
    """Serve `app` on the loopback address; port 0 picks a free one.

    Raises OSError if the port is taken, RuntimeError if the app fails to start.
    """
    bound = listening_socket(port)
    server = uvicorn.Server(_config(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            bound.close()
            raise RuntimeError("The app did not start; its error is above.")
        time.sleep(POLL_SECONDS)
    return Served(server, thread, int(bound.getsockname()[1]))


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
