"""What a row says of the request behind it, and what a request leaves to do when it is answered."""

from datetime import timedelta
from importlib import import_module

import httpx
import pytest

from lib.access.cookie import COOKIE
from lib.access.models import Caller, Role
from lib.access.store import AccessStore
from lib.audit import origin
from lib.audit.store import write_audit

session_function = import_module("api.session")
operations_function = import_module("api.operations")
deployments_function = import_module("api.deployments")
caches = (import_module("lib.settings").settings, import_module("lib.wiring").services)
HOST = "http://control.example"
ADDRESS = "203.0.113.7"
SAID = (
    "SELECT actor, role, authenticated_by, address, request_id, action, result FROM audit"
    " WHERE actor <> 'test' ORDER BY id"
)
COUNTED = (
    "SELECT address, problem, sum(count)::int AS count, min(example) AS example"
    " FROM denied_attempts GROUP BY address, problem"
)
MODE = {"action": "set_mode", "subject": "shadow", "reason": "Trying it", "environment": "staging"}
PRESSED = {
    "origin": HOST,
    "x-forwarded-for": f"{ADDRESS}, 10.0.0.1",
    "x-vercel-id": "fra1::abc",
}


@pytest.fixture
async def ask(database_url, monkeypatch):
    """A function as the platform calls it, until its work after the answer is done."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("AUDIT_KEYS", "now:0123456789abcdef0123456789abcdef")
    for cache in caches:
        cache.cache_clear()

    async def ask(function, method: str, path: str = "/api/x", **more: object) -> httpx.Response:
        transport = httpx.ASGITransport(function.app)
        async with httpx.AsyncClient(transport=transport, base_url=HOST) as http:
            more["headers"] = PRESSED | more.get("headers", {})
            return await http.request(method, path, **more)

    yield ask
    await caches[1]().close()
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def mint(database):
    async def mint(role: Role) -> str:
        return await AccessStore(database).mint(
            name="Ada", role=role, by="test", lifetime=timedelta(hours=1)
        )

    return mint


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_who_came_by_what_from_where_is_said(ask, mint, rows):
    token = await mint(Role.ADMIN)
    signed_in = await ask(session_function, "POST", json={"token": token})
    cookie = {"cookie": f"{COOKIE}={signed_in.cookies[COOKIE]}"}
    changed = await ask(operations_function, "POST", json=MODE, headers=bearer(token))
    back = await ask(
        operations_function, "POST", json=MODE | {"subject": "automatic"}, headers=cookie
    )
    await ask(session_function, "DELETE", headers=cookie)

    assert (changed.status_code, back.status_code) == (200, 200), (changed.text, back.text)
    of = (ADDRESS, "fra1::abc")
    assert await rows(SAID) == [
        ("Ada", "admin", "token", *of, "session.start", "ok"),
        ("Ada", "admin", "token", *of, "operation.set_mode", "ok"),
        ("Ada", "admin", "session", *of, "operation.set_mode", "ok"),
        ("Ada", "admin", "session", *of, "session.end", "ok"),
    ]


async def test_what_a_request_wrote_is_sealed_when_it_is_over(ask, mint, rows, verify):
    token = await mint(Role.ADMIN)
    await ask(session_function, "POST", json={"token": token})

    assert await rows("SELECT count(*) FROM audit_unsealed") == [(0,)]
    assert (await verify()).findings == []


async def test_somebody_known_who_may_not_is_a_row_and_sealed(ask, mint, rows):
    token = await mint(Role.VIEWER)
    answer = await ask(operations_function, "POST", json=MODE, headers=bearer(token))

    assert answer.status_code == 403
    assert await rows(SAID) == [
        ("Ada", "viewer", "token", ADDRESS, "fra1::abc", "access.denied", "denied")
    ]
    assert await rows("SELECT subject, reason FROM audit WHERE action = 'access.denied'") == [
        ("POST /api/x", "Ada has the role viewer; this needs operator. Ask an admin.")
    ]
    assert await rows("SELECT count(*) FROM audit_unsealed") == [(0,)]


@pytest.mark.parametrize(
    ("function", "method", "more", "problem"),
    [
        (operations_function, "POST", {"headers": bearer("wsr_guessed")}, "unauthenticated"),
        (operations_function, "POST", {}, "unauthenticated"),
        (deployments_function, "GET", {}, "unauthenticated"),
        (session_function, "POST", {"json": {"token": "wsr_guessed"}}, "unauthenticated"),
        (session_function, "POST", {"headers": {"origin": "http://evil.example"}}, "forbidden"),
    ],
)
async def test_nobody_known_is_counted(ask, rows, function, method, more, problem):
    await ask(function, method, **more)
    await ask(function, method, **more)

    assert await rows(COUNTED) == [(ADDRESS, problem, 2, f"{method} /api/x")]
    assert await rows("SELECT count(*) FROM audit") == [(0,)]
    assert "guessed" not in str(await rows("SELECT * FROM denied_attempts"))


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/api/rollback/status/%00%0Ax", "/api/rollback/status/…"),
        ("/api/%00%1B[31m", "/api/??[31m"),
        ("/api/" + "x" * 5000, "/api/" + "x" * 95),
    ],
)
async def test_a_path_cannot_hide_who_tried_it(ask, rows, path, kept):
    await ask(operations_function, "POST", path)

    assert await rows("SELECT example, count FROM denied_attempts") == [(f"POST {kept}", 1)]


async def test_an_address_that_is_none_is_not_kept(ask, rows):
    await ask(operations_function, "POST", headers={"x-forwarded-for": "'; DROP TABLE audit"})

    assert await rows("SELECT address FROM denied_attempts") == [("",)]


async def test_a_refusal_is_answered_though_it_cannot_be_written(ask, monkeypatch, caplog):
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:9/none")
    for cache in caches:
        cache.cache_clear()
    answer = await ask(operations_function, "POST")

    assert answer.status_code == 401
    assert "audit_waits" in caplog.text


async def test_who_carries_on_with_anothers_work_is_not_said_to_be_them(database, rows):
    request = origin.Origin("r1", ADDRESS, Caller(name="Bob", role=Role.VIEWER), "session")
    token = origin.CURRENT.set(request)
    async with database.transaction() as connection:
        await write_audit(connection, actor="Ada", action="rollback.end", result="completed")
    origin.CURRENT.reset(token)

    assert await rows(SAID) == [("Ada", None, None, None, "r1", "rollback.end", "completed")]
