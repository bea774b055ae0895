"""One process of one function, run by the platform's own runtime (`vercel-runtime`).

The runtime connects to a unix socket and sends JSON messages, each ended by NUL: the port it
listens on, log lines, the end of each invocation (background work included). Requests are plain
HTTP to that port, with a few internal headers, which the runtime takes off again.
"""

import asyncio
import base64
import itertools
import json
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from dev.ports import LOOPBACK
from dev.processes import Process

START_SECONDS = 30
POLL_SECONDS = 0.005
RUNTIME = "import vercel_runtime.vc_init"
#: Longer than any message the runtime sends; a log line is one message.
MESSAGE_BYTES = 16 * 1024 * 1024


class FunctionFailed(Exception):
    """The function could not be started, or ended before it answered."""


class Instance:
    """A function's process. Start it and use it on one event loop, in a thread that stays."""

    def __init__(self, process: Process, ipc: socket.socket, log: Path) -> None:
        self.overran = False
        #: It takes no more requests, though its process may still be there.
        self.leaving = False
        self._process = process
        self._log = log
        self._port: int | None = None
        self._failure = ""
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._numbers = itertools.count(1)
        self._listening = asyncio.create_task(self._listen(ipc))

    @classmethod
    def start(
        cls,
        file: str,
        *,
        env: Mapping[str, str],
        cwd: Path,
        log: Path,
        address: Path,
        program: Sequence[str] = (sys.executable, "-c", RUNTIME),
    ) -> Self:
        """`program` is another one for a function that was built, which starts itself."""
        ipc = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        ipc.settimeout(0)
        ipc.bind(str(address))
        ipc.listen(1)
        process = Process.start(
            file,
            program,
            env={**env, "VERCEL_IPC_PATH": str(address)},
            cwd=cwd,
            log=log,
        )
        return cls(process, ipc, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.ended is None

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    async def wait_until_ready(self) -> None:
        """Raises FunctionFailed, with what the runtime said, if it does not come up."""
        deadline = time.monotonic() + START_SECONDS
        while self._port is None:
            if self._failure or not self.is_alive:
                raise FunctionFailed(self._failure or self._process.last_words())
            if time.monotonic() > deadline:
                raise FunctionFailed(f"It did not start in {START_SECONDS} s.")
            await asyncio.sleep(POLL_SECONDS)

    def begin(self, seconds: int) -> dict[str, str]:
        """The internal headers of a new invocation, which may take `seconds` in all."""
        number = next(self._numbers)
        loop = asyncio.get_running_loop()
        self._timers[number] = loop.call_later(seconds, self._overrun, seconds)
        deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        return {
            "x-vercel-internal-invocation-id": str(number),
            "x-vercel-internal-request-id": str(number),
            "x-vercel-internal-deadline": deadline.isoformat(timespec="milliseconds"),
        }

    def close(self) -> None:
        """End the process at once, as the platform may at any moment."""
        for timer in self._timers.values():
            timer.cancel()
        self._listening.cancel()
        self._process.stop(signal.SIGKILL)

    def _overrun(self, seconds: int) -> None:
        self.overran = True
        self._write(f"The invocation took longer than {seconds} s; the process is ended.")
        self._process.stop(signal.SIGKILL)

    async def _listen(self, ipc: socket.socket) -> None:
        with ipc:
            connection, _ = await asyncio.get_running_loop().sock_accept(ipc)
        reader, writer = await asyncio.open_connection(sock=connection, limit=MESSAGE_BYTES)
        try:
            while True:
                message = await reader.readuntil(b"\0")
                self._heard(json.loads(message[:-1]))
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the process has ended
        finally:
            writer.close()

    def _heard(self, message: Mapping[str, Any]) -> None:
        payload = message.get("payload", {})
        match message["type"]:
            case "server-started":
                self._port = payload["httpPort"]
            case "unrecoverable-error":
                self._failure = payload["message"]
            case "log":
                self._write(base64.b64decode(payload["message"]).decode(errors="replace"))
            case "end":
                if timer := self._timers.pop(payload["context"]["requestId"], None):
                    timer.cancel()

    def _write(self, text: str) -> None:
        with self._log.open("a") as log:
            log.write(text if text.endswith("\n") else text + "\n")
