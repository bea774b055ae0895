"""Secrets stay where they are: each is planted, the stories are played, and everything searched."""

import json
import re
import subprocess
import sys
from contextlib import ExitStack

import httpx
import psycopg
import pytest
from psycopg import sql
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from dev import private_files
from dev.places import ROOT, Folder
from dev.serving import serve
from dev.settings_table import variable_names
from dev.testing import running_stack
from lib.settings import Settings
from tests.story.conftest import is_well
from tests.story.world import World, platform_scheduler, wait_until

pytestmark = pytest.mark.timeout(400)

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
}
#: The same database's, for migrations: the functions have none.
NOT_GIVEN = {"DATABASE_URL_UNPOOLED"}
PLANTED = {
    "STRIPE_SECRET_KEY": f"sk_test_{MARK}stripe",
    "APP_PROTECTION_BYPASS_SECRET": f"{MARK}bypass",
    "APP_REDIS_REST_TOKEN": f"{MARK}appredis",
    "DRAIN_VERIFY_TOKEN": f"{MARK}verify",
    "PAGERDUTY_ROUTING_KEY": f"{MARK}pagerduty",
    "ALERT_WEBHOOK_SECRET": f"{MARK}alerts",
}
#: Addresses that are secrets: a path on a server of this test.
ADDRESSES = {
    "SLACK_WEBHOOK_URL": f"{MARK}slack",
    "ALERT_WEBHOOK_URL": f"{MARK}webhook",
    "DEADMAN_URL": f"{MARK}deadman",
}
#: Where each of them may arrive: at who it is for.
BELONGS = {f"{MARK}pagerduty": "/pagerduty", f"{MARK}appredis": "/"}
TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
READ = {
    "string": ["GET"],
    "hash": ["HGETALL"],
    "set": ["SMEMBERS"],
    "zset": ["ZRANGE", 0, -1],
    "list": ["LRANGE", 0, -1],
}


def secret_settings() -> set[str]:
    return {
        variable_names(field)[0]
        for field in Settings.model_fields.values()
        if "SecretStr" in str(field.annotation) or "SecretStr" in str(field.metadata)
    }


def test_every_secret_setting_has_a_canary():
    assert secret_settings() == {*MADE, *PLANTED, *ADDRESSES, *NOT_GIVEN}


class Vendors:
    """Takes everything, writes down what came, and fails every second time."""

    def __init__(self) -> None:
        self.received: list[tuple[str, str]] = []

    @property
    def app(self) -> Starlette:
        async def take(request):
            body = (await request.body()).decode(errors="replace")
            self.received.append((request.url.path, f"{dict(request.headers)} {body}"))
            return Response(f"you sent {body}", 500 if len(self.received) % 2 else 200)

        return Starlette(routes=[Route("/{path:path}", take, methods=["GET", "POST"])])


@pytest.fixture
def played(tmp_path):
    """A stack on which every story was played; what each secret is, and what vendors received."""
    vendors, answers, said = Vendors(), [], []
    with ExitStack() as closing:
        url = closing.enter_context(serve(vendors.app)).url
        env = {
            **PLANTED,
            **{name: f"{url}/{path}" for name, path in ADDRESSES.items()},
            "PAGERDUTY_EVENTS_URL": f"{url}/pagerduty",
            "APP_CACHE_PREFIX": "app:",
            "APP_REDIS_REST_URL": url,
        }
        stack = closing.enter_context(running_stack(tmp_path, crons=False, env=env))
        world = closing.enter_context(World(tmp_path, stack))
        world.api.event_hooks["response"].append(lambda answer: remember(answers, answer))
        keys = private_files.read(Folder(tmp_path).keys_file)
        cookie = play(world, said, answers)
        secrets = {
            **{name: keys[key] for name, key in MADE.items()},
            **PLANTED,
            **ADDRESSES,
            **{f"token of {role}": token for role, token in stack["tokens"].items()},
            "cookie": cookie,
        }
        yield world, secrets, vendors, answers, said


def remember(answers, answer):
    answer.read()
    answers.append(f"{answer.url} {answer.status_code} {dict(answer.headers)} {answer.text}")


