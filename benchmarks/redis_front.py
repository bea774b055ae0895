"""A Redis of the control plane's own, which counts the commands that it is sent.

As the vendor bills: a script is one command, whatever it calls. The sample app and the rest of the
local stack have another Redis, so that what is counted is ours.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dev.serving import serve
from dev.upstash import upstash_app
from dev.valkey import Valkey

TOKEN = "counted"  # noqa: S105 - this machine's, for as long as the benchmark runs


@dataclass(slots=True)
class CountedRedis:
    app: ASGIApp
    commands: Counter[str] = field(default_factory=Counter)
    url: str = ""

    @property
    def env(self) -> dict[str, str]:
        """What the functions are told."""
        return {"UPSTASH_REDIS_REST_URL": self.url, "UPSTASH_REDIS_REST_TOKEN": TOKEN}

    def empty(self) -> None:
        headers = {"authorization": f"Bearer {TOKEN}"}
        httpx.post(self.url, json=["FLUSHALL"], headers=headers, trust_env=False).raise_for_status()
        self.commands.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            body = await read(receive)
            self.commands.update(names(json.loads(body)))
            receive = replay(body)
        await self.app(scope, receive, send)


@contextmanager
def counted_redis() -> Iterator[CountedRedis]:
    with Valkey.start(None) as valkey:
        redis = CountedRedis(upstash_app(valkey.url, TOKEN))
        with serve(redis) as served:
            redis.url = served.url
            yield redis


def names(body: list[object]) -> list[str]:
    """Of one command, or of each command of a list."""
    commands = body if isinstance(body[0], list) else [body]
    return [str(command[0]).upper() for command in commands]


async def read(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
