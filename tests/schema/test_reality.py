"""The table of lib/schema/rules.py against servers: what older code really can do after a change.

Each row runs in a database where the older code's statements work. Where the planner says that
they still do (it skips), they must. Where it goes back, they must afterwards. The last test knows
that no kind of change was left out.
"""

import psycopg
import pytest

from lib.schema.models import Down, Refuse, Skip
from lib.schema.rules import RULES, Verdict
from lib.schema.statements import read

OLD = """
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN short AS text CHECK (length(VALUE) < 9);
CREATE FUNCTION double(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2';
CREATE SEQUENCE numbers;
CREATE TABLE tables (id int PRIMARY KEY, label text NOT NULL DEFAULT 'none');
CREATE TABLE guests (
  id int PRIMARY KEY, name text NOT NULL, email varchar(50), code varchar(20),
  seats int NOT NULL DEFAULT 1, price numeric(8,2), feeling mood DEFAULT 'good',
  table_id int, born timestamp, CONSTRAINT cheap CHECK (price < 1000),
  CONSTRAINT seat FOREIGN KEY (table_id) REFERENCES tables (id)
);
CREATE UNIQUE INDEX guests_code ON guests (code);
CREATE INDEX guests_name ON guests (name);
ALTER TABLE guests ADD CONSTRAINT one_email UNIQUE (email);
CREATE VIEW seated AS SELECT id, name FROM guests WHERE table_id IS NOT NULL;
CREATE TABLE log (day date NOT NULL, line text) PARTITION BY RANGE (day);
CREATE TABLE log_2026 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
CREATE TRIGGER keep BEFORE INSERT ON guests FOR EACH ROW EXECUTE FUNCTION keep();
INSERT INTO tables VALUES (1, 'one'), (2, 'two');
INSERT INTO guests (id, name, email, code, table_id) VALUES
  (1, 'Ann', 'a@x', 'a', 1), (2, 'Bob', 'b@x', 'b', 2);
INSERT INTO log VALUES ('2026-05-05', 'x')
"""
#: What the older code does all day. In one transaction that is undone.
STATEMENTS = (
    "SELECT id, name, email, code, seats, price, feeling, table_id, born FROM guests",
    "INSERT INTO guests (id, name) VALUES (10, 'Cy')",
    "INSERT INTO guests (id, name) VALUES (11, 'Di')",
    "INSERT INTO guests VALUES (12, 'A rather long name', 'c@x', 'c', 0, -5, 'bad', 1, now())",
    (
        "INSERT INTO guests (id, name, email) VALUES (13, 'Ed', 'e@x')"
        " ON CONFLICT (email) DO UPDATE SET name = excluded.name"
    ),
    (
        "INSERT INTO guests (id, name, email) VALUES (14, 'Ed', 'e@x')"
        " ON CONFLICT ON CONSTRAINT one_email DO NOTHING"
    ),
    "INSERT INTO guests (id, name, code) VALUES (15, 'Flo', 'f') ON CONFLICT (code) DO NOTHING",
    "INSERT INTO guests (id, name, email) VALUES (16, 'Gus', 'gus@example.com')",
    "UPDATE guests SET name = '', price = NULL, feeling = 'good', email = NULL WHERE id = 1",
    "UPDATE guests SET table_id = NULL, seats = seats + 1",
    "INSERT INTO tables (id) VALUES (3)",
    "UPDATE tables SET id = 9 WHERE id = 1",
    "DELETE FROM guests WHERE id = 2",
    "DELETE FROM tables WHERE id = 2",
    "SELECT name FROM seated",
    "SELECT double(2), nextval('numbers')",
    "SELECT 'good'::mood, 'abc'::short",
    "INSERT INTO log VALUES ('2026-06-06', 'y')",
    "SELECT line FROM log WHERE day < '2026-12-01'",
)

