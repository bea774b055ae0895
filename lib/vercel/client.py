"""The only module that speaks to the platform's REST API.

Endpoints: https://vercel.com/docs/rest-api (read 2026-11-22), and what its own CLI calls. Every
failure becomes one of our errors, which say whether a retry may help. Only reading is repeated
here: whether a change that got no answer took effect is for the caller to look up.
"""

import re
from dataclasses import dataclass, field
from http import HTTPMethod, HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from lib import errors
from lib.vercel.hosts import DEPLOYMENT_SUFFIX, is_deployment
from lib.vercel.models import (
    Alias,
    Check,
    CheckRun,
    CheckRuns,
    Checks,
    CurrentToken,
    Deployment,
    Project,
    RollingAnswer,
    RollingRelease,
    Token,
    Variable,
    Variables,
    VercelModel,
)

#: Answers take well under a second; a step has a few seconds for several calls.
TIMEOUT = httpx.Timeout(5.0, connect=2.0)
READ_ATTEMPTS = 2
FAILED_ALIASES_LIMIT = 20


def make_http(*, base_url: str, token: str, team_id: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=base_url,
        headers={"authorization": f"Bearer {token}"},
        params={"teamId": team_id} if team_id else {},
        timeout=TIMEOUT,
        trust_env=False,
    )


@dataclass(frozen=True, slots=True)
class VercelClient:
    """`http` carries address, token and time-outs: see `make_http`."""

    http: httpx.AsyncClient
    project_id: str
    #: Under which deployments have their own addresses.
    deployment_suffix: str = field(default=DEPLOYMENT_SUFFIX, kw_only=True)

    async def deployment(self, id_or_host: str) -> Deployment:
        """The deployment of this id, or the one that this host serves. Raises VercelMissing.

        It has an address only if it is the app's: no other project's is ever asked.
        """
        body = await self._read(f"/v13/deployments/{segment(id_or_host)}")
        found = understand(Deployment, body)
        is_ours = found.project_id == self.project_id
        if is_ours and is_deployment(found.url, self.deployment_suffix):
            return found
        return found.model_copy(update={"url": ""})

    async def project(self) -> Project:
        path = f"/v9/projects/{self.project_id}"
        return understand(Project, await self._read(path, rollbackInfo="true"))

    async def rolling_release(self) -> RollingRelease | None:
        """The project's last one, active or over. None as well where there can be none: the plan
        lacks them, or the token may not see them.
        """
        try:
            body = await self._read(f"/v1/projects/{self.project_id}/rolling-release")
        except errors.VercelRejected:
            return None
        return understand(RollingAnswer, body).rolling

    async def is_reachable(self) -> bool:
        """Whether anything answers there, whatever it says: if not, our own network may be out."""
        try:
            await self.http.get("/", timeout=TIMEOUT)
        except httpx.RequestError:
            return False
        return True

    async def token(self) -> Token:
        """The one that we use."""
        return understand(CurrentToken, await self._read("/v5/user/tokens/current")).token

    async def variables(self) -> list[Variable]:
        body = await self._read(f"/v10/projects/{self.project_id}/env")
        return understand(Variables, body).envs

    async def alias(self, host: str) -> Alias:
        return understand(Alias, await self._read(f"/v4/aliases/{segment(host)}"))

    async def set_auto_assign(self, *, on: bool) -> None:
        await self._call(
            HTTPMethod.PATCH,
            f"/v9/projects/{self.project_id}",
            json={"autoAssignCustomDomains": on},
        )

    async def assign_alias(self, deployment_id: str, alias: str) -> None:
        """Move the alias, at once. Already there is success."""
        try:
            await self._call(
                HTTPMethod.POST,
                f"/v2/deployments/{segment(deployment_id)}/aliases",
                json={"alias": alias},
            )
        except errors.VercelConflict:
            return

    async def roll_back(self, deployment_id: str, *, description: str) -> None:
        """Ask for an Instant Rollback. Accepted is not done: look at `project()`."""
        await self._call(
            HTTPMethod.POST,
            f"/v1/projects/{self.project_id}/rollback/{segment(deployment_id)}",
            params={"description": description},
        )

    async def failed_aliases(self) -> list[str]:
        """Hosts that the last rollback could not move."""
        body = await self._read(
            f"/v9/projects/{self.project_id}/rollback/aliases",
            failedOnly="true",
            limit=FAILED_ALIASES_LIMIT,
        )
        return [str(item.get("alias")) for item in body.get("aliases", [])]

    async def purge_caches(self) -> None:
        """The CDN's and the runtime's caches of the app's project."""
        project = {"projectIdOrName": self.project_id}
        await self._call(HTTPMethod.POST, "/v1/edge-cache/purge-all", params=project)
        await self._call(HTTPMethod.DELETE, "/v1/data-cache/purge-all", params=project)

    async def checks(self) -> list[Check]:
        body = await self._read(f"/v2/projects/{self.project_id}/checks")
        return [one for one in understand(Checks, body).checks if one.deleted_at is None]

    async def create_check(
        self, name: str, *, webhook_id: str | None, timeout_seconds: int
    ) -> Check:
        """A check that a production deployment needs before it is promoted.

        `webhook_id`: the team's webhook that announces its runs. That the time-out is in seconds is
        unverified.
        """
        source = {"kind": "webhook"} | ({"webhookId": webhook_id} if webhook_id else {})
        body = await self._call(
            HTTPMethod.POST,
            f"/v2/projects/{self.project_id}/checks",
            json={
                "name": name,
                "requires": "deployment-url",
                "blocks": "deployment-promotion",
                "targets": ["production"],
                "isRerequestable": True,
                "source": source,
                "timeout": timeout_seconds,
            },
        )
        return understand(Check, body)

    async def check_runs(self, deployment_id: str) -> list[CheckRun]:
        body = await self._read(f"/v2/deployments/{segment(deployment_id)}/check-runs")
        return understand(CheckRuns, body).runs

    async def runs_of_check(self, check_id: str) -> list[CheckRun]:
        body = await self._read(f"/v2/projects/{self.project_id}/checks/{segment(check_id)}/runs")
        return understand(CheckRuns, body).runs

    async def conclude(
        self, run: CheckRun, conclusion: str, text: str, *, details_url: str | None = None
    ) -> None:
        """That a run may be concluded again, and otherwise, is unverified."""
        await self._call(
            HTTPMethod.PATCH,
            f"/v2/deployments/{segment(run.deployment_id)}/check-runs/{segment(run.id)}",
            json={"status": "completed", "conclusion": conclusion, "conclusionText": text}
            | ({"externalUrl": details_url} if details_url else {}),
        )

    async def _read(self, path: str, **params: str | int) -> dict[str, Any]:
        for _ in range(READ_ATTEMPTS - 1):
            try:
                return await self._call(HTTPMethod.GET, path, params=params)
            except errors.VercelUnavailable as error:
                if error.retry_after is not None:
                    raise
        return await self._call(HTTPMethod.GET, path, params=params)

    async def _call(self, method: HTTPMethod, path: str, **options: Any) -> dict[str, Any]:
        try:
            response = await self.http.request(method, path, **options)
        except httpx.RequestError as error:
            raise errors.VercelUnavailable(
                f"The platform did not answer ({type(error).__name__}).", path=path
            ) from error
        if response.is_success:
            return parse(response)
        raise refusal(response, path)


