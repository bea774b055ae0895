"""What one answer of a health endpoint says about a deployment."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.health.probe import CHECKS, Health, judge

WELL = {
    "api": "healthy",
    "database": "healthy",
    "redis": "unknown",
    "stripe": "unhealthy",
    "timestamp": "2026-01-01T12:00:00Z",
    "deployment_id": "dpl_1",
}


@pytest.mark.parametrize(
    ("status", "body", "health"),
    [
        pytest.param(200, WELL, Health.OK, id="well"),
        pytest.param(503, WELL, Health.OK, id="a-slow-dependency-is-not-its-fault"),
        pytest.param(200, WELL | {"api": "unhealthy"}, Health.FAILED, id="says-it-is-not"),
        pytest.param(503, WELL | {"api": "unknown"}, Health.FAILED, id="does-not-know"),
        pytest.param(200, {"deployment_id": "dpl_1"}, Health.FAILED, id="does-not-say"),
        pytest.param(200, WELL | {"deployment_id": "dpl_2"}, Health.UNKNOWN, id="another-answers"),
        pytest.param(
            503,
            WELL | {"deployment_id": "dpl_2", "api": "unhealthy"},
            Health.UNKNOWN,
            id="another-one-is-ill",
        ),
        pytest.param(200, {"status": "ok"}, Health.UNKNOWN, id="does-not-say-which-answers"),
        pytest.param(200, "OK", Health.UNKNOWN, id="a-plain-200-proves-nothing"),
        pytest.param(200, [WELL], Health.UNKNOWN, id="a-list"),
        pytest.param(200, None, Health.UNKNOWN, id="null"),
        pytest.param(307, None, Health.UNKNOWN, id="sent-elsewhere"),
        pytest.param(401, None, Health.UNKNOWN, id="protected"),
        pytest.param(403, None, Health.UNKNOWN, id="forbidden"),
        pytest.param(404, None, Health.UNKNOWN, id="no-such-page"),
        pytest.param(429, None, Health.UNKNOWN, id="throttled"),
        pytest.param(500, None, Health.FAILED, id="crashed"),
        pytest.param(502, {"error": "x"}, Health.FAILED, id="crashed-in-json"),
        pytest.param(504, None, Health.FAILED, id="timed-out"),
    ],
)
def test_judge(status, body, health):
    assert judge(httpx.Response(status, json=body), "dpl_1").health is health


def test_any_deployment_will_do_when_none_is_expected():
    assert judge(httpx.Response(200, json=WELL), None).deployment_id == "dpl_1"


def test_the_four_checks_are_kept():
    checks = judge(httpx.Response(200, json=WELL), "dpl_1").checks

    assert checks == {name: WELL[name] for name in CHECKS}


@pytest.mark.parametrize("word", ["\x00", "x" * 9999, {"a": 1}, None, 1], ids=repr)
def test_a_check_is_one_of_three_words(word):
    """What a bad release answers is stored: it must not be able to break that."""
    look = judge(httpx.Response(200, json=WELL | {"redis": word}), "dpl_1")

    assert look.checks["redis"] == "unknown"


@pytest.mark.parametrize("name", ["dpl\x00", "x" * 9999, {"a": 1}, None], ids=repr)
def test_a_name_that_is_none_is_not_repeated(name):
    look = judge(httpx.Response(200, json=WELL | {"deployment_id": name}), "dpl_1")

    assert look.health is Health.UNKNOWN
    assert look.detail.isprintable()
    assert len(look.detail) < 200


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"\xff\xfe", b'{"deployment_id": "dpl_1"', b"[" * 100_000],
    ids=["empty", "html", "no-text", "cut-off", "too-deep"],
)
def test_what_is_no_json_names_nobody(content):
    look = judge(httpx.Response(200, content=content), "dpl_1")

    assert look.health is Health.UNKNOWN


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
BODIES = JSON | st.fixed_dictionaries({"deployment_id": JSON, "api": JSON})


@given(st.integers(200, 599), BODIES)
def test_only_the_expected_deployment_is_well(status, body):
    look = judge(httpx.Response(status, json=body), "dpl_1")

    assert look.health is not Health.OK or body["deployment_id"] == "dpl_1"
