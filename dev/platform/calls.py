"""The table of REST calls, and what a call sees and answers.

The version in a path ("/v9/…", "/now/…") is not looked at: the real command line uses several for
the same call.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dev.platform.cloud import Cloud
from dev.platform.jobs import Jobs
from dev.platform.rolling import RollingReleases
from dev.platform.state import Deployment

VERSION = re.compile(r"^(/(v\d+|now))+(?=/)")


class Refused(Exception):
    """The platform says no, in its own form."""

    def __init__(self, status: int, code: str, message: str, **more: object) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"code": code, "message": message, **more}}


@dataclass(frozen=True)
class Answer:
    body: dict[str, Any] | list[Any] | None = None
    status: int = 200


@dataclass(frozen=True)
class Ask:
    cloud: Cloud
    jobs: Jobs
    rolling: RollingReleases
    params: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]

    def check_project(self, id_or_name: str) -> None:
        """Raises Refused 404: there is one project, and it belongs to the team."""
        config = self.cloud.config
        known = {config.project_id, config.project_name}
        if id_or_name not in known or self.query.get("teamId") != config.team_id:
            raise Refused(404, "not_found", "Project not found.")

    def deployment(self, id_or_host: str) -> Deployment:
        found = self.cloud.find(id_or_host)
        if found is None or self.query.get("teamId") != self.cloud.config.team_id:
            raise Refused(404, "not_found", f'Can\'t find the deployment "{id_or_host}".')
        return found

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.query.get(name, default))
        except ValueError:
            raise Refused(400, "bad_request", f"`{name}` should be a number.") from None


@dataclass(frozen=True)
class Call:
    #: What faults and records call it.
    name: str
    method: str
    path: str
    answer: Callable[[Ask], Answer]

    def match(self, method: str, path: str) -> dict[str, str] | None:
        if method != self.method:
            return None
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, VERSION.sub("", path))
        return found.groupdict() if found else None
