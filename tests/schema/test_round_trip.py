"""Back, and forward again: the older code runs, and nothing that anybody wrote is missing."""

import asyncio
from uuid import uuid4

import psycopg
import pytest

from lib.schema.models import Code, Mode, Refuse, Skip

GUESTS = """
CREATE TABLE guests (
  id int PRIMARY KEY, name text NOT NULL, email text, seats int NOT NULL DEFAULT 1);
CREATE TABLE tables (id int PRIMARY KEY, label text);
INSERT INTO tables VALUES (1, 'one'), (2, 'two');
INSERT INTO guests VALUES (1, 'Ann', 'a@x'), (2, 'Bob', 'b@x')
"""
OLD_WRITES = (
    "INSERT INTO guests (id, name, email) VALUES (3, 'Cy', 'c@x')",
    "INSERT INTO guests VALUES (4, 'Di', 'd@x', 2)",
    "UPDATE guests SET name = 'Bo', seats = 0 WHERE id = 2",
    "DELETE FROM guests WHERE id = 1",
)


@pytest.fixture
def app(world):
    world.migrate(GUESTS)
    return world


#: What a release adds, and a write that only its code does.
RELAXED = {
    "required column": (
        """ALTER TABLE guests ADD COLUMN phone text; UPDATE guests SET phone = '?';
        ALTER TABLE guests ALTER COLUMN phone SET NOT NULL""",
        "UPDATE guests SET phone = '1' WHERE id = 2",
    ),
    "required column that nobody can derive": (
        """ALTER TABLE guests ADD COLUMN phone text; UPDATE guests SET phone = (SELECT '?');
        ALTER TABLE guests ALTER COLUMN phone SET NOT NULL""",
        "UPDATE guests SET phone = '1' WHERE id = 2",
    ),
    "check": ("ALTER TABLE guests ADD CONSTRAINT seated CHECK (seats > 0)", ""),
    "unnamed check": ("ALTER TABLE guests ADD CHECK (seats > 0)", ""),
    "unique": ("ALTER TABLE guests ADD CONSTRAINT one_mail UNIQUE (email)", ""),
    "deferrable unique": (
        "ALTER TABLE guests ADD CONSTRAINT one UNIQUE (email, seats) DEFERRABLE INITIALLY DEFERRED",
        "",
    ),
    "unique index": ("CREATE UNIQUE INDEX one_mail ON guests (lower(email)) WHERE seats > 0", ""),
    "unnamed unique index": ("CREATE UNIQUE INDEX ON guests (email)", ""),
    "foreign key": (
        "ALTER TABLE guests ADD CONSTRAINT seat FOREIGN KEY (seats) REFERENCES tables (id)",
        "",
    ),
    "not null": ("ALTER TABLE guests ALTER COLUMN email SET NOT NULL", ""),
    "default": ("ALTER TABLE guests ALTER COLUMN seats DROP DEFAULT", ""),
    "exclusion": (
        "ALTER TABLE guests ADD CONSTRAINT no_two EXCLUDE USING btree (email WITH =)",
        "",
    ),
    "trigger": (
        """CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE 'not now'; END $$;
        CREATE TRIGGER never BEFORE INSERT ON guests FOR EACH ROW EXECUTE FUNCTION never()""",
        "",
    ),
    "new table": (
        """CREATE TABLE gifts (
        id int PRIMARY KEY, guest_id int NOT NULL REFERENCES guests, what text NOT NULL)""",
        "INSERT INTO gifts VALUES (1, 1, 'vase'), (2, 2, 'cake')",
    ),
    "new column that points": (
        "ALTER TABLE guests ADD COLUMN table_id int REFERENCES tables",
        "UPDATE guests SET table_id = 2 WHERE id = 2",
    ),
    "narrower type": ("ALTER TABLE guests ALTER COLUMN name TYPE varchar(3)", ""),
}


