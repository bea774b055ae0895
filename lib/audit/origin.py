"""The request that is being answered, as the audit log tells it.

Kept beside the call and not passed through it: what writes a row is far from what reads a request.
"""

from contextvars import ContextVar
from dataclasses import dataclass

from lib.access.models import Caller


@dataclass(slots=True)
class Origin:
    request_id: str
    #: None: it came without one that can be read.
    address: str | None
    #: Who it is of; None until that is known.
    caller: Caller | None = None
    #: By what: `token`, `session`, `oidc`.
    authenticated_by: str | None = None
    #: A row was written that has no place in the chain yet.
    has_written: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that was refused. `problem`: its slug. `made`: method and path, as an example."""

    address: str | None
    problem: str
    made: str


CURRENT: ContextVar[Origin | None] = ContextVar("origin", default=None)


def identified(caller: Caller, *, by: str) -> None:
    origin = CURRENT.get()
    if origin is not None:
        origin.caller, origin.authenticated_by = caller, by
