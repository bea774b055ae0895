"""Who runs a command."""

import getpass
import os


def user() -> str:
    """In a container it may be a number that nobody has named."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
