"""Who calls, and what their role allows."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Role(StrEnum):
    VIEWER = "viewer"  #: reads
    OPERATOR = "operator"  #: rolls back
    ADMIN = "admin"  #: manages
    RECORDER = "recorder"  #: records deployments, nothing else

    def may(self, needed: "Role") -> bool:
        """Viewer, operator and admin each include the one before; recorder is on its own."""
        if Role.RECORDER in (self, needed):
            return self is needed or (needed is Role.RECORDER and self is Role.ADMIN)
        return LADDER.index(self) >= LADDER.index(needed)


LADDER = (Role.VIEWER, Role.OPERATOR, Role.ADMIN)


class Caller(BaseModel):
    """A named person or job."""

    model_config = ConfigDict(frozen=True)

    name: str
    role: Role


class ProvenJob(Caller):
    """A workflow of the app's own repository and protected ref, as its issuer signed it."""


class SignOut(BaseModel):
    """Query of DELETE /api/session."""

    model_config = ConfigDict(extra="forbid")

    #: Every session of the same token.
    everywhere: bool = False


class SignIn(BaseModel):
    """Body of POST /api/session."""

    model_config = ConfigDict(extra="forbid")

    token: str