@pytest.mark.parametrize("what", RELAXED)
def test_the_older_code_runs_and_everything_comes_back(app, what):
    migration, write = RELAXED[what]
    app.migrate(migration)
    if write:
        app.execute(write)
    before = app.shape()

    plan = app.down()
    assert plan.mode is (Mode.EXCLUSIVE if what == "narrower type" else Mode.SHARED)
    run_id = app.go_back(exclusive=True)
    for statement in OLD_WRITES:
        app.execute(statement)
    app.execute("DELETE FROM tables WHERE id = 1")

    contradicting = {
        "required column that nobody can derive": (
            "UPDATE guests SET phone = '!' WHERE phone IS NULL"
        ),
        "check": "UPDATE guests SET seats = 1",
        "unnamed check": "UPDATE guests SET seats = 1",
        "foreign key": "UPDATE guests SET seats = 2",
    }
    if what in contradicting:
        outcome = app.forward(run_id)
        assert (outcome.state, outcome.code) == ("refused", Code.CONTRADICTION)
        assert outcome.rows
        app.execute("INSERT INTO guests VALUES (9, 'Old', 'o@x', 0)")
        app.execute("DELETE FROM guests WHERE id = 9", contradicting[what])
    outcome = app.forward(run_id)
    assert outcome.state == "done", outcome
    assert app.shape() == before
    assert app.forward(run_id).state == "done"


def test_rows_that_point_to_what_is_gone_are_put_aside_and_counted(app):
    app.migrate(
        "CREATE TABLE gifts (id int PRIMARY KEY, guest_id int NOT NULL REFERENCES guests);"
        "CREATE TABLE thanks (gift_id int REFERENCES gifts ON DELETE CASCADE, text text)"
    )
    app.execute("INSERT INTO gifts VALUES (1, 1), (2, 2)", "INSERT INTO thanks VALUES (1, 'Dear')")
    run_id = app.go_back()
    app.execute("DELETE FROM guests WHERE id = 1")

    outcome = app.forward(run_id)

    assert (outcome.state, outcome.quarantined) == ("done", 2)
    assert app.execute("SELECT id FROM gifts") == [(2,)]
    kept = app.execute("SELECT kept_in, rows FROM _rollback.quarantine ORDER BY kept_in")
    assert [rows for _, rows in kept] == [1, 1]
    values = [app.execute(f'SELECT t::text FROM _rollback."{name}" t') for name, _ in kept]
    assert sorted(values) == [[("(1,1)",)], [("(1,Dear)",)]]


def test_a_foreign_key_that_was_never_proved_is_not_proved_now(app):
    app.migrate("CREATE TABLE gifts (guest_id int); INSERT INTO gifts VALUES (77)")
    app.migrate("ALTER TABLE gifts ADD FOREIGN KEY (guest_id) REFERENCES guests NOT VALID")
    before, run_id = app.shape(), app.go_back()
    outcome = app.forward(run_id)
    assert (outcome.state, outcome.quarantined) == ("done", 0)
    assert app.shape() == before
    assert app.value("SELECT guest_id FROM gifts") == 77


def test_a_renamed_table_and_column_are_called_as_before(app):
    app.migrate("ALTER TABLE guests RENAME COLUMN name TO full_name")
    app.migrate("ALTER TABLE guests RENAME TO visitors")
    app.migrate("ALTER TABLE visitors ADD COLUMN name text; CREATE TABLE guests (x int)")
    app.execute("INSERT INTO visitors VALUES (5, 'Eve', 'e@x', 1, 'Evie')")
    app.execute("INSERT INTO guests VALUES (7)")
    before = app.shape()

    plan = app.down()
    assert plan.mode is Mode.EXCLUSIVE
    refused = app.run(uuid4(), plan)
    assert refused.code is Code.NOT_ALLOWED
    run_id = app.go_back(exclusive=True)
    for statement in OLD_WRITES:
        app.execute(statement)
    assert app.value("SELECT name FROM guests WHERE id = 5") == "Eve"

    assert app.forward(run_id).state == "done"
    assert app.shape() == before
    assert app.value("SELECT full_name || name FROM visitors WHERE id = 5") == "EveEvie"
    assert app.value("SELECT full_name FROM visitors WHERE id = 2") == "Bo"
    assert app.value("SELECT x FROM guests") == 7


@pytest.mark.parametrize(
    "migration",
    [
        "ALTER TABLE guests ADD COLUMN note text",
        "ALTER TABLE guests ADD COLUMN note text NOT NULL DEFAULT ''",
        "CREATE TABLE other (id serial PRIMARY KEY, of int REFERENCES other)",
        "CREATE INDEX ON guests (email)",
        "ALTER TABLE guests ADD COLUMN code text UNIQUE",
    ],
)
def test_the_database_stays_where_the_older_code_can_live_with_it(app, migration):
    app.migrate(migration)
    plan = app.plan()
    assert isinstance(plan, Skip), plan
    assert plan.sentence == "Database stays as it is."
    for statement in OLD_WRITES:
        app.execute(statement)


