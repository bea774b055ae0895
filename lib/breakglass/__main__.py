"""Production back to the last good version when all else is down: python -m lib.breakglass.

Asks the platform alone; no database, no Redis, no control plane. Takes VERCEL_TOKEN and
APP_PROJECT_ID from the environment, or asks for them; reads VERCEL_TEAM_ID, ALIAS_PATTERN,
SWITCH_METHOD_PRODUCTION, BREAK_GLASS_KEYS and, if it still answers, CONTROL_PLANE_URL with
CONTROL_PLANE_TOKEN. The same again goes on where it was interrupted. Exit codes: 0, done and
verified; 1, refused, and nothing was changed; 2, it was not asked rightly; 3, traffic has moved or
may have, and it is not proved that all is well; 4, the platform does not answer, the same again.
"""

import argparse
import getpass
import os
import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from lib.audit.chain import Keys
from lib.breakglass.models import Code, Given, Method, Misused, Stopped
from lib.breakglass.platform import Patience, Platform, make_http
from lib.breakglass.run import BreakGlass, Wanted
from lib.commands import user

VISITORS_GET = {
    "unchanged": "Visitors get what they got before.",
    "moved": "Visitors get the older version.",
    "unknown": "Visitors may get either version: open the live site and look.",
    "other": "Visitors get what somebody else chose.",
}


def say(text: str) -> None:
    print(text, flush=True)


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(
    arguments: list[str] | None = None,
    say: Callable[[str], None] = say,
    complain: Callable[[str], None] = complain,
) -> int:
    options = read_arguments(arguments)
    try:
        given = read_environment()
        options.reason = options.reason or asked("Why? ")
        if not options.reason:
            raise Misused("Say why: --reason")
        with make_http(given, answer_within_seconds=options.answer_within) as http:
            work = BreakGlass(
                Platform(http, given, Patience(options.give_up_after)),
                wanted(options, say),
                say,
                lambda: options.yes or asked("Go on? Write yes: ") == "yes",
            )
            return work.run()
    except Stopped as stopped:
        told = [str(stopped), VISITORS_GET[stopped.traffic], stopped.remedy]
        complain(" ".join(filter(None, told)))
        return stopped.code
    except OSError as error:
        complain(f"{error}. Write the journal elsewhere: --journal DIR")
        return Code.WRONG
    except (KeyboardInterrupt, EOFError):
        complain("Interrupted. The same again goes on.")
        return Code.AWAY


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lib.breakglass", description=__doc__)
    parser.add_argument("--to", type=a_deployment, metavar="dpl_…", help="instead of the last good")
    parser.add_argument("--reason", help="for the audit log; without: asked for")
    parser.add_argument("--by", default="", help="your name; without: who is signed in here")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--database-unknown-ok",
        action="store_true",
        help="go on although nobody can tell whether the app's database follows",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    parser.add_argument(
        "--journal", type=Path, default=Path(), metavar="DIR", help="where it is written down"
    )
    parser.add_argument("--give-up-after", type=float, default=120, metavar="SECONDS")
    parser.add_argument("--answer-within", type=float, default=8, metavar="SECONDS")
    return parser.parse_args(arguments)


def a_deployment(value: str) -> str:
    if re.fullmatch(r"dpl_[A-Za-z0-9]{1,96}", value):
        return value
    raise argparse.ArgumentTypeError("give the platform's id: dpl_…")


def read_environment(project: str | None = None) -> Given:
    token = told("VERCEL_TOKEN") or asked_in_secret("VERCEL_TOKEN is not set. Token: ")
    project = (
        project or told("APP_PROJECT_ID") or asked("APP_PROJECT_ID is not set. The app's project: ")
    )
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", project):
        raise Misused("Set APP_PROJECT_ID to the app's project: prj_…")
    if not token or not (token.isascii() and token.isprintable()):
        raise Misused("Set VERCEL_TOKEN to a token of the platform for the app's team.")
    pattern = told("ALIAS_PATTERN") or "{environment}-wedsync.vercel.app"
    return Given(
        token=token,
        project=project,
        team=told("VERCEL_TEAM_ID"),
        api_url=told("VERCEL_API_URL") or "https://api.vercel.com",
        edge_url=told("EDGE_URL") or None,
        method=a_method(told("SWITCH_METHOD_PRODUCTION") or "alias"),
        alias=pattern.replace("{environment}", "production"),
        bypass=told("APP_PROTECTION_BYPASS_SECRET"),
        control_plane=told("CONTROL_PLANE_URL") or None,
        control_plane_token=told("CONTROL_PLANE_TOKEN"),
    )


def a_method(value: str) -> Method:
    match value:
        case "alias" | "instant":
            return value
    raise Misused("SWITCH_METHOD_PRODUCTION is `alias` or `instant`.")


def wanted(options: argparse.Namespace, say: Callable[[str], None]) -> Wanted:
    try:
        keys = Keys.read(told("BREAK_GLASS_KEYS"))
    except ValueError as error:
        raise Misused(f"BREAK_GLASS_KEYS: {error}") from None
    if not keys.current:
        say("BREAK_GLASS_KEYS is not set: the journal is not signed.")
    who = options.by or told("BREAK_GLASS_BY") or f"{user()}@{socket.gethostname()}"
    return Wanted(
        to=options.to,
        who=who[:100],
        reason=options.reason.strip()[:500],
        database_unknown_ok=options.database_unknown_ok,
        folder=options.journal,
        keys=keys,
        dry_run=options.dry_run,
    )


def told(name: str) -> str:
    return os.environ.get(name, "").strip()


def asked(question: str) -> str:
    """Raises Misused where nobody sits."""
    require_terminal(question)
    return input(question).strip()


def asked_in_secret(question: str) -> str:
    require_terminal(question)
    return getpass.getpass(question).strip()


def require_terminal(question: str) -> None:
    if not sys.stdin.isatty():
        raise Misused(f"Nobody can be asked here. It was: {question.strip()} See --help.")


if __name__ == "__main__":
    sys.exit(main())
