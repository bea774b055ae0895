"""The real dbmate, installed on demand from its lock file: the package holds a program."""

from pathlib import Path

from dev import npm


def dbmate_command() -> str:
    """Its program; installed the first time (seconds). Raises NodeMissing, InstallFailed."""
    modules = npm.installed(Path(__file__).parent, "dbmate")
    # Only the one for this machine is installed.
    found = next(modules.glob("@dbmate/*/bin/dbmate*"), None)
    if found is None:
        raise npm.InstallFailed("There is no dbmate for this machine.")
    return str(found)
