"""What one release's code wrote, the other reads: carried back, kept in step, and never lost."""

from datetime import time
from uuid import uuid4

import psycopg
import pytest

from lib.schema.models import Code, Migration, Mode, Refuse, Skip
from tests.schema.world import World

EVENTS = """
CREATE TABLE events (
  id text PRIMARY KEY, title text NOT NULL, starts text NOT NULL, kind text NOT NULL DEFAULT 'x');
INSERT INTO events VALUES ('ceremony', 'Ceremony', '16:00'), ('cake', 'Cake', '17:30')
"""
UP = """
ALTER TABLE events ADD COLUMN begins time;
UPDATE events SET begins = starts::time WHERE begins IS NULL;
ALTER TABLE events ALTER COLUMN begins SET NOT NULL;
ALTER TABLE events ALTER COLUMN starts DROP NOT NULL
"""
DOWN = """
UPDATE events SET starts = to_char(begins, 'HH24:MI')
 WHERE starts IS DISTINCT FROM to_char(begins, 'HH24:MI');
ALTER TABLE events ALTER COLUMN starts SET NOT NULL;
ALTER TABLE events DROP COLUMN begins
"""
BOTH = "SELECT starts, begins FROM events WHERE id = '{}'"


@pytest.fixture
def app(world):
    world.migrate(EVENTS)
    world.migrate(UP, DOWN)
    return world


@pytest.fixture
def conflicts(world):
    """Column, whose code wrote, why, what was kept, and what was written."""
    return lambda: world.execute(
        "SELECT column_name, writer, why, kept, written FROM _rollback.conflicts ORDER BY number"
    )


def of(app, event="ceremony"):
    return app.execute(BOTH.format(event))[0]


class TestGoingBack:
    def test_the_older_code_reads_what_the_newer_wrote(self, app):
        app.execute("UPDATE events SET begins = '16:30' WHERE id = 'ceremony'")
        plan = app.down()

        app.go_back()

        assert plan.mode is Mode.SHARED
        assert plan.sentence == (
            "Goes back one step (0002 to 0001). What was written since is carried back."
            " Nothing is deleted."
        )
        assert of(app) == ("16:30", time(16, 30))
        assert of(app, "cake") == ("17:30", time(17, 30))

    def test_a_row_that_only_the_newer_code_wrote_is_there(self, app):
        app.execute("INSERT INTO events (id, title, begins) VALUES ('dance', 'Dance', '20:00')")
        app.go_back()
        assert of(app, "dance") == ("20:00", time(20))

    def test_rows_are_kept_as_they_were_before(self, app):
        app.execute("UPDATE events SET begins = '16:30' WHERE id = 'ceremony'")
        app.go_back()

        [(kept, rows, what)] = app.execute("SELECT kept_in, rows, what FROM _rollback.quarantine")
        assert (rows, what) == (1, "before")
        assert app.execute(f"SELECT id, starts, begins FROM _rollback.{kept}") == [
            ("ceremony", "16:00", time(16, 30))
        ]

    def test_nothing_is_kept_where_nothing_differs(self, app):
        app.go_back()
        assert app.execute("SELECT * FROM _rollback.quarantine") == []

    def test_a_value_is_not_replaced_by_none(self, app):
        app.execute(
            "ALTER TABLE events ALTER COLUMN begins DROP NOT NULL",
            "UPDATE events SET begins = NULL WHERE id = 'cake'",
        )
        app.go_back()
        assert of(app, "cake") == ("17:30", None)

    def test_readers_go_on_where_nothing_is_altered(self, world):
        world.migrate(EVENTS)
        world.migrate(UP.partition("ALTER TABLE events ALTER COLUMN begins SET")[0], DOWN)
        assert {one.mode for one in world.down().locks} == {"SHARE ROW EXCLUSIVE"}

    def test_a_value_that_cannot_be_converted_ends_it_with_nothing_changed(self, world):
        world.migrate("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1)")
        world.migrate(
            "ALTER TABLE t ADD COLUMN word text; UPDATE t SET word = n::text",
            "UPDATE t SET n = word::int",
        )
        world.execute("UPDATE t SET word = 'many'")
        before = world.shape(), world.execute("SELECT * FROM t")

        outcome = world.run(uuid4(), world.down())

        assert (outcome.state, outcome.code) == ("refused", Code.CONTRADICTION)
        assert "many" in outcome.sentence
        assert (world.shape(), world.execute("SELECT * FROM t")) == before

    def test_an_updated_at_moves_with_it_and_touches_nothing_else(self, world):
        world.migrate(
            "CREATE TABLE t (id int PRIMARY KEY, a text, at timestamptz DEFAULT '2026-01-01');"
            "INSERT INTO t VALUES (1, 'x'), (2, 'y')"
        )
        world.migrate(
            "ALTER TABLE t ADD COLUMN b text; UPDATE t SET b = a",
            "UPDATE t SET a = b, at = now()",
        )
        world.execute("UPDATE t SET b = 'z' WHERE id = 1")
        world.go_back()
        assert world.execute("SELECT a, at > '2026-02-01' FROM t ORDER BY id") == [
            ("z", True),
            ("y", False),
        ]

    def test_a_backfill_of_a_column_that_may_be_empty_changes_nothing(self, world):
        world.migrate(EVENTS)
        world.migrate("ALTER TABLE events ADD COLUMN note text; UPDATE events SET note = title")
        assert isinstance(world.plan(), Skip)


