"""One line of JSON per log entry, whatever is logged."""

import json
import logging

import pytest

from lib.logs import JsonMessage


def entry(message: str, *arguments: object, error: bool = False, **facts: object):
    info = None
    if error:
        try:
            raise ValueError("what went wrong")
        except ValueError as raised:
            info = (type(raised), raised, raised.__traceback__)
    record = logging.LogRecord("lib.engine", logging.INFO, "f.py", 1, message, arguments, info)
    vars(record).update(facts)
    return record


def line(record: logging.LogRecord) -> dict[str, object]:
    return json.loads(JsonMessage().filter(record).getMessage())


def test_an_entry_names_its_event_its_logger_and_its_facts():
    assert line(entry("step_settled", step="switch", attempt=1)) == {
        "event": "step_settled",
        "logger": "lib.engine",
        "step": "switch",
        "attempt": 1,
    }


def test_arguments_are_put_into_the_event():
    assert line(entry("%d of %d", 1, 2))["event"] == "1 of 2"


def test_an_error_is_told_with_its_trace():
    assert "ValueError: what went wrong" in str(line(entry("crashed", error=True))["error"])


def test_an_error_stays_on_the_same_line():
    assert "\n" not in JsonMessage().filter(entry("crashed", error=True)).getMessage()


def test_the_record_itself_is_left_as_it_is():
    """The same record goes to every handler."""
    record = entry("step_settled", step="switch")
    JsonMessage().filter(record)

    assert record.getMessage() == "step_settled"


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, b"bytes", float], ids=["object", "set", "bytes", "class"]
)
def test_what_is_no_json_is_written_as_text(value):
    assert isinstance(line(entry("odd", value=value))["value"], str)


def test_a_text_with_percent_signs_is_not_read_as_a_format():
    filtered = JsonMessage().filter(entry("100% done", why="50% failed"))

    assert json.loads(filtered.getMessage())["why"] == "50% failed"
