"""Secrets stay where they are, also in what no story does; and a leak would be found."""

import re
import subprocess
import sys
from base64 import b64encode
from contextlib import ExitStack
from dataclasses import replace
from secrets import token_hex

import httpx
import pytest

from dev import private_files
from dev.places import ROOT, Folder
from dev.serving import serve
from dev.settings_table import secret_names
from tests.story.canaries import (
    ADDRESSES,
    MADE,
    MARK,
    OF_COMMANDS,
    PLANTED,
    Vendors,
    planted_stack,
)
from tests.story.conftest import is_well
from tests.story.workflow import Runner, said_file, variables_of
from tests.story.world import World, platform_scheduler
from tests.waiting import PATIENCE_SECONDS, wait_until

AUTOMATIC = "SELECT 1 FROM rollbacks WHERE automatic"
UNFINISHED = "SELECT 1 FROM rollbacks WHERE status IN ('pending', 'in_progress')"

AWAY = {"CONTROL_PLANE_URL": "http://127.0.0.1:9", "CONTROL_PLANE_TOKEN": "x", "AWAY_SECONDS": "1"}


def test_every_secret_setting_has_a_canary():
    assert {*secret_names()} == {*MADE, *PLANTED, *ADDRESSES, *OF_COMMANDS}


def test_nothing_is_left_where_vendors_echo_and_parts_are_gone(tmp_path):
    """The search is the stack's end."""
    vendors = Vendors(fails=True)
    with ExitStack() as closing:
        echo = closing.enter_context(serve(vendors.app)).url
        env = {"APP_REDIS_REST_URL": f"{echo}/redis", "STRIPE_API_URL": f"{echo}/stripe"}
        canaries = closing.enter_context(planted_stack(tmp_path, vendors=vendors, env=env))
        world = closing.enter_context(World(tmp_path, canaries.stack))
        play(world)
        crash(world)
        commands(world, canaries.unpooled())

    asked = {path for path, _ in vendors.received}
    assert asked >= {f"/{MARK}slack", f"/{MARK}webhook", "/redis", "/stripe/v1/account"}
    said = said_file(tmp_path).read_text()
    assert "nothing to apply" in said
    assert "did not answer" in said


def play(world):
    wait_until(lambda: is_well(world), what="the first version's good health")
    world.release("good-2")
    wait_until(lambda: is_well(world), what="the second version's good health")
    with platform_scheduler(world):
        world.release("crash")
        wait_until(lambda: world.rows(AUTOMATIC), "an automatic rollback")
        wait_until(lambda: not world.rows(UNFINISHED), "its end")
    world.fault("500", times=2)
    world.follow(world.start())
    world.trigger(deployment_id="dpl_none", reason="")
    world.api.get("/api/rollback/status/none")
    session = sign_in(world)
    session.get("/api/overview", headers={"authorization": f"Bearer {MARK}nobody"})
    for path in ("/api/overview", "/api/audit", "/api/health", "/api/flags"):
        world.api.get(path)


def sign_in(world) -> httpx.Client:
    session = world.anybody(world.stack["control_plane"].removeprefix("http://"))
    answer = session.post(
        "/api/session",
        json={"token": world.stack["tokens"]["operator"]},
        headers={"origin": world.stack["control_plane"]},
    )
    assert answer.is_success, answer.text
    return session


def crash(world):
    """What nobody planned: a table is not there, Redis is away, Postgres is."""
    world.rows("ALTER TABLE live_periods RENAME TO elsewhere")
    assert world.api.get("/api/deployments").status_code == 500
    world.rows("ALTER TABLE elsewhere RENAME TO live_periods")
    for part in ("valkey", "postgres"):
        world.hold(part)
        world.api.get("/api/overview")
        world.api.get("/api/health")
        world.let_go(part)


def commands(world, unpooled):
    """What they say where all is well, and where the database is away."""
    keys = private_files.read(Folder(world.data).keys_file)
    told = {
        "DATABASE_URL": world.database_url,
        "DATABASE_URL_UNPOOLED": unpooled,
        "APP_DATABASE_URL": world.stack["app_database_url"],
        "AUDIT_KEYS": f"dev:{keys['audit_secret']}",
        "UPSTASH_REDIS_REST_URL": world.stack["redis_rest_url"],
        "UPSTASH_REDIS_REST_TOKEN": keys["redis_token"],
    }
    for _ in range(2):
        for command in (
            "migrate",
            "recover_state",
            "audit verify",
            "database_roles",
            "tokens list",
        ):
            say(world, f"scripts.{command}", told)
        world.hold("postgres")
    world.let_go("postgres")


