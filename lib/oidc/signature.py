"""A token's signature and times. Loads PyJWT: import it where a token has come, not before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from lib import errors
from lib.oidc.models import Claims, Trust

#: With a public key alone; never `none`, never one that takes a public key for a shared secret.
ALGORITHMS = ("RS256", "ES256", "EdDSA")
#: Of keys: where they are fetched is not the token's to say. And `crit`: what we do not know.
REFUSED_HEADERS = ("jku", "jwk", "x5u", "x5c", "crit")
REQUIRED = ("exp", "iat", "iss", "aud", "sub")
LEEWAY_SECONDS = 30
LENGTH_AT_MOST = 16_384
RSA_BITS_AT_LEAST = 2048


@dataclass(frozen=True, slots=True)
class Unverified:
    """What a token says of itself: enough to find the key, and believed by nobody."""

    issuer: str
    kid: str
    algorithm: str


def read(token: str) -> Unverified:
    """Raises Unauthenticated."""
    if len(token) > LENGTH_AT_MOST:
        raise refused("it is too long")
    try:
        parts = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise refused("it cannot be read") from error
    header, issuer = parts["header"], parts["payload"].get("iss")
    if header.get("alg") not in ALGORITHMS:
        raise refused("its algorithm is not let in")
    if any(name in header for name in REFUSED_HEADERS):
        raise refused("it brings a key of its own")
    if not isinstance(header.get("kid"), str) or not isinstance(issuer, str):
        raise refused("it does not say which key of which issuer signed it")
    return Unverified(issuer, header["kid"], header["alg"])


def verify(token: str, unverified: Unverified, key: Mapping[str, Any], trust: Trust) -> Claims:
    """Raises Unauthenticated."""
    public = read_key(key)
    if public.algorithm_name != unverified.algorithm:
        raise refused("its algorithm is not its key's")
    try:
        claims: Claims = jwt.decode(
            token,
            public,
            algorithms=[unverified.algorithm],
            audience=trust.audience,
            issuer=trust.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": [*REQUIRED]},
        )
    except jwt.ExpiredSignatureError as error:
        raise errors.Unauthenticated(
            "The token has ended. Ask its issuer for a new one."
        ) from error
    except (jwt.PyJWTError, ValueError) as error:
        raise refused(why(error)) from error
    return claims


def read_key(key: Mapping[str, Any]) -> jwt.PyJWK:
    """Raises Unauthenticated."""
    try:
        public = jwt.PyJWK.from_dict({**key})
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise refused("its key cannot be used") from error
    is_short = public.key_type == "RSA" and public.key.key_size < RSA_BITS_AT_LEAST
    if public.algorithm_name not in ALGORITHMS or key.get("use", "sig") != "sig" or is_short:
        raise refused("its key cannot be used")
    return public


def why(error: Exception) -> str:
    match error:
        case jwt.InvalidAudienceError():
            return "it is for somebody else: ask for it with this control plane's audience"
        case jwt.ImmatureSignatureError():
            return "it is not valid yet"
        case jwt.MissingRequiredClaimError():
            return f"it has no `{error.claim}`"
        case _:
            return "its signature or its claims do not fit"


def refused(reason: str) -> errors.Unauthenticated:
    return errors.Unauthenticated(f"The token is refused: {reason}.")
