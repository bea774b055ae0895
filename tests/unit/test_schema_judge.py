"""What a team learns when it records a release: before it goes live."""

import pytest

from lib.schema.judge import Level, judge_release
from lib.schema.models import Migration


def judged(up: str, down: str | None = None, before: str = "") -> list[tuple[str, int, str]]:
    known = [Migration.of("0001", before)] if before else []
    found = judge_release([Migration.of("0042", up, down)], known)
    return [(finding.level, finding.line, finding.message) for finding in found]


def test_a_dropped_column_is_named_with_its_line_and_what_to_do():
    ((level, line, message),) = judged("-- why\n\nALTER TABLE guests DROP COLUMN note;")
    assert (level, line) == (Level.STOP, 3)
    assert message == (
        "This release cannot be rolled back past 0042, because it drops guests.note;"
        " drop it one release later."
    )


@pytest.mark.parametrize(
    ("up", "level"),
    [
        ("BEGIN; SELECT 1; COMMIT", Level.ERROR),
        ("UPDATE guests SET seats = seats + 1", Level.ERROR),
        ("SET session_replication_role = replica", Level.ERROR),
        ("ALTER TABLE guests RENAME TO visitors", Level.EXCLUSIVE),
        ("ALTER TABLE guests ADD CHECK (seats > 0)", Level.NOTE),
        ("ALTER TABLE guests ADD COLUMN phone text NOT NULL", Level.NOTE),
        ("DO $$ BEGIN PERFORM 1; END $$", Level.STOP),
        ("SELECT FROM WHERE", Level.STOP),
        ("ALTER TABLE guests ALTER COLUMN seats DROP DEFAULT", Level.STOP),
        ("-- rollback: irreversible we merged accounts\nSELECT 1", Level.STOP),
    ],
)
def test_each_level(up, level):
    assert level in [found for found, _, _ in judged(up)]


@pytest.mark.parametrize(
    "up",
    [
        "CREATE TABLE gifts (id int PRIMARY KEY, what text CHECK (what <> ''))",
        "ALTER TABLE guests ADD COLUMN a text, ADD COLUMN b text NOT NULL DEFAULT ''",
        "ALTER TABLE guests ADD COLUMN a text; UPDATE guests SET a = name WHERE a IS NULL",
        "CREATE TABLE g (id int); ALTER TABLE g ENABLE ROW LEVEL SECURITY; DROP TABLE g",
        "-- rollback: safe nobody reads it\nALTER TABLE guests DROP COLUMN note",
        "CREATE INDEX ON guests (name); COMMENT ON TABLE guests IS 'who comes'",
        "ALTER TABLE guests ADD COLUMN a text; ALTER TABLE guests DROP COLUMN a",
    ],
)
def test_nothing_is_said_of_what_older_code_runs_on(up):
    assert judged(up) == []


def test_a_default_that_an_earlier_version_tells_can_be_given_back():
    ((level, _, _),) = judged(
        "ALTER TABLE guests ALTER COLUMN seats DROP DEFAULT",
        before="CREATE TABLE guests (id int, seats int NOT NULL DEFAULT 1)",
    )
    assert level is Level.NOTE


@pytest.mark.parametrize(
    ("up", "down", "level"),
    [
        (
            "UPDATE guests SET state = 'invited' WHERE state = 'new'",
            "UPDATE guests SET state = 'new' WHERE state = 'invited'",
            Level.NOTE,
        ),
        (
            "INSERT INTO roles VALUES ('planner')",
            "DELETE FROM roles WHERE name = 'planner'",
            Level.EXCLUSIVE,
        ),
        (
            "ALTER TABLE events ALTER COLUMN starts TYPE time USING starts::time",
            "ALTER TABLE events ALTER COLUMN starts TYPE text USING to_char(starts, 'HH24:MI')",
            Level.EXCLUSIVE,
        ),
        ("ALTER TABLE guests ALTER COLUMN seats TYPE bigint", None, Level.EXCLUSIVE),
        ("ALTER TABLE events ALTER COLUMN at TYPE time USING at::time", None, Level.STOP),
        ("UPDATE guests SET state = 'invited' WHERE state = 'new'", None, Level.STOP),
    ],
)
def test_what_a_down_part_takes_back_is_told(up, down, level):
    assert [found for found, _, _ in judged(up, down)] == [level]


def test_what_a_down_part_writes_and_nobody_can_derive_is_told_with_its_line():
    ((level, line, message),) = judged(
        "ALTER TABLE events ADD COLUMN begins time",
        "SELECT 1;\nUPDATE events SET starts = (SELECT max(x) FROM y)",
    )
    assert (level, line) == (Level.STOP, 2)
    assert "what its down part writes into events cannot be derived: it looks into other" in message


def test_a_type_that_is_only_wider_is_no_matter():
    assert (
        judged(
            "ALTER TABLE guests ALTER COLUMN name TYPE varchar(90)",
            before="CREATE TABLE guests (name varchar(40))",
        )
        == []
    )


def test_a_key_that_rests_is_said_to_be_missed():
    up = "ALTER TABLE guests ADD CONSTRAINT once UNIQUE (name)"
    ((level, _, message),) = judged(up, before="CREATE TABLE guests (id int, name text)")
    assert level is Level.NOTE
    assert message.endswith("a rollback relaxes it, and ON CONFLICT on it fails then.")


def test_a_down_text_that_controls_transactions_is_not_recorded():
    ((level, line, _),) = judged("SELECT 1", "SELECT 1;\nCOMMIT")
    assert (level, line) == (Level.ERROR, 2)


def test_drizzles_guarded_foreign_key_is_read():
    block = (
        'DO $$ BEGIN\n ALTER TABLE "a" ADD CONSTRAINT "a_fk" FOREIGN KEY ("b") REFERENCES'
        ' "public"."c"("id") ON DELETE no action;\nEXCEPTION\n WHEN duplicate_object THEN null;\n'
        "END $$;"
    )
    ((level, _, message),) = judged(block)
    assert level is Level.NOTE
    assert "adds a foreign key to a" in message
