"""Switches that an app's log lines name: found in any form of line, and kept for what failed."""

import json

import pytest

from lib.automatic.flags_first import Explained
from lib.traffic.active import MOST_FLAGS, read_flags
from lib.traffic.entries import read_entries
from lib.traffic.streams import Streams
from lib.traffic.tally import Counter

COUNTER = Counter(Streams(), secret="shared")
NAMED = {"active_flags": ["rsvp-emails", "seating"]}


def line(request_id, status=200, **more):
    proxy = {"timestamp": 1_800_000_000_000, "statusCode": status, "method": "GET", "path": "/"}
    return {"requestId": request_id, "deploymentId": "dpl_1", "proxy": proxy} | more


def suspects(*lines):
    entries, broken = read_entries("\n".join(map(json.dumps, lines)).encode())
    assert broken == 0
    found = COUNTER.count(entries).suspects()
    return {id_: flags for requests in found.values() for id_, flags in requests.items()}


@pytest.mark.parametrize(
    "message",
    [
        json.dumps(NAMED),
        json.dumps(NAMED, indent=2),
        f"ERROR app {json.dumps(NAMED)}\n",
        json.dumps({"message": "SMTP: refused\nat send", **NAMED, "level": "error"}),
    ],
)
def test_a_line_may_be_json_or_hold_it(message):
    assert read_flags(json.dumps(message).encode()) == ["rsvp-emails", "seating"]


@pytest.mark.parametrize(
    "message",
    [
        "no flag here",
        '{"active_flags": "rsvp-emails"}',
        '{"active_flags": []}',
        '{"active_flags": ["RSVP e-mails"]}',
        '{"active_flags": [',
    ],
)
def test_what_names_none_names_none(message):
    assert read_flags(json.dumps(message).encode()) == []


@pytest.mark.parametrize("message", [b"null", b"7", b'{"active_flags": ["rsvp"]}', b'"\\ud800"'])
def test_a_message_that_is_no_text_is_no_line(message):
    assert read_flags(message) == []


def test_more_than_can_explain_anything_are_left_out():
    many = json.dumps({"active_flags": [f"flag-{number}" for number in range(MOST_FLAGS + 9)]})

    assert len(read_flags(json.dumps(many).encode())) == MOST_FLAGS


def test_only_requests_that_failed_are_suspicious_whichever_of_their_entries_says_so():
    said = json.dumps(NAMED)

    found = suspects(
        line("good", message=said),
        line("one", 500, message=said),
        line("first-the-line", message=said),
        line("first-the-line", 500),
        line("first-the-end", 500),
        line("first-the-end", message='{"active_flags": ["seating"]}'),
        line("silent", 500, message="active_flags"),
        line("another-kind", 500, message={"active_flags": ["seating"]}),
    )

    both = ["rsvp-emails", "seating"]
    assert found == {"one": both, "first-the-line": both, "first-the-end": ["seating"]}


def test_several_lines_of_a_request_name_a_switch_once():
    said = json.dumps(NAMED)

    found = suspects(line("one", 500, message=said), line("one", message=said))

    assert found == {"one": ["rsvp-emails", "seating"]}


@pytest.mark.parametrize(
    ("errors", "flagged", "keys"),
    [
        (100, {"a": 80, "b": 79}, ["a"]),
        (100, {"a": 80, "b": 100, "c": 80}, ["b", "a", "c"]),
        (5, {"a": 5}, ["a"]),
        (4, {"a": 4}, []),
        (0, {}, []),
        (0, {"a": 9}, []),
    ],
)
def test_nearly_all_errors_must_have_had_it_on(errors, flagged, keys):
    assert Explained(errors, flagged, good=900).keys == keys
