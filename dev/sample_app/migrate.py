"""Applies a version's migrations to the app's database, as its CI would before a release.

dbmate's format and ledger; each file is one transaction, and two that run at once take turns.
"""

from pathlib import Path

import psycopg

from dev.sample_app.versions import find_version

FOLDER = Path(__file__).parent / "migrations"
#: Any number will do, as long as every run uses the same.
LOCK = 9_801_100

LEDGER = "CREATE TABLE IF NOT EXISTS schema_migrations (version varchar(128) PRIMARY KEY)"


def migrate(database_url: str, version: str) -> list[str]:
    """Bring the database up to what `version` contains; returns what was applied now."""
    wanted = find_version(version).migrations
    applied = []
    with psycopg.connect(database_url, autocommit=True, connect_timeout=5) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        connection.execute(LEDGER)
        rows = connection.execute("SELECT version FROM schema_migrations").fetchall()
        present = {row[0] for row in rows}
        for migration in wanted:
            if migration not in present:
                apply(connection, migration)
                applied.append(migration)
    return applied


def apply(connection: psycopg.Connection, migration: str) -> None:
    with connection.transaction():
        connection.execute(up_text(migration).encode())
        connection.execute("INSERT INTO schema_migrations VALUES (%s)", [migration])


def up_text(migration: str) -> str:
    return parts(migration)[0]


def down_text(migration: str) -> str:
    return parts(migration)[1]


def parts(migration: str) -> list[str]:
    (file,) = FOLDER.glob(f"{migration}_*.sql")
    return file.read_text().split("-- migrate:up", 1)[1].split("-- migrate:down", 1)
