"""What a webhook of the platform says. Only its signature is trusted; its content is a hint."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import AliasPath, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from lib import errors
from lib.deployments.store import How
from lib.vercel.signature import is_signed

log = logging.getLogger(__name__)

#: The platform tries for 24 h; anything older is not a delivery of it.
OLDEST = timedelta(hours=25)
#: Far away; a later time would not fit into a date.
LATEST = 10**14
#: Types after which production may serve something else, and how it came about.
GO_LIVE: dict[str, How] = {
    "deployment.succeeded": "deploy",
    "deployment.ready": "deploy",
    "deployment.promoted": "promote",
    "deployment.rollback": "observed",
}


class Event(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    id: str = Field(pattern=r"^[!-~]{1,200}$")
    type: str = Field(pattern=r"^[!-~]{1,100}$")
    created_at: int = Field(alias="createdAt", ge=0, le=LATEST)  #: ms since 1970
    payload: dict[str, Any] = Field(default_factory=dict)
    project_id: str | None = Field(None, validation_alias=AliasPath("payload", "project", "id"))


def read_event(headers: Mapping[str, str], body: bytes, secret: SecretStr | None) -> Event:
    """Raises BadSignature before anything of the body is read, InvalidRequest after."""
    expected = secret.get_secret_value() if secret else ""
    if not expected:
        log.error("route_closed", extra={"why": "WEBHOOK_SECRET is not set"})
    if not is_signed(body, headers.get("x-vercel-signature", ""), expected):
        raise errors.BadSignature("The signature does not fit the body.")
    try:
        return Event.model_validate_json(body)
    except ValidationError as error:
        raise errors.InvalidRequest("This is no event of the platform.") from error
