"""What the protocol says of requests that cannot be meant, and of what is known."""

import pytest

from lib.flags.limiter import Limiter
from lib.flags.models import Known, Snapshot, State
from lib.flags.ofrep import Bulk, check, evaluate, evaluate_all

STATES = {"rsvp-emails": State.ON, "seating": State.OFF}
SAFE = {"rsvp-emails": State.OFF}
KNOWN = Known(Snapshot(7, STATES), is_current=True, safe=SAFE)
LAST_SEEN = Known(Snapshot(7, STATES), is_current=False, safe=SAFE)
NOTHING = Known(None, is_current=False, safe=SAFE)


def said(answer):
    body = answer.body.model_dump(mode="json")
    return (answer.status, body.get("errorCode") or (body["value"], body["reason"]))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "PARSE_ERROR"),
        (b"\xff", "PARSE_ERROR"),
        (b"[" * 100_000, "PARSE_ERROR"),
        (b"[]", "PARSE_ERROR"),
        (b"7", "PARSE_ERROR"),
        (b'{"context": []}', "INVALID_CONTEXT"),
        (b'{"context": "me"}', "INVALID_CONTEXT"),
        (b'{"context": {"targetingKey": 7}}', "INVALID_CONTEXT"),
        (b'{"context": {"targetingKey": null}}', "TARGETING_KEY_MISSING"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(body, code):
    assert said(check(body, "rsvp-emails")) == (400, code)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"context": {}}',
        b'{"context": null}',
        b'{"context": {"targetingKey": ""}}',
        b'{"context": {"targetingKey": "guest-7", "table": {"number": 4}}, "more": 1}',
    ],
)
def test_no_switch_asks_who_it_is(body):
    assert check(body) is None


@pytest.mark.parametrize(
    ("known", "key", "answer"),
    [
        (KNOWN, "rsvp-emails", (200, (True, "STATIC"))),
        (KNOWN, "seating", (200, (False, "DISABLED"))),
        (KNOWN, "none", (404, "FLAG_NOT_FOUND")),
        (LAST_SEEN, "rsvp-emails", (200, (True, "STALE"))),
        (LAST_SEEN, "seating", (200, (False, "STALE"))),
        (NOTHING, "rsvp-emails", (200, (False, "DEFAULT"))),
        (NOTHING, "seating", (500, "GENERAL")),
    ],
)
def test_a_switch_is_what_is_known_of_it(known, key, answer):
    assert said(evaluate(known, key)) == answer


def test_all_of_them_are_one_answer_and_its_tag_tells_a_change():
    bulk, same = evaluate_all(KNOWN).body, evaluate_all(KNOWN).body
    turned = Known(Snapshot(8, STATES | {"seating": State.ON}), is_current=True, safe=SAFE)

    assert isinstance(bulk, Bulk)
    assert [one.key for one in bulk.flags] == ["rsvp-emails", "seating"]
    assert bulk.etag == same.etag != evaluate_all(turned).body.etag


def test_of_nothing_the_safe_defaults_are_told_and_without_those_an_error():
    assert [one.key for one in evaluate_all(NOTHING).body.flags] == ["rsvp-emails"]
    assert evaluate_all(Known(None, is_current=False, safe={})).status == 500


def test_a_caller_that_asks_too_often_waits_and_another_does_not():
    now = 10.0
    limiter = Limiter(per_second=2, clock=lambda: now)
    first = [limiter.admits("app") for _ in range(3)]

    assert first == [True, True, False]
    assert limiter.admits("Ada")
    now = 10.5
    assert limiter.admits("app")
    assert not limiter.admits("app")
