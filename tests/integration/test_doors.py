"""The table of doors, cell by cell, on the functions themselves: who is let in, and who is not."""

import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location

import httpx
import pytest

from dev.places import ROOT
from dev.routing import Asked, Invoke, Routing
from dev.vercel_json import functions, read
from lib import settings as settings_module
from lib import wiring
from lib.access.cookie import COOKIE
from lib.access.doors import DOORS, Door, Key, Signed
from lib.access.models import Role
from lib.access.sessions import Policy, Sessions
from lib.access.store import AccessStore
from lib.flags.room import EVALUATE
from lib.operations.actions import ACTIONS
from lib.postgres import Database

HOST = "http://control.example"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY")
HOUR = timedelta(hours=1)
POLICY = Policy(lifetime=HOUR, idle=HOUR, rotate=HOUR)
SECRETS = {"cron_secret": "cron", "webhook_secret": "webhook", "drain_secret": "drain"}
SIGNED_BODY = b"{}"
OWN_PAGE = {"origin": HOST}
ELSEWHERE = {"origin": "https://evil.example"}
NOT_LET_IN = {401, 403}


def routes() -> dict[str, str]:
    """The function files, by the route of each; and by those that have doors of their own."""
    files = {f"/{file.removesuffix('.py')}": file for file in functions(ROOT)}
    return files | dict.fromkeys((EVALUATE, f"{EVALUATE}/[key]"), "api/flags.py")


def load(file: str):
    """As the platform does: `[id]` is no name that could be imported."""
    spec = spec_from_file_location(re.sub(r"\W", "_", file), ROOT / file)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.app


