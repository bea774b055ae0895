"""Programs that npm distributes, installed on demand from a lock file.

They are put under `.cache/`, never in the root: a `package.json` there would make the platform take
the whole project for a Node one.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.places import ROOT

FILES = ("package.json", "package-lock.json", ".npmrc")
NODE_AT_LEAST = 20


class NodeMissing(RuntimeError):
    """Node or npm is not installed, or too old."""


class InstallFailed(RuntimeError):
    """npm could not install a program."""


def find_node() -> str:
    """Raises NodeMissing with what to install."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NodeMissing(
            f"Node {NODE_AT_LEAST} or later is needed, with npm; "
            f"{'node' if node is None else 'npm'} is not on PATH. "
            "Install it: apt-get install nodejs npm, brew install node, or https://nodejs.org"
        )
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.lstrip("v").split(".")[0]) < NODE_AT_LEAST:
        raise NodeMissing(f"Node {NODE_AT_LEAST} or later is needed; this is {version.strip()}.")
    return node


def installed(locked: Path, name: str) -> Path:
    """The `node_modules` of what the lock file in `locked` names; installed the first time.

    `name`: for people, and of its place. Raises NodeMissing, InstallFailed.
    """
    cache = ROOT / ".cache" / name
    home = cache / fingerprint(locked)
    if not home.exists():
        find_node()
        with one_at_a_time(cache):
            if not home.exists():
                install(locked, home, name)
    return home / "node_modules"


def fingerprint(locked: Path) -> str:
    """Changes with any of the files, so that an old install is never taken for the new one."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update((locked / name).read_bytes())
    return digest.hexdigest()[:12]


def install(locked: Path, home: Path, name: str) -> None:
    """Installs beside `home` and renames, so that a broken-off install leaves nothing behind."""
    partial = home.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for file in FILES:
        shutil.copy(locked / file, partial / file)
    print(f"installing {name} (once)", file=sys.stderr)
    # Not `npm ci`: it refuses a lock that lacks the optional programs of other systems. `install`
    # keeps to the lock's versions and checksums just the same.
    done = subprocess.run(
        ["npm", "install", "--no-save", "--ignore-scripts"],
        cwd=partial,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise InstallFailed(f"npm install in {partial} failed:\n{done.stderr.strip()}")
    partial.rename(home)


@contextmanager
def one_at_a_time(cache: Path) -> Iterator[None]:
    """Two runs that start together install once."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
