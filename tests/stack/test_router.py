"""The front door: a small project, routed by its vercel.json, run by the platform's runtime."""

import asyncio
import json
import os
import signal
import textwrap
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from dev.functions import Surroundings
from dev.router import Front, Router
from dev.serving import serve
from tests.waiting import PATIENCE_SECONDS

VERCEL_JSON = {
    "framework": None,
    "cleanUrls": True,
    "functions": {"api/slow.py": {"maxDuration": 1}, "api/**/*.py": {"maxDuration": 30}},
    "crons": [{"path": "/api/cron/sweep", "schedule": "* * * * *"}],
    "routes": [
        {
            "src": "/(.*)",
            "has": [
                {"type": "host", "value": "wedding.example"},
                {"type": kind, "key": "slot", "value": "blue"},
            ],
            "dest": "https://blue.example/$1",
        }
        for kind in ("cookie", "header")
    ]
    + [
        {
            "src": "/(.*)",
            "has": [{"type": "host", "value": "wedding.example"}],
            "dest": "https://live.example/$1",
        }
    ],
    "rewrites": [{"source": "/healthz", "destination": "/api/echo"}],
    "redirects": [{"source": "/", "destination": "/admin/page", "permanent": False}],
    "headers": [
        {"source": "/(.*)", "headers": [{"key": "X-Frame-Options", "value": "DENY"}]},
        {
            "source": "/admin/:path*",
            "headers": [
                {"key": "Content-Security-Policy", "value": "default-src 'none'"},
                {"key": "Cache-Control", "value": "private, no-cache"},
            ],
        },
    ],
}

ECHO = """
    import json, os
    from vercel_runtime import get_deadline

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            return
        event = await receive()
        deadline = get_deadline()
        seen = {
            "path": scope["path"],
            "query": scope["query_string"].decode(),
            "headers": {k.decode(): v.decode() for k, v in scope["headers"]},
            "body": len(event["body"]),
            "deadline": deadline and deadline.isoformat(),
            "pid": os.getpid(),
            "env": dict(os.environ),
        }
        print("asked for", scope["path"])
        headers = [(b"content-type", b"application/json"), (b"set-cookie", b"a=1"),
                   (b"set-cookie", b"b=2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(seen).encode()})
"""

SLOW = """
    import asyncio

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            return
        await asyncio.sleep(3600)
"""


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))


async def edge(scope, receive, send):
    """The rest of the internet: says which host was asked for."""
    if scope["type"] == "lifespan":
        return
    host = dict(scope["headers"])[b"host"].decode()
    query = scope["query_string"].decode()
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": f"{host} {scope['path']} {query}".encode()})


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    write(
        root,
        {
            "vercel.json": json.dumps(VERCEL_JSON),
            "api/echo.py": ECHO,
            "api/things/[id].py": ECHO,
            "api/slow.py": SLOW,
            "api/broken.py": "import no_such_thing\napp = None",
            "api/_hidden.py": ECHO,
            "api/not_a_function.py": "x = 1",
            "public/admin/page.html": "<h1>page</h1>",
            "public/assets/a.js": "1",
            "public/404.html": "nothing here",
            "outside.txt": "secret",
        },
    )
    return root


@pytest.fixture(scope="module")
def said():
    return []


@pytest.fixture(scope="module")
def router(project, said, tmp_path_factory):
    logs = tmp_path_factory.mktemp("logs")
    env = {"PATH": os.environ["PATH"], "GREETING": "hello"}
    with serve(edge) as internet:
        front = Front(Surroundings(project, logs, env), internet.url, said.append, lambda: None)
        router = Router(front)
        router.logs = logs
        with serve(router.app) as served:
            router.url = served.url
            yield router


@pytest.fixture
async def http(router):
    async with httpx.AsyncClient(base_url=router.url, timeout=PATIENCE_SECONDS) as client:
        yield client


async def test_a_function_sees_what_was_asked(http):
    seen = (await http.post("/api/echo?a=1&b=%20", content=b"12345")).json()

    assert (seen["path"], seen["query"], seen["body"]) == ("/api/echo", "a=1&b=%20", 5)


async def test_a_dynamic_segment_joins_the_query_and_the_path_stays(http):
    seen = (await http.get("/api/things/rb_9?id=mine")).json()

    assert seen["path"] == "/api/things/rb_9"
    assert seen["query"] == "id=mine&id=rb_9"


async def test_a_rewrite_keeps_the_path_as_asked(http):
    assert (await http.get("/healthz")).json()["path"] == "/healthz"


async def test_a_function_sees_only_the_environment_it_is_given(http):
    env = (await http.get("/api/echo")).json()["env"]

    assert env["GREETING"] == "hello"
    assert "HOME" not in env


