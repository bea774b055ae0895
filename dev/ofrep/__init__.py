"""The real OFREP providers for Node and for browsers, installed on demand from their lock file."""

from pathlib import Path

from dev import npm

READER = Path(__file__).parent / "read.cjs"


def reader_command() -> list[str]:
    """A program that reads switches with them. Raises NodeMissing, InstallFailed."""
    modules = npm.installed(Path(__file__).parent, "ofrep")
    return [npm.find_node(), str(READER), str(modules)]
