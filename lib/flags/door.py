"""Who may evaluate switches: an app with the secret of its environment, and whoever may look.

The app's way in asks no database: it is open while Postgres and Redis are away. An unset secret
lets nobody in.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request

from lib import errors
from lib.access.gate import Gate
from lib.access.models import Role
from lib.flags.limiter import Limiter
from lib.rollback.models import Environment
from lib.web.reading import read_environment


@dataclass(frozen=True, slots=True)
class FlagDoor:
    gate: Gate
    #: Of each environment, several while they are being replaced.
    secrets: Mapping[Environment, Sequence[str]]
    limiter: Limiter

    async def admit(self, request: Request) -> Environment:
        """What it asks about: an app about its own environment, a viewer about any.

        Raises Unauthenticated, Forbidden or TooManyRequests.
        """
        environment = self.known_by_secret(presented(request))
        if environment is not None:
            caller = f"app:{environment}"
        else:
            caller = (await self.gate.admit(request, Role.VIEWER)).name
            environment = read_environment(request)
        if not self.limiter.admits(caller):
            raise errors.TooManyRequests("Too many evaluations in a second. Wait for a moment.")
        return environment

    def known_by_secret(self, given: bytes) -> Environment | None:
        """Every secret is compared, in constant time."""
        found = None
        for environment, known in self.secrets.items():
            for secret in known:
                if hmac.compare_digest(given, secret.encode()):
                    found = environment
        return found


def presented(request: Request) -> bytes:
    """As the protocol lets providers send it: a bearer token, or an API key."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    secret = token if scheme.lower() == "bearer" else request.headers.get("x-api-key", "")
    return secret.encode()
