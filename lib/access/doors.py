"""Which doors there are, and what opens each. `endpoint` opens by this table and by no other.

A role is asked for by `Gate`; what an operation needs beyond it is in `lib.operations.actions`.
Pure: no I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lib.access.models import Role

#: Events of the platform are a few kilobytes.
EVENT_BYTES = 256 * 1024
#: The most that the platform delivers to a function.
DELIVERED_BYTES = 4_500_000


class Key(StrEnum):
    """What opens a door that no role does."""

    NONE = "anyone"
    CRON = "cron"  #: the platform's scheduler, by its secret
    KNOWN = "whoever is known"  #: what is asked for decides which role it takes
    APP = "app"  #: the app's own secret, or a viewer; the handler asks for it
    OWN_PAGE = "own page"  #: a page of ours; the handler asks for a token or a session


@dataclass(frozen=True, slots=True)
class Signed:
    """The platform's signature over the raw body, by the secret in this setting."""

    setting: str
    limit_bytes: int

    def __str__(self) -> str:
        return "signature"


type Door = Role | Key | Signed

DOORS: dict[str, Mapping[str, Door]] = {
    "/api/audit": {"GET": Role.VIEWER},
    "/api/cron/health_sweep": {"GET": Key.CRON},
    "/api/deployments": {"GET": Role.VIEWER, "POST": Role.RECORDER},
    "/api/drains/logs": {"GET": Key.NONE, "POST": Signed("drain_secret", DELIVERED_BYTES)},
    "/api/flags": {"GET": Role.VIEWER, "PUT": Key.KNOWN},
    "/api/health": {"GET": Key.NONE, "HEAD": Key.NONE},
    "/api/operations": {"POST": Role.OPERATOR},
    "/api/overview": {"GET": Role.VIEWER},
    "/api/rollback/status/[id]": {"GET": Role.VIEWER},
    "/api/rollback/trigger": {"POST": Role.OPERATOR},
    "/api/session": {"POST": Key.OWN_PAGE, "DELETE": Key.OWN_PAGE},
    "/api/webhooks/vercel": {"POST": Signed("webhook_secret", EVENT_BYTES)},
    # Rewritten onto /api/flags, which has doors of its own.
    "/ofrep/v1/evaluate/flags": {"POST": Key.APP},
    "/ofrep/v1/evaluate/flags/[key]": {"POST": Key.APP},
}
#: Where guessing, forging or trying again and again is refused in the end.
LIMITED = {
    ("/api/drains/logs", "POST"),
    ("/api/flags", "PUT"),
    ("/api/operations", "POST"),
    ("/api/rollback/trigger", "POST"),
    ("/api/session", "POST"),
    ("/api/webhooks/vercel", "POST"),
}