@pytest.mark.parametrize(
    ("migration", "code"),
    [
        ("ALTER TABLE guests DROP COLUMN email", Code.DESTROYED),
        ("DROP TABLE guests", Code.DESTROYED),
        ("TRUNCATE guests", Code.DESTROYED),
        ("ALTER TABLE guests DROP COLUMN email, ADD COLUMN email text", Code.DESTROYED),
        ("ALTER TABLE guests ADD COLUMN email2 text, DROP COLUMN email", Code.DESTROYED),
        ("DO $$ BEGIN EXECUTE 'SELECT 1'; END $$", Code.UNSUPPORTED),
        ("ALTER TABLE guests ENABLE ROW LEVEL SECURITY", Code.UNSUPPORTED),
        ("UPDATE guests SET seats = 2", Code.UNSUPPORTED),
        ("ALTER TABLE guests ALTER COLUMN id TYPE bigint", Code.UNSUPPORTED),
        ("-- rollback: irreversible we mean it\nSELECT 1", Code.NO_DOWN),
    ],
)
def test_what_cannot_go_back_says_so(app, migration, code):
    app.migrate(migration)
    plan = app.plan()
    assert isinstance(plan, Refuse), plan
    assert plan.code is code
    assert plan.remedy


def test_a_dropped_default_that_no_text_tells_is_refused(app):
    app.migrate("ALTER TABLE guests ALTER COLUMN seats SET DEFAULT abs(-1)")
    app.migrate("ALTER TABLE guests ALTER COLUMN seats DROP DEFAULT")
    plan = app.plan("0002")
    assert isinstance(plan, Refuse)
    assert plan.code is Code.NO_DOWN


def test_a_second_run_goes_back_further_and_the_last_comes_forward_first(app):
    app.migrate("ALTER TABLE guests ADD CONSTRAINT a CHECK (seats > 0)")
    app.migrate("ALTER TABLE guests ADD CONSTRAINT b CHECK (seats < 9)")
    before = app.shape()
    first, second = app.go_back("0002"), app.go_back("0001")

    assert app.forward(first).code is Code.LEFT_OVER
    assert app.forward(second).state == "done"
    assert app.forward(first).state == "done"
    assert app.shape() == before
    with pytest.raises(psycopg.errors.CheckViolation):
        app.execute("UPDATE guests SET seats = 0")


def test_a_partitioned_table_goes_back_with_its_partitions(app):
    app.execute(
        "CREATE TABLE log (day int NOT NULL, line text) PARTITION BY RANGE (day)",
        "CREATE TABLE log_1 (line text, gone int, day int NOT NULL)",
        "ALTER TABLE log_1 DROP COLUMN gone",
        "ALTER TABLE log ATTACH PARTITION log_1 FOR VALUES FROM (0) TO (5)",
        "CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM (5) TO (9) PARTITION BY RANGE (day)",
        "CREATE TABLE log_2a PARTITION OF log_2 DEFAULT",
        "INSERT INTO log VALUES (1, 'a'), (6, 'b')",
    )
    app.migrate(
        "ALTER TABLE log RENAME COLUMN line TO text;"
        "ALTER TABLE log ALTER COLUMN text SET NOT NULL;"
        "ALTER TABLE log ADD CONSTRAINT filled CHECK (text <> '')"
    )
    before = app.shape()
    run_id = app.go_back(exclusive=True)
    app.execute("INSERT INTO log (day, line) VALUES (2, NULL), (7, '')")
    refused = app.forward(run_id)
    assert refused.code is Code.CONTRADICTION
    app.execute("UPDATE log SET line = 'x' WHERE line IS NULL OR line = ''")
    assert app.forward(run_id).state == "done"
    assert app.shape() == before


