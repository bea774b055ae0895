"""Commands for operators: who runs one, and how it ends."""

import getpass
import os
from enum import IntEnum


class Code(IntEnum):
    """How it ended: the exit codes of the command."""

    DONE = 0
    REFUSED = 1  #: nothing more was changed, and the same again would be refused again
    WRONG = 2  #: not asked rightly: a setting, an argument, `--yes`
    BUSY = 3  #: others held what it needs
    AWAY = 4  #: a database or the store did not answer: the same again goes on
    LOCKED = 5  #: object lock: a copy cannot be deleted yet


class Stopped(Exception):
    """Nothing more is done. Says what is wrong, and what to do."""

    code = Code.REFUSED


class Misused(Stopped):
    """A setting or an argument is wrong."""

    code = Code.WRONG


def user() -> str:
    """In a container it may be a number that nobody has named."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
