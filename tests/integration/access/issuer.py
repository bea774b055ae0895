"""An OIDC issuer that is a real server: it has keys, changes them, and fails in every way."""

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dev.serving import Served, serve

AUDIENCE = "https://control.example"


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public(name: str, key: Any, **more: str) -> dict[str, Any]:
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": name, **more}


@dataclass
class Issuer:
    #: By kid, those it says it has.
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: What it does when it is asked: answer, hang, garbage, others, huge, fail, redirect.
    mood: str = "answer"
    asked: list[str] = field(default_factory=list)
    was_asked: threading.Event = field(default_factory=threading.Event)
    served: Served | None = None

    def __post_init__(self) -> None:
        self.publish("one", rsa_key("one"))

    @property
    def url(self) -> str:
        assert self.served
        return self.served.url

    def publish(self, kid: str, key: Any, **more: str) -> None:
        self.keys[kid] = public(kid, key, **more)

    def sign(
        self,
        claims: dict[str, Any],
        *,
        key: Any = None,
        headers: dict[str, Any] | None = None,
        algorithm: str = "RS256",
    ) -> str:
        """A claim that is None is left out."""
        whole = {name: value for name, value in self.claims(**claims).items() if value is not None}
        given = {"kid": "one"} | (headers or {})
        return jwt.encode(whole, key or rsa_key("one"), algorithm=algorithm, headers=given)

    def claims(self, **claims: Any) -> dict[str, Any]:
        now = int(datetime.now(UTC).timestamp())
        of_all = {"iss": self.url, "aud": AUDIENCE, "sub": "x", "iat": now, "exp": now + 300}
        return of_all | claims

    async def answer(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        self.was_asked.set()
        match self.mood:
            case "hang":
                await asyncio.Event().wait()
            case "garbage":
                return Response('{"keys": [{"kid"', media_type="application/json")
            case "others":
                return Response('{"keys": ["one", 2, null]}')
            case "huge":
                return Response(b'{"keys": [' + b" " * 10_000_000 + b"]}")
            case "fail":
                return Response("no", status_code=500)
            case "redirect":
                return Response(status_code=302, headers={"location": "/elsewhere"})
        return JSONResponse({"keys": [*self.keys.values()]})


def serve_issuer() -> Issuer:
    issuer = Issuer()
    issuer.served = serve(Starlette(routes=[Route("/{path:path}", issuer.answer)]))
    return issuer
