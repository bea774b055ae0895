"""The app's database: rights of real roles, transactions that block, and whose server it is."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest

from dev.ports import LOOPBACK
from dev.postgres import Postgres
from lib.preflight.models import State
from tests.integration.preflight.pooler import Pooler

FAILED, OK = State.FAILED, State.OK
AT_ONCE = timedelta(0)


@pytest.fixture
def variables(variables, app_database):
    return variables | {"APP_DATABASE_URL": app_database}


@pytest.fixture
def admin(postgres, app_database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres.url("apps_own"), autocommit=True) as connection:
        yield connection


def nowhere(url: str) -> str:
    return url.replace("apps_own", "no_such_database")


class TestRights:
    async def test_the_owner_of_the_tables_may(self, find, admin):
        state, sentence = await find("database_rights")

        assert state is OK
        assert f"PostgreSQL {admin.info.server_version // 10000}" in sentence
        assert "app_owner" in sentence

    async def test_a_role_without_create_fails_and_is_told_what_to_grant(self, find, admin):
        admin.execute("REVOKE CREATE ON DATABASE apps_own FROM app_owner")

        state, sentence = await find("database_rights")

        assert state is FAILED
        assert "GRANT CREATE ON DATABASE … TO app_owner" in sentence

    async def test_a_role_that_does_not_own_a_table_fails_and_names_it(self, find, admin):
        admin.execute("CREATE TABLE vendors (name text); ALTER TABLE vendors OWNER TO app_other")

        state, sentence = await find("database_rights")

        assert state is FAILED
        assert "may not change 1 of its tables, such as vendors" in sentence
        assert "GRANT app_other TO app_owner" in sentence

    async def test_a_member_of_the_owner_may(self, find, admin):
        admin.execute("CREATE TABLE vendors (name text); ALTER TABLE vendors OWNER TO app_other")
        admin.execute("GRANT app_other TO app_owner")

        assert (await find("database_rights"))[0] is OK

    async def test_other_schemas_are_not_the_apps(self, find, admin):
        """A provider keeps its own tables beside the app's."""
        admin.execute("CREATE SCHEMA auth; CREATE TABLE auth.users (name text)")

        assert (await find("database_rights"))[0] is OK

    class TestPooled:
        @pytest.fixture
        async def variables(self, variables, app_database, postgres):
            pooler = Pooler(postgres.port)
            server = await asyncio.start_server(pooler.serve, LOOPBACK, 0)
            port = server.sockets[0].getsockname()[1]
            yield variables | {
                "APP_DATABASE_URL": app_database.replace(f":{postgres.port}/", f":{port}/")
            }
            server.close()
            await pooler.close()

        async def test_a_transaction_pooler_fails_and_is_told_what_to_use(self, find):
            state, sentence = await find("database_rights")

            assert state is FAILED
            assert "is a transaction pooler" in sentence
            assert "use the unpooled" in sentence

    class TestAway:
        @pytest.fixture
        def variables(self, variables, app_database):
            return variables | {"APP_DATABASE_URL": nowhere(app_database)}

        async def test_it_fails_and_tells_no_address(self, find):
            state, sentence = await find("database_rights")

            assert state is FAILED
            assert "takes no connection within 3 s" in sentence
            assert "Check APP_DATABASE_URL" in sentence
            assert LOOPBACK not in sentence

        async def test_blockers_and_server_are_not_known(self, find):
            assert (await find("blockers"))[0] is State.UNKNOWN
            assert (await find("separate_servers"))[0] is State.UNKNOWN

    class TestUnset:
        @pytest.fixture
        def variables(self, variables):
            return variables | {"APP_DATABASE_URL": ""}

        @pytest.mark.parametrize("name", ["database_rights", "blockers", "separate_servers"])
        async def test_it_is_not_used(self, find, name):
            assert (await find(name))[0] is State.NOT_USED


class TestBlockers:
    @contextmanager
    def holding(self, url: str, name: str = "nightly dump") -> Iterator[psycopg.Connection]:
        """In a transaction that has read a table."""
        with psycopg.connect(url, application_name=name) as connection:
            connection.execute("SELECT * FROM guests")
            yield connection
            connection.rollback()

    async def test_without_transactions_all_is_well(self, find):
        assert (await find("blockers", long_transaction=AT_ONCE))[0] is OK

    async def test_a_long_transaction_fails_and_is_named(self, find, app_database):
        with self.holding(app_database) as held:
            state, sentence = await find("blockers", long_transaction=AT_ONCE)
            pid = held.info.backend_pid

        assert state is FAILED
        assert f"nightly dump (pid {pid}, idle in transaction)" in sentence
        assert "has held tables for 0:00:0" in sentence
        assert f"SELECT pg_terminate_backend({pid})" in sentence

    async def test_a_young_one_is_no_trouble(self, find, app_database):
        with self.holding(app_database):
            assert (await find("blockers"))[0] is OK

    async def test_one_that_holds_no_table_is_no_trouble(self, find, app_database):
        with psycopg.connect(app_database) as connection:
            connection.execute("SELECT 1")

            assert (await find("blockers", long_transaction=AT_ONCE))[0] is OK

    async def test_many_are_counted(self, find, app_database):
        with (
            self.holding(app_database, "a"),
            self.holding(app_database, "b"),
            self.holding(app_database, "c"),
            self.holding(app_database, "d"),
            self.holding(app_database, "e"),
        ):
            _, sentence = await find("blockers", long_transaction=AT_ONCE)

        assert "and 2 more" in sentence

    async def test_one_that_the_role_may_not_see_is_not_known(self, find, admin, postgres):
        with self.holding(postgres.url("apps_own")):
            state, sentence = await find("blockers", long_transaction=AT_ONCE)

        assert state is State.UNKNOWN
        assert "GRANT pg_read_all_stats" in sentence

    async def test_a_role_that_may_see_all_sees_it(self, find, admin, postgres):
        admin.execute("GRANT pg_read_all_stats TO app_owner")
        with self.holding(postgres.url("apps_own")):
            assert (await find("blockers", long_transaction=AT_ONCE))[0] is FAILED


class TestServers:
    async def test_one_server_for_both_is_a_warning(self, find):
        state, sentence = await find("separate_servers")

        assert state is State.WARNING
        assert "on one server" in sentence

    async def test_where_the_server_does_not_say_its_address_counts(self, find, admin):
        admin.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public")

        assert (await find("separate_servers"))[0] is State.WARNING

    async def test_the_apps_ledger_in_our_database_fails(self, find, control):
        await control.execute("CREATE TABLE _prisma_migrations (migration_name text)")

        state, sentence = await find("separate_servers")

        assert state is FAILED
        assert "DATABASE_URL holds the app's migration ledger" in sentence

    class TestOneDatabase:
        @pytest.fixture
        def variables(self, variables):
            return variables | {"APP_DATABASE_URL": variables["DATABASE_URL"]}

        async def test_it_fails(self, find):
            state, sentence = await find("separate_servers")

            assert state is FAILED
            assert "are one database" in sentence

    class TestTwoServers:
        @pytest.fixture
        def another(self, tmp_path):
            with Postgres.start(tmp_path, durable=False) as started:
                yield started

        @pytest.fixture
        def variables(self, variables, another):
            return variables | {"APP_DATABASE_URL": another.url("postgres")}

        async def test_all_is_well(self, find):
            assert (await find("separate_servers"))[0] is OK
