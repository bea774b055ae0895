"""Serves one deployment on the socket it was given, until its parent goes away."""

import os
import socket
import sys
import threading

import uvicorn

from dev.sample_app.app import make_app
from dev.sample_app.settings import Settings


def serve(settings: Settings, listener: int) -> None:
    """The parent holds the other end of standard input: when it ends, however, so do we."""
    threading.Thread(target=leave_with_the_parent, daemon=True).start()
    app = make_app(settings)
    config = uvicorn.Config(
        app,
        log_level="error",
        lifespan="off",
        server_header=False,
        # Longer than the edge keeps a connection: it must never meet one that we just closed.
        timeout_keep_alive=60,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=listener)])


def leave_with_the_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)