def say(world, command: str, told: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=ROOT,
        env=told,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    with said_file(world.data).open("a") as said:
        said.write(done.stdout + done.stderr)


def encoded(text: str) -> str:
    """As of a user's name and password."""
    return b64encode(f"u:{text}:p".encode()).decode()


class TestTheSearch:
    """It is shown a secret that only it looks for: the stories' stack stays free of its own."""

    @pytest.fixture
    def needle(self):
        return f"needle{token_hex(8)}"

    @pytest.fixture
    def search(self, canaries, needle):
        return replace(canaries, secrets={"the needle": needle})

    def test_finds_what_a_person_typed_wherever_it_went(self, world, search, needle):
        assert search.in_stores() == []

        world.follow(world.start(reason=needle))

        places = {leak.partition(": …")[0] for leak in [*search.in_stores(), *search.in_files()]}
        assert places >= {
            f"the needle in {place}" for place in ("our database", "Redis", "answers")
        }

    def test_finds_it_at_each_vendor_but_the_one_whom_it_is_for(self, canaries):
        vendors = Vendors()
        search = replace(canaries, vendors=vendors)
        key = PLANTED["PAGERDUTY_ROUTING_KEY"]
        with serve(vendors.app) as served:
            httpx.post(
                f"{served.url}/pagerduty",
                json={"routing_key": key},
                timeout=PATIENCE_SECONDS,
                trust_env=False,
            )
            assert search.at_vendors() == []
            httpx.get(
                f"{served.url}/elsewhere?key={key}", timeout=PATIENCE_SECONDS, trust_env=False
            )

        [leak] = search.at_vendors()
        assert leak.startswith("PAGERDUTY_ROUTING_KEY in what the vendor /elsewhere was sent: ")

    @pytest.mark.parametrize("form", [str.encode, lambda text: f"% {text}", encoded])
    def test_finds_it_in_any_form_in_a_table_that_it_does_not_know(self, app, search, needle, form):
        kind = "bytea" if isinstance(form(needle), bytes) else "text"
        app.execute(f"CREATE SCHEMA hidden CREATE TABLE leaks (leak {kind})")
        app.execute("INSERT INTO hidden.leaks VALUES (%s)", [form(needle)])

        [leak] = search.in_stores()
        app.execute("DROP SCHEMA hidden CASCADE")

        assert leak.startswith("the needle in the app's database: …hidden.leaks")

    @pytest.mark.parametrize(
        "write",
        [
            ["SET", "{}", "x"],
            ["SET", "leak", "{}"],
            ["HSET", "leak", "x", "{}"],
            ["SADD", "leak", "{}"],
            ["ZADD", "leak", "1", "{}"],
            ["RPUSH", "leak", "x", "{}"],
        ],
    )
    def test_finds_it_in_each_kind_of_key(self, canaries, search, needle, write):
        run(canaries, [word.format(needle) for word in write])
        [leak] = search.in_stores()
        run(canaries, ["FLUSHALL"])

        assert leak.startswith("the needle in the app's Redis")

    def test_finds_it_in_what_the_platform_was_sent(self, canaries, search, needle):
        token = {"authorization": f"Bearer {canaries.stack['vercel_token']}"}
        url = canaries.stack["vercel_api"]
        with httpx.Client(base_url=url, headers=token, trust_env=False) as api:
            api.post("/v1/nothing", json={"why": needle})
            [leak] = search.in_stores()
            api.delete("/_dev/calls")

        assert leak.startswith("the needle in what the platform was sent")

    @pytest.mark.parametrize("name", ["logs/api-new.log", "platform/output/new.log", "new/journal"])
    def test_finds_it_in_any_file(self, canaries, search, needle, name):
        file = canaries.data / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f'1\n{{"token": "{needle}"}}\n')
        [leak] = search.in_files()
        file.unlink()

        assert leak.startswith(f"the needle in {name}: ")

    def test_finds_it_in_what_a_script_says(self, world, search, needle, tmp_path):
        runner = Runner(tmp_path, variables_of(world.stack), said_file(world.data))
        runner.run("roll_back", **AWAY, REASON="Page does not open", TARGET=f"--{needle}")

        assert any(leak.startswith("the needle in said: ") for leak in search.in_files())

    def test_finds_a_session_by_the_cookie_that_it_was_given(self, world, canaries):
        [secret] = sign_in(world).cookies.values()
        # The answer arrives before it is written down.
        wait_until(lambda: secret in canaries.needles().values(), what="the cookie")
        file = canaries.data / "logs" / "new.log"
        file.write_text(f"a cookie of {secret}")
        leaks = canaries.in_files()
        file.unlink()

        assert [re.sub(r"\d+", "n", leak.partition(":")[0]) for leak in leaks] == [
            "the secret of session n in logs/new.log"
        ]

    def test_finds_a_token_that_an_issuer_signed(self, canaries, search, issuer):
        file = canaries.data / "logs" / "new.log"
        file.write_text(issuer.sign({"sub": "somebody"}))
        [leak] = search.in_files()
        file.unlink()

        assert leak.startswith("a signed token in logs/new.log: ")


def run(canaries, words) -> None:
    token = {"authorization": f"Bearer {PLANTED['APP_REDIS_REST_TOKEN']}"}
    done = httpx.post(
        canaries.app_redis_url, json=words, headers=token, timeout=PATIENCE_SECONDS, trust_env=False
    )
    assert done.is_success, done.text
