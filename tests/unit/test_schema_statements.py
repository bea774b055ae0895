"""Texts taken apart: what each statement does, where, and what is never taken for safe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.schema import types
from lib.schema.models import literal, quote
from lib.schema.rules import RULES, Verdict
from lib.schema.statements import STATEMENTS, read


def kinds(text: str) -> list[str]:
    return [change.kind for change in read(text).changes]


def test_the_line_is_where_the_statement_begins():
    text = "-- é\nSELECT 1;\n\n/* two\nlines */ -- more\nDROP TABLE a;  DROP TABLE b"
    assert [(one.kind, one.line) for one in read(text).changes] == [
        ("read", 2),
        ("drop_table", 6),
        ("drop_table", 6),
    ]


def test_one_statement_drops_before_it_adds_as_the_server_does():
    assert kinds("ALTER TABLE a ADD COLUMN x int, DROP COLUMN x") == ["drop_column", "add_column"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CREATE TABLE a (b int GENERATED ALWAYS AS (c + 1) VIRTUAL)", "unreadable"),
        ("ALTER TABLE a ADD b int GENERATED ALWAYS AS (c / 2) STORED", "generated"),
        ("ALTER TABLE a ADD b int GENERATED ALWAYS AS (c::int) STORED", "generated"),
        ("WITH gone AS (DELETE FROM a RETURNING *) SELECT 1", "write_old"),
        ("COPY a FROM stdin", "write_old"),
        ("MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", "write_old"),
        ("SELECT wipe()", "call"),
        ("CREATE TABLE b AS SELECT wipe()", "call"),
        ("INSERT INTO b SELECT wipe()", "call"),
        ("CALL wipe()", "call"),
        ("SELECT * INTO b FROM a", "create_table"),
        ("SET search_path TO other, public", "search_path"),
        ("SET search_path TO public", "setting"),
        ("SET standard_conforming_strings = off", "unknown"),
        ("SELECT 1 \0; DROP TABLE a", "unreadable"),
        ("SELECT '\ud800'", "unreadable"),
        ("CREATE OPERATOR + (leftarg = a, function = f)", "unknown"),
        ("ALTER EXTENSION citext UPDATE", "change_object"),
        ("ALTER VIEW v ALTER COLUMN c SET DEFAULT 1", "set_default"),
        ("DO $$ BEGIN ALTER TABLE a ADD b int; DROP TABLE c; END $$", "do_block"),
    ],
)
def test_what_hides_is_seen(text, kind):
    assert kind in kinds(text)


def test_every_kind_is_a_row_of_the_table():
    named = {kind for kind in STATEMENTS.values() if isinstance(kind, str)}
    assert named <= set(RULES)


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_any_text_is_answered_and_what_cannot_be_read_is_never_safe(text):
    for change in read(text).changes:
        assert change.kind in RULES
        if change.kind == "unreadable":
            assert RULES[change.kind].verdict is Verdict.PROVE


@pytest.mark.parametrize(
    ("wide", "narrow", "is_wider"),
    [
        ("text", "character varying(5)", True),
        ("varchar", "varchar(5)", True),
        ("varchar(6)", "varchar(5)", True),
        ("varchar(5)", "varchar(6)", False),
        ("varchar(5)", "text", False),
        ("text", "character(5)", False),
        ("numeric(9,2)", "numeric(8,2)", True),
        ("numeric(9,3)", "numeric(8,2)", False),
        ("numeric", "numeric(8,2)", True),
        ("bigint", "integer", False),
        ("text[]", "varchar(5)[]", False),
        ("timestamptz", "timestamp without time zone", False),
    ],
)
def test_only_what_costs_and_loses_nothing_is_wider(wide, narrow, is_wider):
    assert types.is_wider(wide, narrow) is is_wider


def test_the_authors_word_stands_at_the_top_or_nowhere():
    assert read("\n-- why\n-- rollback: safe nobody reads it\nSELECT 1").safe == "nobody reads it"
    assert not read("SELECT 1;\n-- rollback: safe no").safe
    assert not read("-- rollback: safe").safe
    assert read("-- rollback: irreversible merged").irreversible == "merged"


def test_names_and_values_are_quoted():
    assert quote("a", 'b"c') == '"a"."b""c"'
    assert literal("a'b\\c") == "E'a''b\\\\c'"
