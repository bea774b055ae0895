"""A platform with a database for its app, put back to one good release before each test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dev.platform import Config, Endpoint, Platform
from dev.postgres import Postgres
from dev.sample_app.migrate import migrate
from dev.serving import serve
from tests.waiting import PATIENCE_SECONDS, wait_until

PRODUCTION = "production-wedsync.vercel.app"
TOKEN = "localtoken"
TEAM = "team_wedsync"
SECRET = "hook-secret"


@dataclass
class Receiver:
    """Receives events and log batches; refuses as many as it is told to."""

    refuse: int = 0
    #: (headers, body) of every delivery, refused ones too.
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, request: Request) -> Response:
        self.received.append((dict(request.headers), await request.body()))
        self.refuse -= 1
        return Response(status_code=503 if self.refuse >= 0 else 200)


@pytest.fixture(scope="session")
def receiver_at() -> Iterator[tuple[Receiver, str]]:
    receiver = Receiver()
    with serve(Starlette(routes=[Route("/", receiver.__call__, methods=["POST"])])) as served:
        yield receiver, served.url


@pytest.fixture(scope="session")
def postgres(tmp_path_factory) -> Iterator[Postgres]:
    with Postgres.start(tmp_path_factory.mktemp("postgres"), durable=False) as started:
        yield started


@pytest.fixture(scope="session")
def database_url(postgres) -> str:
    postgres.create_database("wedding")
    return postgres.url("wedding")


@pytest.fixture(scope="session")
def config(database_url, receiver_at) -> Config:
    endpoint = Endpoint(url=receiver_at[1] + "/", secret=SECRET)
    return Config(
        app_database_url=database_url,
        webhooks=[endpoint],
        drains=[],
        function_seconds=PATIENCE_SECONDS,
        job_step_seconds=0.05,
        redelivery_seconds=0.02,
        drain_seconds=0.02,
    )


@pytest.fixture(scope="session")
def running(config) -> Iterator[Platform]:
    with Platform(config) as platform:
        platform.release("good")
        # Or they would come during the first test.
        wait_until(lambda: platform.state()["undelivered"] == 0)
        platform.snapshot("one good release")
        yield platform


@pytest.fixture
def platform(running, receiver, eventually) -> Iterator[Platform]:
    """v1, good, is live on production; nothing else has happened."""
    running.restore("one good release")
    yield running
    receiver.refuse = 0
    # Or they would come during the next test.
    eventually(lambda: running.state()["undelivered"] == 0)


@pytest.fixture
def receiver(receiver_at) -> Receiver:
    receiver: Receiver = receiver_at[0]
    receiver.refuse = 0
    receiver.received.clear()
    return receiver


@pytest.fixture
def v1(platform) -> dict[str, Any]:
    return platform.state()["deployments"][0]


@pytest.fixture
def api(platform) -> Iterator[httpx.Client]:
    with platform.client() as client:
        yield client


@pytest.fixture
def visitor(platform) -> Iterator[httpx.Client]:
    """Somebody who looks at production."""
    with httpx.Client(
        base_url=platform.edge_url,
        headers={"host": PRODUCTION},
        timeout=PATIENCE_SECONDS,
        trust_env=False,
    ) as client:
        yield client


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], object]:
    return wait_until


@dataclass(frozen=True)
class Switch:
    """Production, and the calls that switch it."""

    api: httpx.Client
    visitor: httpx.Client
    eventually: Callable[[Callable[[], object]], object]

    def roll_back(self, deployment: dict[str, Any]) -> httpx.Response:
        return self.api.post(f"/v1/projects/prj_wedsync/rollback/{deployment['id']}")

    def promote(self, deployment: dict[str, Any]) -> httpx.Response:
        return self.api.post(f"/v10/projects/prj_wedsync/promote/{deployment['id']}")

    def project(self) -> dict[str, Any]:
        params = {"teamId": TEAM, "rollbackInfo": "true"}
        return self.api.get("/v9/projects/prj_wedsync", params=params).json()

    def job(self) -> dict[str, Any]:
        return self.project()["lastAliasRequest"]

    def end(self) -> dict[str, Any]:
        """Waits for the job's end and returns it."""
        self.eventually(lambda: self.job()["jobStatus"] not in {"pending", "in-progress"})
        return self.job()

    def serving(self) -> str:
        return self.visitor.get("/api/health").json()["deployment_id"]


@pytest.fixture
def switch(api, visitor, eventually) -> Switch:
    return Switch(api, visitor, eventually)


@pytest.fixture
def app_data(database_url) -> Iterator[psycopg.Connection]:
    """The app's database; what a test changed in the ceremony is put back."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection
        connection.execute("UPDATE events SET starts_at = '16:00' WHERE id = 'ceremony'")


@pytest.fixture
def fresh(database_url) -> Iterator[None]:
    """The first schema with the first rows, whatever a version made of it."""

    def rebuild() -> None:
        with psycopg.connect(database_url) as connection:
            connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
            connection.execute("CREATE SCHEMA public")
        migrate(database_url, "good")

    rebuild()
    yield
    rebuild()
