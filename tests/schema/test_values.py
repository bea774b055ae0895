"""What one release's code wrote, the other reads: carried back, kept in step, and never lost."""

from datetime import time
from uuid import uuid4

import psycopg
import pytest

from lib.schema.models import Code, Migration, Mode, Refuse, Skip
from tests.schema.event_times import DOWN, EVENTS, UP, of


@pytest.fixture
def app(world):
    world.migrate(EVENTS)
    world.migrate(UP, DOWN)
    return world


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
            "UPDATE events SET starts = CASE mark WHEN 'x' THEN 'y' ELSE begins::text END",
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