#: The migration, as one of each kind or more.
ROWS: dict[str, tuple[str, ...]] = {
    "create_table": (
        "CREATE TABLE gifts (id serial PRIMARY KEY, what text UNIQUE)",
        "CREATE TABLE gifts AS SELECT name FROM guests",
        "CREATE TABLE log_2027 PARTITION OF log FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
        (
            "CREATE TABLE gifts (id int PRIMARY KEY, guest int REFERENCES guests, t int);"
            " INSERT INTO gifts VALUES (1, 2, 2);"
            " ALTER TABLE gifts ADD CONSTRAINT at FOREIGN KEY (t) REFERENCES tables"
        ),
    ),
    "add_column": (
        "ALTER TABLE guests ADD COLUMN note text",
        "ALTER TABLE guests ADD COLUMN note text DEFAULT 'x'",
        "ALTER TABLE guests ADD COLUMN note text NOT NULL DEFAULT ''",
        "ALTER TABLE guests ADD COLUMN note timestamptz NOT NULL DEFAULT clock_timestamp()",
        "ALTER TABLE guests ADD COLUMN note bigint GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE guests ADD COLUMN note bigserial",
        "ALTER TABLE guests ADD COLUMN note text GENERATED ALWAYS AS (name || '!') STORED",
        "ALTER TABLE guests ADD COLUMN note text UNIQUE",
        "ALTER TABLE guests ADD note int DEFAULT 1 CHECK (note > 0) REFERENCES tables",
        (
            "ALTER TABLE guests ADD note int DEFAULT 1; UPDATE guests SET note = id;"
            " ALTER TABLE guests ADD UNIQUE (note)"
        ),
        "ALTER TABLE guests ADD COLUMN note short",
        (
            "ALTER TABLE guests ADD note int; ALTER TABLE guests"
            " ADD CONSTRAINT c CHECK (note IS NOT NULL) NOT VALID"
        ),
        "ALTER TABLE log ADD COLUMN note text",
    ),
    "drop_not_null": ("ALTER TABLE guests ALTER COLUMN name DROP NOT NULL",),
    "set_default": (
        "ALTER TABLE guests ALTER COLUMN email SET DEFAULT NULL",
        "ALTER TABLE guests ALTER COLUMN seats SET DEFAULT 3",
        "ALTER TABLE guests ALTER COLUMN seats SET DEFAULT NULL",
        "ALTER TABLE guests ALTER COLUMN table_id SET DEFAULT 99",
        "ALTER TABLE guests ALTER COLUMN code SET DEFAULT 'same'",
        "ALTER TABLE guests ALTER COLUMN born SET DEFAULT ('now' || 'x')::timestamp",
    ),
    "validate": (
        (
            "ALTER TABLE guests ADD CONSTRAINT c CHECK (id < 99) NOT VALID;"
            " ALTER TABLE guests VALIDATE CONSTRAINT c"
        ),
    ),
    "create_index": ("CREATE INDEX ON guests (seats, name)",),
    "drop_plain_index": ("DROP INDEX guests_name",),
    "rename_index": (
        "ALTER INDEX guests_name RENAME TO other",
        "ALTER INDEX one_email RENAME TO other",
    ),
    "drop_check": (
        "ALTER TABLE guests DROP CONSTRAINT cheap",
        "ALTER TABLE guests DROP CONSTRAINT seat",
    ),
    "widen": (
        "ALTER TABLE guests ALTER COLUMN email TYPE text",
        "ALTER TABLE guests ALTER COLUMN price TYPE numeric(12,2)",
        "ALTER TABLE guests ALTER COLUMN email TYPE text USING email::text",
    ),
    "storage": (
        "ALTER TABLE guests ALTER COLUMN name SET STATISTICS 500",
        "ALTER TABLE guests SET (fillfactor = 70)",
    ),
    "grant": ("GRANT SELECT ON guests TO PUBLIC",),
    "comment": ("COMMENT ON TABLE guests IS 'x'",),
    "create_object": (
        "CREATE VIEW other AS SELECT name FROM guests",
        "CREATE TYPE colour AS ENUM ('red'); CREATE SEQUENCE other",
        "CREATE FUNCTION other() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION double(numeric) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ),
    "setting": ("SET lock_timeout = '1s'",),
    "write_new": (
        "CREATE TABLE gifts (id int); INSERT INTO gifts VALUES (1); DELETE FROM gifts",
        "ALTER TABLE guests ADD COLUMN note text; UPDATE guests SET note = name",
        "ALTER TABLE guests ADD note text; UPDATE guests SET note = replace(name, 'a', 'b')",
        (
            "CREATE FUNCTION wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM guests; SELECT 1';"
            " CREATE TABLE gifts (id int); INSERT INTO gifts SELECT wipe()"
        ),
    ),
    "read": ("SELECT 1",),
    "add_required": (
        "DELETE FROM guests; ALTER TABLE guests ADD COLUMN note text NOT NULL",
        (
            "ALTER TABLE guests ADD COLUMN note text; UPDATE guests SET note = 'x';"
            " ALTER TABLE guests ALTER COLUMN note SET NOT NULL"
        ),
    ),
    "set_not_null": ("ALTER TABLE guests ALTER COLUMN email SET NOT NULL",),
    "add_check": (
        "ALTER TABLE guests ADD CHECK (name <> '')",
        "ALTER TABLE guests ADD CONSTRAINT c CHECK (seats > 0) NOT VALID",
        "ALTER TABLE log ADD CONSTRAINT c CHECK (line <> 'y')",
    ),
    "add_foreign_key": (
        "ALTER TABLE guests ADD FOREIGN KEY (seats) REFERENCES tables",
        "ALTER TABLE guests ADD CONSTRAINT f FOREIGN KEY (seats) REFERENCES tables NOT VALID",
    ),
    "add_unique": (
        "ALTER TABLE guests ADD UNIQUE (price, seats, feeling)",
        "ALTER TABLE guests ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (price, born, id)",
    ),
    "add_exclude": ("ALTER TABLE guests ADD EXCLUDE USING btree ((seats + id) WITH =)",),
    "unique_index": (
        "CREATE UNIQUE INDEX ON guests (seats, feeling, born) NULLS NOT DISTINCT WHERE id > 2",
    ),
    "expression_index": ("CREATE INDEX ON guests ((10 / seats))",),
    "drop_default": (
        "ALTER TABLE guests ALTER COLUMN seats DROP DEFAULT",
        "ALTER TABLE guests ALTER COLUMN feeling DROP DEFAULT",
    ),
    "create_trigger": (
        (
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
            " CREATE TRIGGER no BEFORE UPDATE ON guests FOR EACH ROW EXECUTE FUNCTION no()"
        ),
    ),
    "narrow": ("ALTER TABLE guests ALTER COLUMN email TYPE varchar(3)",),
    "rename_table": ("ALTER TABLE guests RENAME TO people",),
    "rename_column": (
        "ALTER TABLE guests RENAME COLUMN name TO label",
        "ALTER TABLE guests RENAME name TO label; ALTER TABLE guests ADD name int DEFAULT 3",
    ),
    "set_schema": ("CREATE SCHEMA other; ALTER TABLE guests SET SCHEMA other",),
    "drop_table": ("DROP TABLE log", "DROP TABLE log; CREATE TABLE log (day date, line text)"),
    "drop_column": ("ALTER TABLE guests DROP COLUMN born",),
    "truncate": ("TRUNCATE guests",),
    "drop_constraint": ("ALTER TABLE guests DROP CONSTRAINT one_email",),
    "drop_index": ("DROP INDEX guests_code",),
    "add_primary_key": ("ALTER TABLE log ADD PRIMARY KEY (day)",),
    "retype": (
        "ALTER TABLE guests ALTER COLUMN seats TYPE text",
        "ALTER TABLE guests ALTER COLUMN email TYPE text USING 'x' || id",
        "ALTER TABLE guests ALTER COLUMN seats TYPE bigint",
        "ALTER TABLE guests ALTER COLUMN born TYPE timestamptz",
    ),
    "generated": ("ALTER TABLE guests ADD half int GENERATED ALWAYS AS (10 / seats) STORED",),
    "add_enum_value": ("ALTER TYPE mood ADD VALUE 'meh'",),
    "rename_value": ("ALTER TYPE mood RENAME VALUE 'bad' TO 'sad'",),
    "change_trigger": ("ALTER TABLE guests DISABLE TRIGGER keep", "DROP TRIGGER keep ON guests"),
    "replace_object": ("CREATE OR REPLACE VIEW seated AS SELECT id, name FROM guests",),
    "drop_object": ("DROP VIEW seated", "DROP FUNCTION double(int)", "DROP SEQUENCE numbers"),
    "rename_object": (
        "ALTER TABLE guests RENAME CONSTRAINT one_email TO other",
        "ALTER TYPE mood RENAME TO other",
    ),
    "change_object": ("ALTER DOMAIN short ADD CHECK (VALUE <> 'abc')",),
    "inherit": ("ALTER TABLE log DETACH PARTITION log_2026",),
    "create_rule": ("CREATE RULE r AS ON INSERT TO guests DO INSTEAD NOTHING",),
    "write_old": ("UPDATE guests SET price = 5", "DELETE FROM guests WHERE id = 1"),
    "call": ("SELECT pg_sleep(0)", "SELECT setval('numbers', 99)"),
    "do_block": ("DO $$ BEGIN PERFORM 1; END $$",),
    "search_path": ("SET search_path = other; SET search_path = public",),
    "unknown": ("CREATE PUBLICATION p FOR TABLE log",),
    "unreadable": (),
    "row_security": ("ALTER TABLE guests ENABLE ROW LEVEL SECURITY",),
    "revoke": ("REVOKE SELECT ON guests FROM PUBLIC",),
    "owner": ("ALTER TABLE guests OWNER TO CURRENT_USER",),
    "transaction_control": (),
    "unrepeatable": ("UPDATE guests SET seats = seats + 1",),
    "replication_role": ("SET session_replication_role = replica",),
}
CASES = [(kind, migration) for kind, migrations in ROWS.items() for migration in migrations]


def works(world) -> list[str]:
    """The older code's statements that fail; nothing of them stays."""
    failed = []
    with psycopg.connect(world.url) as connection:
        connection.execute("SELECT 1")  # in a transaction: those below are savepoints
        for statement in STATEMENTS:
            try:
                with connection.transaction():
                    connection.execute(statement)
            except psycopg.Error as error:
                failed.append(f"{statement}: {error}")
        connection.rollback()
    return failed


@pytest.mark.parametrize(
    ("kind", "migration"), CASES, ids=[f"{k}-{n}" for n, (k, _) in enumerate(CASES)]
)
def test_older_code_runs_where_the_planner_says_so(world, kind, migration):
    world.migrate(OLD)
    assert works(world) == [], "the older code's own statements must work before the change"
    world.migrate(migration)

    match world.plan():
        case Skip():
            assert works(world) == []
        case Down() as plan:
            broken = works(world)
            world.go_back(exclusive=True)
            assert works(world) == [], f"{plan.steps}; before it: {broken}"
        case Refuse() as refusal:
            assert refusal.reason
            assert RULES[kind].verdict is not Verdict.SAFE or kind in CATALOGUE_DECIDES


#: SAFE by the statement alone; the planner refuses some of them by what the catalogue holds.
CATALOGUE_DECIDES = {"rename_index", "create_object", "add_column", "set_default", "write_new"}


def test_every_kind_of_change_has_a_row():
    without = {"unreadable", "transaction_control"}
    assert {kind for kind in RULES if not ROWS.get(kind)} == without


@pytest.mark.parametrize(
    "kind", [k for k, v in RULES.items() if v.verdict is not Verdict.SAFE and ROWS.get(k)]
)
def test_rows_are_of_their_kind(kind):
    """As the statement alone tells; some kinds are settled by older texts or the catalogue."""
    settled = {"narrow": "retype"}
    found = {change.kind for migration in ROWS[kind] for change in read(migration).changes}
    assert found & {kind, settled.get(kind)}
