"""Upstash's REST protocol in front of a Valkey.

POST `/` runs one command, given as a JSON array; `/pipeline` runs many; `/multi-exec` runs many in
one transaction. Answers are `{"result": …}` or `{"error": …}`, and with `Upstash-Encoding: base64`
every string in a result is base64 but a literal OK
(https://upstash.com/docs/redis/features/restapi, read 2026-11-22).
"""

import json
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from redis.asyncio import BlockingConnectionPool, Connection
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as TookTooLong
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

MAX_CONNECTIONS = 64
ANSWER_SECONDS = 10
#: They change what later commands on a shared connection mean.
REFUSED = {"MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH", "SELECT", "QUIT", "RESET", "HELLO"}
REFUSED |= {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR", "CLIENT", "AUTH", "SHUTDOWN"}

type Command = list[Any]
type Reply = Any
type Encode = Callable[[bytes], str]


class BadRequest(Exception):
    """The body is not a command, or not a list of commands."""


def upstash_app(valkey_url: str, token: str) -> ASGIApp:
    """The REST front of the Valkey at `valkey_url`, for those who hold `token`."""
    pool = BlockingConnectionPool.from_url(
        valkey_url,
        protocol=2,  # a hash is a flat list there, as Upstash answers it
        max_connections=MAX_CONNECTIONS,
        socket_timeout=ANSWER_SECONDS,
        timeout=5,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await pool.disconnect()

    async def answer(request: Request) -> JSONResponse:
        if not _is_allowed(request, token):
            return _refusal("WRONGPASS invalid or missing auth token", 401)
        try:
            return await _answer(request, pool)
        except BadRequest as error:
            return _refusal(str(error), 400)
        except (Disconnected, TookTooLong, OSError) as error:
            return _refusal(f"ERR the database does not answer: {error}", 503)

    paths = ("/", "/pipeline", "/multi-exec")
    routes = [Route(path, answer, methods=["POST"]) for path in paths]
    return Starlette(routes=routes, lifespan=lifespan)


def _is_allowed(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "")
    return secrets.compare_digest(given.encode(), f"Bearer {token}".encode())


def _refusal(message: str, status: int) -> JSONResponse:
    return JSONResponse({"error": message}, status)


async def _answer(request: Request, pool: BlockingConnectionPool) -> JSONResponse:
    encode = _base64 if request.headers.get("upstash-encoding") == "base64" else _plain
    body = await _read(request)
    if request.url.path == "/":
        [reply] = await _run(pool, [_command(body)])
        return _one(reply, encode)
    commands = [_command(item) for item in _list(body)]
    if request.url.path == "/pipeline":
        replies: Reply = await _run(pool, commands)
    else:
        replies = (await _run(pool, [["MULTI"], *commands, ["EXEC"]]))[-1]
    if isinstance(replies, RedisError):  # the transaction was discarded as a whole
        return _one(replies, encode)
    return JSONResponse([_as_json(reply, encode) for reply in replies])


async def _read(request: Request) -> object:
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise BadRequest("ERR failed to parse the request's body as JSON") from error


def _list(body: object) -> list[Any]:
    if not isinstance(body, list) or not body:
        raise BadRequest("ERR expected a list that is not empty")
    return body


def _command(body: object) -> Command:
    command = [_argument(item) for item in _list(body)]
    if command[0].upper() in REFUSED:
        raise BadRequest(f"ERR Command is not available: '{command[0]}'")
    return command


def _argument(item: object) -> str:
    return item if isinstance(item, str) else json.dumps(item)


async def _run(pool: BlockingConnectionPool, commands: Sequence[Command]) -> list[Reply]:
    """The raw reply to each command; an error reply is a value here, not raised."""
    connection = await _borrow(pool)
    try:
        await connection.send_packed_command(connection.pack_commands(commands))
        return [await _reply(connection) for _ in commands]
    except BaseException:
        # Replies may be left on the wire, and nobody may take them for their own.
        await connection.disconnect(nowait=True)
        raise
    finally:
        await pool.release(connection)


async def _borrow(pool: BlockingConnectionPool) -> Connection:
    borrow = cast("Callable[[], Awaitable[Connection]]", pool.get_connection)  # it has no types
    return await borrow()


async def _reply(connection: Connection) -> Reply:
    try:
        return await connection.read_response()
    except ResponseError as error:
        return error


def _one(reply: Reply, encode: Encode) -> JSONResponse:
    failed = isinstance(reply, RedisError)
    return JSONResponse(_as_json(reply, encode), 400 if failed else 200)


def _as_json(reply: Reply, encode: Encode) -> dict[str, Any]:
    if isinstance(reply, RedisError):
        return {"error": _told(reply)}
    return {"result": _value(reply, encode)}


def _value(reply: Reply, encode: Encode) -> Reply:
    if isinstance(reply, list):
        return [_value(item, encode) for item in reply]
    if isinstance(reply, bytes):
        return "OK" if reply == b"OK" else encode(reply)
    return _told(reply) if isinstance(reply, RedisError) else reply


def _told(error: RedisError) -> str:
    """As the server said it: the client had cut off the first word."""
    kind = getattr(error, "status_code", None)
    return f"{kind} {error}" if kind and not str(error).startswith(kind) else str(error)


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


def _plain(value: bytes) -> str:
    return value.decode(errors="replace")
