"""Values that are called otherwise, and rows that a down part deletes: back, and forward again."""

from uuid import uuid4

import pytest

from lib.schema.models import Code, Mode


class TestValuesOfTheSameColumn:
    """The down part says how the older code calls what the newer one wrote."""

    @pytest.fixture(autouse=True)
    def back(self, world):
        world.migrate(
            "CREATE TABLE guests (id int PRIMARY KEY, state text);"
            "INSERT INTO guests VALUES (1, 'new'), (2, 'came'), (3, 'new')"
        )
        world.migrate(
            "UPDATE guests SET state = 'invited' WHERE state = 'new'",
            "UPDATE guests SET state = 'new' WHERE state = 'invited'",
        )
        self.run_id = world.go_back()

    def test_the_older_code_reads_what_it_knows(self, world):
        assert world.execute("SELECT state FROM guests ORDER BY id") == [
            ("new",),
            ("came",),
            ("new",),
        ]

    def test_forward_they_are_as_the_newer_code_wrote_them_where_nobody_changed_them(self, world):
        world.execute("UPDATE guests SET state = 'came' WHERE id = 1")
        assert world.forward(self.run_id).state == "done"
        assert world.execute("SELECT state FROM guests ORDER BY id") == [
            ("came",),
            ("came",),
            ("invited",),
        ]


def test_of_two_values_that_one_statement_calls_otherwise_each_comes_back(world):
    world.migrate("CREATE TABLE t (id int PRIMARY KEY, a text, b text); INSERT INTO t VALUES (1)")
    world.execute("INSERT INTO t VALUES (2, 'x', 'y'), (3, 'x', 'new')")
    world.migrate(
        "UPDATE t SET a = 'one', b = 'new' WHERE a = 'x'", "UPDATE t SET a = 'x', b = 'y'"
    )
    world.execute("UPDATE t SET b = 'y' WHERE id = 3")
    before = world.execute("SELECT * FROM t ORDER BY id")
    run_id = world.go_back()
    assert world.execute("SELECT a, b FROM t") == [("x", "y")] * 3
    assert world.forward(run_id).state == "done"
    assert world.execute("SELECT * FROM t ORDER BY id") == before


def test_rows_and_values_come_back_under_their_newer_names(world):
    world.migrate(
        "CREATE TABLE t (id int PRIMARY KEY, state text); INSERT INTO t VALUES (1, 'new')"
    )
    world.migrate(
        "ALTER TABLE t RENAME COLUMN state TO standing; ALTER TABLE t RENAME COLUMN id TO key;"
        "UPDATE t SET standing = 'invited' WHERE standing = 'new';"
        "INSERT INTO t VALUES (2, 'planner')",
        "DELETE FROM t WHERE key = 2; UPDATE t SET standing = 'new' WHERE standing = 'invited'",
    )
    run_id = world.go_back(exclusive=True)
    assert world.execute("SELECT id, state FROM t") == [(1, "new")]
    assert world.forward(run_id).state == "done"
    assert world.execute("SELECT key, standing FROM t ORDER BY 1") == [
        (1, "invited"),
        (2, "planner"),
    ]


class TestRowsThatADownPartDeletes:
    @pytest.fixture(autouse=True)
    def migrated(self, world):
        world.migrate(
            "CREATE TABLE roles (name text PRIMARY KEY, rank int GENERATED ALWAYS AS IDENTITY);"
            "INSERT INTO roles VALUES ('host')"
        )
        world.migrate(
            "INSERT INTO roles VALUES ('planner')", "DELETE FROM roles WHERE name = 'planner'"
        )

    def test_go_aside_and_come_back(self, world):
        plan = world.down()
        assert plan.mode is Mode.EXCLUSIVE
        assert plan.sentence.endswith("Rows go aside and are kept.")

        run_id = world.go_back(exclusive=True)
        assert world.execute("SELECT name FROM roles") == [("host",)]
        assert world.forward(run_id).state == "done"
        assert world.execute("SELECT * FROM roles ORDER BY 1") == [("host", 1), ("planner", 2)]

    def test_where_the_older_code_has_taken_their_place_nothing_changes(self, world):
        world.execute("ALTER TABLE roles ADD CONSTRAINT ranked UNIQUE (rank)")
        run_id = world.go_back(exclusive=True)
        back = world.shape()
        world.execute("INSERT INTO roles OVERRIDING SYSTEM VALUE VALUES ('clerk', 2)")

        outcome = world.forward(run_id)
        assert (outcome.code, world.status(run_id)) == (Code.CONTRADICTION, "back")
        assert world.shape() == back

        world.execute("DELETE FROM roles WHERE name = 'clerk'")
        assert world.forward(run_id).state == "done"
        assert world.value("SELECT rank FROM roles WHERE name = 'planner'") == 2

    def test_what_hangs_on_them_ends_it_with_nothing_changed(self, world):
        world.execute(
            "CREATE TABLE people (role text REFERENCES roles ON DELETE CASCADE)",
            "INSERT INTO people VALUES ('planner')",
        )
        outcome = world.run(uuid4(), world.down(), exclusive=True)
        assert (outcome.state, outcome.code) == ("refused", Code.GUARD)
        assert world.value("SELECT count(*) FROM roles") == 2
        assert world.value("SELECT count(*) FROM people") == 1