@pytest.fixture
async def ask(database_url, monkeypatch) -> Callable[..., Awaitable[int]]:
    """A function as the platform calls it, until its work after the answer is done."""
    caches = (settings_module.settings, wiring.services)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("APP_PROJECT_ID", "prj_app")
    for name in ("VERCEL_API_URL", "EDGE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("FAILED_ATTEMPTS_PER_ADDRESS", "FAILED_ATTEMPTS_PER_SUBJECT"):
        monkeypatch.setenv(name, "100000")
    for setting, secret in SECRETS.items():
        monkeypatch.setenv(setting.upper(), secret)
    for cache in caches:
        cache.cache_clear()
    apps = {route: load(file) for route, file in routes().items()}

    async def ask(route: str, method: str, headers: dict[str, str], body: bytes = b"") -> int:
        transport = httpx.ASGITransport(apps[route])
        path = re.sub(r"\[\w+\]", "none", route)
        async with httpx.AsyncClient(transport=transport, base_url=HOST) as http:
            answer = await http.request(method, path, headers=headers, content=body)
        return answer.status_code

    yield ask
    await wiring.services().close()
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
async def access(database_url):
    database = Database(database_url)
    yield AccessStore(database)
    await database.close()


@pytest.fixture
async def callers(access, control, pass_time) -> dict[str, tuple[dict[str, str], Role | None]]:
    """What each sends, and the role that it has by that; None: it has none any more."""

    async def mint(role: Role, name: str, lifetime: timedelta | None = None) -> str:
        return await access.mint(name=name, role=role, by="test", lifetime=lifetime)

    async def sign_in(token: str) -> str:
        return (await sessions.sign_in(token))[1].secret

    sessions = Sessions(access.database, POLICY)
    old = await mint(Role.ADMIN, "expired", HOUR)
    old_session = await sign_in(await mint(Role.ADMIN, "late"))
    await pass_time(HOUR)
    revoked = await mint(Role.ADMIN, "revoked")
    revoked_session = await sign_in(revoked)
    await control.execute("UPDATE tokens SET revoked_at = app_now() WHERE name = 'revoked'")
    found: dict[str, tuple[dict[str, str], Role | None]] = {
        "nobody": ({}, None),
        "guessed": (bearer("wsr_guessed"), None),
        "expired": (bearer(old), None),
        "revoked": (bearer(revoked), None),
        "expired session": (cookie(old_session) | OWN_PAGE, None),
        "revoked session": (cookie(revoked_session) | OWN_PAGE, None),
        "cron secret": (bearer(SECRETS["cron_secret"]), None),
    }
    for role in Role:
        token = await mint(role, role)
        session = await sign_in(token)
        found[role] = (bearer(token), role)
        found[f"{role} session"] = (cookie(session) | OWN_PAGE, role)
        found[f"{role} token as session"] = (cookie(token) | OWN_PAGE, None)
        found[f"{role} session as token"] = (bearer(session), None)
    return found


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def cookie(session: str) -> dict[str, str]:
    return {"cookie": f"{COOKIE}={session}"}


def signed(secret: str) -> dict[str, str]:
    signature = hmac.new(secret.encode(), SIGNED_BODY, hashlib.sha1).hexdigest()
    return {"x-vercel-signature": signature}


def lets_in(door: Door, name: str, headers: dict[str, str], role: Role | None) -> bool:
    match door:
        case Role():
            return role is not None and role.may(door)
        case Key.KNOWN:
            return role is not None
        case Key.APP:
            return role is not None and role.may(Role.VIEWER)
        case Key.CRON:
            return name == "cron secret"
        case Key.OWN_PAGE:
            return headers.get("origin") == HOST
        case Key.NONE:
            return True
        case Signed():
            return False
    raise AssertionError(door)


def test_each_function_has_its_row_and_each_row_its_function():
    assert DOORS.keys() == routes().keys()


def test_each_rewrite_leads_to_a_function_of_the_table():
    declared = json.loads((ROOT / "vercel.json").read_text())
    routing = Routing(ROOT, read(ROOT), functions(ROOT))
    for rewrite in declared.get("rewrites", []):
        path = re.sub(r":\w+(\([^)]*\))?\*?", "x", rewrite["source"])
        found = routing.decide(Asked("control.example", path))
        assert isinstance(found, Invoke), rewrite
        assert f"/{found.function.removesuffix('.py')}" in DOORS, rewrite


@pytest.mark.parametrize("route", DOORS)
async def test_a_method_without_a_row_is_answered_405_whoever_asks(route, ask, callers):
    others = [method for method in METHODS if method not in DOORS[route]]
    wrong = {
        (method, name): status
        for method in others
        for name, (headers, _) in callers.items()
        if (status := await ask(route, method, headers)) != 405
    }

    assert wrong == {}


@pytest.mark.parametrize(
    ("route", "method"),
    [(route, method) for route, methods in DOORS.items() for method in methods],
)
async def test_a_door_opens_to_whom_its_row_says(route, method, ask, callers):
    door, wrong = DOORS[route][method], {}
    for name, (headers, role) in callers.items():
        if door is Key.CRON and name == "cron secret":
            continue  # a whole sweep: its own test
        status = await ask(route, method, headers)
        is_known = (isinstance(door, Role) or door is Key.APP) and role is not None
        refused = 403 if is_known or door is Key.OWN_PAGE else 401
        expected = lets_in(door, name, headers, role)
        # Whoever may is told what is wrong with an empty request, if anything is.
        if (status in NOT_LET_IN) is expected or (not expected and status != refused):
            wrong[name] = status

    assert wrong == {}


@pytest.mark.parametrize(
    ("route", "method"),
    [
        (route, method)
        for route, methods in DOORS.items()
        for method, door in methods.items()
        if isinstance(door, Role) or door in {Key.KNOWN, Key.APP}
    ],
)
@pytest.mark.parametrize("origin", [{}, ELSEWHERE, {"origin": "null"}], ids=["no", "other", "null"])
async def test_cross_site_a_cookie_reads_at_most(route, method, origin, ask, callers):
    session = callers["admin session"][0]["cookie"]
    status = await ask(route, method, {"cookie": session} | origin)

    assert (status == 403) is (method not in {"GET", "HEAD"})


@pytest.mark.parametrize("origin", [{}, ELSEWHERE], ids=["no", "other"])
@pytest.mark.parametrize("method", DOORS["/api/session"])
async def test_cross_site_nobody_signs_in_or_out(method, origin, ask, callers):
    session = callers["admin session"][0]["cookie"]

    assert await ask("/api/session", method, {"cookie": session} | origin) == 403


@pytest.mark.parametrize("route", ["/api/webhooks/vercel", "/api/drains/logs"])
async def test_a_signature_opens_its_own_door_only(route, ask):
    secret = {name: signed(secret) for name, secret in SECRETS.items()}
    own = DOORS[route]["POST"].setting
    answers = {
        name: await ask(route, "POST", headers, SIGNED_BODY) not in NOT_LET_IN
        for name, headers in secret.items()
    }

    assert answers == {name: name == own for name in SECRETS}


async def test_the_schedulers_secret_opens_the_sweep(ask, monkeypatch, control):
    """Without the platform it looks at nothing, and is over at once."""
    await control.execute("UPDATE environments SET next_look_at = 'infinity'")

    assert await ask("/api/cron/health_sweep", "GET", bearer(SECRETS["cron_secret"])) == 200


#: Each that opens a route, with what would open it.
OPENING = {
    "CRON_SECRET": ("/api/cron/health_sweep", "GET", {"authorization": "Bearer "}),
    "WEBHOOK_SECRET": ("/api/webhooks/vercel", "POST", signed("")),
    "DRAIN_SECRET": ("/api/drains/logs", "POST", signed("")),
}


def test_each_door_that_a_secret_opens_is_in_the_list():
    by_secret = {
        (route, method)
        for route, methods in DOORS.items()
        for method, door in methods.items()
        if isinstance(door, Signed) or door is Key.CRON
    }

    assert {(route, method) for route, method, _ in OPENING.values()} == by_secret


@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
@pytest.mark.parametrize("secret", OPENING)
async def test_an_unset_secret_closes_its_door_and_the_log_alone_says_so(
    secret, value, ask, monkeypatch, caplog
):
    route, method, headers = OPENING[secret]
    wrong = await ask(route, method, headers | {"authorization": "Bearer x"}, SIGNED_BODY)
    if value is None:
        monkeypatch.delenv(secret)
    else:
        monkeypatch.setenv(secret, value)
    settings_module.settings.cache_clear()
    caplog.clear()

    assert await ask(route, method, headers, SIGNED_BODY) == wrong == 401
    assert "route_closed" in caplog.text


def bodies() -> dict[str, dict[str, object]]:
    """An order for each action, about nothing that exists."""
    subjects = {
        "lift_quarantine": "a" * 40,
        "acknowledge": "1",
        "set_mode": "automatic",
        "set_security_floor": "",
    }
    names = [model.model_fields["action"].annotation.__args__[0] for model in ACTIONS]
    common = {"environment": "staging", "reason": "Trying"}
    return {
        name: common | {"action": name} | ({"subject": subjects[name]} if name in subjects else {})
        for name in names
    }


@pytest.mark.parametrize(("action", "name"), [*zip(ACTIONS.values(), bodies(), strict=True)])
async def test_an_action_is_done_for_whom_its_row_says(action, name, ask, callers):
    body = json.dumps(bodies()[name]).encode()
    allowed = {
        role
        for role in Role
        if await ask("/api/operations", "POST", callers[role][0], body) not in NOT_LET_IN
    }

    assert allowed == {role for role in Role if role.may(action.role) and role.may(Role.OPERATOR)}