class TestKeptInStep:
    @pytest.fixture(autouse=True)
    def back(self, app):
        app.execute("UPDATE events SET begins = '16:30' WHERE id = 'ceremony'")
        self.run_id = app.go_back()

    def test_each_reads_what_the_other_writes(self, app, conflicts):
        app.execute("UPDATE events SET starts = '17:00' WHERE id = 'ceremony'")
        assert of(app) == ("17:00", time(17))
        app.execute("UPDATE events SET begins = '18:00' WHERE id = 'cake'")
        assert of(app, "cake") == ("18:00", time(18))
        assert conflicts() == []

    def test_rows_that_either_code_adds_are_whole(self, app):
        app.execute(
            "INSERT INTO events (id, title, starts) VALUES ('a', 'Older', '09:00')",
            "INSERT INTO events (id, title, begins) VALUES ('b', 'Newer', '10:00')",
        )
        assert of(app, "a") == ("09:00", time(9))
        assert of(app, "b") == ("10:00", time(10))

    def test_an_upsert_of_either_code_is_in_step(self, app):
        for values in (
            "starts) VALUES ('cake', 'Cake', '19:00')",
            "begins) VALUES ('cake', 'C', '20:00')",
        ):
            column = values.split(")")[0]
            app.execute(
                f"INSERT INTO events (id, title, {values}"
                f" ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column}"
            )
        assert of(app, "cake") == ("20:00", time(20))

    def test_who_writes_both_means_both(self, app):
        app.execute("UPDATE events SET starts = '12:00', begins = '13:00' WHERE id = 'cake'")
        assert of(app, "cake") == ("12:00", time(13))

    def test_what_the_other_side_could_not_see_is_kept(self, app, conflicts):
        app.execute("UPDATE events SET begins = '16:30:15' WHERE id = 'ceremony'")
        app.execute("UPDATE events SET starts = '17:00' WHERE id = 'ceremony'")
        assert of(app) == ("17:00", time(17))
        assert conflicts() == [("begins", "older", "superseded", "16:30:15", "17:00")]

    def test_a_write_that_cannot_be_converted_goes_through_and_is_listed(self, app, conflicts):
        app.execute("UPDATE events SET starts = 'after dinner' WHERE id = 'cake'")
        assert of(app, "cake") == ("after dinner", time(17, 30))
        assert conflicts() == [("begins", "older", "not_converted", "17:30:00", "after dinner")]
        [(key,)] = app.execute("SELECT key FROM _rollback.conflicts")
        assert key == {"id": "cake"}

    def test_a_write_elsewhere_in_the_row_touches_neither(self, app, conflicts):
        app.execute("UPDATE events SET starts = 'late' WHERE id = 'cake'")
        app.execute("UPDATE events SET title = 'The cake' WHERE id = 'cake'")
        assert of(app, "cake") == ("late", time(17, 30))
        assert len(conflicts()) == 1

    def test_an_ordinary_role_of_the_app_can_write(self, app):
        app.execute(
            "DROP ROLE IF EXISTS clerk",
            "CREATE ROLE clerk LOGIN",
            "GRANT USAGE ON SCHEMA public TO clerk",
            "GRANT SELECT, UPDATE ON events TO clerk",
        )
        with psycopg.connect(app.url.replace("postgres@", "clerk@"), autocommit=True) as clerk:
            clerk.execute("UPDATE events SET starts = 'soon' WHERE id = 'cake'")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                clerk.execute("SELECT * FROM _rollback.conflicts")
        app.execute("DROP OWNED BY clerk", "DROP ROLE clerk")

    def test_forward_nothing_is_missing_and_both_are_still_in_step(self, app):
        app.execute("UPDATE events SET starts = '17:00' WHERE id = 'ceremony'")
        app.execute("INSERT INTO events (id, title, starts) VALUES ('a', 'Older', '09:00')")

        outcome = app.forward(self.run_id)
        app.execute("UPDATE events SET starts = '17:15' WHERE id = 'ceremony'")  # an open page

        assert outcome.sentence == "The database is forward again, at 0002."
        assert of(app) == ("17:15", time(17, 15))
        assert of(app, "a") == ("09:00", time(9))
        assert app.value("SELECT attnotnull FROM pg_attribute WHERE attname = 'begins'")

    def test_a_required_value_that_nobody_can_derive_is_refused_with_its_row(self, app):
        app.execute("INSERT INTO events (id, title, starts) VALUES ('a', 'Older', 'noonish')")
        outcome = app.forward(self.run_id)
        assert (outcome.code, outcome.rows) == (Code.CONTRADICTION, ("events id=a",))

        app.execute("UPDATE events SET starts = '12:00' WHERE id = 'a'")
        outcome = app.forward(self.run_id)
        assert (outcome.state, outcome.conflicts) == ("done", 1)
        assert of(app, "a") == ("12:00", time(12))

    def test_it_ends_when_it_is_let_go(self, app):
        app.forward(self.run_id)
        assert app.let_go().sentence == "Values of 0002 are not kept in step any more."
        assert app.let_go().sentence.startswith("No values are kept")

        app.execute("UPDATE events SET starts = '17:00' WHERE id = 'ceremony'")
        assert of(app) == ("17:00", time(16, 30))
        assert app.execute("SELECT proname FROM pg_proc WHERE proname ~ '^in_step'") == []

    def test_it_is_not_let_go_while_the_older_code_is_live(self, app):
        assert app.let_go().state == "done"
        app.execute("UPDATE events SET starts = '17:00' WHERE id = 'ceremony'")
        assert of(app) == ("17:00", time(17))

    def test_back_and_forward_again_before_it_is_let_go(self, app):
        app.forward(self.run_id)
        again = app.go_back()
        app.execute("UPDATE events SET begins = '19:00' WHERE id = 'cake'")
        assert of(app, "cake") == ("19:00", time(19))
        assert app.forward(again).state == "done"
        assert app.let_go().sentence == "Values of 0002, 0002 are not kept in step any more."
        assert app.execute("SELECT proname FROM pg_proc WHERE proname ~ '^in_step'") == []

    def test_further_back_a_column_that_is_in_step_keeps_its_name(self, world):
        """The way back of a version before renames it, and the trigger would not find it."""
        world.texts = {
            "0000": Migration.of("0000", EVENTS.replace("starts", "begin_text")),
            "0001": Migration.of("0001", "ALTER TABLE events RENAME begin_text TO starts"),
            "0002": world.texts["0002"],
        }
        found = world.plan("0000", applied=("0000", "0001", "0002"))
        assert isinstance(found, Refuse)
        assert found.code is Code.LEFT_OVER
        assert "an earlier rollback keeps values of events in step" in found.reason


