"""A proxy that can stop answering: it accepts, it listens, and nothing ever comes back."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from dev.ports import LOOPBACK, listening_socket

CHUNK_BYTES = 65536


class Proxy:
    """In front of `port` on this machine. While it hangs, old connections hang too."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._passing = asyncio.Event()
        self._passing.set()
        self._bound = listening_socket()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        return int(self._bound.getsockname()[1])

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._connect, sock=self._bound)

    def hang(self, *, hangs: bool) -> None:
        if hangs:
            self._passing.clear()
        else:
            self._passing.set()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            # The end of the proxy, which the stream server would report as a failure.
            with suppress(asyncio.CancelledError):
                await self._relay(reader, writer)
        finally:
            self._connections.discard(task)
            writer.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._passing.wait()
        with suppress(OSError):
            back, forth = await asyncio.open_connection(LOOPBACK, self._target)
            try:
                await asyncio.gather(self._pump(reader, forth), self._pump(back, writer))
            finally:
                forth.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            await self._passing.wait()
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