async def test_a_function_knows_its_deadline(http):
    before = datetime.now(UTC)
    seen = (await http.get("/api/echo")).json()
    began = datetime.fromisoformat(seen["deadline"]) - timedelta(seconds=30)

    assert before - timedelta(milliseconds=1) <= began <= datetime.now(UTC)


async def test_internal_headers_of_a_caller_are_not_believed(http):
    forged = {"x-vercel-internal-deadline": "2020-01-01T00:00:00.000Z", "x-real-ip": "1.2.3.4"}
    seen = (await http.get("/api/echo", headers=forged)).json()

    assert not seen["deadline"].startswith("2020")
    assert seen["headers"]["x-real-ip"] == "127.0.0.1"


async def test_every_set_cookie_arrives(http):
    assert (await http.get("/api/echo")).headers.get_list("set-cookie") == ["a=1", "b=2"]


async def test_headers_reach_functions_and_pages_alike(http):
    for path in ("/api/echo", "/admin/page", "/assets/a.js", "/nothing"):
        assert (await http.get(path)).headers["x-frame-options"] == "DENY"


async def test_the_csp_is_on_admin_pages_alone(http):
    page = await http.get("/admin/page")

    assert page.headers["content-security-policy"] == "default-src 'none'"
    assert page.headers["cache-control"] == "private, no-cache"
    assert "content-security-policy" not in (await http.get("/api/echo")).headers


async def test_a_page_answers_without_its_extension_and_redirects_with_it(http):
    assert (await http.get("/admin/page")).text == "<h1>page</h1>"
    redirected = await http.get("/admin/page.html")
    assert (redirected.status_code, redirected.headers["location"]) == (308, "/admin/page")


async def test_the_root_is_redirected(http):
    response = await http.get("/")

    assert (response.status_code, response.headers["location"]) == (307, "/admin/page")


async def test_an_unchanged_file_is_not_sent_again(http):
    first = await http.get("/assets/a.js")
    again = await http.get("/assets/a.js", headers={"if-none-match": first.headers["etag"]})

    assert (first.status_code, again.status_code) == (200, 304)


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/..%2Foutside.txt", "/api/nothing", "/api/_hidden", "/api/not_a_function"],
)
async def test_what_does_not_exist_is_not_found(http, path):
    assert (await http.get(path)).status_code == 404


async def test_a_missing_page_has_the_projects_own_page(http):
    assert (await http.get("/nothing")).text == "nothing here"


@pytest.mark.parametrize(
    ("headers", "host"),
    [
        ({}, "live.example"),
        ({"slot": "blue"}, "blue.example"),
        ({"cookie": "slot=blue"}, "blue.example"),
        ({"cookie": "slot=blueish"}, "live.example"),
    ],
    ids=["everyone", "by header", "by cookie", "another cookie"],
)
@pytest.mark.parametrize("path", ["/", "/api/echo", "/admin/page"])
async def test_the_public_host_belongs_to_another_origin(http, headers, host, path):
    response = await http.get(f"{path}?q=1", headers={**headers, "host": "wedding.example"})

    assert response.status_code == 418
    assert response.text == f"{host} {path} q=1"


async def test_a_function_keeps_its_process(http, router):
    first, second = [(await http.get("/api/echo")).json()["pid"] for _ in range(2)]

    assert first == second == router.pids["api/echo"]


async def test_many_first_requests_start_one_process(http):
    responses = await asyncio.gather(*(http.get("/api/things/1") for _ in range(10)))

    assert len({response.json()["pid"] for response in responses}) == 1


async def test_a_killed_function_is_replaced(http, router):
    pid = (await http.get("/api/echo")).json()["pid"]
    os.kill(pid, signal.SIGKILL)

    again = await until_status(http, "/api/echo", 200)

    assert again.json()["pid"] not in {None, pid}
    assert router.pids["api/echo"] == again.json()["pid"]


async def until_status(http, path, status):
    """A kill and the request after it race; the platform would answer 500 to the loser."""
    while (response := await http.get(path)).status_code != status:
        pass
    return response


async def test_what_a_function_prints_is_in_its_log(http, router):
    await http.get("/api/echo")

    assert "asked for /api/echo" in (router.logs / "api-echo.log").read_text()


async def test_a_function_that_cannot_start_says_why(http, said):
    response = await http.get("/api/broken")

    assert response.status_code == 500
    assert response.headers["x-vercel-error"] == "FUNCTION_INVOCATION_FAILED"
    assert any("No module named 'no_such_thing'" in line for line in said)


async def test_a_function_that_takes_too_long_is_ended(http, router):
    response = await http.get("/api/slow")

    assert response.status_code == 504
    assert "api/slow" not in router.pids


async def test_a_body_over_the_platforms_limit_is_refused(http):
    assert (await http.post("/api/echo", content=b"x" * 4_600_000)).status_code == 413
