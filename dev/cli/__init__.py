"""The platform's real command line, installed on demand from its lock file.

It is put under `.cache/`, never in the root: a `package.json` there would make the platform take
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

HERE = Path(__file__).parent
CACHE = HERE.parent.parent / ".cache" / "vercel-cli"
FILES = ("package.json", "package-lock.json", ".npmrc")
NODE_AT_LEAST = 20

#: It reports its use and looks for newer versions of itself, unless told otherwise.
QUIET = {"VERCEL_TELEMETRY_DISABLED": "1", "NO_UPDATE_NOTIFIER": "1"}


class NodeMissing(RuntimeError):
    """Node or npm is not installed, or too old."""


class InstallFailed(RuntimeError):
    """npm could not install the command line."""


def vercel_command() -> list[str]:
    """How to start the real `vercel`; installs it the first time (about 20 s)."""
    node = find_node()
    home = CACHE / fingerprint()
    script = home / "node_modules" / "vercel" / "dist" / "vc.js"
    if not script.exists():
        with one_at_a_time():
            if not script.exists():
                install(home)
    return [node, str(script)]


def find_node() -> str:
    """Raises NodeMissing with what to install."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NodeMissing(
            f"The vercel command needs Node {NODE_AT_LEAST} or later with npm; "
            f"{'node' if node is None else 'npm'} is not on PATH. "
            "Install it: apt-get install nodejs npm, brew install node, or https://nodejs.org"
        )
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.lstrip("v").split(".")[0]) < NODE_AT_LEAST:
        raise NodeMissing(
            f"The vercel command needs Node {NODE_AT_LEAST} or later; this is {version.strip()}."
        )
    return node


def fingerprint() -> str:
    """Changes with any of the files, so that an old install is never taken for the new one."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()[:12]


def install(home: Path) -> None:
    """Installs beside `home` and renames, so that a broken-off install leaves nothing behind."""
    partial = home.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name in FILES:
        shutil.copy(HERE / name, partial / name)
    print("installing the vercel command line (once)", file=sys.stderr)
    # Not `npm ci`: it refuses a lock that lacks the optional binaries of other systems, which the
    # command does without. `install` keeps to the lock's versions and checksums just the same.
    done = subprocess.run(
        ["npm", "install", "--no-save", "--ignore-scripts"],
        cwd=partial,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise InstallFailed(f"npm install in {partial} failed:\n{done.stderr.strip()}")
    partial.rename(home)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two runs that start together install once."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
