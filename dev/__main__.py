"""The local stack: `python -m dev` starts everything and runs until Ctrl-C.

With a subcommand it does something to a stack that runs.
"""

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from dev import commands
from dev.output import say, show
from dev.places import DATA, PORT, CannotStart, Folder
from dev.simulator import Refused
from dev.stack import Options, Stack
from dev.vercel_json import NotUnderstood
from dev.welcome import welcome


class Interrupted(BaseException):
    """A signal asks the stack to end."""


def main() -> None:
    arguments = read_arguments()
    try:
        if arguments.command == "reset":
            Folder(arguments.data).clear()
        elif arguments.command:
            commands.run(arguments)
        else:
            start(arguments)
    except (CannotStart, NotUnderstood, commands.NoStack, Refused) as error:
        sys.exit(str(error))
    except (Interrupted, KeyboardInterrupt):
        return


def start(arguments: argparse.Namespace) -> None:
    started = time.monotonic()
    env = dict(pair.partition("=")[::2] for pair in arguments.env)
    options = Options(arguments.data, arguments.port, env, crons=not arguments.no_cron)
    show(f"Starting; the data is in {shown(options.data)}.")
    with interruptible(), Stack(options) as stack:
        show(welcome(stack.description(), options.data))
        show(f"ready after {time.monotonic() - started:.1f} s; Ctrl-C stops everything\n")
        with suppress(Interrupted):
            stack.keep_running()
        say("stopping")
    say("stopped")


@contextmanager
def interruptible() -> Iterator[None]:
    """The first signal ends the stack in order, a second one at once."""

    def interrupt(_: int, __: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        raise Interrupted

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    yield


def shown(folder: Path) -> Path:
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the stack's data")
    parser.add_argument(
        "--port", type=int, default=PORT, help="of the control plane; 0 picks all ports"
    )
    parser.add_argument("--no-cron", action="store_true", help="fire no cron")
    parser.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting for the functions, besides those of the stack",
    )
    add_commands(parser.add_subparsers(dest="command", metavar="command"))
    return parser.parse_args()


def add_commands(commands_: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    release = commands_.add_parser("release", help="deploy a version of the sample app")
    release.add_argument("version", help="good, good-2, errors-50, crash, hang, wrong-content, …")
    release.add_argument("--slot", choices=["blue", "green"], help="put it there, not live")
    release.add_argument("--environment", choices=["production", "staging"], default="production")
    promote = commands_.add_parser("promote", help="make a deployment live, as a person would")
    promote.add_argument("deployment", help="v3, its id or its SHA")
    traffic = commands_.add_parser("traffic", help="let visitors read the app's pages")
    traffic.add_argument("--rps", type=float, default=10, help="requests a second")
    traffic.add_argument("--seconds", type=float, default=30)
    traffic.add_argument(
        "--host", choices=["production", "staging", "blue", "green"], default="production"
    )
    fault = commands_.add_parser("fault", help="make the platform fail; `none` ends it")
    fault.add_argument("name", help="429, 500, slow, hang, timeout-after-applying, job-failed, …")
    fault.add_argument("details", nargs="*", metavar="NAME=VALUE", help="times=3, seconds=20, …")
    for name, help_ in (("hold", "keep a part stopped"), ("let-go", "let it run again")):
        part = commands_.add_parser(name, help=help_)
        part.add_argument("part", choices=commands.PARTS)
    commands_.add_parser("status", help="what is live, and how it is")
    commands_.add_parser("reset", help="forget the data of a stack that does not run")


if __name__ == "__main__":
    main()
