"""What a workflow's script has from its runner: who it is, where it writes, what it may not print.

Nothing beside the standard library and httpx, so that the way out needs no more.
"""

import argparse
import os
import re
import sys
import time
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

#: Its value is a secret, and so never an argument that others on the machine can see.
TOKEN_VARIABLE = "CONTROL_PLANE_TOKEN"  # noqa: S105 - the name of one
LOOPBACK = ("localhost", "127.0.0.1", "::1")
#: GitHub's tokens end after minutes.
TOKEN_SECONDS = 60.0
TOKEN_PAUSES_SECONDS = (1, 3)
PATIENCE_SECONDS = 10.0
PAUSE_SECONDS = 2.0
TOO_MANY = f"it answered {HTTPStatus.TOO_MANY_REQUESTS:d}"
#: A proxy before it, or another address.
STRANGE = "answered {status:d}, and not as a control plane does"
AWAY = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)


class NoToken(Exception):
    """Says what to set."""


class Misspelt(ValueError):
    """Says what it may be."""


class Away(Exception):
    """The control plane did not answer for as long as it was waited for."""


class Refused(Exception):
    """Its own words."""


def take_no_arguments(module: str, description: str | None) -> None:
    """All that it is told is in variables. Who asks for `--help` gets that, and nothing is done."""
    argparse.ArgumentParser(
        prog=f"python -m scripts.{module}", description=description
    ).parse_args()


def told(name: str, default: str = "") -> str:
    """An empty input counts as none."""
    return os.environ.get(name, "").strip() or default


def is_told(name: str) -> bool:
    """Raises Misspelt: a dry run that is spelled otherwise is not the opposite of one."""
    match told(name, "false").lower():
        case "true":
            return True
        case "false":
            return False
    raise Misspelt(f"{name} is `true` or `false`.")


def actor() -> str:
    """Who started the workflow."""
    by = told("GITHUB_ACTOR")
    return f"{by} by GitHub Actions" if by else "a workflow"


def summary(text: str) -> None:
    """Shown on the job's page, and in its log."""
    print(text, flush=True)
    if path := told("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")


def output(name: str, value: str) -> None:
    """For the job's further steps."""
    if path := told("GITHUB_OUTPUT"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{name}={one_line(value)}\n")


def cell(text: object) -> str:
    """A server's words in a table: no row, no markup of their own."""
    escaped_text = re.sub(r"([\\|\[\]*])", r"\\\1", one_line(str(text)))
    return escaped_text.replace("<", "&lt;").replace("`", "'")


def fail(message: str) -> None:
    """The reason, as the job's page shows it."""
    print(one_line(f"error: {message}"), file=sys.stderr, flush=True)
    if told("GITHUB_ACTIONS") == "true":
        print(f"::error::{escaped(message)}", flush=True)
    summary(f"**{cell(message)}**")


def escaped(text: str, more: str = "") -> str:
    """As the runner's commands want it: a line is a command, so no text may begin one."""
    text = printable(text)
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def one_line(text: str) -> str:
    """What a file or a server says may not begin a line of its own: the runner obeys lines."""
    return " ".join(printable(text).split())


def printable(text: str) -> str:
    """A file's name may be no text at all."""
    return text.encode("utf-8", "backslashreplace").decode()


def mask(secret: str) -> None:
    """The runner keeps it out of the log from now on."""
    if told("GITHUB_ACTIONS") == "true":
        print(f"::add-mask::{secret}", flush=True)


def token(audience: str) -> str:
    """Whom the control plane takes us for: whose token was given, else the workflow itself, by
    GitHub's word, where the job has `id-token: write`. Raises NoToken.
    """
    url, key = told("ACTIONS_ID_TOKEN_REQUEST_URL"), told("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if given := told(TOKEN_VARIABLE):
        return given
    if url and key:
        return github_token(url, key, audience, int(time.monotonic() / TOKEN_SECONDS))
    raise NoToken(
        f"{TOKEN_VARIABLE} is not set, and the job has no `id-token: write`: whose word is this?"
    )


@cache
def github_token(url: str, key: str, audience: str, minute: int) -> str:
    """A new one for each `minute`. Raises NoToken."""
    del minute
    why = ""
    for pause in (*TOKEN_PAUSES_SECONDS, 0):
        try:
            value = ask_github(url, key, audience)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            why = type(error).__name__
            time.sleep(pause)
        else:
            mask(value)
            return value
    raise NoToken(f"GitHub gave no token ({why}). Run the job again.")


def ask_github(url: str, key: str, audience: str) -> str:
    answer = httpx.get(
        url,
        params=httpx.URL(url).params.merge({"audience": audience}),
        headers={"authorization": f"Bearer {key}"},
        timeout=PATIENCE_SECONDS,
        trust_env=urlsplit(url).hostname not in LOOPBACK,
    )
    return str(answer.raise_for_status().json()["value"])


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """`away_after_seconds`: how long it may leave us without an answer to what we ask."""

    url: str
    away_after_seconds: float

    def ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Again until it answers: for what is the same when it comes twice. A success that is no
        object in JSON is somebody else's answer: of a proxy before it, or of another address.

        Raises Away, Refused, NoToken.
        """
        until = time.monotonic() + self.away_after_seconds
        while True:
            try:
                answer = self._once(method, path, **options)
            except httpx.TransportError as error:
                why = type(error).__name__
            else:
                why = f"it answered {answer.status_code:d}"
                if answer.status_code not in AWAY:
                    if (told := told_by(refused_or(answer))) is not None:
                        return told
                    why = f"it {STRANGE.format(status=answer.status_code)}"
            if time.monotonic() + PAUSE_SECONDS > until:
                if why == TOO_MANY:
                    raise Refused(f"The control plane refuses us for now: {why}.")
                raise Away(f"{why}, for {self.away_after_seconds:.0f} s")
            time.sleep(PAUSE_SECONDS)

    def _once(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {token(self.url)}", **options.pop("headers", {})}
        return httpx.request(
            method,
            f"{self.url}{path}",
            headers=headers,
            timeout=PATIENCE_SECONDS,
            trust_env=urlsplit(self.url).hostname not in LOOPBACK,
            **options,
        )


def refused_or(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        said = str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        said = answer.text[:200]
    raise Refused(f"The control plane answered {answer.status_code}: {one_line(said)}")


def told_by(answer: httpx.Response) -> dict[str, Any] | None:
    """None: it is no object in JSON."""
    try:
        found = answer.json()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def an_address(value: str) -> str:
    """A token does not travel in the open. Raises ValueError."""
    address = urlsplit(value)
    if address.scheme == "https" or (address.scheme == "http" and address.hostname in LOOPBACK):
        return value.rstrip("/")
    raise ValueError("give its address, beginning with https://")