def play(world, said, answers) -> str:
    """The value of a session's cookie."""
    wait_until(lambda: is_well(world), what="the first version's good health")
    world.release("good-2")
    wait_until(lambda: is_well(world), what="the second version's good health")
    with platform_scheduler(world):
        world.release("crash")
        wait_until(lambda: world.rows(AUTOMATIC), 90, "an automatic rollback")
        wait_until(lambda: not world.rows(UNFINISHED), 60, "its end")
    world.fault("500", times=2)
    world.follow(world.start())
    world.trigger(deployment_id="dpl_none", reason="")
    world.api.get("/api/rollback/status/none")
    session = world.anybody(world.stack["control_plane"].removeprefix("http://"))
    signed_in = session.post(
        "/api/session",
        json={"token": world.stack["tokens"]["operator"]},
        headers={"origin": world.stack["control_plane"]},
    )
    cookie = re.search(r"=([^;]{20,})", signed_in.headers["set-cookie"])[1]
    session.get("/api/overview", headers={"authorization": f"Bearer {MARK}nobody"})
    world.api.post(
        "/api/operations",
        json={"action": "mode", "environment": "staging", "mode": "off", "reason": "x"},
    )
    for _ in range(3):
        world.visitor.get("/")
    world.overview()
    world.api.get("/api/audit")
    world.api.get("/api/health")
    crash(world)
    said.extend(command(world, "scripts.audit", "verify"))
    return cookie


AUTOMATIC = "SELECT 1 FROM rollbacks WHERE automatic"
UNFINISHED = "SELECT 1 FROM rollbacks WHERE status IN ('pending', 'in_progress')"


def crash(world) -> None:
    """What nobody planned: a table is not there, Redis is away."""
    world.rows("ALTER TABLE live_periods RENAME TO elsewhere")
    assert world.api.get("/api/overview").status_code == 500
    world.rows("ALTER TABLE elsewhere RENAME TO live_periods")
    world.hold("valkey")
    world.api.get("/api/overview")
    world.api.get("/api/health")
    world.let_go("valkey")


def command(world, *arguments: str) -> list[str]:
    env = {
        "DATABASE_URL": world.database_url,
        "AUDIT_KEYS": f"dev:{private_files.read(Folder(world.data).keys_file)['audit_secret']}",
    }
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    return [done.stdout, done.stderr]


def test_no_secret_is_anywhere_it_does_not_belong(played):
    world, secrets, vendors, answers, said = played
    places = {
        "an answer": answers,
        "what a command said": said,
        "a log": [file.read_text() for file in sorted(Folder(world.data).logs.iterdir())],
        "our database": dump(world.database_url),
        "the app's database": dump(world.stack["app_database_url"]),
        "Redis": redis(world),
    }
    leaks = [
        f"{name} in {place}: …{around(text, secret)}…"
        for name, secret in secrets.items()
        for place, texts in places.items()
        for text in texts
        if secret in text
    ]
    leaks += [
        f"{name} at the vendor {path}"
        for name, secret in secrets.items()
        for path, text in vendors.received
        if secret in text and BELONGS.get(secret) != path
    ]
    assert not leaks, "\n".join(leaks)
    assert {path for path, _ in vendors.received} >= {f"/{MARK}slack", f"/{MARK}webhook"}
    assert len(answers) > 20


def around(text: str, secret: str) -> str:
    at = text.index(secret)
    return text[max(at - 80, 0) : at + len(secret) + 40]


def dump(url: str) -> list[str]:
    """Every row of every table."""
    with psycopg.connect(url) as connection:
        return [
            f"{schema}.{table}: {row}"
            for schema, table in connection.execute(TABLES).fetchall()
            for (row,) in connection.execute(
                sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(schema, table))
            )
        ]


def redis(world) -> list[str]:
    """Every key and its value."""
    headers = {"authorization": f"Bearer {world.stack['redis_rest_token']}"}

    def run(*words):
        answer = httpx.post(
            world.stack["redis_rest_url"], json=words, headers=headers, trust_env=False
        )
        return answer.json()["result"]

    found = []
    for key in run("KEYS", "*"):
        name, *more = READ[run("TYPE", key)]
        found.append(json.dumps([key, run(name, key, *more)]))
    return found
