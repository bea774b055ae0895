"""Makes the document of the operations' models, their doors and the table of problems."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from dev.openapi.operations import OPERATIONS, PARTS, Model, Operation, Problem, door_of
from lib import errors
from lib.access.cookie import COOKIE
from lib.access.doors import LIMITED, Door, Key, Signed
from lib.access.models import Role
from lib.web.problems import PROBLEMS
from lib.web.reading import KEY_LIMIT

type Json = dict[str, Any]

COME_AGAIN = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)

REF = "#/components/schemas/{model}"
PROBLEM_REF = REF.format(model="Problem")
DESCRIPTION = (
    "The control plane that takes an app on Vercel back to its last stable version. Every error is"
    " `application/problem+json` (RFC 9457); its type leads to what to do. A method that is not"
    " listed is answered 405 with `Allow`."
)
SECURITY: Json = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A person's or a job's token; what its role may is in each operation.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "A dashboard session; writes must come from the dashboard's own origin.",
    },
    "cron": {
        "type": "http",
        "scheme": "bearer",
        "description": "CRON_SECRET, as the platform's scheduler sends it.",
    },
    "app": {
        "type": "http",
        "scheme": "bearer",
        "description": "FLAGS_TOKEN of the environment; as X-API-Key too.",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "x-vercel-signature",
        "description": "Hex HMAC-SHA1 of the raw body.",
    },
}
PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457. Further members are facts about this very problem.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, and what to do."},
        "instance": {"type": "string", "description": "Finds the entry in the log."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
TEXT: Json = {"type": "string"}
SENT: dict[str, tuple[Json, str]] = {
    "Idempotency-Key": (
        {"type": "string", "minLength": 1, "maxLength": KEY_LIMIT, "pattern": "^[ -~]+$"},
        "The same key starts the same rollback once.",
    ),
    "If-None-Match": (TEXT, "The ETag of an earlier answer."),
}
ANSWERED: dict[str, tuple[Json, str]] = {
    "Location": (TEXT, "Where to follow the rollback."),
    "ETag": (TEXT, "Changes with the answer."),
    "Set-Cookie": (TEXT, "The session's cookie, or its end."),
    "Retry-After": ({"type": "string", "pattern": "^[0-9]+$"}, "Seconds until it may be well."),
}


def document() -> Json:
    """Each schema is looked up by whose it is: an operation's body, query or answer."""
    schemas, definitions = TypeAdapter.json_schemas(list(models()), ref_template=REF)
    paths: dict[str, Json] = defaultdict(dict)
    for route, method, operation in listed():
        own = {key[2]: schema for (key, _), schema in schemas.items() if key[:2] == (route, method)}
        path = route.replace("[", "{").replace("]", "}")
        paths[path][method.lower()] = describe(route, method, operation, own)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rollback control plane", "version": "1", "description": DESCRIPTION},
        "paths": dict(paths),
        "components": {
            "securitySchemes": SECURITY,
            "schemas": {**definitions["$defs"], **PARTS, "Problem": PROBLEM},
        },
    }


def text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def listed() -> Iterator[tuple[str, str, Operation]]:
    for route, methods in OPERATIONS.items():
        for method, operation in methods.items():
            yield route, method, operation


def models() -> Iterator[tuple[tuple[str, str, str], JsonSchemaMode, TypeAdapter[Any]]]:
    for route, method, operation in listed():
        if operation.body is not None:
            yield (route, method, "body"), "validation", adapter(operation.body)
        for status, answer in operation.answers.items():
            if answer.body is not None:
                yield (route, method, str(status)), "serialization", adapter(answer.body)


def adapter(model: Model) -> TypeAdapter[Any]:
    return model if isinstance(model, TypeAdapter) else TypeAdapter(model)


def describe(route: str, method: str, operation: Operation, own: Mapping[str, Json]) -> Json:
    door = door_of(route, method)
    found = {
        "summary": operation.summary,
        "description": f"Opened by: {door}.",
        "operationId": f"{method.lower()}_{re.sub(r'[^a-z]+', '_', route).strip('_')}",
        "security": security(door),
        "parameters": list(parameters(route, operation)),
        "requestBody": request_body(operation, own.get("body")),
        "responses": with_platform(
            route, responses(door, operation, own, is_limited=(route, method) in LIMITED)
        ),
    }
    return {name: it for name, it in found.items() if it or name == "security"}


