"""Record a release with its migrations: python -m scripts.record_release, in the app's CI.

Collects the app's migration files and brings them to the control plane: with the token in
CONTROL_PLANE_TOKEN, an admin's, or a recorder's with --no-texts; without one as the workflow
itself, where its job has `id-token: write`. Any number of times is once.
Exit codes: 0, recorded; 1, refused, and why is said; 2, the files or the control plane are away.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from lib.deployments.models import UNKNOWN, Release
from lib.migrations.collect import Collection, newest_texts
from lib.migrations.judging import judge
from lib.migrations.sources import CannotCollect
from lib.migrations.texts import BODY_LIMIT_BYTES, MigrationText
from scripts import ci, runner

#: The column that the newest version goes into is this short.
VERSION_COLUMN = 50
#: Before each further attempt, where the control plane did not answer.
PAUSES_SECONDS = (1, 3)
PATIENCE_SECONDS = 30
AWAY = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)


def main(arguments: list[str] | None = None) -> int:
    options = read_arguments(arguments)
    try:
        collection = ci.collected(options)
        texts = [] if options.no_texts else choose_texts(collection, options.after)
        release = make_release(
            collection,
            texts,
            environment=options.environment,
            git_sha=options.sha,
            vercel_deployment_id=options.deployment,
            title=options.title,
            author=options.author,
            suspect_flags=options.suspect_flag,
        )
    except CannotCollect as error:
        ci.tell_broken(error)
        return ci.BROKEN
    except ValidationError as error:
        ci.tell("error", "; ".join(f"{one['loc'][0]}: {one['msg']}" for one in error.errors()))
        return ci.BROKEN
    refused = [finding for finding in judge(texts) if finding.is_refused]
    if refused:
        ci.tell_findings(refused, collection.migrations)
        return ci.REFUSED
    say_what(release, collection)
    if options.dry_run:
        return ci.FINE
    done = post(options.url, release)
    if done != ci.FINE or options.flags is None:
        return done
    return post_flags(options.url, options.flags)


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.record_release", description=__doc__)
    parser.add_argument("--url", type=an_address, required=True, help="of the control plane")
    parser.add_argument("--deployment", required=True, metavar="dpl_…", help="the platform's id")
    parser.add_argument("--sha", default=ci.commit(), help="its commit; on GitHub known by itself")
    parser.add_argument("--environment", choices=["production", "staging"], default="production")
    parser.add_argument("--title", default="", help="shown in the history")
    parser.add_argument("--author", default="")
    ci.add_collecting(parser)
    parser.add_argument("--after", metavar="VERSION", help="bring only the texts after this one")
    parser.add_argument(
        "--no-texts", action="store_true", help="tell the list of versions alone; for a recorder"
    )
    parser.add_argument("--flags", type=Path, metavar="FILE", help="the app's feature switches")
    parser.add_argument(
        "--suspect-flag",
        action="append",
        default=[],
        metavar="KEY",
        help="a switch that what this release changed is behind; several times for several",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be recorded")
    options = parser.parse_args(arguments)
    if not options.sha:
        parser.error("say which commit it was built from: --sha")
    return options


def an_address(value: str) -> str:
    try:
        return runner.an_address(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def choose_texts(collection: Collection, after: str | None) -> list[MigrationText]:
    """As many of the newest as one body holds; what is left out is said."""
    wanted = collection.after(after)
    texts = fitting(newest_texts(wanted), BODY_LIMIT_BYTES - size_of_list(collection))
    brought = {text.version for text in texts}
    for one in wanted:
        if one.version not in brought:
            why = one.too_large or "comes before those that one request can bring"
            ci.tell(
                "warning",
                f"{one.version} is recorded without its text, which {why}: nobody can step back"
                " past it.",
                one.up,
            )
    return texts


def fitting(texts: list[MigrationText], room_bytes: int) -> list[MigrationText]:
    """The newest of them that fit."""
    for left_out, text in enumerate(reversed(texts)):
        room_bytes -= len(text.model_dump_json().encode()) + 1
        if room_bytes < 0:
            return texts[len(texts) - left_out :]
    return texts


def size_of_list(collection: Collection) -> int:
    """With room for the rest of the body."""
    return len(json.dumps(collection.versions).encode()) + 10_000


def make_release(collection: Collection, texts: list[MigrationText], **told: Any) -> Release:
    newest = collection.versions[-1]
    return Release.model_validate(
        {
            **told,
            "db_migration_version": newest if len(newest) <= VERSION_COLUMN else UNKNOWN,
            "versions": collection.versions,
            "migrations": texts,
        }
    )


def say_what(release: Release, collection: Collection) -> None:
    print(
        f"{release.vercel_deployment_id} for {release.environment}:"
        f" {len(collection.migrations)} migrations of {collection.tool} in {collection.folder},"
        f" newest {collection.versions[-1]}, with {len(release.migrations)} texts"
    )


def post(url: str, release: Release) -> int:
    body = release.model_dump_json().encode()
    return told_of(url, "/api/deployments", body, "POST", say_recorded)


def post_flags(url: str, file: Path) -> int:
    """After the release: what is refused here leaves the release recorded."""
    try:
        body = file.read_bytes()
    except OSError as error:
        ci.tell("error", f"{file} cannot be read: {error.strerror}.")
        return ci.BROKEN
    return told_of(url, "/api/flags", body, "PUT", lambda answer: print(answer["message"]))


def told_of(
    url: str, path: str, body: bytes, method: str, say: Callable[[dict[str, Any]], None]
) -> int:
    """Sends it, and says what came of it."""
    try:
        answer = send(f"{url}{path}", body, runner.token(url), method=method)
    except runner.NoToken as error:
        ci.tell("error", str(error))
        return ci.BROKEN
    except httpx.HTTPError as error:
        ci.tell("error", f"{url} does not answer ({type(error).__name__}). Nothing is known.")
        return ci.BROKEN
    if answer.is_success:
        if (told := runner.told_by(answer)) is None:
            ci.tell("error", f"{url} {runner.STRANGE.format(status=answer.status_code)}.")
            return ci.BROKEN
        say(told)
        return ci.FINE
    tell_refusal(answer)
    return ci.REFUSED if answer.is_client_error else ci.BROKEN


def send(address: str, body: bytes, token: str, *, method: str = "POST") -> httpx.Response:
    """Again where it was away: recorded twice is recorded once. Raises httpx.HTTPError."""
    for pause in PAUSES_SECONDS:
        try:
            answer = send_once(address, body, token, method)
        except httpx.TransportError:
            time.sleep(pause)
            continue
        if answer.status_code not in AWAY:
            return answer
        time.sleep(pause)
    return send_once(address, body, token, method)


def send_once(address: str, body: bytes, token: str, method: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    # No proxy of the runner's leads to its own machine.
    is_elsewhere = urlsplit(address).hostname not in runner.LOOPBACK
    return httpx.request(
        method,
        address,
        content=body,
        headers=headers,
        timeout=PATIENCE_SECONDS,
        trust_env=is_elsewhere,
    )


def say_recorded(answer: dict[str, Any]) -> None:
    new, without = answer["new_texts"], answer["without_text"]
    print(f"recorded; texts that were new: {', '.join(new) or 'none'}")
    if verdict := answer.get("verdict"):
        ci.tell("warning", verdict)
    if without:
        print(
            f"without a text: {len(without)} migrations, the newest {without[-1]}: nobody can step"
            " back past it"
        )
    if note := answer.get("forward_note"):
        ci.tell("warning", note)


def tell_refusal(answer: httpx.Response) -> None:
    try:
        problem = answer.json()
        messages = [problem["detail"]]
        messages += [f"{one['pointer']}: {one['detail']}" for one in problem.get("errors", [])]
    except (ValueError, KeyError, TypeError):
        messages = [f"answered {answer.status_code}: {answer.text[:200]}"]
    for message in messages:
        ci.tell("error", message)


if __name__ == "__main__":
    sys.exit(main())
