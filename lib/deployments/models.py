"""A deployment as it is recorded, and as it is shown."""

from dataclasses import dataclass
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from lib.flags.models import Key
from lib.migrations.texts import (
    TEXTS_AT_MOST,
    VERSIONS_AT_MOST,
    MigrationText,
    MigrationVersion,
    Way,
)
from lib.moments import Moment
from lib.rollback.models import STORABLE, Environment

#: A migration version or git SHA that nobody told us. It equals nothing, itself included.
UNKNOWN = "unknown"

#: How a deployment came to be live, where it was not a rollback of ours.
How = Literal["deploy", "promote", "rolled_back_elsewhere", "observed"]
ROLLED_BACK_ELSEWHERE: How = "rolled_back_elsewhere"

#: A release that is behind more of them is behind none.
MOST_SUSPECTS = 10

Sha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{7,40}$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=STORABLE)]
Version = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=STORABLE)]


class DeploymentRecord(BaseModel):
    """A deployment as whoever saw it tells of it."""

    model_config = ConfigDict(extra="forbid")

    environment: Environment
    git_sha: Sha
    vercel_deployment_id: Annotated[str, StringConstraints(pattern=r"^dpl_[A-Za-z0-9]{1,96}$")]
    db_migration_version: Version = UNKNOWN
    title: Line = ""
    author: Line = ""

    @staticmethod
    def of_platform(
        environment: Environment, deployment_id: str, sha: str, title: str, author: str
    ) -> "DeploymentRecord":
        """In the platform's own words, whatever they are; of migrations it knows nothing."""
        return DeploymentRecord.model_construct(
            environment=environment,
            git_sha=sha[:40] or UNKNOWN,
            vercel_deployment_id=deployment_id,
            db_migration_version=UNKNOWN,
            title=title,
            author=author,
        )


class Release(DeploymentRecord):
    """Body of POST /api/deployments: with the migrations that it contains, if they are told."""

    #: All of them, in the order of the app's own tool; None: not told.
    versions: Annotated[list[MigrationVersion], Field(max_length=VERSIONS_AT_MOST)] | None = None
    #: Texts of some of those.
    migrations: Annotated[list[MigrationText], Field(max_length=TEXTS_AT_MOST)] = []
    #: Switches that what it changed is behind: they are suspected first (docs/flags.md).
    suspect_flags: Annotated[list[Key], Field(max_length=MOST_SUSPECTS)] = []

    @model_validator(mode="after")
    def _fits(self) -> Self:
        contained = set(self.versions or [])
        brought = {one.version for one in self.migrations}
        if len(contained) < len(self.versions or []):
            raise ValueError("`versions` names a version twice")
        if len(brought) < len(self.migrations):
            raise ValueError("`migrations` holds a version twice")
        if not brought <= contained:
            raise ValueError(
                "`versions` lists every migration that the release contains, and lacks"
                f" {min(brought - contained)}"
            )
        return self


@dataclass(frozen=True, slots=True)
class Move:
    """How a deployment came to be live, as far as the platform says."""

    how: How = "observed"
    #: A name or an id of the platform's; None: not said.
    by: str | None = None


@dataclass(frozen=True, slots=True)
class DatabaseSeen:
    """What is known of the app's database at one moment; `ledger` None: it could not be read."""

    version: str = UNKNOWN
    ledger: tuple[str, ...] | None = None
    #: Of the ledger, what rollbacks had taken back.
    rolled_back: tuple[str, ...] = ()

    @property
    def standing(self) -> tuple[str, ...] | None:
        """The ledger as code meets it."""
        if self.ledger is None:
            return None
        return tuple(version for version in self.ledger if version not in self.rolled_back)

    @property
    def newest(self) -> str:
        return self.standing[-1] if self.standing else self.version


class DeploymentRow(BaseModel):
    """A recorded deployment with its newest live period, if it had one."""

    deployment_id: str
    git_sha: str
    title: str
    author: str
    url: str
    health: str
    migration_version: str
    variables: dict[str, int]
    recorded_at: Moment
    recorded_by: str
    live_from: Moment | None
    live_until: Moment | None
    how: str
    by: str | None
    reason: str | None
    quarantined: bool
    is_live: bool
    #: The rollback of ours that let it go live.
    rollback_id: UUID | None = None
    proven_at: Moment | None = None
    #: It first went live before the environment's security floor, or nobody knows that it did not.
    below_floor: bool = False
    #: The live one is still rolling out, and most visitors get this one.
    is_base: bool = False

    @property
    def is_proven(self) -> bool:
        return self.proven_at is not None

    @property
    def is_passing(self) -> bool:
        return self.health == "passing"

    @property
    def called(self) -> str:
        """How people name it: its short SHA, or its id if nobody told us the SHA."""
        return self.deployment_id if self.git_sha == UNKNOWN else self.git_sha[:7]

    @property
    def came_back(self) -> bool:
        """It was rolled back, and a person has let it go live again."""
        return self.is_live and self.quarantined


class DeploymentView(BaseModel):
    """One entry of the deployment history."""

    deployment_id: str
    git_sha: str
    title: str
    author: str
    live_from: Moment | None
    live_until: Moment | None
    how: str
    by: str | None
    reason: str | None
    health: str
    migration_version: str
    is_live: bool
    is_proven: bool
    eligible: bool
    why_not: str | None
    #: What becomes of the app's database, or why it cannot go back.
    database_effect: str
    #: For whoever cannot read sentences; unknown: nobody can tell now.
    database_plan: Literal["stays", "goes_back", "refused", "unknown"] = "unknown"
    #: The newer version's code fails from then on: `allow_exclusive` has to be chosen.
    is_exclusive: bool = False
    changed_variables: list[str] = Field(default_factory=list)
    #: The rollback of ours that let it go live: it has a report.
    rollback_id: UUID | None = None


class FindingView(BaseModel):
    """What hinders a rollback, at its line of a migration's text."""

    version: str
    way: Way
    line: int
    sentence: str
    #: False: a person may choose to go back past it.
    is_wall: bool


class RecordedRelease(DeploymentView):
    """Answer of POST /api/deployments."""

    #: How many migrations it contains; None: not told.
    versions: int | None = None
    #: Whose texts were not known before.
    new_texts: list[str] = Field(default_factory=list)
    #: Whose texts nobody has brought: one cannot step back past these.
    without_text: list[str] = Field(default_factory=list)
    #: Past which version one cannot go back, and why; None: nothing hinders in the texts.
    verdict: str | None = None
    #: Each place that hinders, the newest first.
    findings: list[FindingView] = Field(default_factory=list)
    #: What to do before it goes live; None: nothing that anybody knows of.
    forward_note: str | None = None


class Promotion(BaseModel):
    """Whether the newest release that was never live fits the app's database as it is."""

    deployment_id: str
    is_safe: bool
    sentence: str


class DeploymentList(BaseModel):
    deployments: list[DeploymentView]
