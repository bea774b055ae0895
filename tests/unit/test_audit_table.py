"""The audit log as CSV: whole, bounded, and no spreadsheet calculates what is in it."""

import csv
import io
from datetime import UTC, datetime

import pytest

from lib.audit import table as audit_table
from lib.audit.models import AuditEntry
from lib.audit.table import COLUMNS, as_table

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def entry(number: int, **more: object) -> AuditEntry:
    return AuditEntry.model_validate(
        {
            "id": number,
            "at": NOON,
            "actor": "Ada",
            "action": "rollback.start",
            "environment": None,
            "subject": None,
            "reason": None,
            "result": "ok",
            "facts": {},
            **more,
        }
    )


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_row_says_what_the_entry_says():
    facts = {"from": "dpl_2"}
    made = as_table([entry(7, reason='It said "no",\r\nor so', facts=facts)], now=NOON, limit=5)

    assert made.text.startswith(f"{','.join(COLUMNS)}\r\n7,2026-11-22T12:00:00Z,Ada,")
    assert made.text.endswith("\r\n")
    row = read(made.text)[0]
    assert row["reason"] == 'It said "no",\r\nor so'
    assert (row["environment"], row["facts"]) == ("", '{"from": "dpl_2"}')
    assert (made.file_name, made.older) == ("audit-2026-11-22-7-to-7", None)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n1", "  =1", "\u00a0=1", "\uff1d1"]
)
@pytest.mark.parametrize("column", ["actor", "subject", "reason", "result", "action"])
def test_no_cell_is_a_formula(column, text):
    made = as_table([entry(1, **{column: text})], now=NOON, limit=5)

    assert read(made.text)[0][column] == f"'{text}"


@pytest.mark.parametrize("text", ["Page does not open", "a=1", "8.2 %", "日本語"])
def test_what_is_no_formula_stays_as_it_is(text):
    assert read(as_table([entry(1, reason=text)], now=NOON, limit=5).text)[0]["reason"] == text


def test_a_file_has_an_end_and_says_where_the_next_one_begins():
    entries = [entry(number) for number in (9, 8, 7)]

    made = as_table(entries, now=NOON, limit=2)

    assert [row["number"] for row in read(made.text)] == ["9", "8"]
    assert made.older == 8
    assert as_table(entries, now=NOON, limit=3).older is None


def test_a_file_is_not_larger_than_the_platform_sends(monkeypatch):
    monkeypatch.setattr(audit_table, "TABLE_BYTES", 100)
    entries = [entry(3, reason="x" * 200), entry(2), entry(1)]

    made = as_table(entries, now=NOON, limit=5)

    assert [row["number"] for row in read(made.text)] == ["3"]
    assert made.older == 3


def test_an_empty_log_is_a_line_of_names():
    made = as_table([], now=NOON, limit=5)

    assert made.text == f"{','.join(COLUMNS)}\r\n"
    assert (made.file_name, made.older) == ("audit-2026-11-22", None)
