"""What commands for operators share: who runs one, whether they mean it, and how it fails."""

import sys

from lib.commands import user

NO_TABLES = "The database has no tables yet: python -m scripts.migrate"
NOT_MEANT = "Nothing was changed. To go on: --yes."


def actor() -> str:
    """Whom the audit log names."""
    return f"{user()} (command line)"


def says_yes(question: str = "Go on?") -> bool:
    """Where nobody can be asked, it has to be said by `--yes`."""
    return sys.stdin.isatty() and input(f"{question} Write yes: ").strip() == "yes"


def fail(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code
