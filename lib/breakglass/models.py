"""What break-glass knows: of the platform, of the database, and of how it ended. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Any, Literal, Self

Outcome = Literal["completed", "failed", "refused", "abandoned"]
#: What visitors get when it has ended: as lib/rollback/machine.py has it.
Traffic = Literal["unchanged", "moved", "unknown", "other"]
Method = Literal["alias", "instant"]


class Code(IntEnum):
    """Exit codes."""

    DONE = 0
    REFUSED = 1  #: nothing was changed
    WRONG = 2  #: it was not asked rightly
    UNPROVED = 3  #: traffic has moved, or may have, and it is not proved that all is well
    AWAY = 4  #: the platform does not answer: the same again goes on


class Stopped(Exception):
    """Says what happened, what visitors get, and what to do."""

    def __init__(self, message: str, traffic: Traffic = "unchanged", remedy: str = "") -> None:
        super().__init__(message)
        self.traffic = traffic
        self.remedy = remedy

    @property
    def code(self) -> Code:
        return Code.REFUSED if self.traffic in ("unchanged", "other") else Code.UNPROVED


class Misused(Stopped):
    @property
    def code(self) -> Code:
        return Code.WRONG


class Away(Stopped):
    @property
    def code(self) -> Code:
        return Code.AWAY


def plain(told: object) -> str:
    """Whoever deploys writes it: on one line, nothing that a terminal or a runner obeys."""
    shown = (one if one.isprintable() else " " for one in str(told))
    return " ".join("".join(shown).split())[:200]


@dataclass(frozen=True, slots=True)
class Deployment:
    id: str
    url: str = ""
    sha: str = ""
    title: str = ""
    author: str = ""
    project: str = ""
    target: str = ""
    state: str = ""
    substate: str = ""  #: STAGED, ROLLING or PROMOTED; empty: the platform does not say
    is_candidate: bool | None = None  #: the platform would roll back to it; None: it does not say
    created: int = 0  #: ms since 1970
    #: What its CI told of the migrations that it contains (scripts/release_app.py).
    migrations: str = ""
    newest_migration: str = ""
    wall: str = ""

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """As the platform shows it, in a list or alone."""
        meta, creator = told.get("meta") or {}, told.get("creator") or {}
        sha = meta.get("githubCommitSha") or meta.get("gitlabCommitSha") or meta.get("commit") or ""
        return cls(
            id=str(told.get("id") or told.get("uid") or ""),
            url=str(told.get("url") or ""),
            sha=plain(sha),
            title=plain(str(meta.get("githubCommitMessage") or "").split("\n", 1)[0]),
            author=plain(meta.get("githubCommitAuthorLogin") or creator.get("username") or ""),
            project=str(told.get("projectId") or ""),
            target=str(told.get("target") or ""),
            state=str(told.get("readyState") or ""),
            substate=str(told.get("readySubstate") or ""),
            is_candidate=told.get("isRollbackCandidate"),
            created=int(told.get("created") or told.get("createdAt") or 0),
            migrations=plain(meta.get("dbMigrations") or ""),
            newest_migration=plain(meta.get("dbNewest") or ""),
            wall=plain(meta.get("dbWall") or ""),
        )

    @property
    def called(self) -> str:
        return self.sha[:7] or self.id

    @property
    def in_full(self) -> str:
        told = [self.called, self.id, f'"{self.title}"' if self.title else "", self.author]
        return "  ".join(filter(None, told))

    @property
    def was_promoted(self) -> bool:
        """It was production's once: a staged one may have been on a slot only."""
        return self.substate == "PROMOTED" or self.is_candidate is True

    def told(self) -> dict[str, Any]:
        """For the journal."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Job:
    """The platform's last rollback or promotion."""

    to: str = ""
    status: str = ""
    requested_at: int = 0  #: ms since 1970


@dataclass(frozen=True, slots=True)
class Rolling:
    """The platform's last rolling release. What is told of its stages is read when it is asked for:
    to end one, nobody needs it.
    """

    base: str  #: what the other visitors get
    canary: str
    state: str  #: ACTIVE, COMPLETE or ABORTED
    told: Mapping[str, Any]

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            base=str((told.get("currentDeployment") or {}).get("id") or ""),
            canary=str((told.get("canaryDeployment") or {}).get("id") or ""),
            state=str(told.get("state") or ""),
            told=told,
        )

    @property
    def is_active(self) -> bool:
        return self.state == "ACTIVE" and bool(self.base and self.canary)

    @property
    def started_at(self) -> int:
        """ms since 1970."""
        return int(self.told.get("startedAt") or 0)

    @property
    def stage(self) -> Mapping[str, Any]:
        return self.told.get("activeStage") or {}

    @property
    def number(self) -> int:
        """Of its stage, from 1 on."""
        return int(self.stage.get("index") or 0) + 1

    @property
    def stages(self) -> Sequence[Mapping[str, Any]]:
        return self.told.get("stages") or []

    @property
    def needs_a_person(self) -> bool:
        """Before all visitors get it."""
        to_come = [self.stage, *self.stages[self.number :]]
        is_held = any(one.get("requireApproval") and not one.get("isFinalStage") for one in to_come)
        return is_held or self.told.get("substate") == "PAUSED"

    @property
    def where(self) -> str:
        percent = float(self.stage.get("targetPercentage") or 0)
        return f"stage {self.number} of {len(self.stages)}, {percent:g} % of visitors"


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    live: str | None
    hosts: tuple[str, ...]
    auto_assign: bool  #: False as well where it is not said
    job: Job | None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        production = (told.get("targets") or {}).get("production") or {}
        job = told.get("lastAliasRequest")
        return cls(
            id=str(told.get("id") or ""),
            live=production.get("id"),
            hosts=tuple(production.get("alias") or ()),
            auto_assign=told.get("autoAssignCustomDomains") is True,
            job=job
            and Job(
                str(job.get("toDeploymentId") or ""),
                str(job.get("jobStatus") or ""),
                int(job.get("requestedAt") or 0),
            ),
        )


@dataclass(frozen=True, slots=True)
class Database:
    """Whether the app's database follows the target, as far as anybody could still tell."""

    state: Literal["fits", "refused", "unknown"]
    sentence: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is going to be done; what the journal begins with."""

    project: str
    method: Method
    hosts: tuple[str, ...]
    alias: str
    auto_assign: bool  #: whether new releases went live by themselves before
    live: Deployment
    target: Deployment
    why: str
    database: Database
    who: str
    reason: str
    #: The live one gets a share of the visitors only: it ends, and the others' version is kept.
    rolls: bool = False

    def told(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        names = cls.__dataclass_fields__
        return cls(
            **{name: told[name] for name in names if name in told}
            | {
                "hosts": tuple(told["hosts"]),
                "live": Deployment(**told["live"]),
                "target": Deployment(**told["target"]),
                "database": Database(**told["database"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Given:
    """The settings, by the names that the control plane knows them by."""

    token: str = field(repr=False)
    project: str
    team: str
    api_url: str
    edge_url: str | None
    method: Method
    alias: str
    bypass: str = field(repr=False)
    control_plane: str | None
    control_plane_token: str = field(repr=False)