def test_a_type_that_is_narrowed_again_finds_no_trigger_in_its_way(world):
    world.migrate(EVENTS)
    world.migrate(
        UP + "; ALTER TABLE events ALTER COLUMN starts TYPE varchar(8)",
        DOWN + "; ALTER TABLE events ALTER COLUMN starts TYPE text",
    )
    run_id = world.go_back(exclusive=True)
    world.execute("UPDATE events SET starts = 'right after dinner' WHERE id = 'cake'")
    assert world.forward(run_id).code is Code.CONTRADICTION
    world.execute("UPDATE events SET starts = '19:00' WHERE id = 'cake'")
    assert world.forward(run_id).state == "done"
    world.execute("UPDATE events SET starts = '20:00' WHERE id = 'cake'")
    assert of(world, "cake") == ("20:00", time(20))


class TestOneWay:
    """No down part: the newer column follows while nobody wrote it of his own accord."""

    @pytest.fixture(autouse=True)
    def back(self, world):
        world.migrate(EVENTS)
        world.migrate(
            "ALTER TABLE events ADD COLUMN called text; UPDATE events SET called = upper(title);"
            "ALTER TABLE events ALTER COLUMN called SET NOT NULL"
        )
        world.execute("UPDATE events SET called = 'Cutting' WHERE id = 'cake'")
        self.run_id = world.go_back()

    def test_it_follows_what_the_older_code_writes(self, world):
        world.execute(
            "UPDATE events SET title = 'Vows' WHERE id = 'ceremony'",
            "INSERT INTO events VALUES ('a', 'Dance', '20:00')",
        )
        assert world.execute("SELECT called FROM events ORDER BY id") == [
            ("DANCE",),
            ("Cutting",),
            ("VOWS",),
        ]
        assert world.forward(self.run_id).state == "done"

    def test_what_the_newer_code_wrote_of_its_own_stays(self, world):
        world.execute("UPDATE events SET title = 'Pie' WHERE id = 'cake'")
        assert world.value("SELECT called FROM events WHERE id = 'cake'") == "Cutting"


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

    def test_what_hangs_on_them_ends_it_with_nothing_changed(self, world):
        world.execute(
            "CREATE TABLE people (role text REFERENCES roles ON DELETE CASCADE)",
            "INSERT INTO people VALUES ('planner')",
        )
        outcome = world.run(uuid4(), world.down(), exclusive=True)
        assert (outcome.state, outcome.code) == ("refused", Code.GUARD)
        assert world.value("SELECT count(*) FROM roles") == 2
        assert world.value("SELECT count(*) FROM people") == 1


