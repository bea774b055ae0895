"""The platform's real command line, installed on demand from its lock file."""

from pathlib import Path

from dev import npm

#: It reports its use and looks for newer versions of itself, unless told otherwise.
QUIET = {"VERCEL_TELEMETRY_DISABLED": "1", "NO_UPDATE_NOTIFIER": "1"}


def vercel_command() -> list[str]:
    """How to start the real `vercel`; installs it the first time (about 20 s).

    Raises NodeMissing, InstallFailed.
    """
    node = npm.find_node()
    modules = npm.installed(Path(__file__).parent, "vercel-cli")
    return [node, str(modules / "vercel" / "dist" / "vc.js")]
