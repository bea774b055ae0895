"""One Postgres and one Redis for the whole run; every test has databases of its own."""

import logging
from collections.abc import Iterator

import pytest

from dev.postgres import Postgres
from dev.serving import serve
from dev.upstash import upstash_app
from dev.valkey import Valkey

REDIS_TOKEN = "redis-token"


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """A function that is loaded makes JSON of every handler's lines, pytest's own among them."""
    before = {handler: [*handler.filters] for handler in logging.getLogger().handlers}
    yield
    for handler in logging.getLogger().handlers:
        handler.filters[:] = before.get(handler, [])


@pytest.fixture(scope="session")
def postgres(tmp_path_factory) -> Iterator[Postgres]:
    with Postgres.start(tmp_path_factory.mktemp("postgres"), durable=False) as started:
        yield started


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The REST address of a real server; its token is REDIS_TOKEN."""
    with Valkey.start(None) as valkey, serve(upstash_app(valkey.url, REDIS_TOKEN)) as served:
        yield served.url
