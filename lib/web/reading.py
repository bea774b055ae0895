"""Reads requests into models. Only here does a pydantic error become the caller's fault."""

import re
from collections.abc import Collection
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from uuid import UUID, uuid4

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request

from lib import errors
from lib.rollback.models import Environment

#: A rollback request and a webhook of the platform are a few kilobytes; what may be larger says so.
BODY_LIMIT_BYTES = 256 * 1024
KEY_LIMIT = 200
#: It is stored with each row of the audit log, and answered.
REQUEST_ID = re.compile(r"[!-~]{1,200}")


async def read_raw(request: Request, limit: int = BODY_LIMIT_BYTES) -> bytes:
    """The body. One that is too large, or says so, is not read to its end. Raises InvalidRequest."""
    too_large = errors.InvalidRequest(f"The body is larger than {limit} bytes.")
    announced = request.headers.get("content-length", "")
    if re.fullmatch(r"[0-9]+", announced) and int(announced[:20]) > limit:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large
    return bytes(body)


async def read_body[T: BaseModel](
    request: Request, model: type[T], limit: int = BODY_LIMIT_BYTES
) -> T:
    return parse(await read_raw(request, limit), model)


def parse[T: BaseModel](body: bytes, model: type[T]) -> T:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise invalid(error) from error


async def read_union[T](request: Request, adapter: TypeAdapter[T]) -> T:
    """A body that is one of several models, told apart by one of its fields."""
    body = await read_raw(request)
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        # Each place begins with the model that the body chose, which is nowhere in the body.
        raise invalid(error, skipped=1) from error


def read_query[T: BaseModel](request: Request, model: type[T]) -> T:
    """The query; a field that a form left empty is not there. Raises InvalidRequest."""
    given = {name: value for name, value in request.query_params.items() if value}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise unreadable([(f"?{item['loc'][0]}", item["msg"]) for item in error.errors()]) from error


def invalid(error: ValidationError, *, skipped: int = 0) -> errors.InvalidRequest:
    return unreadable(
        [
            ("/".join(["#", *(str(part) for part in item["loc"][skipped:])]), item["msg"])
            for item in error.errors()
        ]
    )


def unreadable(found: list[tuple[str, str]]) -> errors.InvalidRequest:
    return errors.InvalidRequest("The request cannot be read: " + found[0][1] + ".", found)


def read_environment(request: Request) -> Environment:
    """Query parameter `environment`, production by default. Raises InvalidRequest."""
    value = request.query_params.get("environment", Environment.PRODUCTION)
    if value not in [*Environment]:
        raise errors.InvalidRequest(
            "There is no such environment.", [("?environment", "production or staging")]
        )
    return Environment(value)


def read_part(request: Request, parts: Collection[str]) -> str | None:
    """Query parameter `part`, of these; None: the whole. Raises InvalidRequest."""
    part = request.query_params.get("part")
    if part is not None and part not in parts:
        raise errors.InvalidRequest(
            "There is no such part.", [("?part", f"{', '.join(parts)}, or left out")]
        )
    return part


def read_idempotency_key(request: Request) -> str | None:
    """Raises InvalidRequest if it is there and cannot be one."""
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= KEY_LIMIT and key.isprintable()):
        raise errors.InvalidRequest(f"Idempotency-Key must be 1 to {KEY_LIMIT} characters.")
    return key


def read_last_segment(request: Request) -> UUID:
    """The id at the end of the path. Not the query's: that one is the caller's to choose.

    Raises NotFound.
    """
    segment = request.url.path.rstrip("/").rpartition("/")[2]
    try:
        return UUID(segment)
    except ValueError:
        raise errors.NotFound("No rollback has this id.") from None


def read_request_id(request: Request) -> str:
    """The platform's; one of our own where it is none that the platform writes."""
    given = request.headers.get("x-vercel-id", "")
    return given if REQUEST_ID.fullmatch(given) else uuid4().hex


def read_address(request: Request) -> str | None:
    """Where it comes from. The platform writes the header itself: what a client sent in it is gone
    (https://vercel.com/docs/headers/request-headers, read 2026-11-26). None of one with a zone: that
    may be any text.
    """
    forwarded = request.headers.get("x-forwarded-for", "").partition(",")[0].strip()
    with suppress(ValueError):
        found = ip_address(forwarded or (request.client.host if request.client else ""))
        if isinstance(found, IPv6Address):
            return None if found.scope_id else str(found.ipv4_mapped or found)
        return str(found)
    return None
