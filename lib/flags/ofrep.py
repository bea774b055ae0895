"""The OpenFeature Remote Evaluation Protocol: what is asked, and what is answered. Pure.

https://openfeature.dev/docs/reference/other-technologies/ofrep/openapi, read 2026-11-26. A switch
that is on is `true`. No switch looks at who asks, so the context decides nothing; one that cannot
be read is refused all the same, as the protocol has it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from lib.flags.models import Known, State


class Reason(StrEnum):
    STATIC = "STATIC"
    DISABLED = "DISABLED"  #: it was turned off
    STALE = "STALE"  #: as it was when it was last seen
    DEFAULT = "DEFAULT"  #: the safe default: nothing is known of it


class Code(StrEnum):
    PARSE_ERROR = "PARSE_ERROR"
    INVALID_CONTEXT = "INVALID_CONTEXT"
    TARGETING_KEY_MISSING = "TARGETING_KEY_MISSING"
    FLAG_NOT_FOUND = "FLAG_NOT_FOUND"
    GENERAL = "GENERAL"


class Evaluation(BaseModel):
    key: str
    value: bool
    reason: Reason
    variant: State
    metadata: dict[str, bool | str | int] = {}


class Bulk(BaseModel):
    flags: list[Evaluation]

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:32]}"'


class Failure(BaseModel):
    #: Empty: of a bulk evaluation.
    key: str = ""
    errorCode: Code  # noqa: N815  the protocol's own name
    errorDetails: str  # noqa: N815


@dataclass(frozen=True, slots=True)
class Answer:
    body: Evaluation | Bulk | Failure
    status: HTTPStatus = HTTPStatus.OK


STATUS = {
    Code.FLAG_NOT_FOUND: HTTPStatus.NOT_FOUND,
    # Of the statuses from 500 on, the providers read the body of this one alone.
    Code.GENERAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}
NOTHING_KNOWN = "Nothing is known of the switches at this moment: use the default in your code."


def fail(code: Code, details: str, key: str = "") -> Answer:
    failure = Failure(key=key, errorCode=code, errorDetails=details)
    return Answer(failure, STATUS.get(code, HTTPStatus.BAD_REQUEST))


def check(body: bytes, key: str = "") -> Answer | None:
    """What is wrong with the request; None: nothing. An empty body asks without a context."""
    try:
        asked: Any = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        return fail(Code.PARSE_ERROR, "The body is no JSON.", key)
    if not isinstance(asked, Mapping):
        return fail(Code.PARSE_ERROR, "The body is no JSON object.", key)
    context = asked.get("context")
    if context is None:
        return None
    if not isinstance(context, Mapping):
        return fail(Code.INVALID_CONTEXT, "`context` is no JSON object.", key)
    targeting_key = context.get("targetingKey", "")
    if targeting_key is None:
        return fail(Code.TARGETING_KEY_MISSING, "`targetingKey` is there and empty.", key)
    if not isinstance(targeting_key, str):
        return fail(Code.INVALID_CONTEXT, "`targetingKey` is no text.", key)
    return None


def evaluate(known: Known, key: str) -> Answer:
    if known.snapshot is None:
        safe = known.safe.get(key)
        if safe is None:
            return fail(Code.GENERAL, NOTHING_KNOWN, key)
        return Answer(evaluation(key, safe, Reason.DEFAULT))
    state = known.snapshot.states.get(key)
    if state is None:
        return fail(Code.FLAG_NOT_FOUND, f"There is no switch {key} in this environment.", key)
    return Answer(seen(known, key, state))


def evaluate_all(known: Known) -> Answer:
    if known.snapshot is not None:
        states = known.snapshot.states
        return Answer(Bulk(flags=[seen(known, key, states[key]) for key in sorted(states)]))
    if not known.safe:
        return fail(Code.GENERAL, NOTHING_KNOWN)
    flags = [evaluation(key, known.safe[key], Reason.DEFAULT) for key in sorted(known.safe)]
    return Answer(Bulk(flags=flags))


def seen(known: Known, key: str, state: State) -> Evaluation:
    reason = Reason.STATIC if state is State.ON else Reason.DISABLED
    return evaluation(key, state, reason if known.is_current else Reason.STALE)


def evaluation(key: str, state: State, reason: Reason) -> Evaluation:
    return Evaluation(key=key, value=state is State.ON, reason=reason, variant=state)
