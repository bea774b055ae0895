"""A stack with a canary in every secret setting, and the search for them in all that it left.

A canary may be only where its secret belongs: what a stack wrote, answered, sent or said is
searched for all of them before a moment is returned to, and when the stack ends.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg import sql
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dev import private_files
from dev.places import Folder
from dev.serving import serve
from dev.testing import running_stack
from dev.upstash import upstash_app
from dev.valkey import Valkey
from lib.access.cookie import COOKIE
from tests.story.workflow import BREAK_GLASS_SECRET
from tests.waiting import PATIENCE_SECONDS

MARK = "canary0"
#: Settings with a secret that the stack makes: by its keys, and by what they are called there.
MADE = {
    "DATABASE_URL": "database_password",
    "APP_DATABASE_URL": "database_password",
    "UPSTASH_REDIS_REST_TOKEN": "redis_token",
    "VERCEL_TOKEN": "vercel_token",
    "CRON_SECRET": "cron_secret",
    "WEBHOOK_SECRET": "webhook_secret",
    "DRAIN_SECRET": "drain_secret",
    "AUDIT_KEYS": "audit_secret",
    "FLAGS_TOKEN": "flags_token",
    "FLAGS_TOKEN_STAGING": "flags_token_staging",
}
#: Only commands are given it: see `unpooled`.
OF_COMMANDS = {"DATABASE_URL_UNPOOLED": f"{MARK}unpooled"}
PLANTED = {
    "STRIPE_SECRET_KEY": f"{MARK}stripe",
    "APP_PROTECTION_BYPASS_SECRET": f"{MARK}bypass",
    "APP_REDIS_REST_TOKEN": f"{MARK}appredis",
    "DRAIN_VERIFY_TOKEN": f"{MARK}verify",
    "PAGERDUTY_ROUTING_KEY": f"{MARK}pagerduty",
    "ALERT_WEBHOOK_SECRET": f"{MARK}alerts",
    "BREAK_GLASS_KEYS": BREAK_GLASS_SECRET,
}
#: What a setting says beside its secret.
WRITTEN = {"STRIPE_SECRET_KEY": "sk_test_{}", "BREAK_GLASS_KEYS": "story:{}"}
#: Addresses that are secrets: a path at the vendors.
ADDRESSES = {
    "SLACK_WEBHOOK_URL": f"{MARK}slack",
    "ALERT_WEBHOOK_URL": f"{MARK}webhook",
    "DEADMAN_URL": f"{MARK}deadman",
}
PAGERDUTY = "/pagerduty"
#: Where at the vendors each of them may arrive: at who it is for.
BELONGS = {secret: f"/{secret}" for secret in ADDRESSES.values()} | {
    PLANTED["PAGERDUTY_ROUTING_KEY"]: PAGERDUTY,
    PLANTED["APP_REDIS_REST_TOKEN"]: "/redis",
    PLANTED["STRIPE_SECRET_KEY"]: "/stripe/v1/account",
}
#: What is not searched: the stack's own keys, what the platform was given as such, and stores whose
#: contents are asked for instead.
KEPT = ("keys.json", "stack.json", "platform.json", "platform/state.json")
STORES = ("postgres/cluster/", "valkey/")
#: Of a file that is being written, and takes the other's place the next moment.
UNFINISHED = (".new", ".partial")
#: A token that an issuer signed: none of them is kept anywhere.
SIGNED = re.compile(rb"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")
#: Where a secret is meant to be: the cookie that it is, the header that the platform asks for, what
#: a workflow's runner is told to hide, and what a stack tells whoever started it.
SET_COOKIE = re.compile(rf"^set-cookie: {COOKIE}=([\w-]{{20,}});.*$".encode(), re.MULTILINE)
MEANT = (
    SET_COOKIE,
    re.compile(f"^x-vercel-verify: {PLANTED['DRAIN_VERIFY_TOKEN']}$".encode(), re.MULTILINE),
    re.compile(rb"^::add-mask::.*$", re.MULTILINE),
    re.compile(rb"^  (viewer|operator|admin|recorder) +wsr_\S+$", re.MULTILINE),
)

TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""
ROWS = "SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM {} t"
EVERY_KEY = """
local read = {string = {'GET'}, hash = {'HGETALL'}, set = {'SMEMBERS'},
              zset = {'ZRANGE', 0, -1}, list = {'LRANGE', 0, -1}}
