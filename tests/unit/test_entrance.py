"""Signed doors: nothing is parsed, unpacked or read to its end before it is known to be ours."""

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.requests import Request

from lib import errors
from lib.access.doors import DOORS, Key, Signed
from lib.settings import Settings
from lib.web import entrance
from lib.web.entrance import enter

SECRET = "shared"
SIGNED = [door for methods in DOORS.values() for door in methods.values() if type(door) is Signed]
#: What would cost or crash whoever parses or unpacks it.
HOSTILE = {
    "no-json": b"\xff\xfe{",
    "deep": b"[" * 200_000,
    "gzip": b"\x1f\x8b\x08\x00not really",
    "large-number": b'{"createdAt": 1' + b"0" * 100_000 + b"}",
    "empty": b"",
}


@pytest.fixture(autouse=True)
def given_settings(monkeypatch):
    """Every secret of a signed door is set."""

    def given_settings(secret: SecretStr | None) -> None:
        made = Settings.model_construct(**dict.fromkeys((one.setting for one in SIGNED), secret))
        monkeypatch.setattr(entrance, "settings", lambda: made)

    given_settings(SecretStr(SECRET))
    return given_settings


def sign(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()


class Sent:
    """A request whose body comes in chunks, and how many of them were taken."""

    def __init__(self, *chunks: bytes, **headers: str) -> None:
        self.chunks = list(chunks)
        self.taken = 0
        raw = [(k.replace("_", "-").encode(), v.encode("utf-8")) for k, v in headers.items()]
        scope = {"type": "http", "method": "POST", "path": "/", "headers": raw}
        self.request = Request(scope, self.receive)

    async def receive(self):
        self.taken += 1
        more = self.taken < len(self.chunks)
        return {"type": "http.request", "body": self.chunks[self.taken - 1], "more_body": more}


@pytest.mark.parametrize("door", SIGNED, ids=lambda door: door.setting)
class TestSignedDoors:
    async def test_open_to_what_is_signed(self, door):
        body = b"\xff not json"
        sent = Sent(body, x_vercel_signature=sign(body))

        assert await enter(sent.request, door) == (body,)

    async def test_take_the_signature_of_all_chunks(self, door):
        sent = Sent(b"one", b"two", x_vercel_signature=sign(b"onetwo"))

        assert await enter(sent.request, door) == (b"onetwo",)

    @pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
    async def test_forged_bodies_are_refused_unparsed(self, door, body):
        with pytest.raises(errors.BadSignature, match="The signature does not fit the body"):
            await enter(Sent(body, x_vercel_signature="0" * 40).request, door)

    @pytest.mark.parametrize(
        "signature",
        ["", "é", sign(b"{}").upper(), sign(b"{}")[:-1], sign(b"{}") + "0", sign(b"{}", "other")],
        ids=["none", "not-ascii", "upper-case", "too-short", "too-long", "another-secret"],
    )
    async def test_guessed_signatures_are_refused(self, door, signature):
        with pytest.raises(errors.BadSignature):
            await enter(Sent(b"{}", x_vercel_signature=signature).request, door)

    async def test_an_unsigned_body_is_refused(self, door):
        with pytest.raises(errors.BadSignature):
            await enter(Sent(b"{}").request, door)

    async def test_a_signature_of_another_body_is_refused(self, door):
        with pytest.raises(errors.BadSignature):
            await enter(Sent(b"{ }", x_vercel_signature=sign(b"{}")).request, door)

    @pytest.mark.parametrize("secret", [None, SecretStr("")], ids=["unset", "empty"])
    async def test_an_unset_secret_closes_them(self, door, secret, given_settings, caplog):
        given_settings(secret)
        with pytest.raises(errors.BadSignature) as refused:
            await enter(Sent(b"{}", x_vercel_signature=sign(b"{}", "")).request, door)

        assert str(refused.value) == "The signature does not fit the body."
        assert [record.getMessage() for record in caplog.records] == ["route_closed"]

    async def test_an_oversized_body_that_says_so_is_not_read_at_all(self, door):
        sent = Sent(b"x", content_length=str(door.limit_bytes + 1), x_vercel_signature="0" * 40)
        with pytest.raises(errors.InvalidRequest, match="larger than"):
            await enter(sent.request, door)

        assert sent.taken == 0

    @pytest.mark.parametrize("announced", ["1", "-1", "one", "0x10", "\uff11", ""], ids=ascii)
    async def test_an_oversized_body_that_lies_is_not_read_to_its_end(self, door, announced):
        chunks = [b"x" * door.limit_bytes] * 3
        sent = Sent(*chunks, content_length=announced, x_vercel_signature="0" * 40)
        with pytest.raises(errors.InvalidRequest, match="larger than"):
            await enter(sent.request, door)

        assert sent.taken == 2


async def test_an_absurd_length_is_no_crash():
    sent = Sent(b"x", content_length="9" * 5000)

    with pytest.raises(errors.InvalidRequest):
        await enter(sent.request, SIGNED[0])


@given(st.binary(), st.text())
async def test_a_closed_door_opens_to_nothing(body, guess):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entrance, "settings", Settings.model_construct)
        for signature in (guess, sign(body, "")):
            sent = Sent(body, x_vercel_signature=signature.encode("utf-8", "replace").decode())
            with pytest.raises(errors.BadSignature):
                await enter(sent.request, SIGNED[0])


async def test_a_door_that_anyone_may_open_gives_nothing():
    assert await enter(Sent(json.dumps({}).encode()).request, Key.NONE) == ()
