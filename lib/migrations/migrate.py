"""Our own migrations: dbmate's file format, applied in order, each in one transaction.

Two runs at once are safe: the second waits for the first and finds nothing left to do. A run
that dies leaves the file it was at undone, and the next run goes on there.
"""

import logging
import re
from dataclasses import dataclass
from pathlib import Path

import psycopg

from lib import errors
from lib.settings import Settings

log = logging.getLogger(__name__)

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
NAME = re.compile(r"^(\d{14})_([a-z0-9_]+)\.sql$")
UP = re.compile(r"^-- migrate:up(?P<options>.*)$", re.MULTILINE)
DOWN = re.compile(r"^-- migrate:down.*$", re.MULTILINE)

#: A table that is read all day: a migration that waits behind a long reader must not stall it.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '4s'"
#: Any number that is ours; held until the end of the transaction.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7726001)"
LEDGER = "CREATE TABLE IF NOT EXISTS schema_migrations (version varchar(128) PRIMARY KEY)"
KNOWN = "SELECT version FROM schema_migrations"
EXISTS = "SELECT to_regclass('schema_migrations') IS NOT NULL"
#: A ledger of another tool: the app's database, not ours.
FOREIGN = """
SELECT to_regclass('_prisma_migrations') IS NOT NULL
    OR to_regclass('drizzle.__drizzle_migrations') IS NOT NULL
    OR to_regclass('supabase_migrations.schema_migrations') IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Migration:
    version: str
    name: str
    up: str
    #: False: `-- migrate:up transaction:false`, for statements that refuse one.
    in_transaction: bool


def read_folder(folder: Path = FOLDER) -> list[Migration]:
    """In order of version. Raises BadSettings naming the file that is not as it must be."""
    migrations = [read_file(path) for path in sorted(folder.glob("*.sql"))]
    versions = [migration.version for migration in migrations]
    if len(set(versions)) < len(versions):
        raise errors.BadSettings("Two migrations have the same version.")
    return migrations


def read_file(path: Path) -> Migration:
    name = NAME.match(path.name)
    text = path.read_text(encoding="utf-8")
    up, down = UP.search(text), DOWN.search(text)
    if name is None:
        raise errors.BadSettings(f"{path.name}: name it YYYYMMDDHHMMSS_what_it_does.sql.")
    if up is None or down is None or down.start() < up.start():
        raise errors.BadSettings(f"{path.name}: needs `-- migrate:up`, then `-- migrate:down`.")
    return Migration(
        version=name[1],
        name=name[2],
        up=text[up.end() : down.start()].strip(),
        in_transaction="transaction:false" not in up["options"],
    )


async def apply_pending(settings: Settings) -> list[str]:
    """Apply what is missing and return its versions. Cheap when nothing is."""
    url = settings.database_url_unpooled or settings.database_url
    try:
        async with await psycopg.AsyncConnection.connect(
            url.get_secret_value(), autocommit=True, connect_timeout=5
        ) as connection:
            return await apply(connection, read_folder())
    except psycopg.OperationalError as error:
        raise errors.DatabaseUnavailable("Postgres did not answer. Try again.") from error


async def keep_up(settings: Settings) -> None:
    """As `apply_pending`, by whoever may have no right to: the owner has to, and rollbacks go on
    with the tables as they are.
    """
    try:
        await apply_pending(settings)
    except psycopg.errors.InsufficientPrivilege:
        log.error("migrations_wait", extra={"to_do": "python -m scripts.migrate, as the owner"})  # noqa: TRY400 - what it raised says no more


async def apply(connection: psycopg.AsyncConnection, migrations: list[Migration]) -> list[str]:
    """Raises BadSettings on a database that is the app's."""
    known = await applied(connection)
    if all(migration.version in known for migration in migrations):
        return []
    await refuse_foreign(connection, known, migrations)
    return [migration.version for migration in migrations if await apply_one(connection, migration)]


async def applied(connection: psycopg.AsyncConnection) -> set[str]:
    row = await (await connection.execute(EXISTS)).fetchone()
    if not (row and row[0]):
        return set()
    return {version for (version,) in await (await connection.execute(KNOWN)).fetchall()}


async def refuse_foreign(
    connection: psycopg.AsyncConnection, known: set[str], migrations: list[Migration]
) -> None:
    """A ledger that holds none of our versions is somebody else's."""
    row = await (await connection.execute(FOREIGN)).fetchone()
    ours = {migration.version for migration in migrations}
    if (known and not known & ours) or (row and row[0]):
        raise errors.BadSettings(
            "DATABASE_URL holds another application's migrations. The control plane needs a"
            " database of its own, so that a bad migration of the app cannot take its rescuer"
            " down."
        )


async def apply_one(connection: psycopg.AsyncConnection, migration: Migration) -> bool:
    """True if this run did it. Looks under the lock: another run may have been faster."""
    async with connection.transaction():
        await connection.execute(ONE_AT_A_TIME)
        await connection.execute(LOCK_TIMEOUT)
        await connection.execute(LEDGER)
        if migration.version in await applied(connection):
            return False
        if migration.in_transaction:
            await run(connection, migration)
            return True
    await run(connection, migration)
    return True


async def run(connection: psycopg.AsyncConnection, migration: Migration) -> None:
    # Files of this repository, shipped with the function: not a caller's text.
    await connection.execute(migration.up.encode())
    await connection.execute(
        "INSERT INTO schema_migrations (version) VALUES (%s) ON CONFLICT DO NOTHING",
        [migration.version],
    )
