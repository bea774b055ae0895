"""Lighthouse, installed on demand from its lock file."""

from pathlib import Path

from dev import npm


def lighthouse_command() -> list[str]:
    """How to start it. Raises NodeMissing, InstallFailed."""
    node = npm.find_node()
    modules = npm.installed(Path(__file__).parent, "lighthouse")
    return [node, str(modules / "lighthouse" / "cli" / "index.js")]
