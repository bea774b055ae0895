"""What each door takes and answers, by its function and method. Who may is in DOORS alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from msgspec import Raw, defstruct
from msgspec.json import schema_components
from msgspec.structs import fields
from pydantic import BaseModel, TypeAdapter

from lib import errors
from lib.access.doors import DOORS, Door
from lib.access.models import Caller, SignIn, SignOut
from lib.audit.models import AuditPage, Question
from lib.deployments.models import DeploymentList, RecordedRelease, Release
from lib.flags.models import CHANGE, FlagChange, FlagList
from lib.flags.ofrep import Bulk, Evaluation, Failure
from lib.health.models import HealthResponse
from lib.incidents.models import Asked, Incident, IncidentPage, ShownIncident, Wanted
from lib.operations.models import OPERATION, OperationResponse
from lib.overview.chart import Chart
from lib.overview.models import Overview
from lib.rollback.models import (
    Environment,
    RollbackRequest,
    RollbackResponse,
    RollbackStatusResponse,
)
from lib.traffic.entries import Entry
from lib.vercel.webhook import CHECKED, GO_LIVE

type Model = type[BaseModel] | TypeAdapter[Any]
type Problem = type[errors.Error]


class Chosen(BaseModel):
    """The query of what is about one environment."""

    environment: Environment = Environment.PRODUCTION


class ChosenPart(Chosen):
    part: Literal["chart"] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers`: those that it has beside the common ones; None of a `body`: it is empty."""

    says: str
    body: Model | None = None
    headers: tuple[str, ...] = ()
    #: Texts that it may be instead.
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """`problems`: those that its door and its database do not bring already."""

    summary: str
    answers: Mapping[int, Answer]
    body: Model | None = None
    query: type[BaseModel] | None = None
    headers: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    #: Of a body that is not read by pydantic, schemas.
    media: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: False: Postgres is not asked, or its silence is part of the answer.
    asks_database: bool = True


#: What is read of it; whatever else there is is no matter.
EVENT = {
    "type": "object",
    "required": ["id", "type", "createdAt"],
    "properties": {
        "id": {"type": "string", "pattern": "^[!-~]{1,200}$"},
        "type": {"type": "string", "pattern": "^[!-~]{1,100}$", "examples": [*GO_LIVE, *CHECKED]},
        "createdAt": {"type": "integer", "minimum": 0, "description": "Milliseconds since 1970."},
        "payload": {
            "type": "object",
            "properties": {
                "project": {"type": "object", "properties": {"id": {"type": "string"}}},
                "deployment": {"type": "object", "properties": {"id": {"type": "string"}}},
            },
        },
    },
}
#: Nothing in it decides: no switch looks at who asks.
EVALUATED = {"type": "object", "properties": {"context": {"type": "object"}}}
#: What the app's own code wrote may be anything.
SHOWN_ENTRY = defstruct(
    Entry.__name__,
    [
        (one.name, Any, None) if one.type is Raw else (one.name, one.type, one.default)
        for one in fields(Entry)
    ],
    rename="camel",
)
[ENTRIES], PARTS = schema_components(
    [list[SHOWN_ENTRY]],  # type: ignore[valid-type]  # made just now
    ref_template="#/components/schemas/{name}",
)
LINES = {"type": "string", "description": "An entry per line; perhaps gzipped, as JSON may be."}
CSV = "text/csv"
OVERVIEW: TypeAdapter[Any] = TypeAdapter(Overview | Chart)
REPORT_FORMS: TypeAdapter[Any] = TypeAdapter(ShownIncident | Incident)
#: By vercel.json: a project may have twelve functions. What has no door of its own is opened by its
#: function's.
REWRITTEN = {
    "/api/incidents": "/api/audit",
    "/api/incidents/[id]": "/api/audit",
    "/ofrep/v1/evaluate/flags": "/api/flags",
    "/ofrep/v1/evaluate/flags/[key]": "/api/flags",
}
REPORT = {
    200: Answer("Nothing is unhealthy.", HealthResponse),
    503: Answer("Something is unhealthy, or configured and silent.", HealthResponse),
}
NO_REPORT = {status: Answer(answer.says) for status, answer in REPORT.items()}

FAILURES = {
    400: Answer("The request cannot be read, in the protocol's words.", Failure),
    404: Answer("There is no such switch, in the protocol's words.", Failure),
    500: Answer("Nothing is known: use the default in your code.", Failure),
}

