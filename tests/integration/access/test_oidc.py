"""Bearer tokens that an issuer signed: each way to forge one is refused, by its name."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.requests import Request

from lib import errors
from lib.access.cookie import COOKIE
from lib.access.gate import Gate
from lib.access.models import ProvenJob, Role
from lib.oidc.bearers import Bearers, trust_github
from lib.oidc.models import GitHub, Workflows
from tests.integration.access.issuer import AUDIENCE, ec_key, public, rsa_key

ROLLBACK = "wedsync/rollback/.github/workflows/rollback.yml@refs/heads/main"
MAIN = "refs/heads/main"
GITHUB = GitHub(
    recorder=Workflows("wedsync/app", "101", MAIN),
    operator=Workflows("wedsync/rollback", "202", MAIN, ROLLBACK),
)
APP = {
    "repository": "wedsync/app",
    "repository_id": "101",
    "ref": MAIN,
    "ref_protected": "true",
    "event_name": "push",
    "job_workflow_ref": "wedsync/app/.github/workflows/release.yml@refs/heads/main",
    "actor": "ada",
}
CONTROL = APP | {
    "repository": "wedsync/rollback",
    "repository_id": "202",
    "event_name": "workflow_dispatch",
    "job_workflow_ref": ROLLBACK,
}
LATER = 4_000_000_000


def now() -> int:
    return int(datetime.now(UTC).timestamp())


@pytest.fixture
def bearers(issuer):
    return Bearers.of([trust_github(issuer.url, AUDIENCE, GITHUB)])


@pytest.fixture
def gate(access, sessions, bearers):
    return Gate(access, sessions, bearers)


@pytest.fixture
def refused(bearers):
    async def refused(token: str, why: str | None = None) -> None:
        with pytest.raises(errors.Unauthenticated, match=why):
            await bearers.identify(token)

    return refused


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def test_a_workflow_of_the_app_is_a_recorder_that_is_proved(bearers, issuer):
    caller = await bearers.identify(issuer.sign(APP))

    assert isinstance(caller, ProvenJob)
    assert (caller.role, caller.name) == (
        Role.RECORDER,
        "ada by GitHub Actions (wedsync/app)",
    )


async def test_the_rollback_workflow_is_an_operator_and_proves_no_texts(bearers, issuer):
    caller = await bearers.identify(issuer.sign(CONTROL))

    assert not isinstance(caller, ProvenJob)
    assert (caller.role, caller.name) == (
        Role.OPERATOR,
        "ada by GitHub Actions (wedsync/rollback)",
    )


async def test_keys_of_another_kind_are_taken(bearers, issuer):
    issuer.publish("curve", ec_key("curve"))
    token = issuer.sign(APP, key=ec_key("curve"), algorithm="ES256", headers={"kid": "curve"})

    assert await bearers.identify(token)


class TestForged:
    async def test_algorithm_none(self, issuer, refused):
        claims = segment(issuer.claims(**APP))
        for name in ("none", "None", "NONE", ""):
            header = segment({"alg": name, "kid": "one", "typ": "JWT"})
            await refused(f"{header}.{claims}.", "algorithm")

    async def test_algorithm_confusion_hs256_with_the_public_key(self, issuer, refused):
        """The library will not sign so; whoever forges does it by hand."""
        pem = (
            rsa_key("one")
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        signed = f"{segment({'alg': 'HS256', 'kid': 'one'})}.{segment(issuer.claims(**APP))}"
        mac = hmac.new(pem, signed.encode(), hashlib.sha256).digest()
        await refused(
            f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}", "algorithm"
        )

    async def test_algorithm_of_another_key(self, issuer, refused):
        token = issuer.sign(APP, key=ec_key("evil"), algorithm="ES256")

        await refused(token, "algorithm is not its key's")

    async def test_a_shared_secret_among_the_issuers_keys(self, issuer, refused):
        secret = base64.urlsafe_b64encode(b"x" * 32).rstrip(b"=").decode()
        issuer.keys["oct"] = {"kty": "oct", "k": secret, "kid": "oct"}
        forged = issuer.sign(APP, key=b"x" * 32, algorithm="HS256", headers={"kid": "oct"})
        await refused(forged, "algorithm")
        await refused(issuer.sign(APP, headers={"kid": "oct"}), "key cannot be used")

    async def test_a_key_that_is_too_short(self, issuer, refused):
        weak = rsa_key("weak", 1024)
        issuer.publish("weak", weak)
        with pytest.warns(jwt.InsecureKeyLengthWarning):
            token = issuer.sign(APP, key=weak, headers={"kid": "weak"})

        await refused(token, "key cannot be used")

    async def test_a_key_for_encryption(self, issuer, refused):
        issuer.publish("enc", rsa_key("one"), use="enc")

        await refused(issuer.sign(APP, headers={"kid": "enc"}), "key cannot be used")

    async def test_signed_by_another_key_of_the_same_name(self, issuer, refused):
        await refused(issuer.sign(APP, key=rsa_key("evil")), "signature")

    async def test_changed_after_it_was_signed(self, issuer, refused):
        header, _, signature = issuer.sign(APP).split(".")
        changed = segment(issuer.claims(**CONTROL))

        await refused(f"{header}.{changed}.{signature}", "signature")

    async def test_unknown_kid(self, issuer, refused):
        await refused(issuer.sign(APP, headers={"kid": "two"}), "no such key")

    async def test_no_kid(self, issuer, refused):
        token = jwt.encode(issuer.claims(**APP), rsa_key("one"), algorithm="RS256")

        await refused(token, "which key")

    @pytest.mark.parametrize("header", ["jku", "x5u"])
    async def test_jku_header_fetches_nothing(self, issuer, refused, header):
        await refused(issuer.sign(APP, headers={header: f"{issuer.url}/mine"}), "key of its own")

        assert issuer.asked == []

    async def test_embedded_jwk(self, issuer, refused):
        evil = rsa_key("evil")
        token = issuer.sign(APP, key=evil, headers={"jwk": public("one", evil)})

        await refused(token, "key of its own")

    @pytest.mark.parametrize("header", [{"x5c": ["x"]}, {"crit": ["exp"]}], ids=str)
    async def test_headers_that_change_what_is_checked(self, issuer, refused, header):
        await refused(issuer.sign(APP, headers=header))

    @pytest.mark.parametrize(
        "token", [".", "..", "a.b.c", "e30.e30.", "e30.W10.", f"{'a' * 20_000}.b.c", "é.é.é"]
    )
    async def test_what_is_no_token_at_all(self, issuer, refused, token):
        await refused(token)

        assert issuer.asked == []

    async def test_in_the_cookie(self, gate, issuer):
        cookie = f"{COOKIE}={issuer.sign(APP)}".encode()
        request = Request({"type": "http", "method": "GET", "headers": [(b"cookie", cookie)]})

        with pytest.raises(errors.Unauthenticated):
            await gate.identify(request)
        assert issuer.asked == []

    async def test_at_sign_in(self, sessions, issuer):
        with pytest.raises(errors.Unauthenticated):
            await sessions.sign_in(issuer.sign(CONTROL))


class TestClaims:
    @pytest.mark.parametrize(
        ("claims", "why"),
        [
            ({"aud": "https://other.example"}, "audience"),
            ({"aud": ["https://other.example"]}, "audience"),
            ({"aud": None}, "aud"),
            ({"iss": "https://token.actions.example"}, "issuer"),
            ({"iss": None}, "issuer"),
            ({"exp": 1_000_000_000}, "has ended"),
            ({"exp": None}, "exp"),
            ({"exp": "soon"}, "refused"),
            ({"iat": LATER, "exp": LATER + 1}, "not valid yet"),
            ({"iat": None}, "iat"),
            ({"nbf": LATER}, "not valid yet"),
            ({"sub": None}, "sub"),
        ],
        ids=[
            "wrong audience",
            "wrong audiences",
            "no audience",
            "wrong issuer",
            "no issuer",
            "expired",
            "missing exp",
            "exp that is none",
            "issued in the future",
            "missing iat",
            "not yet valid",
            "missing sub",
        ],
    )
    async def test_are_refused(self, issuer, refused, claims, why):
        await refused(issuer.sign(APP | claims), why)

    async def test_another_issuers_name_asks_nobody(self, issuer, refused):
        await refused(issuer.sign(APP | {"iss": f"{issuer.url}/"}), "believes")

        assert issuer.asked == []

    @pytest.mark.parametrize(
        ("claims", "is_in"),
        [
            ({"exp": -20}, True),
            ({"exp": -40}, False),
            ({"nbf": 20}, True),
            ({"nbf": 40}, False),
            ({"iat": 20}, True),
            ({"iat": 40}, False),
        ],
        ids=str,
    )
    async def test_clocks_may_differ_a_little(self, bearers, issuer, refused, claims, is_in):
        token = issuer.sign(APP | {name: now() + ahead for name, ahead in claims.items()})

        if is_in:
            assert await bearers.identify(token)
        else:
            await refused(token)

    @pytest.mark.parametrize("base", [APP, CONTROL], ids=["recorder", "operator"])
    @pytest.mark.parametrize(
        "claims",
        [
            {"repository": "evil/app"},
            {"repository_id": "999"},
            {"repository_id": 101},
            {"repository_id": None},
            {"ref": "refs/heads/feature"},
            {"ref": "refs/tags/main"},
            {"ref": "refs/pull/7/merge", "event_name": "pull_request"},
            {"ref_protected": "false"},
            {"ref_protected": None},
            {"event_name": "pull_request"},
            {"event_name": "pull_request_target"},
            {"event_name": "workflow_run"},
            {"event_name": ["push"]},
        ],
        ids=[
            "a fork of the same name",
            "a repository that took the name over",
            "a number that is no text",
            "no number",
            "another ref",
            "a tag of the same name",
            "a pull request's own ref",
            "a ref that is not protected",
            "a ref that does not say",
            "pull_request",
            "pull_request_target",
            "workflow_run",
            "events",
        ],
    )
    async def test_of_other_workflows_are_refused(self, issuer, refused, base, claims):
        await refused(issuer.sign(base | claims))

    @pytest.mark.parametrize(
        "workflow",
        [
            ROLLBACK.replace("rollback.yml", "other.yml"),
            ROLLBACK.replace("main", "feature"),
            ROLLBACK.replace("wedsync", "evil"),
            None,
        ],
    )
    async def test_another_workflow_rolls_nothing_back(self, issuer, refused, workflow):
        await refused(issuer.sign(CONTROL | {"job_workflow_ref": workflow}))

    async def test_another_repository_that_calls_the_workflow_rolls_nothing_back(
        self, issuer, refused
    ):
        await refused(issuer.sign(APP | {"job_workflow_ref": ROLLBACK}))

    async def test_a_push_rolls_nothing_back(self, issuer, refused):
        await refused(issuer.sign(CONTROL | {"event_name": "push"}), "event_name")

    async def test_a_name_that_is_no_line_of_text_is_nobodys(self, bearers, issuer):
        caller = await bearers.identify(issuer.sign(APP | {"actor": "ada\n2026 root"}))

        assert caller.name == "somebody by GitHub Actions (wedsync/app)"


def asked(token: str, method: str = "GET") -> Request:
    header = (b"authorization", f"Bearer {token}".encode())
    return Request({"type": "http", "method": method, "path": "/", "headers": [header]})


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_it_is_checked_anew_each_time_and_never_remembered(gate, issuer, method):
    token = issuer.sign(CONTROL)
    assert (await gate.identify(asked(token, method))).role is Role.OPERATOR
    issuer.keys.clear()
    gate.bearers = Bearers.of([trust_github(issuer.url, AUDIENCE, GITHUB)])

    with pytest.raises(errors.Unauthenticated):
        await gate.identify(asked(token, method))


async def test_where_no_issuer_is_set_it_is_an_unknown_token(access, sessions, issuer):
    with pytest.raises(errors.Unauthenticated, match="Your sign-in has ended"):
        await Gate(access, sessions).identify(asked(issuer.sign(APP)))