class TestAnotherType:
    """The column itself changed its type: each code gets one of its own."""

    @pytest.fixture(autouse=True)
    def migrated(self, world):
        world.migrate(EVENTS)
        world.migrate(
            "ALTER TABLE events ALTER COLUMN starts TYPE time USING starts::time",
            "ALTER TABLE events ALTER COLUMN starts TYPE text USING to_char(starts, 'HH24:MI')",
        )
        world.execute("UPDATE events SET starts = '16:30:15' WHERE id = 'ceremony'")

    def test_the_older_code_reads_and_writes_its_own(self, world):
        before = world.shape()
        assert world.down().mode is Mode.EXCLUSIVE
        run_id = world.go_back(exclusive=True)
        assert world.value("SELECT starts FROM events WHERE id = 'ceremony'") == "16:30"
        world.execute(
            "UPDATE events SET starts = '17:00' WHERE id = 'cake'",
            "INSERT INTO events (id, title, starts) VALUES ('a', 'Older', '09:00')",
        )

        assert world.forward(run_id).state == "done"
        assert world.execute("SELECT id, starts FROM events ORDER BY 1") == [
            ("a", time(9)),
            ("cake", time(17)),
            ("ceremony", time(16, 30, 15)),
        ]
        aside = [row for row in world.shape() if row not in before]
        assert [row[2].split()[1] for row in aside] == ["text"]
        assert set(before) <= set(world.shape())

    def test_what_the_newer_code_cannot_hold_is_refused_with_its_row(self, world):
        run_id = world.go_back(exclusive=True)
        back = world.shape()
        world.execute("INSERT INTO events (id, title, starts) VALUES ('a', 'Older', 'noonish')")
        assert world.forward(run_id).rows == ("events id=a",)
        assert world.shape() == back

        world.execute("UPDATE events SET starts = '12:00' WHERE id = 'a'")
        assert world.forward(run_id).state == "done"
        assert world.value("SELECT starts FROM events WHERE id = 'a'") == time(12)

    def test_again_and_again(self, world):
        for hour in ("18:00", "19:00"):
            run_id = world.go_back(exclusive=True)
            world.execute(f"UPDATE events SET starts = '{hour}' WHERE id = 'cake'")
            assert world.forward(run_id).state == "done"
        assert world.value("SELECT starts FROM events WHERE id = 'cake'") == time(19)

    def test_one_that_is_part_of_a_key_stays(self, world):
        world.execute("CREATE UNIQUE INDEX ON events (starts)")
        found = world.plan()
        assert isinstance(found, Refuse)
        assert found.reason == "events.starts is part of a key, and its type stays."


@pytest.mark.parametrize(
    ("down", "why"),
    [
        ("UPDATE events SET starts = x.s FROM (SELECT 1 s) x", "reads other tables"),
        ("WITH x AS (SELECT 1) UPDATE events SET starts = begins::text", "has a WITH"),
        ("UPDATE events SET starts = (SELECT 'x')", "looks into other rows"),
        ("UPDATE events SET starts = as_text(begins)", "calls as_text"),
        ("UPDATE events SET starts = gone || begins::text", "names gone, which is not there"),
        ("UPDATE events SET id = begins::text", "sets a primary key"),
        ("UPDATE events SET starts = begins::text || clock_timestamp()", "calls clock_timestamp"),
        ("UPDATE events SET starts = starts || begins::text", "sets a column that it reads"),
        ("UPDATE events SET starts = begins::text WHERE starts <> 'TBD'", "sets a column that its"),
        (
            "UPDATE events SET starts = CASE WHEN mark = 'x' THEN 'y' ELSE begins::text END",
            "compares mark, which is citext",
        ),
    ],
)
def test_what_nobody_can_derive_is_refused(world, down, why):
    world.migrate(
        EVENTS + "; CREATE FUNCTION as_text(time) RETURNS text LANGUAGE sql IMMUTABLE"
        " AS $$ SELECT $1::text $$; CREATE EXTENSION citext; ALTER TABLE events ADD mark citext"
    )
    world.migrate(UP, down)
    found = world.plan()
    assert isinstance(found, Refuse)
    assert found.code is Code.UNSUPPORTED
    assert f"cannot be derived: it {why}" in found.reason
    assert "-- rollback: safe" in found.remedy


def test_what_the_author_says_is_safe_is_not_looked_at(world):
    world.migrate(EVENTS)
    world.migrate(
        f"-- rollback: safe nobody reads it\n{UP}", "UPDATE events SET starts = (SELECT 'x')"
    )
    world.go_back()
    assert of(world)[0] == "16:00"


