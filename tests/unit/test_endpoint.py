"""A function's URL: which methods it answers, and what it answers when something goes wrong."""

import json

import httpx
import pytest
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.requests import Request

from lib import errors
from lib.access.doors import DOORS, Key
from lib.web import Reply, endpoint
from lib.web.endpoint import Handler, NoSuchDoor


class Greeting(BaseModel):
    hello: str


async def greet(request: Request) -> Reply:
    return Reply(Greeting(hello=request.query_params.get("name", "you")))


@pytest.fixture(autouse=True)
def own_door():
    yield
    DOORS.pop("/api/x", None)


def opened(**handlers: Handler):
    """A function at a door of its own that anyone may open."""
    DOORS["/api/x"] = {name.upper(): Key.NONE for name in handlers}
    return endpoint("/api/x", **handlers)


async def ask(app, method: str = "GET", **options: object) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://control.example") as http:
        return await http.request(method, "/api/x?name=Ada", **options)


def logged(caplog) -> list[dict[str, str]]:
    """What the platform keeps of it: only the text."""
    return [json.loads(entry.getMessage()) for entry in caplog.records]


def failing(error: Exception):
    async def fail(_: Request) -> Reply:
        raise error

    return opened(get=fail)


async def test_an_answer_is_json_that_nobody_keeps():
    answer = await ask(opened(get=greet))

    assert answer.json() == {"hello": "Ada"}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "method", ["POST", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "BREW"]
)
async def test_a_method_it_does_not_know_is_told_those_it_does(method):
    answer = await ask(opened(get=greet, put=greet), method)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, PUT"


async def test_an_error_is_a_problem():
    answer = await ask(failing(errors.Conflict("Production has moved on.")))

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "Production has moved on."


async def test_a_database_that_is_away_is_said_to_come_back():
    answer = await ask(failing(errors.DatabaseUnavailable("Postgres did not answer.")))

    assert answer.status_code == 503
    assert answer.json()["type"].endswith("#database-unavailable")
    assert answer.headers["retry-after"]


async def test_an_unexpected_error_leaks_nothing():
    answer = await ask(failing(RuntimeError("postgresql://me:hunter2@db")))

    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert answer.json()["type"].endswith("#unexpected")


async def test_an_unexpected_error_is_found_in_the_log_by_its_id(caplog):
    answer = await ask(failing(RuntimeError("boom")), headers={"x-vercel-id": "fra1::abc"})

    [entry] = logged(caplog)
    assert answer.json()["instance"] == "urn:request:fra1::abc"
    assert (entry["event"], entry["request_id"]) == ("request_crashed", "fra1::abc")
    assert "boom" in entry["error"]


async def test_work_goes_on_after_the_answer():
    done = []

    async def accept(_: Request) -> Reply:
        return Reply(Greeting(hello="later"), after=BackgroundTask(done.append, "work"))

    await ask(opened(post=accept), "POST")

    assert done == ["work"]


async def test_a_reply_may_be_empty():
    async def nothing(_: Request) -> Reply:
        return Reply()

    answer = await ask(opened(get=nothing))

    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_log_entry_of_a_refusal_names_the_problem(caplog):
    await ask(failing(errors.Forbidden("Ada may not.")))

    [entry] = logged(caplog)
    assert entry["event"] == "request_refused"
    assert (entry["problem"], entry["path"]) == ("forbidden", "/api/x")


@pytest.mark.parametrize(
    ("route", "methods"),
    [("/api/x", ["get"]), ("/api/audit", ["get", "post"]), ("/api/deployments", ["get"])],
    ids=["no-row", "a-method-more", "a-method-less"],
)
def test_a_function_that_the_table_does_not_know_does_not_load(route, methods):
    with pytest.raises(NoSuchDoor):
        endpoint(route, **dict.fromkeys(methods, greet))
