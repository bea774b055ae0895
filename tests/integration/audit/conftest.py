"""An audit log on a real Postgres, its sealer, and somebody who may change every table."""

from collections.abc import Awaitable, Callable, Collection

import psycopg
import pytest

from lib.audit.chain import Keys
from lib.audit.reading import read_tables
from lib.audit.sealer import Sealer
from lib.audit.store import write_audit
from lib.audit.verify import Verifier
from lib.postgres import Database

SECRET = "0123456789abcdef0123456789abcdef"
KEYS = Keys.read(f"now:{SECRET}")
#: Each with its table.
TRIGGERS = {
    "audit_is_append_only": "audit",
    "audit_is_queued": "audit",
    "audit_chain_is_append_only": "audit_chain",
    "audit_checkpoints_are_append_only": "audit_checkpoints",
}


@pytest.fixture
async def database(database_url):
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def sealer(database):
    return Sealer(database, KEYS)


@pytest.fixture
def write(database) -> Callable[..., Awaitable[None]]:
    """Rows, a transaction each; what they tell of is their number."""

    async def write(count: int = 1) -> None:
        for number in range(count):
            async with database.transaction() as connection:
                await write_audit(
                    connection,
                    actor="Ada",
                    action="test",
                    subject=str(number),
                    result="ok",
                    facts={"number": number, "none": None, "name": "Zoë\u2028"},
                )

    return write


@pytest.fixture
def verify(database) -> Callable[..., Awaitable[Verifier]]:
    async def verify(keys: Keys = KEYS, heads: Collection[tuple[int, bytes]] = ()) -> Verifier:
        verifier = Verifier(keys, heads)
        async for entry in read_tables(database):
            verifier.take(entry)
        verifier.end()
        return verifier

    return verify


@pytest.fixture
def findings(verify) -> Callable[..., Awaitable[list[str]]]:
    async def findings(*args, **more) -> list[str]:
        return (await verify(*args, **more)).findings

    return findings


@pytest.fixture
def tamper(database_url) -> Callable[..., None]:
    """As the tables' owner, who can switch off what keeps them as they are."""

    def tamper(*statements: str) -> None:
        with psycopg.connect(database_url) as connection:
            for trigger, table in TRIGGERS.items():
                connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
            for statement in statements:
                connection.execute(statement)
            for trigger, table in TRIGGERS.items():
                connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")

    return tamper


@pytest.fixture
def rows(control):
    async def rows(query: str, *arguments: object) -> list[tuple[object, ...]]:
        cursor = await control.execute(query, arguments)
        return [tuple(row.values()) for row in await cursor.fetchall()]

    return rows