def test_values_of_odd_types_come_through(world):
    world.migrate(
        "CREATE TYPE mood AS ENUM ('good', 'bad');"
        'CREATE TABLE t (id int PRIMARY KEY, m text, j text, "Odd ""name""" text);'
        "INSERT INTO t VALUES (1, 'good', '{\"b\": 1,  \"a\": -0}', E'it''s \\\\ \\n')"
    )
    world.migrate(
        'ALTER TABLE t ADD COLUMN mood mood, ADD COLUMN doc json, ADD COLUMN "Ünï" text;'
        'UPDATE t SET mood = m::mood, doc = j::json, "Ünï" = "Odd ""name"""',
        'UPDATE t SET m = mood::text, j = doc::text, "Odd ""name""" = "Ünï"',
    )
    world.execute("UPDATE t SET mood = 'bad', doc = '{\"x\":  -0}', \"Ünï\" = 'ü'")
    world.go_back()
    assert world.execute('SELECT m, j, "Odd ""name""" FROM t') == [("bad", '{"x":  -0}', "ü")]
    world.execute('UPDATE t SET j = \'[1,  2]\', "Odd ""name""" = E\'\\\\\' WHERE id = 1')
    assert world.execute('SELECT doc::text, "Ünï" FROM t') == [("[1,  2]", "\\")]


def test_two_columns_of_one(world):
    world.migrate(
        "CREATE TABLE v (id int PRIMARY KEY, name text NOT NULL);"
        "INSERT INTO v VALUES (1, 'Ann Lee'), (2, 'Cher')"
    )
    world.migrate(
        "ALTER TABLE v ADD COLUMN given text, ADD COLUMN family text;"
        "UPDATE v SET given = split_part(name, ' ', 1),"
        " family = nullif(substr(name, strpos(name || ' ', ' ') + 1), '')",
        "UPDATE v SET name = concat_ws(' ', given, family)",
    )
    world.execute("UPDATE v SET family = 'Li' WHERE id = 1")
    world.go_back()
    assert world.execute("SELECT name FROM v ORDER BY id") == [("Ann Li",), ("Cher",)]
    world.execute(
        "UPDATE v SET name = 'Anna Lim' WHERE id = 1",
        "UPDATE v SET family = 'Sarkisian' WHERE id = 2",
    )
    assert world.execute("SELECT name, given, family FROM v ORDER BY id") == [
        ("Anna Lim", "Anna", "Lim"),
        ("Cher Sarkisian", "Cher", "Sarkisian"),
    ]


@pytest.mark.parametrize(
    ("kind", "written", "then"),
    [
        ("json[]", "{1}", "{2}"),
        ("point[]", '{"(0,0)"}', '{"(1,1)"}'),
        ("elsewhere.place", "(1,{})", "(2,[])"),
        ("path", "((0,0),(1,1))", "((0,0),(2,2))"),
        ("interval", "30 days", "1 mon"),
        ("char(5)", "hello", "world"),
        ("bit(4)", "1110", "0111"),
    ],
)
def test_values_of_whatever_type_are_in_step(world, kind, written, then):
    """Types without equality, and those to which what differs is equal."""
    world.execute(
        "CREATE SCHEMA elsewhere",
        "CREATE TYPE elsewhere.place AS (x int, more json)",
    )
    world.migrate(f"CREATE TABLE t (id int PRIMARY KEY, a {kind}); INSERT INTO t VALUES (1)")
    world.migrate(f"ALTER TABLE t ADD COLUMN b {kind}; UPDATE t SET b = a", "UPDATE t SET a = b")
    world.execute(f"UPDATE t SET a = '{written}', b = '{then}'")
    both = "SELECT a::text, b::text FROM t"

    world.go_back()
    assert world.execute(both) == [(then, then)]
    for column, value in (("a", written), ("b", then)):
        world.execute(f"UPDATE t SET {column} = '{value}'")
        assert world.execute(both) == [(value, value)]


def test_two_collations_are_in_step(world):
    world.migrate(
        'CREATE TABLE t (id int PRIMARY KEY, a text COLLATE "C"); INSERT INTO t VALUES (1)'
    )
    world.migrate(
        'ALTER TABLE t ADD COLUMN b text COLLATE "POSIX"; UPDATE t SET b = a', "UPDATE t SET a = b"
    )
    world.execute("UPDATE t SET b = 'x'")
    world.go_back()
    assert world.execute("SELECT a, b FROM t") == [("x", "x")]


@pytest.mark.parametrize("kind", ["char(3)", "varchar(3)", "bit(3)"])
def test_a_value_that_is_too_long_is_not_cut_off(world, kind):
    wide = "varbit" if kind.startswith("bit") else "text"
    world.migrate(f"CREATE TABLE t (id int PRIMARY KEY, a {kind})")
    world.migrate(f"ALTER TABLE t ADD COLUMN b {wide}; UPDATE t SET b = a", "UPDATE t SET a = b")
    world.execute("INSERT INTO t (id, b) VALUES (1, '1010')")
    outcome = world.run(uuid4(), world.down())
    assert (outcome.state, outcome.code) == ("refused", Code.CONTRADICTION)


