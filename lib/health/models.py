"""What GET /api/health answers: these six keys, no more."""

from typing import Literal

from pydantic import BaseModel

from lib.moments import Moment

State = Literal["healthy", "unhealthy", "unknown"]


class HealthResponse(BaseModel):
    api: State
    database: State
    redis: State
    stripe: State
    timestamp: Moment
    deployment_id: str
