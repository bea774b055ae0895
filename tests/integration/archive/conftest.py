"""An app's database in which rollbacks put things aside, and a real store beside it."""

import json
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from dev.ports import LOOPBACK, free_port
from dev.storage import Storage
from lib.archive import state
from lib.archive.database import alone
from lib.archive.models import Told
from lib.archive.purge import Purge
from lib.archive.s3 import Place, Store
from tests.integration.archive.app import App
from tests.integration.archive.forked import Command
from tests.integration.archive.middle import Middle, between
from tests.schema.conftest import server

#: The app's database is on a server of its own, in `make test-deep` also of other versions.
__all__ = ["server"]


number = count()


@pytest.fixture(scope="session")
def storage(tmp_path_factory) -> Iterator[Storage]:
    storage = Storage.start(free_port(), tmp_path_factory.mktemp("s3") / "s3.log")
    storage.wait_until_ready()
    yield storage
    storage.stop()


@dataclass(frozen=True)
class Bucket:
    name: str
    url: str
    client: Any = field(repr=False)

    def keys(self, end: str = "") -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.name).get("Contents", ())
        return [item["Key"] for item in found if item["Key"].endswith(end)]

    def read(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def write(self, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=data)

    def manifests(self) -> list[dict[str, Any]]:
        return [json.loads(self.read(key)) for key in self.keys(".json")]

    def versions(self) -> list[dict[str, Any]]:
        return self.client.list_object_versions(Bucket=self.name).get("Versions", [])

    def uploads(self) -> list[dict[str, Any]]:
        return self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", [])


@pytest.fixture(scope="session")
def client(storage) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=storage.url,
        config=Config(proxies={}),
        region_name="us-east-1",
        aws_access_key_id="made",
        aws_secret_access_key="up",
    )


@pytest.fixture
def bucket(storage, client) -> Bucket:
    name = f"archive-{next(number)}"
    client.create_bucket(Bucket=name)
    return Bucket(name, storage.url, client)


@pytest.fixture
def locked_bucket(bucket) -> Bucket:
    name = f"{bucket.name}-locked"
    bucket.client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return replace(bucket, name=name)


@pytest.fixture
def app(server) -> Iterator[App]:
    name = f"archived_{next(number)}"
    server.create_database(name)
    app = App(server.url(name))
    app.make_journal()
    yield app
    server.drop_database(name)


@pytest.fixture
def command(app, bucket, database_url) -> Command:
    return Command(
        {
            "DATABASE_URL": database_url,
            "APP_DATABASE_URL": app.url,
            "ARCHIVE_BUCKET": bucket.name,
            "ARCHIVE_ENDPOINT_URL": bucket.url,
            "ARCHIVE_REGION": "us-east-1",
            "ARCHIVE_PREFIX": "rollbacks",
            "AWS_ACCESS_KEY_ID": "made",
            "AWS_SECRET_ACCESS_KEY": "up",
            "NO_PROXY": LOOPBACK,
        }
    )


@pytest.fixture
def open_store(monkeypatch, bucket) -> Callable[..., Store]:
    """The store as the command has it, in this process."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "up")
    monkeypatch.setenv("NO_PROXY", LOOPBACK)

    def open_store(url: str = bucket.url, **options: Any) -> Store:
        return Store(Place(bucket.name, "rollbacks/", url, "us-east-1"), **options)

    return open_store


@pytest.fixture
def purge(app, open_store) -> Callable[..., Coroutine[Any, Any, list[Told]]]:
    """How it ended for each archive; with little patience."""

    async def purge(url: str = "", **options: Any) -> list[Told]:
        store = open_store(url, **options) if url else open_store()
        async with alone(app.url) as session:
            await state.ensure(session)
            work = Purge(session, store, timedelta(days=30), {}, patience_seconds=1)
            return [told async for told in work.go()]

    return purge


@pytest.fixture
def middle(storage) -> Iterator[Middle]:
    """In front of the store, for those who use its address."""
    with between(storage.url) as middle:
        yield middle


@pytest.fixture
def closed_store(storage) -> Iterator[None]:
    """The store knows nobody, as one whose keys were changed."""
    set_open(storage.url, "0")
    yield
    set_open(storage.url, "inf")


def set_open(url: str, requests: str) -> None:
    httpx.post(f"{url}/moto-api/reset-auth", content=requests, trust_env=False).raise_for_status()