def test_a_type_that_goes_back_cuts_no_value_off(world):
    world.migrate("CREATE TABLE t (id int PRIMARY KEY, a varchar(3))")
    world.migrate(
        "ALTER TABLE t ALTER COLUMN a TYPE text USING trim(a)",
        "ALTER TABLE t ALTER COLUMN a TYPE varchar(3)",
    )
    world.execute("INSERT INTO t VALUES (1, '1010')")
    outcome = world.run(uuid4(), world.down(), exclusive=True)
    assert (outcome.state, outcome.code) == ("refused", Code.CONTRADICTION)


class TestOneStatementForEachValue:
    @pytest.fixture(autouse=True)
    def back(self, world):
        world.migrate(
            "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'x'), (2, 'y')"
        )
        ups = [f"UPDATE t SET b = {n} WHERE a = '{word}'" for n, word in enumerate("xyz")]
        downs = [f"UPDATE t SET a = '{word}' WHERE b = {n}" for n, word in enumerate("xyz")]
        world.migrate("ALTER TABLE t ADD COLUMN b int;" + ";".join(ups), ";".join(downs))
        world.go_back()

    def test_each_is_followed(self, world, conflicts):
        for n, word in (*enumerate("xyz"), *enumerate("xyz")):
            world.execute(f"UPDATE t SET a = '{word}'")
            assert world.execute("SELECT DISTINCT b FROM t") == [(n,)]
        for n, word in enumerate("xyz"):
            world.execute(f"UPDATE t SET b = {n}")
            assert world.execute("SELECT DISTINCT a FROM t") == [(word,)]
        assert conflicts() == []

    def test_what_none_is_about_is_listed(self, world, conflicts):
        world.execute("UPDATE t SET a = 'q' WHERE id = 1", "UPDATE t SET b = 7 WHERE id = 2")
        assert world.execute("SELECT a, b FROM t ORDER BY id") == [("q", 0), ("y", 7)]
        assert conflicts() == [
            ("b", "older", "not_followed", "0", "q"),
            ("a", "newer", "not_followed", "y", "7"),
        ]
        world.execute("UPDATE t SET a = 'z' WHERE id = 2")
        assert conflicts()[2:] == [("b", "older", "superseded", "7", "z")]


def test_a_row_that_the_statements_are_not_about_is_not_listed(world, conflicts):
    world.migrate(f"{EVENTS}; UPDATE events SET starts = 'late', kind = 'party' WHERE id = 'cake'")
    world.migrate(
        "ALTER TABLE events ADD COLUMN begins time;"
        "UPDATE events SET begins = starts::time WHERE kind = 'x'",
        "UPDATE events SET starts = to_char(begins, 'HH24:MI')"
        " WHERE CASE WHEN kind = 'x' THEN true ELSE false END",
    )
    world.go_back()
    world.execute("UPDATE events SET starts = 'later' WHERE id = 'cake'")
    assert of(world, "cake") == ("later", None)
    assert conflicts() == []


def test_a_version_that_filled_a_column_again_is_followed(world):
    world.migrate("CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'x')")
    world.migrate("ALTER TABLE t ADD COLUMN b text; UPDATE t SET b = a", "UPDATE t SET a = b")
    world.migrate("UPDATE t SET b = upper(a)")
    world.go_back()
    world.execute("UPDATE t SET a = 'y'")
    assert world.execute("SELECT a, b FROM t") == [("y", "Y")]


class TestOverSeveralVersions:
    """c follows from b, and b from a."""

    @pytest.fixture(autouse=True)
    def migrated(self, world):
        world.migrate("CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, '1')")
        world.migrate(
            "ALTER TABLE t ADD COLUMN b int; UPDATE t SET b = a::int", "UPDATE t SET a = b::text"
        )
        world.migrate(
            "ALTER TABLE t ADD COLUMN c numeric; UPDATE t SET c = b + 0.5",
            "UPDATE t SET b = floor(c)::int",
        )

    def test_what_goes_through_a_column_between_is_refused(self, world):
        found = world.plan()
        assert isinstance(found, Refuse)
        assert found.code is Code.UNSUPPORTED
        assert (
            "what the older code reads of t goes through b and several statements" in found.reason
        )

    def test_one_rollback_after_the_other_is_refused(self, world):
        """Each of the two triggers would have to come after the other."""
        world.go_back("0002")
        found = world.plan()
        assert isinstance(found, Refuse)
        assert found.code is Code.LEFT_OVER
        assert "an earlier rollback keeps values of t in step" in found.reason


def test_what_goes_through_a_column_of_the_older_code_is_refused(world):
    world.migrate("CREATE TABLE t (id int PRIMARY KEY, a text, upper text)")
    world.migrate(
        "ALTER TABLE t ADD COLUMN b text; UPDATE t SET b = a",
        "UPDATE t SET a = b; UPDATE t SET upper = upper(a)",
    )
    found = world.plan()
    assert isinstance(found, Refuse)
    assert "what the older code reads of t goes through a" in found.reason