local found = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local name, first, last = unpack(read[redis.call('TYPE', key).ok])
  local value
  if first then value = redis.call(name, key, first, last) else value = redis.call(name, key) end
  found[#found + 1] = {key, value}
end
return found
"""
AROUND = 80


class Vendors:
    """In the place of all of them: takes everything, and writes down what came.

    `fails`: every second time, with what it was sent.
    """

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.received: list[tuple[str, str]] = []

    @property
    def app(self) -> Starlette:
        async def take(request: Request) -> Response:
            body = (await request.body()).decode(errors="replace")
            self.received.append((request.url.path, f"{request.url} {request.headers} {body}"))
            fails = self.fails and len(self.received) % 2
            return Response(f"you sent {body}", 500) if fails else Response("ok")

        return Starlette(routes=[Route("/{path:path}", take, methods=["GET", "POST"])])


@dataclass(frozen=True)
class Canaries:
    """Of one stack. `secrets`: what must be nowhere, by what it is."""

    data: Path
    stack: Mapping[str, Any]
    vendors: Vendors
    app_redis_url: str
    secrets: Mapping[str, str] = field(default_factory=dict)

    def search(self) -> None:
        """What is kept in stores, before it is gone."""
        fail_for(self.in_stores())

    def in_stores(self) -> list[str]:
        app_redis_token = PLANTED["APP_REDIS_REST_TOKEN"]
        own_redis = self.stack["redis_rest_url"], self.stack["redis_rest_token"]
        return [
            *self._in("our database", *tables(self.stack["database_url"])),
            *self._in("the app's database", *tables(self.stack["app_database_url"])),
            *self._in("Redis", every_key(*own_redis)),
            *self._in("the app's Redis", every_key(self.app_redis_url, app_redis_token)),
            *self._in("what the platform was sent", self.at_platform()),
        ]

    def at_platform(self) -> bytes:
        """What was asked of it; not the header with its token."""
        url = f"{self.stack['vercel_api']}/_dev/calls"
        headers = {"authorization": f"Bearer {self.stack['vercel_token']}"}
        return httpx.get(url, headers=headers, trust_env=False).raise_for_status().content

    def in_files(self) -> list[str]:
        """Logs, what commands said, their journals, what the functions answered."""
        return [
            leak
            for file in sorted(self.data.rglob("*"))
            if is_searched(name := file.relative_to(self.data).as_posix()) and file.is_file()
            for leak in self._in(name, without_meant(file.read_bytes()))
        ]

    def at_vendors(self) -> list[str]:
        return [
            leak
            for path, text in self.vendors.received
            for leak in self._in(f"what the vendor {path} was sent", text.encode(), at=path)
        ]

    def _in(self, place: str, *texts: bytes, at: str = "") -> Iterator[str]:
        """`at`: the vendor's path."""
        found = [
            (name, text, text.find(form))
            for name, secret in self.needles().items()
            if not (at and BELONGS.get(secret) == at)
            for form in forms(secret)
            for text in texts
        ]
        signed = [
            ("a signed token", text, match.start())
            for text in texts
            for match in SIGNED.finditer(text)
        ]
        for name, text, index in [*found, *signed]:
            if index >= 0:
                around = text[max(index - AROUND, 0) : index + AROUND].decode(errors="replace")
                yield f"{name} in {place}: …{around}…"

    def needles(self) -> dict[str, str]:
        return dict(self.secrets) or {**known(self.data), **self.cookies()}

    def cookies(self) -> dict[str, str]:
        answers = Folder(self.data).answers_file
        found = SET_COOKIE.findall(answers.read_bytes()) if answers.exists() else []
        return {f"the secret of session {n}": one.decode() for n, one in enumerate(found)}

    def unpooled(self) -> str:
        """The address of our database that a command is given as its owner."""
        user = f"//postgres:{OF_COMMANDS['DATABASE_URL_UNPOOLED']}@"
        return re.sub(r"//([^@/]*@)?", user, self.stack["database_url"], count=1)


@contextmanager
def planted_stack(
    data: Path,
    *,
    env: Mapping[str, str] | None = None,
    port: int = 0,
    vendors: Vendors | None = None,
) -> Iterator[Canaries]:
    """A stack without crons that must leave no canary anywhere. Fails at its end if it did."""
    vendors = vendors or Vendors()
    with ExitStack() as closing:
        url = closing.enter_context(serve(vendors.app)).url
        valkey = closing.enter_context(Valkey.start(None))
        app_redis = upstash_app(valkey.url, PLANTED["APP_REDIS_REST_TOKEN"])
        app_redis_url = closing.enter_context(serve(app_redis)).url
        told = {
            **{name: WRITTEN.get(name, "{}").format(secret) for name, secret in PLANTED.items()},
            **{name: f"{url}/{secret}" for name, secret in ADDRESSES.items()},
            "PAGERDUTY_EVENTS_URL": url + PAGERDUTY,
            "APP_CACHE_PREFIX": "app:",
            "APP_REDIS_REST_URL": app_redis_url,
            **(env or {}),
        }
        with running_stack(data, crons=False, env=told, port=port, keep_answers=True) as stack:
            canaries = Canaries(data, stack, vendors, app_redis_url)
            yield canaries
            canaries.search()
        fail_for([*canaries.in_files(), *canaries.at_vendors()])


def fail_for(leaks: list[str]) -> None:
    assert not leaks, "\n".join(leaks)


def known(data: Path) -> dict[str, str]:
    keys = private_files.read(Folder(data).keys_file)
    return {
        **{name: keys[key] for name, key in MADE.items()},
        **PLANTED,
        **ADDRESSES,
        **OF_COMMANDS,
        **{f"the token of {role}": token for role, token in keys["tokens"].items()},
    }


def forms(secret: str) -> list[bytes]:
    """As it is, in hexadecimal as Postgres shows bytes, and in base64 wherever it begins."""
    raw = secret.encode()
    shifted = [b64encode(b" " * shift + raw) for shift in range(3)]
    # The first and the last characters depend on what stands beside it.
    middles = [text[4 * bool(shift) : -4] for shift, text in enumerate(shifted)]
    return [raw, raw.hex().encode(), *middles]


def is_searched(name: str) -> bool:
    return not name.startswith(STORES) and not name.endswith(UNFINISHED) and name not in KEPT


def without_meant(text: bytes) -> bytes:
    for meant in MEANT:
        text = meant.sub(b"", text)
    return text


def tables(url: str) -> list[bytes]:
    """Every row of every table."""
    with psycopg.connect(url) as connection:
        return [
            f"{schema}.{table}: ".encode() + all_rows(connection, schema, table)
            for schema, table in connection.execute(TABLES).fetchall()
        ]


def all_rows(connection: psycopg.Connection, schema: str, table: str) -> bytes:
    row = connection.execute(sql.SQL(ROWS).format(sql.Identifier(schema, table))).fetchone()
    assert row is not None
    return str(row[0]).encode()


def every_key(url: str, token: str) -> bytes:
    """Every key of a Redis, and its value."""
    answer = httpx.post(
        url,
        json=["EVAL", EVERY_KEY, 0],
        headers={"authorization": f"Bearer {token}"},
        timeout=PATIENCE_SECONDS,
        trust_env=False,
    )
    return json.dumps(answer.json()["result"], ensure_ascii=False).encode()
