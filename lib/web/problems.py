"""Errors as `application/problem+json` (RFC 9457). One row per error class."""

from dataclasses import dataclass
from http import HTTPStatus

from starlette.responses import JSONResponse

from lib import errors

TYPE_BASE = "https://github.com/wedsync/rollback/blob/main/docs/problems.md#"
#: Seconds after which a repeat has a chance.
RETRY_AFTER = "2"


@dataclass(frozen=True, slots=True)
class Problem:
    status: HTTPStatus
    slug: str
    title: str


PROBLEMS: dict[type[errors.Error], Problem] = {
    errors.InvalidRequest: Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", "The request cannot be read"
    ),
    errors.IdempotencyKeyReused: Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused", "The key was used before"
    ),
    errors.Unauthenticated: Problem(
        HTTPStatus.UNAUTHORIZED, "unauthenticated", "Nobody is signed in"
    ),
    errors.BadSignature: Problem(
        HTTPStatus.UNAUTHORIZED, "bad-signature", "The signature does not fit"
    ),
    errors.RefusedTooOften: Problem(
        HTTPStatus.TOO_MANY_REQUESTS, "too-many-attempts", "Refused too often"
    ),
    errors.Forbidden: Problem(HTTPStatus.FORBIDDEN, "forbidden", "Not allowed"),
    errors.NotFound: Problem(HTTPStatus.NOT_FOUND, "not-found", "No such record"),
    errors.Conflict: Problem(HTTPStatus.CONFLICT, "conflict", "Contradicts the current state"),
    errors.RollbackInProgress: Problem(
        HTTPStatus.CONFLICT, "rollback-in-progress", "A rollback is already running"
    ),
    errors.NoteRequired: Problem(HTTPStatus.CONFLICT, "note-required", "Say why, in a note"),
    errors.MigrationChanged: Problem(
        HTTPStatus.CONFLICT, "migration-changed", "A migration is not as it was recorded"
    ),
    errors.CannotTurnOff: Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "cannot-turn-off", "This switch stays on"
    ),
    errors.TooManyRequests: Problem(
        HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests", "Asked too often"
    ),
    errors.Upstream: Problem(HTTPStatus.BAD_GATEWAY, "upstream", "A dependency failed"),
    errors.VercelUnavailable: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "vercel-unavailable", "The platform is not answering"
    ),
    errors.DatabaseUnavailable: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "database-unavailable", "The database is not answering"
    ),
    errors.AppDatabaseUnavailable: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "app-database-unavailable",
        "The app's database is not answering",
    ),
    errors.IssuerUnavailable: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "issuer-unavailable", "A token's issuer is not answering"
    ),
    errors.EvidenceUnavailable: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "evidence-unavailable", "Requests cannot be counted"
    ),
    errors.BadSettings: Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR, "bad-settings", "This deployment is not set up"
    ),
}
UNEXPECTED = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "unexpected", "Unexpected error")
NOT_ALLOWED = Problem(HTTPStatus.METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed")


def problem_for(error: Exception) -> Problem:
    """The row of the nearest class on the error's MRO that has one."""
    return next((PROBLEMS[c] for c in type(error).__mro__ if c in PROBLEMS), UNEXPECTED)


def problem_response(error: Exception, *, request_id: str) -> JSONResponse:
    problem = problem_for(error)
    if not isinstance(error, errors.Error) or isinstance(error, errors.BadSettings):
        return respond(problem, "The request id finds the log entry.", request_id=request_id)
    response = respond(
        problem, str(error), request_id=request_id, **error.facts, **pointers(error)
    )
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response.headers["www-authenticate"] = "Bearer"
    if isinstance(error, errors.RefusedTooOften):
        response.headers["retry-after"] = str(error.retry_after)
    elif isinstance(error, errors.TooManyRequests) or (
        isinstance(error, errors.Upstream) and error.retryable
    ):
        response.headers["retry-after"] = RETRY_AFTER
    return response


def respond(problem: Problem, detail: str, *, request_id: str, **facts: object) -> JSONResponse:
    return JSONResponse(
        {
            **facts,
            "type": TYPE_BASE + problem.slug,
            "title": problem.title,
            "status": problem.status,
            "detail": detail,
            "instance": f"urn:request:{request_id}",
        },
        status_code=problem.status,
        media_type="application/problem+json",
        headers={"cache-control": "no-store"},
    )


def pointers(error: Exception) -> dict[str, list[dict[str, str]]]:
    """The `errors` extension of RFC 9457 section 3: one entry per bad field."""
    if not isinstance(error, errors.InvalidRequest) or not error.problems:
        return {}
    return {"errors": [{"pointer": at, "detail": why} for at, why in error.problems]}
