"""Tokens and sessions on a real Postgres, and the functions as the platform calls them."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module

import httpx
import pytest

from lib.access.gate import Gate
from lib.access.models import Role
from lib.access.sessions import Policy, Sessions
from lib.access.store import AccessStore
from lib.postgres import Database
from tests.integration.access.issuer import Issuer, serve_issuer

HOST = "http://control.example"
POLICY = Policy(lifetime=timedelta(hours=12), idle=timedelta(hours=2), rotate=timedelta(hours=1))
caches = (import_module("lib.settings").settings, import_module("lib.wiring").services)


@pytest.fixture
async def database(database_url):
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def access(database):
    return AccessStore(database)


@pytest.fixture
def sessions(database):
    return Sessions(database, POLICY)


@pytest.fixture
def gate(access, sessions):
    return Gate(access, sessions)


@pytest.fixture
def mint(access):
    async def mint(role: Role = Role.OPERATOR, *, name: str = "Ada") -> str:
        return await access.mint(name=name, role=role, by="test", lifetime=None)

    return mint


@pytest.fixture
def sign_in(sessions, mint):
    async def sign_in(token: str = "") -> str:
        return (await sessions.sign_in(token or await mint()))[1].secret

    return sign_in


@pytest.fixture
def rows(control):
    async def rows(query: str) -> list[tuple]:
        found = await (await control.execute(query)).fetchall()
        return [tuple(row.values()) for row in found]

    return rows


@pytest.fixture
def environment(database_url) -> dict[str, str]:
    """Of the functions; tests change it before they ask."""
    return {"DATABASE_URL": database_url}


@pytest.fixture
async def ask(environment, monkeypatch):
    """A function of api/ as the platform calls it, until its work after the answer is done."""

    def start() -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        for cache in caches:
            cache.cache_clear()

    is_started = False

    async def ask(function: str, method: str, path: str = "/api/x", **more) -> httpx.Response:
        nonlocal is_started
        if not is_started:
            start()
            is_started = True
        transport = httpx.ASGITransport(import_module(f"api.{function}").app)
        async with httpx.AsyncClient(transport=transport, base_url=HOST) as http:
            more["headers"] = {"origin": HOST} | more.get("headers", {})
            return await http.request(method, path, **more)

    yield ask
    if is_started:
        await caches[1]().close()
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = serve_issuer()
    yield issuer
    issuer.served.stop()
