"""Asks each function of a running stack what its document says, and what it does not.

Half of what is asked fits the document, half breaks it; most comes with a key that opens the door.
"""

import hashlib
import hmac
import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from multiprocessing import get_context
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dev.openapi.document import document
from dev.openapi.operations import door_of
from lib.access.doors import Door, Key, Signed
from lib.access.models import Role
from tests.waiting import PATIENCE_SECONDS

CONFORMING = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
UNAVAILABLE = 503
ERRORS = range(500, 600)
#: A query that nobody asked for, now and then.
EXTRA = st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=2)


@dataclass
class Asked:
    """What was answered, and what is wrong with it, each kind once."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.statuses.total()


@schemathesis.serializer("application/x-ndjson")
def lines(_: object, value: object) -> bytes:
    return value.encode(errors="replace") if isinstance(value, str) else json.dumps(value).encode()


class Keys(requests.auth.AuthBase):
    """Opens a door, most of the time."""

    def __init__(self, stack: dict[str, Any], door: Door, chance: random.Random) -> None:
        self.stack, self.door, self.chance = stack, door, chance

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.chance.random() < 0.9:
            request.headers.update(self.headers(request))
        return request

    def headers(self, request: requests.PreparedRequest) -> dict[str, str]:
        match self.door:
            case Role():
                role = Role.ADMIN if self.chance.random() < 0.8 else self.chance.choice([*Role])
                return {"authorization": f"Bearer {self.stack['tokens'][role]}"}
            case Signed():
                secret = self.stack[self.door.setting].encode()
                body = request.body or b""
                raw = body.encode() if isinstance(body, str) else body
                return {"x-vercel-signature": hmac.new(secret, raw, hashlib.sha1).hexdigest()}
            case Key.KNOWN:
                return {"authorization": f"Bearer {self.stack['tokens'][Role.ADMIN]}"}
            case Key.APP:
                return {"authorization": f"Bearer {self.stack['flags_token']}"}
            case Key.CRON:
                # A real sweep goes on for a minute and a half: the stories ask for those.
                return {"authorization": "Bearer guessed"}
            case Key.OWN_PAGE:
                return {"origin": self.stack["control_plane"]}
            case _:
                return {}


@cache
def operations() -> dict[str, APIOperation]:
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(document())))
    return {found.ok().label: found.ok() for found in schema.get_all_operations()}


def ask_in_turn(stack: dict[str, Any], *, times: int, number: int) -> Iterator[Asked]:
    """`times`: as often in each way, of each operation; `number`: the same one asks the same."""
    for label in operations():
        yield ask_both_ways(stack, times, number, label)


def ask_at_once(stack: dict[str, Any], *, times: int, number: int, by: int) -> Iterator[Asked]:
    """As `ask_in_turn`, from several processes."""
    with ProcessPoolExecutor(by, mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(ask_both_ways, stack, times, number), operations())


def ask_both_ways(stack: dict[str, Any], times: int, number: int, label: str) -> Asked:
    asked = Asked()
    for mode in GenerationMode:
        ask(stack, operations()[label], mode, times, asked, number)
    return asked


def ask(
    stack: dict[str, Any],
    operation: APIOperation,
    mode: GenerationMode,
    times: int,
    asked: Asked,
    number: int,
) -> None:
    method = operation.method.upper()
    route = operation.path.replace("{", "[").replace("}", "]")
    session = requests.Session()
    session.trust_env = False
    session.auth = Keys(stack, door_of(route, method), random.Random(number))

    @seed(number)
    @settings(
        max_examples=times,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(case=operation.as_strategy(generation_mode=mode), extra=EXTRA)
    def once(case: Case, extra: dict[str, str]) -> None:
        response = case.call(
            base_url=stack["control_plane"],
            session=session,
            params=extra,
            timeout=PATIENCE_SECONDS,
            allow_redirects=False,
        )
        asked.statuses[f"{method} {operation.path}", response.status_code] += 1
        judge(case, response, asked)

    # What takes nothing cannot be asked wrongly.
    with suppress(Unsatisfiable):
        once()


def judge(case: Case, response: schemathesis.Response, asked: Asked) -> None:
    name = f"{case.method} {case.operation.path} {response.status_code}"
    said = f"{case.as_curl_command()}\n{response.text[:500]}"
    if response.status_code in ERRORS and response.status_code != UNAVAILABLE:
        asked.wrong.setdefault(name, said)
    try:
        case.validate_response(response, checks=CONFORMING)
    except FailureGroup as error:
        asked.wrong.setdefault(f"{name} {type(error).__name__}", f"{error}\n{said}")
