"""The real dbmate, installed on demand from its lock file: the package holds a program."""

import shutil
import subprocess
import sys
from pathlib import Path

from dev.cli import InstallFailed, find_node

HERE = Path(__file__).parent
CACHE = HERE.parent.parent / ".cache" / "dbmate"
FILES = ("package.json", "package-lock.json", ".npmrc")


def dbmate_command() -> str:
    """Its program; installed the first time (seconds). Raises NodeMissing, InstallFailed."""
    return program() or install()


def program() -> str | None:
    """Only one for this machine is installed. Another version than the lock's is not taken."""
    if not all(is_same(HERE / name, CACHE / name) for name in FILES):
        return None
    return next(map(str, CACHE.glob("node_modules/@dbmate/*/bin/dbmate*")), None)


def is_same(one: Path, other: Path) -> bool:
    return other.exists() and one.read_bytes() == other.read_bytes()


def install() -> str:
    """Beside its place and renamed, so that a broken-off install is never taken for a whole one."""
    find_node()
    partial = CACHE.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name in FILES:
        shutil.copy(HERE / name, partial / name)
    print("installing dbmate (once)", file=sys.stderr)
    # Not `npm ci`: it refuses a lock that lacks the optional programs of other systems.
    done = subprocess.run(
        ["npm", "install", "--no-save", "--ignore-scripts"],
        cwd=partial,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise InstallFailed(f"npm install in {partial} failed:\n{done.stderr.strip()}")
    shutil.rmtree(CACHE, ignore_errors=True)
    partial.rename(CACHE)
    found = program()
    if found is None:
        raise InstallFailed("There is no dbmate for this machine.")
    return found
