"""Requests are read or refused, and a refusal points at what is wrong."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from lib import errors
from lib.audit.models import Question
from lib.deployments.models import DeploymentRecord
from lib.operations.models import OPERATION
from lib.rollback.models import Environment, RollbackRequest
from lib.web.deadline import MARGIN_SECONDS, stop_at
from lib.web.reading import (
    BODY_LIMIT_BYTES,
    parse,
    read_address,
    read_body,
    read_environment,
    read_idempotency_key,
    read_last_segment,
    read_query,
    read_raw,
    read_request_id,
    read_union,
)

ORDER = {"deployment_id": "dpl_1", "reason": "Page does not open", "environment": "production"}
RECORD = {"environment": "staging", "git_sha": "a" * 40, "vercel_deployment_id": "dpl_1"}
ID = "2b0f7f4e-6a5d-4d4e-9d1f-0a1b2c3d4e5f"


def request(path: str = "/", query: str = "", **headers: str) -> Request:
    raw = [(k.replace("_", "-").encode(), v.encode("latin-1")) for k, v in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": raw}
    return Request(scope | {"query_string": query.encode()})


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"deployment_id": "dpl_"}, "#/deployment_id"),
        ({"deployment_id": "latest"}, "#/deployment_id"),
        ({"deployment_id": "dpl_1\n"}, "#/deployment_id"),
        ({"deployment_id": "dpl_" + "x" * 97}, "#/deployment_id"),
        ({"reason": " "}, "#/reason"),
        ({"reason": "x" * 501}, "#/reason"),
        ({"reason": "a\x00b"}, "#/reason"),
        ({"reason": None}, "#/reason"),
        ({"environment": "preview"}, "#/environment"),
        ({"note": ""}, "#/note"),
        ({"note": "a\x00b"}, "#/note"),
        ({"expected_current": "x" * 101}, "#/expected_current"),
        ({"force": True}, "#/force"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_field_is_pointed_at(change, pointer):
    with pytest.raises(errors.InvalidRequest) as refused:
        parse(json.dumps(ORDER | change).encode(), RollbackRequest)

    assert [at for at, _ in refused.value.problems] == [pointer]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"git_sha": "HEAD"}, "#/git_sha"),
        ({"git_sha": "a" * 6}, "#/git_sha"),
        ({"title": "a\x00b"}, "#/title"),
        ({"author": "a\x00b"}, "#/author"),
        ({"db_migration_version": ""}, "#/db_migration_version"),
        ({"db_migration_version": "a\x00b"}, "#/db_migration_version"),
        ({"vercel_deployment_id": "prj_1"}, "#/vercel_deployment_id"),
    ],
    ids=str,
)
def test_a_bad_field_of_a_recorded_deployment_is_pointed_at(change, pointer):
    with pytest.raises(errors.InvalidRequest) as refused:
        parse(json.dumps(RECORD | change).encode(), DeploymentRecord)

    assert [at for at, _ in refused.value.problems] == [pointer]


def test_all_bad_fields_are_pointed_at():
    with pytest.raises(errors.InvalidRequest) as refused:
        parse(b"{}", RollbackRequest)

    assert {at for at, _ in refused.value.problems} == {f"#/{name}" for name in ORDER}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"reason": "\\ud800"}'])
def test_a_body_that_is_no_object_is_refused(body):
    with pytest.raises(errors.InvalidRequest):
        parse(body, RollbackRequest)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"subject": "on"}, ["#/subject"]),
        ({"reason": ""}, ["#/reason"]),
        ({"force": True}, ["#/force"]),
        ({"action": "roll_over"}, ["#"]),
        ({"action": None}, ["#"]),
    ],
    ids=str,
)
async def test_a_bad_field_of_one_of_several_models_is_pointed_at(body, pointers):
    given = {"action": "set_mode", "environment": "staging", "subject": "off", "reason": "Calm"}

    with pytest.raises(errors.InvalidRequest) as refused:
        await read_union(sending(json.dumps(given | body).encode()), OPERATION)

    assert [at for at, _ in refused.value.problems] == pointers


def test_blanks_around_a_reason_do_not_count():
    read = parse(json.dumps(ORDER | {"reason": "  slow \n"}).encode(), RollbackRequest)

    assert read.reason == "slow"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_reason_that_is_read_can_be_stored(reason):
    try:
        read = parse(json.dumps(ORDER | {"reason": reason}).encode(), RollbackRequest)
    except errors.InvalidRequest:
        return
    assert "\x00" not in read.reason
    assert 0 < len(read.reason) <= 500


@pytest.mark.parametrize(
    ("query", "environment"),
    [
        ("", "production"),
        ("environment=production", "production"),
        ("environment=staging", "staging"),
    ],
)
def test_the_environment_is_production_unless_said(query, environment):
    assert read_environment(request(query=query)) == Environment(environment)


@pytest.mark.parametrize("value", ["", "preview", "Production"])
def test_there_are_two_environments(value):
    with pytest.raises(errors.InvalidRequest):
        read_environment(request(query=f"environment={value}"))


def test_a_request_may_come_without_a_key():
    assert read_idempotency_key(request()) is None


@pytest.mark.parametrize("key", ["k", "k" * 200, "a key"])
def test_a_key_is_read(key):
    assert read_idempotency_key(request(idempotency_key=key)) == key


@pytest.mark.parametrize("key", ["", "k" * 201, "a\tb", "a\x00b"])
def test_a_key_that_is_none_is_refused(key):
    with pytest.raises(errors.InvalidRequest):
        read_idempotency_key(request(idempotency_key=key))


@pytest.mark.parametrize("path", [f"/api/rollback/status/{ID}", f"/api/rollback/status/{ID}/"])
def test_the_id_is_the_last_of_the_path(path):
    assert str(read_last_segment(request(path))) == ID


def test_the_id_of_the_query_is_not_read():
    """It is the caller's to choose, and may be another than the path's."""
    with pytest.raises(errors.NotFound):
        read_last_segment(request("/api/rollback/status/x", f"id={ID}"))


@pytest.mark.parametrize("segment", ["", "1", "rb_9", "..", ID + "0", "%00"])
def test_what_is_no_id_is_not_found(segment):
    with pytest.raises(errors.NotFound):
        read_last_segment(request(f"/api/rollback/status/{segment}"))


def sending(*chunks: bytes) -> Request:
    """A body that comes in pieces."""
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        return messages.pop(0)

    return Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)


async def test_a_body_is_read_whole():
    body = json.dumps(ORDER).encode()

    assert (await read_body(sending(body[:9], body[9:]), RollbackRequest)).reason == ORDER["reason"]


async def test_a_body_may_be_as_large_as_the_limit():
    assert len(await read_raw(sending(b"x" * BODY_LIMIT_BYTES))) == BODY_LIMIT_BYTES


async def test_a_larger_body_is_refused_before_it_is_read_whole():
    request = sending(*[b"x" * BODY_LIMIT_BYTES] * 3)

    with pytest.raises(errors.InvalidRequest, match="larger than"):
        await read_raw(request)

    assert (await request.receive())["body"]


def test_work_ends_before_the_invocation_does():
    assert stop_at(90) <= time.monotonic() + 90 - MARGIN_SECONDS


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("environment=preview", "?environment"),
        ("before=0", "?before"),
        (f"before={2**63}", "?before"),
        ("until=2026-11-22", "?until"),
        ("actor=a%00b", "?actor"),
        ("who=Ada", "?who"),
    ],
)
def test_a_bad_field_of_the_query_is_pointed_at(query, pointer):
    with pytest.raises(errors.InvalidRequest) as refused:
        read_query(request(query=query), Question)

    assert [at for at, _ in refused.value.problems] == [pointer]


def test_what_a_form_left_empty_was_not_asked():
    asked = read_query(request(query="actor=&action=rollback&before="), Question)

    assert asked == Question(action="rollback")


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.7, 10.0.0.1", "203.0.113.7"),
        ("2001:DB8::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%<script>", None),
        ("fe80::1%" + "x" * 5000, None),
        ("203.0.113.7:443", None),
        ("unknown", None),
    ],
)
def test_an_address_is_one_and_no_text_behind_it(forwarded, address):
    assert read_address(request(x_forwarded_for=forwarded)) == address


def test_the_platforms_request_id_is_kept():
    assert read_request_id(request(x_vercel_id="fra1::iad1::abc-1")) == "fra1::iad1::abc-1"


@pytest.mark.parametrize("given", ["", "x" * 201, "a b", "caf\xe9", "a\tb"])
def test_a_request_id_that_fills_the_log_is_replaced(given):
    assert len(read_request_id(request(x_vercel_id=given))) == 32
