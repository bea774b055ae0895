"""A transaction pooler, as small as one can be: a server connection is lent for one transaction."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from dev.ports import LOOPBACK

#: What a client asks before it starts; each is declined with one letter.
NEGOTIATIONS = {80877103, 80877104}
#: Messages after which the client waits for the server to be ready.
QUERY, SYNC, GOODBYE = b"Q", b"S", b"X"
READY = b"Z"
IDLE = b"I"
AUTHENTICATED = b"R\0\0\0\x08\0\0\0\0"
READY_AND_IDLE = b"Z\0\0\0\x05I"


@dataclass(slots=True)
class Side:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def message(self) -> tuple[bytes, bytes]:
        """Its type, and all of it."""
        head = await self.reader.readexactly(5)
        return head[:1], head + await self.reader.readexactly(int.from_bytes(head[1:]) - 4)

    async def start(self) -> bytes:
        """A message without a type, as the first ones are."""
        length = await self.reader.readexactly(4)
        return length + await self.reader.readexactly(int.from_bytes(length) - 4)

    async def send(self, message: bytes) -> None:
        self.writer.write(message)
        await self.writer.drain()


@dataclass(slots=True)
class Pooler:
    server_port: int
    #: The one that was used last is lent first.
    free: list[Side] = field(default_factory=list)
    opened: list[asyncio.StreamWriter] = field(default_factory=list)

    async def close(self) -> None:
        for writer in self.opened:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await self.transactions_of(Side(reader, writer))
        writer.close()

    async def transactions_of(self, client: Side) -> None:
        hello = await client.start()
        while int.from_bytes(hello[4:8]) in NEGOTIATIONS:
            await client.send(b"N")
            hello = await client.start()
        await client.send(AUTHENTICATED + READY_AND_IDLE)
        server: Side | None = None
        while True:
            kind, message = await client.message()
            if kind == GOODBYE:
                return
            server = server or await self.lend(hello)
            await server.send(message)
            if kind in (QUERY, SYNC) and await self.answer(server, client) == IDLE:
                self.free.append(server)
                server = None

    async def lend(self, hello: bytes) -> Side:
        if self.free:
            return self.free.pop()
        server = Side(*await asyncio.open_connection(LOOPBACK, self.server_port))
        self.opened.append(server.writer)
        await server.send(hello)
        while (await server.message())[0] != READY:
            pass
        return server

    async def answer(self, server: Side, client: Side) -> bytes:
        """The state that the server is in then."""
        kind = b""
        while kind != READY:
            kind, message = await server.message()
            await client.send(message)
        return message[-1:]
