"""What is done in the platform: its events, and waiting until it has moved."""

import asyncio
import time
from typing import Any

from lib.vercel.webhook import Event

MILLISECONDS = 1000
SOON_SECONDS = 60.0
GLANCES = 3000


def promoted(deployment: str, by: str | None = "grace", *, id_: str = "evt_1") -> Event:
    return event("deployment.promoted", {"deployment": {"id": deployment}}, by, id_)


def rolled_back(from_: str, to: str, by: str | None = "grace", *, id_: str = "evt_1") -> Event:
    payload = {"fromDeploymentId": from_, "toDeploymentId": to}
    return event("deployment.rollback", payload, by, id_)


def event(kind: str, payload: dict[str, Any], by: str | None, id_: str) -> Event:
    user = {} if by is None else {"user": {"id": f"usr_{by}"}}
    created = int(time.time() * MILLISECONDS)
    return Event(id=id_, type=kind, created_at=created, payload=payload | user)


async def moved_to(platform, deployment: str) -> None:
    """The platform's job takes a moment."""
    for _ in range(GLANCES):
        if platform.state()["production_id"] == deployment:
            return
        await asyncio.sleep(SOON_SECONDS / GLANCES)
    raise AssertionError(f"The platform has not moved to {deployment}.")
