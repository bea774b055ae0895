"""Values kept in step where types, names, statements or rights are not the usual ones."""

from datetime import time
from uuid import uuid4

import psycopg
import pytest

from lib.schema.models import Code, Refuse
from tests.schema.event_times import DOWN, EVENTS, UP, of
from tests.schema.world import World


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
        " CHECK (price < failed AND '{}' <> ''), CHECK (t IS NOT NULL OR true));"
        "INSERT INTO t VALUES (1, 1.50, 10)"
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