def security(door: Door) -> list[Json]:
    match door:
        case Role() | Key.KNOWN:
            return [{"token": []}, {"session": []}]
        case Key.APP:
            return [{"app": []}, {"token": []}, {"session": []}]
        case Signed():
            return [{"signature": []}]
        case Key.CRON:
            return [{"cron": []}]
        case Key.OWN_PAGE | Key.NONE:
            return []


def parameters(route: str, operation: Operation) -> Iterator[Json]:
    for name in re.findall(r"\[(\w+)\]", route):
        kind = {"format": "uuid"} if name == "id" else {"minLength": 1}
        schema = {"type": "string", **kind}
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    if operation.query is not None:
        fields = operation.query.model_json_schema(ref_template=REF)["properties"]
        for name, schema in fields.items():
            yield {"name": name, "in": "query", "schema": given(schema)}
    for name in operation.headers:
        schema, says = SENT[name]
        yield {"name": name, "in": "header", "description": says, "schema": schema}


def given(schema: Json) -> Json:
    """Of a field that may be left out, what it is if it is there."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    return kinds[0] if len(kinds) == 1 else schema


def request_body(operation: Operation, schema: Json | None) -> Json | None:
    if operation.media:
        content = {media: {"schema": schema} for media, schema in operation.media.items()}
        return {"required": True, "content": content}
    return schema and {"required": True, "content": {"application/json": {"schema": schema}}}


def responses(
    door: Door, operation: Operation, own: Mapping[str, Json], *, is_limited: bool
) -> Json:
    found = {
        str(status): response(answer.says, own.get(str(status)), "application/json", answer.headers)
        for status, answer in operation.answers.items()
    }
    for status, answer in operation.answers.items():
        for media in answer.texts:
            found[str(status)]["content"][media] = {"schema": TEXT}
    by_status: dict[int, list[Problem]] = defaultdict(list)
    limits = (errors.RefusedTooOften,) if is_limited else ()
    for problem in [*of_door(door), *limits, *operation.problems, *of_database(operation)]:
        for row in rows(problem):
            by_status[PROBLEMS[row].status].append(row)
    for status, classes in sorted(by_status.items()):
        says = "; ".join(
            dict.fromkeys(f"{PROBLEMS[one].slug}: {PROBLEMS[one].title}" for one in classes)
        )
        found.setdefault(str(status), refusal(status, says))
    return found


def with_platform(route: str, found: Json) -> Json:
    """An id that matches no route, such as one with a line end, is answered by the platform."""
    if "[" in route:
        found["404"]["content"]["text/plain"] = {"schema": TEXT}
    return found


def refusal(status: int, says: str) -> Json:
    headers = ("Retry-After",) if status in COME_AGAIN else ()
    made = response(f"{says}.", {"$ref": PROBLEM_REF}, "application/problem+json", headers)
    if status == HTTPStatus.UNAUTHORIZED:
        made["headers"] = {"WWW-Authenticate": {"schema": TEXT}}
    return made


def response(says: str, schema: Json | None, media: str, headers: Iterable[str]) -> Json:
    made: Json = {"description": says}
    if shown := {name: header(name) for name in headers}:
        made["headers"] = shown
    if schema is not None:
        made["content"] = {media: {"schema": schema}}
    return made


def header(name: str) -> Json:
    schema, says = ANSWERED[name]
    return {"description": says, "schema": schema}


def of_door(door: Door) -> tuple[Problem, ...]:
    match door:
        case Role():
            return errors.Unauthenticated, errors.Forbidden, errors.IssuerUnavailable
        case Signed():
            return errors.BadSignature, errors.InvalidRequest
        case Key.KNOWN:
            return errors.Unauthenticated, errors.Forbidden, errors.IssuerUnavailable
        case Key.APP:
            return (
                errors.Unauthenticated,
                errors.Forbidden,
                errors.IssuerUnavailable,
                errors.TooManyRequests,
            )
        case Key.CRON:
            return (errors.Unauthenticated,)
        case Key.OWN_PAGE:
            return (errors.Forbidden,)
        case Key.NONE:
            return ()


def of_database(operation: Operation) -> tuple[Problem, ...]:
    """Whatever is not set up, or not expected, is answered 500, and the log says why."""
    always: tuple[Problem, ...] = (errors.BadSettings,)
    return (*always, errors.DatabaseUnavailable) if operation.asks_database else always


def rows(problem: Problem) -> Iterator[Problem]:
    """Its own row of the table, and those of the kinds of it that are conflicts."""
    yield problem
    if problem is errors.Conflict:
        yield from (kind for kind in PROBLEMS if issubclass(kind, problem) and kind is not problem)