def segment(name: str) -> str:
    """What others name is one segment of a path, whatever is in it. Raises VercelMissing."""
    if name in {"", ".", ".."}:
        raise errors.VercelMissing("The platform has nothing of this name.")
    return quote(name, safe="")


def parse(response: httpx.Response) -> dict[str, Any]:
    """The object; a list comes as its `items`."""
    if not response.content:
        return {}
    try:
        body = response.json()
    except ValueError as error:
        raise errors.VercelUnavailable("The platform's answer was not JSON.") from error
    return body if isinstance(body, dict) else {"items": body}


def understand[T: VercelModel](model: type[T], body: dict[str, Any]) -> T:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise errors.VercelUnavailable(
            "The platform's answer was not what it used to be: "
            + ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
        ) from error


def refusal(response: httpx.Response, path: str) -> errors.Upstream:
    """Chosen by status alone; the platform's own words are passed on to people."""
    status = response.status_code
    try:
        said = str(response.json()["error"]["message"])[:300]
    except (ValueError, KeyError, TypeError):
        said = response.reason_phrase
    message = f"The platform answered {status}: {said}"
    if status == HTTPStatus.TOO_MANY_REQUESTS or response.is_server_error:
        return errors.VercelUnavailable(
            message, retry_after=retry_after(response), status_code=status, path=path
        )
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return errors.VercelMissing(message, status_code=status, path=path)
    if status == HTTPStatus.CONFLICT:
        return errors.VercelConflict(message, status_code=status, path=path)
    return errors.VercelRejected(message, status_code=status, path=path)


def retry_after(response: httpx.Response) -> float | None:
    """Seconds, of a day at most; the header's other form, a date, is not used by the platform."""
    value = response.headers.get("retry-after", "")
    return float(value) if re.fullmatch(r"[0-9]{1,5}", value) else None