def test_a_table_in_another_schema_comes_back_to_its_own(app):
    app.migrate("CREATE SCHEMA elsewhere; ALTER TABLE guests SET SCHEMA elsewhere")
    app.migrate("ALTER TABLE elsewhere.guests RENAME TO people")
    before = app.shape()
    run_id = app.go_back(exclusive=True)
    for statement in OLD_WRITES:
        app.execute(statement)
    assert app.forward(run_id).state == "done"
    assert app.shape() == before
    assert app.value("SELECT name FROM elsewhere.people WHERE id = 2") == "Bo"


def test_a_schema_that_is_published_as_a_whole_is_not_left(app):
    app.migrate("CREATE SCHEMA elsewhere; ALTER TABLE guests SET SCHEMA elsewhere")
    app.execute("CREATE PUBLICATION all_of_it FOR TABLES IN SCHEMA elsewhere")
    plan = app.plan()
    app.execute("DROP PUBLICATION all_of_it")
    assert isinstance(plan, Refuse)
    assert "publication" in plan.reason


def test_a_view_in_the_place_of_a_table_goes_aside(app):
    app.migrate(
        "ALTER TABLE guests RENAME TO people; ALTER TABLE people RENAME COLUMN name TO full_name;"
        "CREATE VIEW guests AS SELECT id, full_name AS name FROM people WHERE seats > 0"
    )
    before = app.shape()
    run_id = app.go_back(exclusive=True)
    for statement in OLD_WRITES:
        app.execute(statement)
    assert app.forward(run_id).state == "done"
    assert app.shape() == before
    assert app.execute("SELECT name FROM guests WHERE id = 4") == [("Di",)]


def test_the_journal_knows_which_database_it_is_in_and_what_is_rolled_back(app):
    app.migrate("ALTER TABLE guests ADD CHECK (seats > 0)")
    _, nothing = asyncio.run(app.executor().look())
    assert (nothing.last_run, nothing.identity) == (None, None)

    run_id = app.go_back()
    _, standing = asyncio.run(app.executor().look())
    assert standing.rolled_back == ("0002",)
    assert standing.open_runs == (str(run_id),)
    assert standing.identity

    app.forward(run_id)
    _, after = asyncio.run(app.executor().look())
    assert (after.rolled_back, after.open_runs) == ((), ())
    assert (after.last_run, after.identity) == (str(run_id), standing.identity)


def test_only_the_owner_looks_into_the_journal(app):
    app.migrate("ALTER TABLE guests ADD CHECK (seats > 0)")
    app.go_back()
    assert not app.value("SELECT has_schema_privilege('public', '_rollback', 'USAGE')")


def test_an_undone_run_is_not_known_elsewhere(app):
    assert app.forward(uuid4()).code is Code.UNRECORDED
    app.make_journal()
    assert app.forward(uuid4()).code is Code.UNRECORDED


def test_what_was_kept_and_really_dropped_meanwhile_is_told(app):
    app.migrate(
        "ALTER TABLE guests ADD COLUMN phone text; UPDATE guests SET phone = '?';"
        "ALTER TABLE guests ALTER COLUMN phone SET NOT NULL"
    )
    run_id = app.go_back()
    app.execute("ALTER TABLE guests DROP COLUMN phone CASCADE")
    outcome = app.forward(run_id)
    assert (outcome.state, outcome.code) == ("refused", Code.DESTROYED)


def test_rows_that_come_while_it_is_proved_undo_the_way_forward(app):
    """The last look before does not find them: the proof does, and all is relaxed again."""
    app.migrate("ALTER TABLE guests ADD CONSTRAINT seated CHECK (seats > 0)")
    run_id = app.go_back()
    rolled_back = app.shape()
    app.execute(
        "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO guests VALUES (8, 'Late', 'l@x', 0); RETURN NULL; END $$",
        "CREATE TRIGGER late AFTER INSERT ON _rollback.actions EXECUTE FUNCTION late()",
    )
    outcome = app.forward(run_id)
    app.execute("DROP TRIGGER late ON _rollback.actions")
    assert (outcome.state, outcome.code) == ("refused", Code.CONTRADICTION), outcome
    assert outcome.rows == ("guests id=8",)
    assert app.shape() == rolled_back
    assert app.status(run_id) == "back"
    app.execute(
        "INSERT INTO guests VALUES (9, 'Old', 'o@x', 0)", "DELETE FROM guests WHERE seats = 0"
    )
    assert app.forward(run_id).state == "done"
