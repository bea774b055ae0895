"""What a webhook of the platform says. Only its signature is trusted; its content is a hint."""

import re
from datetime import timedelta
from typing import Any

from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError

from lib import errors
from lib.deployments.models import ROLLED_BACK_ELSEWHERE, How

#: The platform tries for 24 h; anything older is not a delivery of it.
OLDEST = timedelta(hours=25)
#: By so much its clock and ours may differ. Without a bound an event from far ahead would outlive
#: what is kept of its id, and be the newest for as long.
EARLIEST = timedelta(minutes=10)
WORD = re.compile(r"[!-~]{1,100}")
DEPLOYMENT = re.compile(r"dpl_[A-Za-z0-9]{1,96}")
#: Far away; a later time would not fit into a date.
LATEST = 10**14
CHECK_RUN_STARTED = "deployment.checkrun.start"
#: Types after which production may serve something else, and how it came about.
GO_LIVE: dict[str, How] = {
    "deployment.succeeded": "deploy",
    "deployment.ready": "deploy",
    "deployment.promoted": "promote",
    "deployment.rollback": ROLLED_BACK_ELSEWHERE,
}
#: Types after which our check on a deployment has something to say. The last is the one that the
#: platform sends when a check is due; what it contains is told by its users only: unverified.
CHECKED = ("deployment.created", "deployment.succeeded", "deployment.ready", CHECK_RUN_STARTED)


class Event(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    id: str = Field(pattern=r"^[!-~]{1,200}$")
    type: str = Field(pattern=r"^[!-~]{1,100}$")
    created_at: int = Field(alias="createdAt", ge=0, le=LATEST)  #: ms since 1970
    payload: dict[str, Any] = Field(default_factory=dict)
    project_id: str | None = Field(None, validation_alias=AliasPath("payload", "project", "id"))

    @property
    def deployment_id(self) -> str | None:
        """The deployment that it is about; of a rollback, the one that was gone back to.

        The platform is asked about it: it goes into an address, so nothing but an id will do.
        """
        name = self._word("toDeploymentId") or self._word("deployment", "id")
        return name if name and DEPLOYMENT.fullmatch(name) else None

    @property
    def user_id(self) -> str | None:
        return self._word("user", "id")

    def _word(self, *keys: str) -> str | None:
        """None for anything that is no plain short word: it is stored and shown."""
        value: object = self.payload
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value if isinstance(value, str) and WORD.fullmatch(value) else None


def read_event(body: bytes) -> Event:
    """A body whose signature fits. Raises InvalidRequest."""
    try:
        return Event.model_validate_json(body)
    except ValidationError as error:
        raise errors.InvalidRequest("This is no event of the platform.") from error
