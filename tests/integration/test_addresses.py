"""Requests go to addresses in settings and to the app's own hosts, whatever others name."""

import gzip
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

import httpx
import pytest

from dev.serving import Served, serve
from lib import errors
from lib.access.models import Role
from lib.health.checks import stripe
from lib.health.probe import Health, Prober
from lib.notify.deadman import Deadman
from lib.notify.sender import make_http as make_notify_http
from lib.redis import RedisClient, RedisUnavailable
from lib.settings import load
from lib.vercel.client import VercelClient, make_http
from lib.vercel.webhook import read_event

SECRET = "shared"
RECORDED: list[str] | None = None
functions = {
    name: import_module(f"api.{name}")
    for name in ("drains.logs", "deployments", "rollback.trigger", "overview")
}
caches = (import_module("lib.settings").settings, import_module("lib.wiring").services)


def record(event: str, arguments: tuple[object, ...]) -> None:
    """What this process looks up and connects to, the names before they are resolved."""
    if RECORDED is not None and event in {"socket.getaddrinfo", "socket.connect"}:
        address = arguments[:2] if event == "socket.getaddrinfo" else arguments[1]
        RECORDED.append(":".join(map(str, address[:2])) if type(address) is tuple else str(address))


sys.addaudithook(record)


@pytest.fixture
def reached() -> Iterator[list[str]]:
    global RECORDED  # noqa: PLW0603 - a hook cannot be taken away again
    RECORDED = []
    yield RECORDED
    RECORDED = None


class Trap:
    """Takes every request, and remembers it."""

    def __init__(self) -> None:
        self.caught: list[str] = []

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return
        self.caught.append(f"{scope['method']} {scope['path']}")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


@pytest.fixture
def trap() -> Trap:
    return Trap()


@pytest.fixture
def listener(trap) -> Iterator[Served]:
    with serve(trap) as served:
        yield served


@pytest.fixture
def named(listener) -> list[str]:
    """This machine, its cloud's metadata, and a name that may resolve to either."""
    own = f"127.0.0.1:{listener.port}"
    return [
        own,
        "localhost",
        "[::1]",
        "169.254.169.254",
        "metadata.google.internal",
        "127.0.0.1.nip.example",
    ]


@pytest.fixture
async def ask(variables, monkeypatch, services):
    """A function, with the simulated platform; what it does after its answer is done."""
    given = {"DRAIN_SECRET": SECRET, **variables}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    for cache in caches:
        cache.cache_clear()

    async def ask(name: str, method: str, body: bytes = b"", **headers: str) -> httpx.Response:
        signature = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
        sent = {"x-vercel-signature": signature}
        sent |= {key.replace("_", "-"): value for key, value in headers.items()}
        transport = httpx.ASGITransport(functions[name].app)
        async with httpx.AsyncClient(transport=transport, base_url="http://control") as http:
            return await http.request(method, "/api/x", content=body, headers=sent)

    yield ask
    await caches[1]().close()
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def token(services):
    async def token(role: Role) -> str:
        made = await services.access.mint(name="Ada", role=role, by="test", lifetime=None)
        return f"Bearer {made}"

    return token


@pytest.fixture
def is_untouched(reached, named, trap):
    """The simulator's own connections are among what was reached."""

    def is_untouched() -> bool:
        hosts = [host.strip("[]") for host in named]
        met = [one for one in reached if any(one.startswith(host) for host in hosts)]
        assert (met, trap.caught) == ([], [])
        return True

    return is_untouched


async def test_whoever_asks_the_listener_is_heard(listener, reached, trap):
    async with httpx.AsyncClient(trust_env=False) as http:
        await http.get(f"{listener.url}/heard")

    assert (reached[0], trap.caught) == (f"127.0.0.1:{listener.port}", ["GET /heard"])


@pytest.mark.parametrize("kind", ["deployment.promoted", "deployment.checkrun.start"])
async def test_a_webhook_names_no_host(kind, services, named, is_untouched, platform):
    arrivals = replace(services.arrivals, check=replace(services.check, check_id="check_1"))
    for number, host in enumerate(named):
        deployment = {"id": f"../../http://{host}/", "url": host, "inspectorUrl": f"http://{host}/"}
        payload = {
            "project": {"id": platform.config.project_id, "name": host},
            "deployment": deployment,
            "alias": [host],
            "url": f"http://{host}/",
            "links": {"deployment": f"http://{host}/"},
        }
        event = {"id": f"evt_{number}", "type": kind, "createdAt": int(time.time() * 1000)}
        body = json.dumps(event | {"payload": payload}).encode()
        incoming = read_event(body)
        assert await services.events.is_news(incoming)
        await arrivals.follow(incoming, stop_at=time.monotonic())

    assert is_untouched()