def test_other_columns_of_a_table_go_back_after_a_first_rollback(world):
    world.migrate("CREATE TABLE t (id int PRIMARY KEY, a text, x text); INSERT INTO t VALUES (1)")
    world.migrate("ALTER TABLE t ADD COLUMN b text; UPDATE t SET b = a", "UPDATE t SET a = b")
    world.migrate("ALTER TABLE t ADD COLUMN y text; UPDATE t SET y = x", "UPDATE t SET x = y")
    runs = [world.go_back("0002"), world.go_back("0001")]
    world.execute("UPDATE t SET a = 'a', x = 'x'")
    assert world.execute("SELECT b, y FROM t") == [("a", "x")]
    assert [world.forward(run).state for run in reversed(runs)] == ["done", "done"]


class TestWhoMayDoWhat:
    @pytest.fixture
    def role(self, world):
        """May make things in the app's schema, and write its tables."""
        world.execute(
            "DROP ROLE IF EXISTS clerk",
            "CREATE ROLE clerk LOGIN",
            "GRANT ALL ON SCHEMA public TO clerk",
        )
        yield World(world.url.replace("postgres@", "clerk@"))
        world.execute("DROP OWNED BY clerk CASCADE", "DROP ROLE clerk")

    def test_an_operator_that_somebody_makes_is_never_called(self, world, role):
        """The trigger runs as the owner: what it calls, it calls as the owner."""
        world.migrate(
            "CREATE TABLE t (id int PRIMARY KEY, a varchar(9)); INSERT INTO t VALUES (1, 'x');"
            "GRANT SELECT, UPDATE ON t TO clerk"
        )
        world.migrate(
            "ALTER TABLE t ADD COLUMN b varchar(9);"
            "UPDATE t SET b = CASE a WHEN 'x' THEN 'y' ELSE nullif(a, 'q') END",
            "UPDATE t SET a = b WHERE (b IN ('x', 'z') OR b BETWEEN 'a' AND 'z')"
            " AND b NOT IN ('k', 'l') AND b NOT BETWEEN 'r' AND 's' AND b IS DISTINCT FROM 'm'",
        )
        world.go_back()
        role.execute(
            "CREATE FUNCTION whoever(varchar, varchar) RETURNS boolean LANGUAGE plpgsql"
            " AS $$ BEGIN RAISE 'called as %', current_user; END $$",
            *(
                f"CREATE OPERATOR {name} (LEFTARG = varchar, RIGHTARG = varchar,"
                " FUNCTION = whoever)"
                for name in ("=", "<=", ">=")
            ),
        )
        role.execute("UPDATE public.t SET a = 'x'")
        assert world.execute("SELECT a, b FROM t") == [("x", "y")]
        for written, followed in (("z", "z"), ("k", "z"), ("r", "z"), ("m", "z"), ("c", "c")):
            role.execute(f"UPDATE public.t SET b = '{written}'")
            assert world.execute("SELECT a FROM t") == [(followed,)]
        role.execute("UPDATE public.t SET a = 'q'")
        assert world.execute("SELECT b FROM t") == [(None,)]

    def test_rows_that_a_policy_hides_from_the_owner_end_it(self, world, role):
        role.migrate(
            f"{EVENTS}; ALTER TABLE events ENABLE ROW LEVEL SECURITY;"
            "CREATE POLICY shown ON events USING (id = 'cake')"
        )
        role.migrate(UP, DOWN)
        world.execute(
            "UPDATE events SET begins = '20:00'",
            "ALTER TABLE events FORCE ROW LEVEL SECURITY",
            "GRANT CREATE ON DATABASE app TO clerk",
        )
        outcome = role.run(uuid4(), role.down())
        assert (outcome.state, outcome.code) == ("refused", Code.PRIVILEGE)
        assert outcome.remedy.endswith("with BYPASSRLS where policies bind it.")
        assert of(world)[0] == "16:00"

    def test_default_privileges_let_nobody_in(self, world, role):
        default = "ALTER DEFAULT PRIVILEGES {} ON {} clerk"
        world.execute(
            default.format("GRANT USAGE", "SCHEMAS TO"), default.format("GRANT SELECT", "TABLES TO")
        )
        world.migrate(EVENTS)
        world.migrate(UP, DOWN)
        world.go_back()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            role.execute("SELECT * FROM _rollback.runs")

    def test_a_type_stays_where_roles_have_rights_on_the_column_alone(self, world, role):
        world.migrate("CREATE TABLE t (id int PRIMARY KEY, a text); GRANT SELECT (a) ON t TO clerk")
        world.migrate(
            "ALTER TABLE t ALTER a TYPE int USING a::int", "ALTER TABLE t ALTER a TYPE text"
        )
        found = world.plan()
        assert isinstance(found, Refuse)
        assert found.reason.startswith("roles have rights on t.a alone")