OPERATIONS: dict[str, dict[str, Operation]] = {
    "/api/health": {
        "GET": Operation("Whether this control plane is up", REPORT, asks_database=False),
        "HEAD": Operation("Whether this control plane is up", NO_REPORT, asks_database=False),
    },
    "/api/rollback/trigger": {
        "POST": Operation(
            "Start a rollback",
            {
                202: Answer(
                    "It is started, or was by the same key.", RollbackResponse, ("Location",)
                )
            },
            body=RollbackRequest,
            headers=("Idempotency-Key",),
            problems=(errors.InvalidRequest, errors.IdempotencyKeyReused, errors.Conflict),
        )
    },
    "/api/rollback/status/[id]": {
        "GET": Operation(
            "Where a rollback stands",
            {200: Answer("Its steps, and how it ended.", RollbackStatusResponse)},
            problems=(errors.NotFound,),
        )
    },
    "/api/deployments": {
        "GET": Operation(
            "The newest versions, and whether one can go back to each",
            {200: Answer("At most 20 of them.", DeploymentList)},
            query=Chosen,
            problems=(errors.InvalidRequest,),
        ),
        "POST": Operation(
            "Record a release, with the migrations that it contains",
            {
                200: Answer("It was recorded before.", RecordedRelease),
                201: Answer("It is recorded.", RecordedRelease),
            },
            body=Release,
            problems=(errors.InvalidRequest, errors.Conflict),
        ),
    },
    "/api/overview": {
        "GET": Operation(
            "Everything that the dashboard's main page shows",
            {
                200: Answer("All of it, or the part asked for.", OVERVIEW, ("ETag",)),
                304: Answer("It is as in the answer of that ETag.", headers=("ETag",)),
            },
            query=ChosenPart,
            headers=("If-None-Match",),
            problems=(errors.InvalidRequest,),
        )
    },
    "/api/operations": {
        "POST": Operation(
            "What people do beside rolling back; some actions need more than this door",
            {
                200: Answer("It is done, or was so already.", OperationResponse),
                202: Answer("A rollback is started.", OperationResponse, ("Location",)),
            },
            body=OPERATION,
            problems=(
                errors.InvalidRequest,
                errors.NotFound,
                errors.Conflict,
                errors.CannotTurnOff,
                errors.Upstream,
                errors.VercelUnavailable,
                errors.AppDatabaseUnavailable,
            ),
        )
    },
    "/api/audit": {
        "GET": Operation(
            "Who did what, when, why, with what result",
            {200: Answer("A page, newest first, or a file of them.", AuditPage, texts=(CSV,))},
            query=Question,
            problems=(errors.InvalidRequest,),
        )
    },
    "/api/flags": {
        "GET": Operation(
            "An environment's feature switches",
            {200: Answer("All of them.", FlagList)},
            query=Chosen,
            problems=(errors.InvalidRequest,),
        ),
        "PUT": Operation(
            "Turn a switch, or record which there are: operators the one, recorders the other",
            {200: Answer("It is done, or was so already.", FlagChange)},
            body=CHANGE,
            problems=(
                errors.InvalidRequest,
                errors.Forbidden,
                errors.NotFound,
                errors.Conflict,
                errors.CannotTurnOff,
            ),
        ),
    },
    "/ofrep/v1/evaluate/flags": {
        "POST": Operation(
            "What every switch is, by the OpenFeature Remote Evaluation Protocol",
            {
                200: Answer("All of them.", Bulk, ("ETag",)),
                304: Answer("They are as in the answer of that ETag.", headers=("ETag",)),
                **FAILURES,
            },
            media={"application/json": EVALUATED},
            query=Chosen,
            headers=("If-None-Match",),
            problems=(errors.InvalidRequest,),
        )
    },
    "/ofrep/v1/evaluate/flags/[key]": {
        "POST": Operation(
            "What one switch is, by the same protocol",
            {200: Answer("On or off.", Evaluation), **FAILURES},
            media={"application/json": EVALUATED},
            query=Chosen,
            problems=(errors.InvalidRequest,),
        )
    },
    "/api/incidents": {
        "GET": Operation(
            "Rollbacks of which there are reports",
            {200: Answer("A page, newest first.", IncidentPage)},
            query=Asked,
            problems=(errors.InvalidRequest,),
        )
    },
    "/api/incidents/[id]": {
        "GET": Operation(
            "The report of one rollback",
            {200: Answer("To read, or to save.", REPORT_FORMS, texts=("text/markdown",))},
            query=Wanted,
            problems=(errors.InvalidRequest, errors.NotFound),
        )
    },
    "/api/session": {
        "POST": Operation(
            "Sign in to the dashboard with a token",
            {200: Answer("Who is signed in.", Caller, ("Set-Cookie",))},
            body=SignIn,
            problems=(errors.Unauthenticated, errors.InvalidRequest),
        ),
        "DELETE": Operation(
            "Sign out",
            {204: Answer("Nobody is signed in any more.", headers=("Set-Cookie",))},
            query=SignOut,
            problems=(errors.Unauthenticated, errors.InvalidRequest),
        ),
    },
    "/api/cron/health_sweep": {
        "GET": Operation("Look at what is live, and go on", {200: Answer("It is done.")})
    },
    "/api/webhooks/vercel": {
        "POST": Operation(
            "An event of the platform",
            {200: Answer("It is taken, whether or not anything follows from it.")},
            media={"application/json": EVENT},
        )
    },
    "/api/drains/logs": {
        "GET": Operation(
            "Show the platform that this address is ours",
            {200: Answer("The header says it, where it is set.")},
            asks_database=False,
        ),
        "POST": Operation(
            "A batch of the log drain",
            {200: Answer("It is counted.")},
            media={"application/json": ENTRIES, "application/x-ndjson": LINES},
            problems=(errors.EvidenceUnavailable,),
        ),
    },
}


def door_of(route: str, method: str) -> Door:
    return (DOORS.get(route) or DOORS[REWRITTEN[route]])[method]
