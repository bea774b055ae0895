"""Errors as they are answered: each has a type, none says more than it should."""

import inspect
import json
from http import HTTPStatus

import pytest

from lib import errors
from lib.web.problems import PROBLEMS, UNEXPECTED, problem_for, problem_response

#: The other invocation goes on: nobody is answered with it.
NEVER_ANSWERED = {errors.Error, errors.StaleLease}
CLASSES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if kind.__module__ == errors.__name__
]


def answer(error: Exception) -> tuple[dict[str, object], dict[str, str]]:
    response = problem_response(error, request_id="req_1")
    return json.loads(response.body), dict(response.headers)


@pytest.mark.parametrize(
    "kind",
    [kind for kind in CLASSES if kind not in NEVER_ANSWERED],
    ids=lambda kind: kind.__name__,
)
def test_every_error_has_a_row(kind):
    assert problem_for(kind("why")) is not UNEXPECTED


def test_no_two_problems_share_a_type():
    slugs = [problem.slug for problem in PROBLEMS.values()]

    assert len(set(slugs)) == len(slugs)


def test_an_error_without_a_row_is_answered_as_its_parent():
    class QuotaUsedUp(errors.VercelUnavailable):
        pass

    assert problem_for(QuotaUsedUp("x")) is PROBLEMS[errors.VercelUnavailable]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("postgresql://me:hunter2@db"),
        KeyError("hunter2"),
        ExceptionGroup("hunter2", [ValueError("hunter2")]),
        errors.BadSettings("DATABASE_URL is wrong: hunter2"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_unexpected_error_says_nothing_but_where_to_look(error):
    body, _ = answer(error)

    assert "hunter2" not in json.dumps(body)
    assert body["status"] == HTTPStatus.INTERNAL_SERVER_ERROR
    assert body["instance"] == "urn:request:req_1"
    assert body["detail"] == "The request id finds the log entry."


def test_a_problem_is_as_the_standard_says():
    body, headers = answer(errors.Conflict("Production has moved on.", live="dpl_2"))

    assert headers["content-type"] == "application/problem+json"
    assert headers["cache-control"] == "no-store"
    assert body == {
        "type": "https://github.com/wedsync/rollback/blob/main/docs/problems.md#conflict",
        "title": "Contradicts the current state",
        "status": 409,
        "detail": "Production has moved on.",
        "instance": "urn:request:req_1",
        "live": "dpl_2",
    }


def test_facts_never_replace_what_the_standard_says():
    body, _ = answer(errors.Conflict("why", type="evil", status="200", title="x", instance="y"))

    assert body["status"] == HTTPStatus.CONFLICT
    assert "evil" not in body["type"]


def test_bad_fields_are_pointed_at():
    body, _ = answer(errors.InvalidRequest("Unreadable.", [("#/reason", "too short")]))

    assert body["errors"] == [{"pointer": "#/reason", "detail": "too short"}]


def test_who_is_not_signed_in_is_told_how():
    _, headers = answer(errors.Unauthenticated("Sign in."))

    assert headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (errors.DatabaseUnavailable("away"), True),
        (errors.VercelUnavailable("away"), True),
        (errors.VercelRejected("no"), False),
        (errors.Conflict("no"), False),
        (errors.Forbidden("no"), False),
        (RuntimeError("no"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_who_may_succeed_later_is_asked_to_try_again(error, asked):
    _, headers = answer(error)

    assert ("retry-after" in headers) is asked
