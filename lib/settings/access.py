"""Sessions, tokens that others signed, and how often one may be refused."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic.functional_validators import PlainValidator

from lib.oidc.models import GitHub, Issuer, Workflows, issuers
from lib.settings.kinds import Group, Seconds, WebAddress

#: Being seen is written once a minute.
SHORTEST_IDLE = timedelta(minutes=5)
#: As GitHub writes them.
REPOSITORY = r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$"
NUMBER = r"^[0-9]{1,20}$"
REF = r"^refs/(heads|tags)/[!-~]+$"
WORKFLOW = (
    r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/\.github/workflows/[!-?A-~]+@refs/(heads|tags)/[!-~]+$"
)


class Access(Group):
    session_lifetime: Seconds = Field(
        timedelta(hours=12),
        validation_alias="SESSION_LIFETIME_SECONDS",
        description="A dashboard sign-in ends after this.",
    )
    session_idle: Annotated[Seconds, Field(ge=SHORTEST_IDLE)] = Field(
        timedelta(hours=2),
        validation_alias="SESSION_IDLE_SECONDS",
        description="It also ends when no page has asked anything for so long; 300 at least.",
    )
    session_rotate: Seconds = Field(
        timedelta(hours=1),
        validation_alias="SESSION_ROTATE_SECONDS",
        description="The secret in its cookie is exchanged after this.",
    )
    github_app_repository_id: Annotated[str, StringConstraints(pattern=NUMBER)] | None = Field(
        None,
        validation_alias="GITHUB_APP_REPOSITORY_ID",
        description="The number of the app's repository: its name can be given to another one.",
    )
    github_app_repository: Annotated[str, StringConstraints(pattern=REPOSITORY)] | None = Field(
        None,
        validation_alias="GITHUB_APP_REPOSITORY",
        description="The app's repository, such as `wedsync/app`: its workflows record releases "
        "and bring migration texts by GitHub's own token (docs/access.md). Unset: none is let in.",
    )
    github_app_ref: Annotated[str, StringConstraints(pattern=REF)] = Field(
        "refs/heads/main",
        validation_alias="GITHUB_APP_REF",
        description="The protected ref of it that those workflows run on.",
    )
    github_rollback_repository_id: Annotated[str, StringConstraints(pattern=NUMBER)] | None = Field(
        None,
        validation_alias="GITHUB_ROLLBACK_REPOSITORY_ID",
        description="The number of the repository that the next one is in.",
    )
    github_rollback_workflow: Annotated[str, StringConstraints(pattern=WORKFLOW)] | None = Field(
        None,
        validation_alias="GITHUB_ROLLBACK_WORKFLOW",
        description="The workflow that may roll back, as GitHub names it in `job_workflow_ref`: "
        "`wedsync/rollback/.github/workflows/rollback.yml@refs/heads/main`. Unset: none.",
    )
    github_oidc_issuer: WebAddress = Field(
        "https://token.actions.githubusercontent.com",
        validation_alias="GITHUB_OIDC_ISSUER",
        description="Who signs the tokens of workflows; GitHub Enterprise has its own.",
    )
    github_oidc_audience: str | None = Field(
        None,
        validation_alias="GITHUB_OIDC_AUDIENCE",
        description="The audience that workflows ask for. Unset: the dashboard's own address.",
    )
    oidc_issuers: Annotated[tuple[Issuer, ...], PlainValidator(issuers)] = Field(
        (),
        validation_alias="OIDC_ISSUERS",
        description="Other issuers whose tokens are let in, in JSON: issuer, audience, address of "
        "its keys, and which claim makes which role (docs/access.md).",
    )
    failed_attempts_window: Seconds = Field(
        timedelta(seconds=60),
        validation_alias="FAILED_ATTEMPTS_WINDOW_SECONDS",
        description="Sign-ins, triggers, operations, turned switches, webhooks and drain batches "
        "that are refused are counted over so long.",
    )
    failed_attempts_per_address: int = Field(
        30,
        ge=1,
        validation_alias="FAILED_ATTEMPTS_PER_ADDRESS",
        description="More of them from one address are answered 429. What is valid is let in.",
    )
    failed_attempts_per_subject: int = Field(
        10,
        ge=1,
        validation_alias="FAILED_ATTEMPTS_PER_SUBJECT",
        description="The same of one caller, or of one secret that is not known.",
    )

    @field_validator("github_app_repository", "github_rollback_workflow")
    @classmethod
    def bound_by_number(cls, value: str | None, info: ValidationInfo) -> str | None:
        number = f"github_{str(info.field_name).split('_')[1]}_repository_id"
        if value is not None and info.data.get(number) is None:
            raise ValueError(f"a name can be given away: set {number.upper()} too")
        return value

    @property
    def github(self) -> GitHub:
        """Which workflows are let in."""
        recorder = operator = None
        if self.github_app_repository and self.github_app_repository_id:
            recorder = Workflows(
                self.github_app_repository, self.github_app_repository_id, self.github_app_ref
            )
        if self.github_rollback_workflow and self.github_rollback_repository_id:
            place, _, ref = self.github_rollback_workflow.partition("@")
            operator = Workflows(
                place.partition("/.github/")[0],
                self.github_rollback_repository_id,
                ref,
                self.github_rollback_workflow,
            )
        return GitHub(recorder, operator)
