"""Real dbmate over our own migrations makes the schema that our runner makes, up and down."""

import asyncio
import subprocess
from itertools import count

import psycopg
import pytest

from dev.dbmate import dbmate_command
from lib.schema.migrate import FOLDER, apply_pending, read_folder
from lib.settings import load

#: The first test may have to install it.
pytestmark = pytest.mark.timeout(300)

VERSIONS = [migration.version for migration in read_folder()]
number = count()
#: What pg_dump would tell of a schema, the ledger aside: each tool makes its own.
CATALOGUE = """
WITH ours AS (
  SELECT c.* FROM pg_class c
   WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'schema_migrations%'
)
SELECT 'relation', relname, NULL, concat_ws(' ', relkind, relpersistence, relrowsecurity,
       reloptions, relacl, obj_description(oid, 'pg_class'), pg_get_viewdef(oid))
  FROM ours WHERE relkind <> 'i'
UNION ALL
SELECT 'column', ours.relname, a.attname, concat_ws(' ', a.attnum - (
         SELECT count(*) FROM pg_attribute gone WHERE gone.attrelid = a.attrelid
            AND gone.attisdropped AND gone.attnum < a.attnum),
       format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
       a.attcollation, a.attstorage, pg_get_expr(d.adbin, d.adrelid),
       col_description(a.attrelid, a.attnum))
  FROM ours JOIN pg_attribute a ON a.attrelid = ours.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
UNION ALL
SELECT 'constraint', ours.relname, k.conname,
       concat_ws(' ', pg_get_constraintdef(k.oid), k.condeferrable, k.condeferred, k.convalidated)
  FROM ours JOIN pg_constraint k ON k.conrelid = ours.oid
UNION ALL
SELECT 'index', ours.relname, NULL, pg_get_indexdef(ours.oid) FROM ours WHERE relkind = 'i'
UNION ALL
SELECT 'sequence', ours.relname, NULL, concat_ws(' ', s.seqtypid::regtype, s.seqstart,
       s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle)
  FROM ours JOIN pg_sequence s ON s.seqrelid = ours.oid
UNION ALL
SELECT 'trigger', ours.relname, t.tgname, pg_get_triggerdef(t.oid) || t.tgenabled::text
  FROM ours JOIN pg_trigger t ON t.tgrelid = ours.oid AND NOT t.tgisinternal
UNION ALL
SELECT 'function', p.proname, pg_get_function_identity_arguments(p.oid), pg_get_functiondef(p.oid)
  FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'type', t.typname, NULL, concat_ws(' ', t.typtype, array(
         SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder))
  FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd', 'r')
UNION ALL
SELECT 'schema', nspname, NULL, NULL FROM pg_namespace WHERE nspname !~ '^pg_'
ORDER BY 1, 2, 3, 4
"""


@pytest.fixture(scope="module")
def dbmate():
    program = dbmate_command()

    def dbmate(url, *words):
        options = ["--url", f"{url}?sslmode=disable", "--migrations-dir", str(FOLDER)]
        done = subprocess.run(
            [program, *options, "--no-dump-schema", *words],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return dbmate


@pytest.fixture
def empty(postgres):
    made = []

    def empty():
        name = f"dbmate_{next(number)}"
        postgres.create_database(name)
        made.append(name)
        return postgres.url(name)

    yield empty
    for name in made:
        postgres.drop_database(name)


def ask(url, query):
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def catalogue(url):
    return ask(url, CATALOGUE)


def ledger(url):
    return [version for (version,) in ask(url, "SELECT version FROM schema_migrations ORDER BY 1")]


def contents(url):
    """The rows that migrations put there."""
    return ask(url, "SELECT environment, locked_by FROM environments ORDER BY 1")


def migrate(url):
    return asyncio.run(apply_pending(load({"DATABASE_URL": url})))


def undo(url, version):
    """As the file says, one transaction each."""
    [file] = FOLDER.glob(f"{version}_*.sql")
    with psycopg.connect(url) as connection:
        connection.execute(file.read_text().split("-- migrate:down", 1)[1].encode())
        connection.execute("DELETE FROM schema_migrations WHERE version = %s", [version])


def test_up_and_down_step_by_step(dbmate, empty):
    ours, theirs = empty(), empty()
    nothing = catalogue(ours)
    migrate(ours)
    dbmate(theirs, "up")
    assert catalogue(ours) == catalogue(theirs)
    assert len(catalogue(ours)) > 100
    assert contents(ours) == contents(theirs)

    for version in reversed(VERSIONS):
        assert ledger(ours) == ledger(theirs)
        undo(ours, version)
        dbmate(theirs, "down")
        assert catalogue(ours) == catalogue(theirs), version
    assert ledger(ours) == ledger(theirs) == []
    assert catalogue(ours) == nothing


def test_each_goes_on_where_the_other_stopped(dbmate, empty):
    whole, ours_then_theirs, theirs_then_ours = empty(), empty(), empty()
    migrate(whole)
    migrate(ours_then_theirs)
    for _ in range(2):
        dbmate(ours_then_theirs, "down")
        dbmate(ours_then_theirs, "up")
    dbmate(theirs_then_ours, "up")
    dbmate(theirs_then_ours, "down")
    applied = migrate(theirs_then_ours)

    assert applied == VERSIONS[-1:]
    assert migrate(ours_then_theirs) == []
    assert catalogue(whole) == catalogue(ours_then_theirs) == catalogue(theirs_then_ours)


def test_a_difference_would_be_seen(empty):
    one, other = empty(), empty()
    migrate(one)
    migrate(other)
    for statement in (
        "ALTER TABLE alerts ALTER COLUMN kind DROP NOT NULL",
        "ALTER TABLE alerts ALTER COLUMN at SET DEFAULT now()",
        "DROP INDEX alerts_open",
        "ALTER TABLE audit DISABLE TRIGGER audit_is_append_only",
        "COMMENT ON TABLE audit IS 'x'",
        "GRANT SELECT ON audit TO public",
        "CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'",
    ):
        with psycopg.connect(other) as connection:
            connection.execute(statement)
            changed = connection.execute(CATALOGUE).fetchall()
            connection.rollback()
        assert changed != catalogue(one), statement
    assert catalogue(one) == catalogue(other)
