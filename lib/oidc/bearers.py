"""Who a bearer token of another issuer is of."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from lib.access.models import Caller
from lib.oidc.claims import github_caller, mapped_caller
from lib.oidc.keys import IssuerKeys
from lib.oidc.models import GitHub, Issuer, Trust


@dataclass(frozen=True, slots=True)
class Bearers:
    """By the issuer's name, as the settings write it."""

    trusted: dict[str, tuple[Trust, IssuerKeys]]

    @classmethod
    def of(cls, trusts: Iterable[Trust]) -> "Bearers":
        return cls({trust.issuer: (trust, IssuerKeys(trust.jwks_url)) for trust in trusts})

    async def identify(self, token: str) -> Caller:
        """Checked anew each time. Raises Unauthenticated or IssuerUnavailable."""
        from lib.oidc import signature

        unverified = signature.read(token)
        if unverified.issuer not in self.trusted:
            raise signature.refused("nobody here believes its issuer")
        trust, keys = self.trusted[unverified.issuer]
        key = await keys.find(unverified.kid)
        if key is None:
            raise signature.refused("its issuer has no such key")
        return trust.admit(signature.verify(token, unverified, key, trust))


def trust_github(issuer: str, audience: str, github: GitHub) -> Trust:
    issuer = issuer.rstrip("/")
    url = f"{issuer}/.well-known/jwks"
    return Trust(issuer, audience, url, partial(github_caller, github))


def trust(issuer: Issuer) -> Trust:
    return Trust(issuer.issuer, issuer.audience, issuer.jwks_url, partial(mapped_caller, issuer))
