"""How each kind of setting is read. What is wrong raises ValueError, and says what to write."""

import re
from base64 import b64decode
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import AliasChoices, BaseModel, ConfigDict, SecretStr
from pydantic.functional_validators import AfterValidator, BeforeValidator

from lib.audit.chain import Keys
from lib.flags.models import KEY, State
from lib.rollback.models import Environment
from lib.traffic.streams import MOST_ROUTES, read_route
from lib.vercel.hosts import is_public

#: Ten years; much more would not fit into a date.
LONGEST_SECONDS = 10 * 365 * 24 * 3600
WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*")
#: Each is asked for five times by the gate, at least.
MOST_PROBE_PATHS = 4


def seconds(value: object) -> object:
    """Durations are written in seconds, as their names say."""
    if not isinstance(value, str):
        return value
    with suppress(ValueError):
        if 0 < float(value) <= LONGEST_SECONDS:
            return timedelta(seconds=float(value))
    raise ValueError("give a number of seconds, more than 0")


def postgres_address(value: SecretStr) -> SecretStr:
    """As libpq reads it. Supabase adds a parameter that libpq refuses, for a client of another kind
    (https://github.com/supabase/supabase/issues/27328, read 2026-11-22).
    """
    url = re.sub(r"[?&]supa=[^&]*$|(?<=[?&])supa=[^&]*&", "", value.get_secret_value())
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise ValueError("this is no Postgres address") from None
    return SecretStr(url)


def host_pattern(value: str) -> str:
    with suppress(LookupError, ValueError, AttributeError):
        hosts = {value.format(environment=environment) for environment in Environment}
        if len(hosts) == len(Environment):
            return value
    raise ValueError("write `{environment}` where it goes into the host")


def host_suffix(value: str) -> str:
    suffix = value.removeprefix(".")
    if is_public(suffix):
        return suffix
    raise ValueError("write a host name, such as `vercel.app`")


def web_address[T: (str, SecretStr)](value: T) -> T:
    """The address itself may be a secret: no message shows it."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    with suppress(ValueError):
        if WEB_ADDRESS.fullmatch(text) and text.isprintable() and urlsplit(text).hostname:
            return value
    raise ValueError("write an address that starts with https://")


def signing_secret(value: SecretStr) -> SecretStr:
    """Any text, or `whsec_` and base64, as https://www.standardwebhooks.com has it."""
    text = value.get_secret_value()
    with suppress(ValueError):
        if not text.startswith("whsec_") or b64decode(text.removeprefix("whsec_"), validate=True):
            return value
    raise ValueError("after `whsec_` must come base64")


def signing_keys(value: SecretStr) -> SecretStr:
    Keys.read(value.get_secret_value())
    return value


def header_value(value: SecretStr) -> SecretStr:
    if re.fullmatch(r"[!-~]+", value.get_secret_value()):
        return value
    raise ValueError("it must be plain characters without a space")


def words(value: object) -> object:
    """Commas or line ends between them."""
    if not isinstance(value, str):
        return value
    return tuple(word for part in re.split(r"[,\n]", value) if (word := " ".join(part.split())))


def few_routes(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(value) > MOST_ROUTES or len({*value}) < len(value):
        raise ValueError(f"name at most {MOST_ROUTES} routes, each once")
    for text in value:
        read_route(text)
    return value


def paths(value: tuple[str, ...]) -> tuple[str, ...]:
    if not all(path.startswith("/") for path in value):
        raise ValueError("a path begins with a slash")
    return value


def folder(value: str) -> str:
    return f"{value.strip('/')}/" if value.strip("/") else ""


def few_paths(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(value) > MOST_PROBE_PATHS or not all(re.fullmatch(r"[!-~]+", path) for path in value):
        raise ValueError(f"name at most {MOST_PROBE_PATHS} paths, of plain characters")
    return value


def status_codes(value: object) -> object:
    if not isinstance(value, str):
        return value
    with suppress(ValueError):
        return tuple(HTTPStatus(int(code)) for code in value.replace(",", " ").split())
    raise ValueError("give status codes of HTTP")


def safe_defaults(value: object) -> object:
    """`rsvp-emails=on seating=off`, with commas or line ends between them if you like."""
    if not isinstance(value, str):
        return value
    found = {}
    for word in re.split(r"[\s,]+", value.strip()):
        key, _, state = word.partition("=")
        if not re.fullmatch(KEY, key) or state not in [*State]:
            raise ValueError("write `key=on` or `key=off` for each switch")
        found[key] = State(state)
    return found


Seconds = Annotated[timedelta, BeforeValidator(seconds)]
PostgresAddress = Annotated[SecretStr, AfterValidator(postgres_address)]
SecretAddress = Annotated[SecretStr, AfterValidator(web_address)]
WebAddress = Annotated[str, AfterValidator(web_address)]


def named(*names: str) -> AliasChoices:
    return AliasChoices(*names)


class Group(BaseModel):
    """The settings of one room. Only the whole of them is read, so only that is built."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, defer_build=True)
