"""Our migrations: once, whoever applies them and however often, and never to another's database."""

import asyncio
import subprocess
import sys
from itertools import count
from pathlib import Path

import psycopg
import pytest

from lib import errors
from lib.migrations.migrate import FOLDER, apply, apply_pending, read_folder
from lib.settings import load

ROOT = Path(__file__).parents[2]
VERSIONS = [migration.version for migration in read_folder()]
GOOD = "-- migrate:up\n{up}\n-- migrate:down\nSELECT 1;\n"
number = count()


@pytest.fixture
def empty(postgres):
    """The address of a database with nothing in it."""
    name = f"empty_{next(number)}"
    postgres.create_database(name)
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def run(empty):
    """All SQL in this database."""

    def run(statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(empty, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def tables(run):
    def tables() -> set[str]:
        query = (
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'v') UNION SELECT proname FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace"
        )
        return {str(name) for (name,) in run(query)}

    return tables


def migrate(url: str) -> list[str]:
    return asyncio.run(apply_pending(load({"DATABASE_URL": url})))


async def apply_folder(url: str, folder: Path) -> list[str]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        return await apply(connection, read_folder(folder))


def write(folder: Path, name: str, up: str) -> None:
    (folder / name).write_text(GOOD.format(up=up))


def test_all_are_applied_in_order(empty, run):
    assert migrate(empty) == VERSIONS
    assert [version for (version,) in run("SELECT version FROM schema_migrations")] == VERSIONS


def test_a_second_run_has_nothing_to_do(empty):
    migrate(empty)

    assert migrate(empty) == []


async def test_runs_at_once_apply_each_once(empty, run):
    settings = load({"DATABASE_URL": empty})

    applied = await asyncio.gather(*(apply_pending(settings) for _ in range(6)))

    assert sorted(version for one in applied for version in one) == VERSIONS


def test_the_unpooled_address_is_used_where_there_is_one(empty):
    addresses = {"DATABASE_URL": "postgresql://nowhere.invalid/x", "DATABASE_URL_UNPOOLED": empty}

    assert asyncio.run(apply_pending(load(addresses))) == VERSIONS


async def test_a_file_that_fails_half_way_leaves_nothing_and_the_next_run_goes_on(
    empty, tmp_path, tables, run
):
    write(tmp_path, "20260101000000_a.sql", "CREATE TABLE a ();")
    write(tmp_path, "20260102000000_b.sql", "CREATE TABLE b (); SELECT 1 / 0;")
    write(tmp_path, "20260103000000_c.sql", "CREATE TABLE c ();")
    with pytest.raises(psycopg.errors.DivisionByZero):
        await apply_folder(empty, tmp_path)
    left = tables()

    write(tmp_path, "20260102000000_b.sql", "CREATE TABLE b ();")
    applied = await apply_folder(empty, tmp_path)

    assert left == {"a", "schema_migrations"}
    assert applied == ["20260102000000", "20260103000000"]
    assert tables() == {"a", "b", "c", "schema_migrations"}


async def test_a_run_that_is_killed_leaves_nothing_and_holds_nothing(
    empty, tmp_path, tables, postgres, run
):
    write(tmp_path, "20260101000000_a.sql", "CREATE TABLE a (); SELECT pg_sleep(60);")
    running = asyncio.create_task(apply_folder(empty, tmp_path))
    asleep = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    for _ in range(3000):
        if sleeping := run(asleep):
            break
        await asyncio.sleep(0.02)
    run(f"SELECT pg_terminate_backend({sleeping[0][0]})")
    with pytest.raises(psycopg.OperationalError):
        await running

    write(tmp_path, "20260101000000_a.sql", "CREATE TABLE a ();")

    assert tables() == set()
    assert await apply_folder(empty, tmp_path) == ["20260101000000"]


async def test_a_file_without_a_transaction_is_applied(empty, tmp_path, tables):
    up = "-- migrate:up transaction:false\nVACUUM;\n-- migrate:down\nSELECT 1;\n"
    (tmp_path / "20260101000000_a.sql").write_text(up)

    assert await apply_folder(empty, tmp_path) == ["20260101000000"]
    assert await apply_folder(empty, tmp_path) == []


async def test_versions_of_a_newer_release_are_no_hindrance(empty, tmp_path):
    """We were rolled back ourselves: the database is ahead of our code."""
    await apply_pending(load({"DATABASE_URL": empty}))
    async with await psycopg.AsyncConnection.connect(empty, autocommit=True) as connection:
        await connection.execute("INSERT INTO schema_migrations VALUES ('29990101000000')")

    assert await apply_pending(load({"DATABASE_URL": empty})) == []


@pytest.mark.parametrize(
    "statements",
    [
        "CREATE TABLE schema_migrations AS SELECT '20200101000000' AS version",
        "CREATE TABLE _prisma_migrations (migration_name text)",
        "CREATE SCHEMA drizzle CREATE TABLE __drizzle_migrations (id int)",
        "CREATE SCHEMA supabase_migrations CREATE TABLE schema_migrations (version text)",
    ],
    ids=["dbmate", "prisma", "drizzle", "supabase"],
)
def test_the_apps_database_is_refused_and_left_alone(empty, run, tables, statements):
    run(statements)
    before = tables()

    with pytest.raises(errors.BadSettings, match="another application's migrations"):
        migrate(empty)

    assert tables() == before


def test_a_database_that_is_away_is_said_to_be():
    with pytest.raises(errors.DatabaseUnavailable):
        migrate("postgresql://nowhere.invalid/x")


def test_every_file_can_be_undone(empty, run, tables):
    migrate(empty)

    for path in sorted(FOLDER.glob("*.sql"), reverse=True):
        run(path.read_text().split("-- migrate:down", 1)[1])

    assert tables() == {"schema_migrations"}


def test_a_rollback_made_elsewhere_outlives_the_way_down(empty, run):
    """The code before knows no such word."""
    migrate(empty)
    run(
        "WITH h AS (INSERT INTO deployment_history (git_sha, vercel_deployment_id,"
        " db_migration_version, timestamp, created_at)"
        " VALUES ('unknown', 'dpl_1', 'unknown', app_now(), app_now()) RETURNING id)"
        " INSERT INTO live_periods (environment, deployment, how)"
        " SELECT 'production', id, 'rolled_back_elsewhere' FROM h"
    )
    path = next(FOLDER.glob("*_movers.sql"))

    run(path.read_text().split("-- migrate:down", 1)[1])

    assert run("SELECT how FROM live_periods") == [("observed",)]


def test_what_was_undone_can_be_done_again(empty, run):
    migrate(empty)
    for path in sorted(FOLDER.glob("*.sql"), reverse=True):
        run(path.read_text().split("-- migrate:down", 1)[1])
    run("TRUNCATE schema_migrations")

    assert migrate(empty) == VERSIONS


def test_the_clock_is_the_databases_until_it_is_moved(empty, run):
    migrate(empty)
    together = "SELECT abs(extract(epoch FROM app_now() - clock_timestamp())) < 1"
    before = run(together)
    run("INSERT INTO clock_offset (ahead) VALUES ('1 hour')")

    assert (before, run(together)) == ([(True,)], [(False,)])


class TestCommands:
    @pytest.fixture
    def command(self, empty):
        def command(module: str, *arguments: str, **variables: str):
            return subprocess.run(
                [sys.executable, "-m", f"scripts.{module}", *arguments],
                cwd=ROOT,
                env={"DATABASE_URL": empty} | variables,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )

        return command

    def test_migrate_says_what_it_did(self, command):
        first, second = command("migrate"), command("migrate")

        assert first.stdout.splitlines() == [f"applied {version}" for version in VERSIONS]
        assert second.stdout.splitlines() == ["nothing to apply"]
        assert (first.returncode, second.returncode) == (0, 0)

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("", "DATABASE_URL"),
            ("me:hunter2@db", "DATABASE_URL"),
            ("postgresql://nowhere.invalid/x", "Postgres"),
        ],
        ids=["unset", "wrong", "away"],
    )
    def test_migrate_says_what_is_wrong(self, command, url, said):
        ended = command("migrate", DATABASE_URL=url)

        assert ended.returncode == 1
        assert said in ended.stderr
        assert "Traceback" not in ended.stderr
        assert "hunter2" not in ended.stderr
