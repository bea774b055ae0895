"""Timing attacks: a shared secret is compared in constant time, and all of them each time.

`==` ends at the first letter that differs, and so tells how many were right. What is compared here
fails the test if anybody asks it that way.
"""

import hmac
from typing import Any, NoReturn

import pytest
from pydantic import SecretStr
from starlette.requests import Request

from lib import errors
from lib.access.gate import check_shared_secret
from lib.flags.door import FlagDoor
from lib.rollback.models import Environment
from lib.vercel.signature import is_signed

PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING


def told(*_: object) -> NoReturn:
    raise AssertionError("It was compared letter by letter.")


class Bytes(bytes):
    __eq__ = __ne__ = __lt__ = __gt__ = told
    __hash__ = bytes.__hash__
    startswith = endswith = told


class Text(str):
    __slots__ = ()
    __eq__ = __ne__ = __lt__ = __gt__ = told
    __hash__ = str.__hash__
    startswith = endswith = told

    def encode(self, *_: Any) -> Bytes:
        return Bytes(super().encode())


def signature(body: bytes, secret: str) -> Text:
    return Text(hmac.new(secret.encode(), body, "sha1").hexdigest())


@pytest.mark.parametrize("secret", ["shared", "other"])
def test_signatures_of_webhooks_and_of_the_drain(secret):
    assert is_signed(b"body", signature(b"body", secret), "shared") is (secret == "shared")


def test_the_schedulers_secret():
    def asking(given: str) -> Request:
        headers = [(b"authorization", f"Bearer {given}".encode())]
        return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})

    check_shared_secret(asking("s3cret"), SecretStr(Text("s3cret")))
    with pytest.raises(errors.Unauthenticated):
        check_shared_secret(asking("s3creT"), SecretStr(Text("s3cret")))


@pytest.mark.parametrize(
    ("given", "found"),
    [("one", PRODUCTION), ("two", PRODUCTION), ("three", STAGING), ("none", None), ("", None)],
)
def test_the_apps_secrets_whichever_fits(given, found, monkeypatch):
    compared = []
    compare = hmac.compare_digest

    def counted(one: bytes, other: bytes) -> bool:
        compared.append(other)
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    known = {PRODUCTION: [Text("one"), Text("two")], STAGING: [Text("three")]}
    door = FlagDoor(gate=None, secrets=known, limiter=None)

    assert door.known_by_secret(Bytes(given.encode())) is found
    assert len(compared) == 3
