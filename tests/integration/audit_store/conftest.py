"""An audit log on a real Postgres, and a real store with object lock that it is exported to."""

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from dev.ports import LOOPBACK
from tests.integration.archive.conftest import bucket, client, locked_bucket, middle, storage
from tests.integration.archive.forked import Command
from tests.integration.audit.conftest import SECRET, rows, tamper

__all__ = ["bucket", "client", "locked_bucket", "middle", "rows", "storage", "tamper"]

APPEND = """
INSERT INTO audit (actor, action, result, facts)
SELECT 'Ada', 'test', 'ok', '{"a": [1.50, null, "ü"]}' FROM generate_series(1, %s)
"""


@pytest.fixture
def variables(database_url, locked_bucket) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "AUDIT_KEYS": f"now:{SECRET}",
        "AUDIT_EXPORT_BUCKET": locked_bucket.name,
        "ARCHIVE_ENDPOINT_URL": locked_bucket.url,
        "ARCHIVE_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "made",
        "AWS_SECRET_ACCESS_KEY": "up",
        "NO_PROXY": LOOPBACK,
    }


@pytest.fixture
def store(variables) -> Command:
    return Command(variables, "scripts.audit_store")


@pytest.fixture
def audit(store) -> Command:
    return replace(store, module="scripts.audit")


@pytest.fixture
def log(database_url, audit) -> Callable[[int], None]:
    """So many more rows, sealed and signed."""

    def log(count: int) -> None:
        with psycopg.connect(database_url) as connection:
            connection.execute(APPEND, [count])
        assert audit("seal")[0] == 0

    return log
