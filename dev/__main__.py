"""The local stack: `python -m dev` starts everything and runs until Ctrl-C.

With a subcommand it does something to a stack that runs.
"""

import argparse
import importlib
import sys
from pathlib import Path

from dev.control import Refused
from dev.places import DATA, PARTS, PORT, CannotStart, Folder, NoStack

HOSTS = ["production", "staging", "blue", "green"]


def main() -> None:
    arguments = read_arguments()
    try:
        if arguments.command == "reset":
            Folder(arguments.data).clear()
        else:
            # Only the half that is asked for: the stack takes most of a second to load.
            half = "dev.commands" if arguments.command else "dev.starting"
            importlib.import_module(half).run(arguments)
    except (CannotStart, NoStack, Refused) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        return


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the stack's data")
    parser.add_argument(
        "--port", type=int, default=PORT, help="of the control plane; 0 picks all ports"
    )
    parser.add_argument("--no-cron", action="store_true", help="fire no cron")
    parser.add_argument(
        "--keep-answers", action="store_true", help="add what functions answer to a file"
    )
    parser.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting for the functions, besides those of the stack",
    )
    add_commands(parser.add_subparsers(dest="command", metavar="command"))
    return parser.parse_args()


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    release = commands.add_parser("release", help="deploy a version of the sample app")
    release.add_argument("version", help="good, good-2, errors-50, crash, hang, wrong-content, …")
    release.add_argument("--slot", choices=["blue", "green"], help="put it there, not live")
    release.add_argument("--environment", choices=["production", "staging"], default="production")
    promote = commands.add_parser("promote", help="make a deployment live, as a person would")
    promote.add_argument("deployment", help="v3, its id or its SHA")
    traffic = commands.add_parser("traffic", help="let visitors read the app's pages")
    traffic.add_argument("--rps", type=float, default=10, help="requests a second")
    traffic.add_argument("--seconds", type=float, default=30)
    traffic.add_argument("--host", choices=HOSTS, default="production")
    fault = commands.add_parser("fault", help="make the platform fail; `none` ends it")
    fault.add_argument("name", help="429, 500, slow, hang, timeout-after-applying, job-failed, …")
    fault.add_argument("details", nargs="*", metavar="NAME=VALUE", help="times=3, seconds=20, …")
    for name, help_ in (("hold", "keep a part stopped"), ("let-go", "let it run again")):
        part = commands.add_parser(name, help=help_)
        part.add_argument("part", choices=PARTS)
    commands.add_parser(
        "reload", help="end the functions, so that they start with the code as it is"
    )
    commands.add_parser("status", help="what is live, and how it is")
    commands.add_parser("reset", help="forget the data of a stack that does not run")


if __name__ == "__main__":
    main()
