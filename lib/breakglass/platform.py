"""The platform's REST API, with nothing beside httpx. Reading is repeated; a change is asked once.

Whether a change that got no answer took effect is read, not guessed: see switching.py.
"""

import re
import time
from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx

from lib.breakglass.models import Away, Deployment, Given, Misused, Project, Rolling, Stopped

PAUSE_SECONDS = 0.5
#: What a 429 asks for is waited for, within reason.
PAUSE_SECONDS_MOST = 10.0
PAGE = 100
PAGES = 5
FAILED_ALIASES = 20
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Missing(Stopped):
    """The platform knows no such thing."""


@dataclass(slots=True)
class Patience:
    """How long it may go on trying."""

    seconds: float
    until: float = 0.0

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Whoever was asked may have taken their time."""
        self.until = time.monotonic() + self.seconds

    def wait(self, seconds: float, why: str) -> None:
        """Raises Away when there is no time left."""
        if time.monotonic() + seconds > self.until:
            raise Away(f"{why} That went on for {self.seconds:.0f} s.")
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Answer:
    """Of a change: `status` None, or 5xx, says nothing about whether it took effect."""

    status: int | None
    message: str = ""
    wait_seconds: float = PAUSE_SECONDS

    @property
    def is_clear(self) -> bool:
        return self.status is not None and self.status < HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def is_done(self) -> bool:
        return self.is_clear and (self.status or 0) < HTTPStatus.BAD_REQUEST


@dataclass(frozen=True, slots=True)
class Platform:
    http: httpx.Client
    given: Given
    patience: Patience

    # --- reading

    def project(self) -> Project:
        return Project.read(self._read(f"/v9/projects/{self.given.project}", rollbackInfo="true"))

    def deployment(self, id_or_host: str) -> Deployment:
        """Raises Missing."""
        return Deployment.read(self._read(f"/v13/deployments/{id_or_host}"))

    def live(self) -> Deployment:
        """By the switch method. Raises Stopped: nothing is; Misused: it is another project's."""
        if self.given.method == "alias":
            try:
                return self.require_ours(self.deployment(self.given.alias))
            except Missing:
                raise Stopped(
                    f"{self.given.alias} leads nowhere.",
                    remedy="Set ALIAS_PATTERN or, if the app's project owns its domains,"
                    " SWITCH_METHOD_PRODUCTION=instant.",
                ) from None
        live = self.project().live
        if live is None:
            raise Stopped("The platform names no production deployment.")
        return self.deployment(live)

    def require_ours(self, live: Deployment) -> Deployment:
        """Else one app's address would be given to another."""
        if live.project in ("", self.given.project):
            return live
        raise Misused(
            f"{self.given.alias} leads to {live.called} of {live.project}, and APP_PROJECT_ID is"
            f" {self.given.project}. Set ALIAS_PATTERN and APP_PROJECT_ID to the same app's."
        )

    def production(self) -> list[Deployment]:
        """Those that are READY, the newest first."""
        found: list[Deployment] = []
        until: dict[str, Any] = {}
        for _ in range(PAGES):
            page = self._read(
                "/v6/deployments",
                projectId=self.given.project,
                target="production",
                state="READY",
                limit=PAGE,
                **until,
            )
            found += [Deployment.read(one) for one in page.get("deployments") or []]
            following = (page.get("pagination") or {}).get("next")
            if not following:
                break
            until = {"until": following}
        return found

    def rolling(self) -> Rolling | None:
        """The one that is under way."""
        last = self.last_rolling()
        return last if last and last.is_active else None

    def last_rolling(self) -> Rolling | None:
        """None: there was none, or this token may not see it."""
        try:
            body = self._read(f"/v1/projects/{self.given.project}/rolling-release")
        except Away:
            raise
        except Stopped:
            return None
        found = body.get("rollingRelease")
        return Rolling.read(found) if found else None

    def failed_aliases(self) -> list[str]:
        path = f"/v9/projects/{self.given.project}/rollback/aliases"
        body = self._read(path, failedOnly="true", limit=FAILED_ALIASES)
        return [str(one.get("alias")) for one in body.get("aliases") or []]

    # --- changing

    def set_auto_assign(self, *, on: bool) -> Answer:
        path = f"/v9/projects/{self.given.project}"
        return self._ask(HTTPMethod.PATCH, path, json={"autoAssignCustomDomains": on})

    def assign_alias(self, deployment_id: str, alias: str) -> Answer:
        path = f"/v2/deployments/{deployment_id}/aliases"
        return self._ask(HTTPMethod.POST, path, json={"alias": alias})

    def promote(self, deployment_id: str) -> Answer:
        path = f"/v10/projects/{self.given.project}/promote/{deployment_id}"
        return self._ask(HTTPMethod.POST, path, json={})

    def roll_back(self, deployment_id: str, description: str) -> Answer:
        path = f"/v1/projects/{self.given.project}/rollback/{deployment_id}"
        return self._ask(HTTPMethod.POST, path, params={"description": description})

    def purge_caches(self) -> Answer:
        params = {"projectIdOrName": self.given.project}
        edge = self._ask(HTTPMethod.POST, "/v1/edge-cache/purge-all", params=params)
        if not edge.is_done:
            return edge
        return self._ask(HTTPMethod.DELETE, "/v1/data-cache/purge-all", params=params)

    # --- how

    def _read(self, path: str, **params: Any) -> dict[str, Any]:
        """Again until there is an answer. Raises Missing, Stopped, Away."""
        while True:
            answer, body = self._call(HTTPMethod.GET, path, params=params)
            if answer.is_done and body is not None:
                return body
            if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
                raise Missing(f"The platform knows no {path.rpartition('/')[2]}.")
            if answer.is_clear and answer.status != HTTPStatus.TOO_MANY_REQUESTS:
                raise Stopped(answer.message, remedy=remedy(answer.status))
            self.patience.wait(answer.wait_seconds, answer.message)

    def _ask(self, method: HTTPMethod, path: str, **options: Any) -> Answer:
        return self._call(method, path, **options)[0]

    def _call(
        self, method: HTTPMethod, path: str, **options: Any
    ) -> tuple[Answer, dict[str, Any] | None]:
        """The body only of a good answer that is an object."""
        try:
            response = self.http.request(method, path, **options)
        except httpx.RequestError as error:
            return Answer(None, f"The platform did not answer ({type(error).__name__})."), None
        status = response.status_code
        try:
            body = response.json() if response.content else {}
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return Answer(None, f"The platform's answer ({status}) was not JSON."), None
        if response.is_success:
            return Answer(status), body
        message = f"The platform answered {status}: {words(body) or response.reason_phrase}"
        return Answer(status, message, wait_seconds(response)), None


def make_http(given: Given, *, answer_within_seconds: float) -> httpx.Client:
    return httpx.Client(
        base_url=given.api_url,
        headers={"authorization": f"Bearer {given.token}"},
        params={"teamId": given.team} if given.team else {},
        timeout=httpx.Timeout(answer_within_seconds, connect=min(answer_within_seconds, 5)),
        # No proxy leads to one's own machine.
        trust_env=urlsplit(given.api_url).hostname not in LOOPBACK,
    )


def words(body: dict[str, Any]) -> str:
    error = body.get("error")
    return str(error.get("message") or "" if isinstance(error, dict) else error or "")[:300]


def wait_seconds(response: httpx.Response) -> float:
    asked = response.headers.get("retry-after", "")
    seconds = float(asked) if re.fullmatch(r"[0-9]{1,5}", asked) else PAUSE_SECONDS
    return min(max(seconds, PAUSE_SECONDS), PAUSE_SECONDS_MOST)


def remedy(status: int | None) -> str:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return (
            "Make a token in the platform's account settings, for the app's team, that may change"
            " its projects."
        )
    if status == HTTPStatus.PAYMENT_REQUIRED:
        return "Look at the team's plan and its billing in the platform."
    return ""
