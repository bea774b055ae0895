"""`python -m dev` without a subcommand: a stack, from its start until a signal ends it."""

import argparse
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from dev.output import say, show
from dev.places import CannotStart
from dev.stack import Options, Stack
from dev.vercel_json import NotUnderstood
from dev.welcome import welcome

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal asks the stack to end."""


def run(arguments: argparse.Namespace) -> None:
    """Raises CannotStart."""
    env = dict(pair.partition("=")[::2] for pair in arguments.env)
    options = Options(
        arguments.data,
        arguments.port,
        env,
        crons=not arguments.no_cron,
        keep_answers=arguments.keep_answers,
    )
    try:
        with suppress(Interrupted), interruptible():
            start(options)
    except NotUnderstood as error:
        raise CannotStart(str(error)) from error


def start(options: Options) -> None:
    started = time.monotonic()
    show(f"Starting; the data is in {shown(options.data)}.")
    with Stack(options) as stack:
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
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        raise Interrupted

    for number in SIGNALS:
        signal.signal(number, interrupt)
    yield


def shown(folder: Path) -> Path:
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
