"""python -m scripts.database_roles: what the role may, what it may not, and what it says."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from dev.places import ROOT
from lib.access.database_roles import KEPT
from lib.migrations.migrate import keep_up
from lib.settings import load

DENIED = psycopg.errors.InsufficientPrivilege


@pytest.fixture
def run(database_url):
    """Exit code, and what it printed; of a role that is made anew in each test."""

    def run(*arguments: str, url: str = database_url) -> tuple[int, str]:
        command = [sys.executable, "-m", "scripts.database_roles", "--role", "once", *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={"DATABASE_URL": url},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    yield run
    with psycopg.connect(database_url, autocommit=True) as connection:
        if connection.execute("SELECT true FROM pg_roles WHERE rolname = 'once'").fetchone():
            connection.execute("DROP OWNED BY once")
            connection.execute("DROP ROLE once")


def test_without_a_terminal_and_without_yes_it_only_says_what_it_would_do(run, database_url):
    code, said = run()
    assert (code, 'CREATE ROLE "once" LOGIN;' in said, "Nothing was changed" in said) == (
        1,
        True,
        True,
    )
    with psycopg.connect(database_url) as connection:
        assert not connection.execute("SELECT true FROM pg_roles WHERE rolname = 'once'").fetchone()


def test_it_is_done_once_and_the_password_is_shown_once(run):
    code, said = run("--yes")
    assert (code, said.count("postgresql://once:")) == (0, 1)
    password = said.split("postgresql://once:")[1].split("@")[0]

    assert run("--yes") == (0, "once has the rights it needs, and no others.\n")
    code, said = run("--yes", "--new-password")
    assert (code, "postgresql://once:" in said, password in said) == (0, True, False)


def test_the_server_never_gets_the_password_itself(run, database_url, postgres):
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("SELECT pg_reload_conf()")
        said = run("--yes")[1]
        connection.execute("ALTER SYSTEM RESET log_statement")
        connection.execute("SELECT pg_reload_conf()")
    password = said.split("postgresql://once:")[1].split("@")[0]
    logged = (postgres.data / "postgres.log").read_text()
    assert ('ALTER ROLE "once" PASSWORD' in logged, password in logged) == (True, False)


def test_rights_that_are_too_many_are_taken_back(run, database_url):
    run("--yes")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO once")
        connection.execute("GRANT CREATE ON SCHEMA public TO once")
        connection.execute("GRANT SELECT ON tokens TO PUBLIC")
        connection.execute("ALTER ROLE once CREATEROLE")
        connection.execute("GRANT pg_read_all_data TO once")
    code, said = run("--yes")

    assert code == 0
    for statement in (
        'ALTER ROLE "once" NOSUPERUSER',
        'REVOKE "pg_read_all_data" FROM "once"',
        "REVOKE CREATE ON SCHEMA public",
        'REVOKE ALL ON TABLE public."tokens" FROM PUBLIC',
        'ON TABLE public."audit" FROM "once"',
    ):
        assert statement in said, said
    assert "no others" in run("--yes")[1]


def test_rights_on_columns_alone_are_taken_back(run, database_url):
    """Whoever may change `reason` alone rewrites the log as well."""
    run("--yes")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("GRANT UPDATE (reason) ON audit TO once")
        connection.execute("GRANT SELECT (secret_sha256) ON tokens TO PUBLIC")
    code, said = run("--yes")

    assert code == 0
    assert 'REVOKE UPDATE ON TABLE public."audit" FROM "once"' in said
    assert 'REVOKE ALL ON TABLE public."tokens" FROM PUBLIC' in said
    assert "no others" in run("--yes")[1]


@pytest.mark.parametrize("what", ["SCHEMA public", "FUNCTION app_now()"])
def test_an_owner_of_what_the_tables_rest_on_is_refused(run, database_url, what):
    """Who owns the schema drops any table in it; who owns a function writes it anew."""
    run("--yes")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"ALTER {what} OWNER TO once")
    code, said = run("--yes")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"ALTER {what} OWNER TO CURRENT_USER")

    assert (code, "an owner has every right" in said) == (2, True), said


def test_two_at_once_leave_it_as_one_does(run):
    with ThreadPoolExecutor() as both:
        ends = list(both.map(lambda _: run("--yes"), range(2)))

    assert {code for code, _ in ends} <= {0, 1}
    assert sum(said.count("postgresql://once:") for _, said in ends) == 1
    assert run("--yes") == (0, "once has the rights it needs, and no others.\n")


def test_a_table_that_comes_later_can_be_used_before_it_is_run_again(limited, database_url):
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE later (id int)")
    with psycopg.connect(limited.url) as connection:
        connection.execute("INSERT INTO later VALUES (1)")


@pytest.mark.parametrize(
    ("name", "says"), [("postgres", "is who runs this"), ("Fun ctions", "small letters")]
)
def test_a_name_that_cannot_be_is_refused(run, name, says):
    code, said = run("--role", name)
    assert (code, says in said) == (2, True), said


def test_the_limited_role_cannot_give_rights(run, limited):
    code, said = run("--yes", url=limited.url)
    assert (code, "Only their owner can give rights" in said) == (2, True), said


def test_a_database_that_is_away_is_4(run):
    assert run(url="postgresql://127.0.0.1:9/none")[0] == 4


def test_a_database_without_tables_is_said(run, postgres):
    assert "python -m scripts.migrate" in run(url=postgres.url("postgres"))[1]


FORBIDDEN = [
    *(f"DELETE FROM {table}" for table in ("audit", "audit_chain", "environments", *KEPT)),
    *(f"TRUNCATE {table}" for table in ("audit", "rollbacks", "probes", "denied_attempts")),
    "UPDATE audit SET actor = 'Eve'",
    "UPDATE audit_chain SET audit_id = 1",
    "UPDATE audit_checkpoints SET number = 1",
    "UPDATE audit_unsealed SET audit_id = 1",
    "UPDATE audit_exported SET position = 1",
    "INSERT INTO clock_offset VALUES (true, '1 day')",
    "INSERT INTO schema_migrations VALUES ('x')",
    "DROP TABLE probes",
    "ALTER TABLE audit DISABLE TRIGGER audit_is_append_only",
    "ALTER TABLE probes ADD COLUMN more text",
    "CREATE TABLE mine (id int)",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
    "DROP TRIGGER audit_is_queued ON audit",
    "SET session_replication_role = replica",
    "CREATE ROLE mine",
    "SET ROLE postgres",
    "COPY probes TO PROGRAM 'cat'",
    "SELECT pg_read_file('postgresql.conf')",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_it_may_not(limited, statement):
    with psycopg.connect(limited.url) as connection, pytest.raises(psycopg.Error) as raised:
        connection.execute(statement)
    assert isinstance(raised.value, (DENIED, psycopg.errors.InvalidFunctionDefinition))


def test_the_exports_role_reads_the_log_and_nothing_else(run, database_url):
    run("--for", "export", "--yes")
    url = database_url.replace("postgres@", "once@")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT FROM audit JOIN audit_chain ON audit_id = id")
        connection.execute("INSERT INTO audit_exported VALUES (true, 1, 'part', app_now())")
        for statement in (
            "SELECT FROM tokens",
            "SELECT FROM valid_tokens",
            "SELECT FROM rollbacks",
            "INSERT INTO audit (actor, action, result) VALUES ('a', 'b', 'c')",
            "DELETE FROM audit_exported",
        ):
            with pytest.raises(DENIED):
                connection.execute(statement)


def test_a_sweep_goes_on_where_it_may_not_migrate(limited, database_url, caplog):
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM schema_migrations WHERE version = '20261126000038'")
    asyncio.run(keep_up(load({"DATABASE_URL": limited.url})))
    assert "migrations_wait" in caplog.text