def test_a_down_part_that_renames_first_means_its_new_names(world):
    world.migrate("CREATE TABLE t (id int PRIMARY KEY, a text, b text)")
    swap = "ALTER TABLE t RENAME a TO x; ALTER TABLE t RENAME b TO a; ALTER TABLE t RENAME x TO b;"
    world.migrate(
        f"{swap} ALTER TABLE t ADD COLUMN c text; UPDATE t SET c = a",
        f"{swap} ALTER TABLE t RENAME TO s; UPDATE s SET b = c; ALTER TABLE s RENAME TO t",
    )
    world.execute("INSERT INTO t (id, a, b, c) VALUES (1, 'B', 'A', 'newer')")
    world.go_back(exclusive=True)
    assert world.execute("SELECT a, b FROM t") == [("A", "newer")]


def test_a_trigger_that_would_come_after_ours_is_refused(world):
    world.migrate(
        f"{EVENTS}; CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN NEW.starts := trim(NEW.starts); RETURN NEW; END $$;"
        'CREATE TRIGGER "änderung" BEFORE INSERT OR UPDATE ON events'
        " FOR EACH ROW EXECUTE FUNCTION tidy()"
    )
    world.migrate(UP, DOWN)
    found = world.plan()
    assert isinstance(found, Refuse)
    assert found.reason.startswith("trigger änderung of events would come after")
    world.execute('ALTER TRIGGER "änderung" ON events RENAME TO tidy')
    world.go_back()
    world.execute("UPDATE events SET starts = ' 19:00 '")
    assert of(world) == ("19:00", time(19))


def test_a_text_is_the_same_moment_whichever_zone_its_writer_is_in(world):
    world.migrate("CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, NULL)")
    world.migrate(
        "ALTER TABLE t ADD COLUMN b timestamptz; UPDATE t SET b = a::timestamptz",
        "UPDATE t SET a = to_char(b, 'YYYY-MM-DD HH24:MI')",
    )
    world.go_back()
    with world.one_connection():
        world.execute("SET timezone = 'Asia/Tokyo'", "UPDATE t SET a = '2026-06-01 17:00'")
    assert world.value("SELECT b = a::timestamptz FROM t")


def test_what_comes_by_itself_says_nothing_of_who_wrote(world):
    world.migrate("CREATE TABLE t (id int PRIMARY KEY, a text, c text)")
    world.migrate(
        "ALTER TABLE t ADD COLUMN b timestamptz NOT NULL DEFAULT now() + '1 day',"
        " ADD COLUMN d text NOT NULL DEFAULT '(none)';"
        "UPDATE t SET b = a::timestamptz, d = upper(c)",
        "UPDATE t SET a = to_char(b, 'YYYY-MM-DD'), c = lower(d)",
    )
    world.go_back()
    world.execute("INSERT INTO t (id, a, c) VALUES (1, '2027-01-01', 'x')")
    assert world.execute("SELECT to_char(b, 'YYYY-MM-DD'), d FROM t") == [("2027-01-01", "X")]


def test_a_write_goes_through_where_the_older_rules_do_not_allow_what_follows(world, conflicts):
    world.migrate(
        "CREATE TABLE t (id int PRIMARY KEY, price numeric(8,2) CHECK (price >= 0), failed int,"
        " CHECK (price < failed AND '{}' <> '')); INSERT INTO t VALUES (1, 1.50, 10)"
    )
    world.migrate(
        "ALTER TABLE t ADD COLUMN cents int; UPDATE t SET cents = price * 100;"
        "ALTER TABLE t RENAME price TO cost",
        "ALTER TABLE t RENAME cost TO price; UPDATE t SET price = cents / 100.0",
    )
    world.go_back(exclusive=True)
    world.execute(
        "UPDATE t SET cents = -1", "UPDATE t SET cents = 1000", "UPDATE t SET cents = 250"
    )
    assert world.execute("SELECT price::text, cents FROM t") == [("2.50", 250)]
    assert conflicts()[:2] == [
        ("cost", "newer", "not_converted", "1.50", "-1"),
        ("cost", "newer", "not_converted", "1.50", "1000"),
    ]


def test_a_format_that_the_row_tells_may_be_none(world, conflicts):
    world.migrate("CREATE TABLE t (id int PRIMARY KEY, a text, f text); INSERT INTO t VALUES (1)")
    world.migrate(
        "ALTER TABLE t ADD COLUMN b numeric; UPDATE t SET b = a::numeric",
        "UPDATE t SET a = to_char(b, f)",
    )
    world.go_back()
    world.execute("UPDATE t SET f = 'EEEE9EEEE'", "UPDATE t SET b = 8")
    assert world.execute("SELECT a, b FROM t") == [(None, 8)]
    assert ("a", "newer", "not_converted", None, "8") in conflicts()
