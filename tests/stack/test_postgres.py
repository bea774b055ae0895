"""The local PostgreSQL."""

import psycopg
import pytest

from dev.ports import is_free
from dev.postgres import Postgres


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("postgres")


@pytest.fixture(scope="module")
def server(data):
    with Postgres.start(data, durable=False) as running:
        yield running


def test_a_started_server_answers(server):
    with psycopg.connect(server.url("postgres")) as connection:
        assert connection.execute("SELECT 41 + 1").fetchone() == (42,)


def test_a_database_is_a_copy_of_its_template(server):
    server.create_database("first")
    with psycopg.connect(server.url("first"), autocommit=True) as connection:
        connection.execute("CREATE TABLE ceremony AS SELECT '4:30' AS at")

    server.create_database("second", template="first")

    with psycopg.connect(server.url("second")) as connection:
        assert connection.execute("SELECT at FROM ceremony").fetchone() == ("4:30",)


def test_a_database_is_dropped_with_those_connected_to_it(server):
    server.create_database("dropped")
    with psycopg.connect(server.url("dropped")):
        server.drop_database("dropped")

    assert not server.has_database("dropped")


def test_two_servers_run_side_by_side(server, tmp_path):
    with Postgres.start(tmp_path, durable=False) as other:
        assert other.port != server.port
        with psycopg.connect(other.url("postgres")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("immediate", [False, True], ids=["fast", "immediate"])
def test_what_was_written_survives_a_stop(tmp_path, immediate):
    with Postgres.start(tmp_path) as server:
        server.create_database("kept")
        server.stop(immediate=immediate)
        assert is_free(server.port)

    with Postgres.start(tmp_path) as server:
        assert server.has_database("kept")


def test_a_restarted_server_keeps_its_address_and_data(tmp_path):
    with Postgres.start(tmp_path) as server:
        url = server.url("kept")
        server.create_database("kept")

        server.restart()

        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
