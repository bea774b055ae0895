"""What a webhook says, and what its signature proves. Which bodies are read: test_entrance.py."""

import hashlib
import hmac
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import errors
from lib.vercel.signature import is_signed
from lib.vercel.webhook import read_event

SECRET = "shared"
EVENT = {
    "id": "evt_1",
    "type": "deployment.promoted",
    "createdAt": 1_800_000_000_000,
    "payload": {"project": {"id": "prj_1"}, "anything": "else"},
    "region": "sfo1",
}


def sign(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()


def test_a_known_signature_fits():
    """Computed with openssl: printf %s body | openssl dgst -sha1 -hmac secret."""
    assert is_signed(b"body", "a18991ff7e4513a1c2d2ee51e3a8e99ca891d9cd", "secret")


@given(st.binary(), st.text(min_size=1).filter(lambda text: text.isascii()))
def test_what_was_signed_with_our_secret_fits(body, secret):
    assert is_signed(body, sign(body, secret), secret)


@given(st.binary(), st.text())
def test_an_empty_secret_signs_nothing(body, signature):
    assert not is_signed(body, signature, "")
    assert not is_signed(body, sign(body, ""), "")


@given(st.binary(), st.text())
def test_a_guess_does_not_fit(body, guess):
    assert not is_signed(body, guess, SECRET)


@given(st.binary(min_size=1), st.integers(0), st.integers(1, 255))
def test_one_changed_byte_does_not_fit(body, at, flip):
    changed = bytearray(body)
    changed[at % len(body)] ^= flip

    assert not is_signed(bytes(changed), sign(body), SECRET)


def test_a_signed_event_is_read():
    event = read_event(json.dumps(EVENT).encode())

    assert (event.id, event.type, event.project_id) == ("evt_1", "deployment.promoted", "prj_1")


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"id": "x" * 201},
        {"id": None},
        {"id": "evt\x00"},
        {"type": ""},
        {"type": "deployment\x00"},
        {"createdAt": "yesterday"},
        {"createdAt": None},
        {"createdAt": 10**18},
        {"createdAt": -1},
        {"payload": []},
        {"payload": {"project": {"id": 7}}},
    ],
    ids=str,
)
def test_a_signed_body_that_is_no_event_is_refused(change):
    with pytest.raises(errors.InvalidRequest):
        read_event(json.dumps(EVENT | change).encode())


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"\xff", b"null"], ids=repr)
def test_a_signed_body_that_is_no_json_object_is_refused(body):
    with pytest.raises(errors.InvalidRequest):
        read_event(body)


@pytest.mark.parametrize("payload", [{}, {"project": None}, {"project": "prj_1"}], ids=str)
def test_an_event_of_no_project_is_of_no_project(payload):
    assert read_event(json.dumps(EVENT | {"payload": payload}).encode()).project_id is None


@given(st.binary())
def test_whatever_is_signed_is_read_or_refused(body):
    with suppress(errors.InvalidRequest):
        read_event(body)
