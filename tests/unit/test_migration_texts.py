"""What is said of a migration by its text alone: the line is right, and quotes hide nothing."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.schema.lexing import statements, tokens
from lib.schema.refusals import judge_texts
from lib.schema.texts import (
    TEXT_LIMIT_BYTES,
    MigrationText,
    checksum,
    promise_of,
    tidy,
)


def judged(up: str = "SELECT 1;", down: str | None = None):
    return judge_texts([MigrationText(version="0001", name="a", up=up, down=down)])


@pytest.mark.parametrize(
    "statement",
    [
        "BEGIN",
        "begin work",
        "START TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "COMMIT",
        "commit AND CHAIN",
        "END",
        "ROLLBACK",
        "ROLLBACK TO a",
        "ABORT",
        "SAVEPOINT a",
        "RELEASE a",
        "PREPARE TRANSACTION 'a'",
        "COMMIT PREPARED 'a'",
        "SET TRANSACTION READ ONLY",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "/* why */ COMMIT",
        "-- why\nCOMMIT",
        "\\i other.sql",
        "COPY a FROM STDIN",
    ],
)
@pytest.mark.parametrize("way", ["up", "down"])
def test_what_is_not_one_transaction_of_ours_is_refused_with_its_line(statement, way):
    text = f"-- first\nSELECT 1;\n\n{statement};\nSELECT 2;"
    line = 4 + statement.startswith("-- ")

    [finding] = judged(**{"up": "SELECT 1;", way: text})

    assert (finding.way, finding.line, finding.is_refused) == (way, line, True)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'COMMIT;';",
        "SELECT 'it''s; COMMIT;';",
        r"SELECT E'it\'s; COMMIT; \\';",
        'CREATE TABLE "a; COMMIT;" ();',
        "-- COMMIT;\nSELECT 1;",
        "/* COMMIT; /* COMMIT; */ COMMIT; */ SELECT 1;",
        "DO $$ BEGIN COMMIT; END $$;",
        "DO $a$ BEGIN EXECUTE $$COMMIT;$$; END $a$;",
        "SELECT $a$;COMMIT;$b$;COMMIT;$a$;",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE a WHEN 1 END; END;",
        "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC DELETE FROM a; END; SELECT 1;",
        "CREATE RULE r AS ON UPDATE TO a DO (DELETE FROM b; DELETE FROM c);",
        "CREATE TABLE release (savepoint int);",
        "CREATE TABLE beginning ();",
        "COPY a TO STDOUT; COPY a FROM '/tmp/x';",
        "PREPARE a AS SELECT 1;",
        "SET lock_timeout = '1s';",
        "SELECT a$b$ FROM c; -- $b$",
        "",
        ";;;",
        "-- nothing to do",
    ],
)
def test_what_only_looks_like_it_is_not(text):
    assert judged(text) == []


def test_a_statement_after_a_function_body_is_seen():
    body = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; END"

    assert [finding.line for finding in judged(f"{body};\nCOMMIT;")] == [2]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("SELECT 1;\nSELECT 'a", 2),
        ("SELECT E'a\\'", 1),
        ('\nSELECT "a', 2),
        ("DO $a$ BEGIN\nEND $b$;", 1),
        ("SELECT 1; /* a /* b */", 1),
    ],
)
def test_a_text_that_ends_in_a_quote_is_refused_where_the_quote_begins(text, line):
    assert [finding.line for finding in judged(text)] == [line]


class TestPromises:
    def test_the_header_is_read_with_its_reason(self):
        promise = promise_of("-- why\n\n/* more */\n--rollback: SAFE  old code never reads it \nX;")

        assert (promise.marked, promise.reason, promise.line) == (
            "safe",
            "old code never reads it",
            4,
        )

    @pytest.mark.parametrize(
        "text",
        ["SELECT 1;", "-- rollback: DROP TABLE a;", "-- rollback", "SELECT '-- rollback: safe x';"],
    )
    def test_other_comments_promise_nothing(self, text):
        assert promise_of(text) is None
        assert judged(text) == []

    def test_safe_is_no_finding(self):
        assert judged("-- rollback: safe a reason\nSELECT 1;") == []

    def test_irreversible_can_be_recorded_and_not_gone_back_past(self):
        [finding] = judged("\n-- rollback: irreversible it merges accounts\nSELECT 1;")

        assert (finding.line, finding.is_refused) == (2, False)
        assert "it merges accounts" in finding.sentence

    @pytest.mark.parametrize(
        ("text", "line", "said"),
        [
            ("-- rollback: safe\nSELECT 1;", 1, "needs a reason"),
            ("-- rollback: safe :\nSELECT 1;", 1, "needs a reason"),
            ("-- rollback: safe a\n-- rollback: irreversible b\nSELECT 1;", 2, "several"),
            ("SELECT 1;\n-- rollback: safe a\n", 2, "above the first"),
        ],
    )
    def test_a_promise_that_nobody_can_rely_on_is_refused(self, text, line, said):
        [finding] = judged(text)

        assert (finding.line, finding.is_refused) == (line, True)
        assert said in finding.sentence

    def test_the_way_down_promises_nothing(self):
        assert judged(down="-- rollback: irreversible a\nSELECT 1;") == []


def test_line_ends_and_byte_order_marks_are_made_one_kind():
    assert tidy("\ufeffa\r\nb\rc\n") == "a\nb\rc\n"
    assert tidy("") == ""


def test_a_text_is_measured_in_bytes():
    assert tidy("é" * (TEXT_LIMIT_BYTES // 2))
    with pytest.raises(ValueError, match="bytes long"):
        tidy("é" * (TEXT_LIMIT_BYTES // 2 + 1))


def test_a_checksum_is_the_one_that_sha256sum_prints():
    assert checksum("abc").hex() == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


PIECES = st.sampled_from(
    [
        *["'", "''", "E'", "\\", '"', "$$", "$a$", "--", "\n", "/*", "*/", ";", "(", ")", "a", "é"],
        *["BEGIN ", "ATOMIC ", "CASE ", "END ", "CREATE ", "COMMIT", "$", "_", " ", "/", "-", "1"],
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_every_text_is_cut_into_itself(text):
    read = ""
    for token in tokens(text):
        assert token.line == read.count("\n") + 1
        read += token.text
    assert read == text
    assert all(0 < statement.line <= text.count("\n") + 1 for statement in statements(text))


@given(st.text(max_size=60))
def test_no_text_hides_what_comes_before_it(text):
    assert next(statements("COMMIT;\n" + text)).words == ["COMMIT"]


@pytest.mark.parametrize("piece", ["'", "E'\\'", "/*", "$a$", "(", "a;", "--\n", "E'" + "''" * 9])
def test_a_text_of_the_largest_size_is_read_in_time(piece):
    text = (piece * TEXT_LIMIT_BYTES)[:TEXT_LIMIT_BYTES]
    start = time.process_time()

    list(statements(text))

    assert time.process_time() - start < 5
