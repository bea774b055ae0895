"""What the platform answers, as far as we use it. Unknown fields are its business."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AliasPath, BaseModel, ConfigDict, Field

from lib.vercel.hosts import is_public


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def public(hosts: list[str]) -> list[str]:
    """What else the platform may list is never asked."""
    return [host for host in hosts if is_public(host)]


class VercelModel(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Deployment(VercelModel):
    """GET /v13/deployments/{id or host}."""

    id: str
    url: str = ""
    ready_state: str = Field("", alias="readyState")
    project_id: str = Field("", alias="projectId")
    meta: dict[str, Any] = Field(default_factory=dict)
    creator: dict[str, Any] = Field(default_factory=dict)

    target: str | None = None

    @property
    def git_sha(self) -> str:
        """Empty for a deployment that was not made from a commit."""
        return str(self.meta.get("githubCommitSha") or self.meta.get("gitlabCommitSha") or "")

    @property
    def called(self) -> str:
        """How people name it: its short SHA, or its id without one."""
        return self.git_sha[:7] or self.id

    @property
    def title(self) -> str:
        return str(self.meta.get("githubCommitMessage") or "").split("\n", 1)[0][:200]

    @property
    def author(self) -> str:
        author = self.meta.get("githubCommitAuthorLogin") or self.creator.get("username")
        return str(author or "")


class Alias(VercelModel):
    """GET /v4/aliases/{host}. Whether its creator is who moved it last is unverified: believe it
    only where `created` is as new as the move.
    """

    deployment_id: str | None = Field(None, alias="deploymentId")
    created: int | None = Field(None, alias="createdAt")  #: ms since 1970
    creator: dict[str, Any] = Field(default_factory=dict)


class AliasRequest(VercelModel):
    """The platform's last rollback or promotion of a project."""

    to_deployment: str = Field("", alias="toDeploymentId")
    job_status: str = Field("", alias="jobStatus")
    requested_at: int = Field(0, alias="requestedAt")
    type: str = ""


class Project(VercelModel):
    """GET /v9/projects/{p}?rollbackInfo=true."""

    id: str
    #: A missing field counts as off: domains that do not follow pushes are pinned.
    auto_assign: bool = Field(default=False, alias="autoAssignCustomDomains")
    last_alias_request: AliasRequest | None = Field(None, alias="lastAliasRequest")
    live: str | None = Field(None, validation_alias=AliasPath("targets", "production", "id"))
    hosts: Annotated[list[str], AfterValidator(public)] = Field(
        default_factory=list, validation_alias=AliasPath("targets", "production", "alias")
    )


class RollingStage(VercelModel):
    index: int = 0
    percent: float = Field(0, alias="targetPercentage")


class RollingRelease(VercelModel):
    """Of GET /v1/projects/{p}/rolling-release: a new deployment gets a share of the visitors."""

    state: str = ""
    substate: str | None = None
    base: str = Field("", validation_alias=AliasPath("currentDeployment", "id"))
    canary: str = Field("", validation_alias=AliasPath("canaryDeployment", "id"))
    #: The address at which the new one itself answers.
    canary_url: str = Field("", validation_alias=AliasPath("canaryDeployment", "url"))
    stage: RollingStage | None = Field(None, alias="activeStage")
    stages: list[RollingStage] = Field(default_factory=list)
    #: Told where it is not the stage's.
    exact_percent: float | None = Field(None, alias="currentCanaryPercentage")
    started_at: int = Field(0, alias="startedAt")  #: ms since 1970

    @property
    def is_active(self) -> bool:
        return self.state == "ACTIVE" and bool(self.base and self.canary)

    @property
    def is_paused(self) -> bool:
        return self.substate == "PAUSED"

    @property
    def percent(self) -> float:
        staged = self.stage.percent if self.stage else 0
        return staged if self.exact_percent is None else self.exact_percent


class RollingAnswer(VercelModel):
    rolling: RollingRelease | None = Field(None, alias="rollingRelease")


class Token(VercelModel):
    #: ms; None: it does not expire.
    expires_at: int | None = Field(None, alias="expiresAt")


class CurrentToken(VercelModel):
    """GET /v5/user/tokens/current."""

    token: Token


class Check(VercelModel):
    """One of GET /v2/projects/{p}/checks."""

    id: str
    name: str = ""
    blocks: str = ""
    deleted_at: int | None = Field(None, alias="deletedAt")
    created_at: int = Field(0, alias="createdAt")
    webhook_id: str | None = Field(None, validation_alias=AliasPath("source", "webhookId"))


class Checks(VercelModel):
    checks: list[Check] = Field(default_factory=list)


class CheckRun(VercelModel):
    """A check on one deployment."""

    id: str
    deployment_id: str = Field(alias="deploymentId")
    #: Missing for the platform's own.
    check_id: str = Field("", alias="checkId")
    status: str = ""
    conclusion: str | None = None
    text: str | None = Field(None, alias="conclusionText")
    created_at: int = Field(0, alias="createdAt")


class CheckRuns(VercelModel):
    runs: list[CheckRun] = Field(default_factory=list)


class Variable(VercelModel):
    """An environment variable: its name and when it changed, never its value."""

    key: str
    target: list[str] | str = Field(default_factory=list)
    updated_at: int = Field(0, alias="updatedAt")
    comment: str | None = None

    def is_for(self, environment: str) -> bool:
        """Staging deployments are the platform's preview ones, unless it has an own environment."""
        targets = [self.target] if isinstance(self.target, str) else self.target
        names = ("production",) if environment == "production" else ("preview", environment)
        return any(name in targets for name in names)


class Variables(VercelModel):
    """GET /v10/projects/{p}/env."""

    envs: list[Variable] = Field(default_factory=list)