async def test_a_line_of_the_drain_names_no_host(ask, named, is_untouched, platform):
    now = int(time.time() * 1000)
    lines = [
        {
            "requestId": f"http://{host}/",
            "deploymentId": deployment,
            "projectId": platform.config.project_id,
            "source": "lambda",
            "host": host,
            "statusCode": 500,
            "proxy": {
                "timestamp": now,
                "host": host,
                "path": f"http://{host}/",
                "clientIp": host,
                "referer": f"http://{host}/",
                "userAgent": [f"http://{host}/"],
            },
        }
        for host in named
        for deployment in ("dpl_1", f"../{host}", host)
    ]
    answer = await ask("drains.logs", "POST", gzip.compress(json.dumps(lines).encode()))

    assert answer.status_code == 200
    assert is_untouched()


async def test_a_client_names_no_host(ask, named, is_untouched, token):
    operator, recorder = await token(Role.OPERATOR), await token(Role.RECORDER)
    common = {"environment": "production"}
    for host in named:
        order = common | {"reason": f"http://{host}/", "note": host}
        for target in (host, f"http://{host}/", "dpl_x/../..", "dpl_none"):
            body = json.dumps(order | {"deployment_id": target}).encode()
            answer = await ask("rollback.trigger", "POST", body, authorization=operator)
            assert answer.status_code in {409, 422}
        release = common | {"git_sha": "a" * 40, "vercel_deployment_id": "dpl_9"}
        release |= {"title": f"http://{host}/", "author": host}
        body = json.dumps(release).encode()
        answer = await ask("deployments", "POST", body, authorization=recorder)
        assert answer.status_code in {200, 201}
        more = {"url": f"http://{host}/"}
        body = json.dumps(release | more).encode()
        assert (await ask("deployments", "POST", body, authorization=recorder)).status_code == 422

    assert is_untouched()


async def test_a_host_header_names_no_host(ask, named, is_untouched, token):
    viewer = await token(Role.VIEWER)
    for host in named:
        forwarded = {"x_forwarded_host": host, "forwarded": f"host={host}", "origin": host}
        answer = await ask("overview", "GET", authorization=viewer, host=host, **forwarded)
        assert answer.status_code == 200
        assert host not in answer.text

    assert is_untouched()


class TestDeployments:
    """The platform names their addresses; only those of the app's project are its word."""

    @pytest.fixture
    def says(self):
        """A client of a platform that tells this of every deployment."""

        async def says(**told: str) -> str:
            async def app(scope, receive, send) -> None:
                headers = [(b"content-type", b"application/json")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                body = json.dumps({"id": "dpl_1"} | told).encode()
                await send({"type": "http.response.body", "body": body})

            with serve(app) as served:
                async with make_http(base_url=served.url, token="t", team_id="") as http:
                    return (await VercelClient(http, "prj_app").deployment("dpl_1")).url

        return says

    async def test_of_the_apps_project_have_an_address(self, says):
        assert await says(projectId="prj_app", url="a-b.vercel.app") == "a-b.vercel.app"

    @pytest.mark.parametrize("project", ["prj_other", ""])
    async def test_of_another_project_have_none(self, says, project):
        assert await says(projectId=project, url="a-b.vercel.app") == ""

    async def test_that_resolve_to_this_machine_have_none(self, says, named):
        for host in named:
            assert await says(projectId="prj_app", url=host) == ""

    async def test_recorded_before_are_not_probed_there(self, named, trap, reached):
        for host in ["", *named[:-1]]:
            look = await Prober().look(host)
            assert look.health is Health.UNKNOWN

        assert (reached, trap.caught) == ([], [])


class TestRedirects:
    """Whoever is asked may send us anywhere: we do not go."""

    @pytest.fixture(params=[301, 302, 303, 307, 308])
    def turning(self, request, listener) -> Iterator[str]:
        async def app(scope, receive, send) -> None:
            if scope["type"] != "http":
                return
            location = [(b"location", f"{listener.url}/caught".encode())]
            start = {"type": "http.response.start", "status": request.param}
            await send(start | {"headers": location})
            await send({"type": "http.response.body", "body": b""})

        with serve(app) as served:
            yield served.url

    async def test_are_not_followed_by_any_client(self, turning, trap):
        async with make_http(base_url=turning, token="t", team_id="") as http:
            client = VercelClient(http, "prj_app")
            with pytest.raises(errors.Upstream):
                await client.project()
            with pytest.raises(errors.Upstream):
                await client.assign_alias("dpl_1", "a.example")
            await client.is_reachable()
        await Prober(turning).look("a.vercel.app")
        async with make_notify_http() as http:
            await http.post(turning, json={})
        await Deadman(make_notify_http, turning).ping()
        variables = {"DATABASE_URL": "postgresql://x/y", "STRIPE_API_URL": turning}
        with pytest.raises(httpx.HTTPStatusError):
            await stripe.check(load(variables | {"STRIPE_SECRET_KEY": "k"}))
        redis = RedisClient(turning, "t")
        with pytest.raises(RedisUnavailable):
            await redis.run("PING")
        await redis.close()

        assert trap.caught == []
