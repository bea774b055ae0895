"""A clean copy of the tracked files, and the platform's own build of it.

A copy, because the build writes `pyproject.toml` and `uv.lock` into the tree it builds, and the
next build would trust them more than `requirements.txt`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from dev.bundle.problems import BundleError
from dev.settings_table import secret_names

TOOLS = Path(".tools") / "bin"
INSTALL_UV = "python3 -m venv .tools && .tools/bin/pip install uv"
NO_PROJECT = '{"settings":{}}'
#: All of a shell's environment that a build may see: nothing else that is set decides its result.
PASSED_ON = (
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "SSL_CERT_FILE",
    "HTTPS_PROXY",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "PIP_INDEX_URL",
)

#: What every secret is while it is built: the platform's own build sees the real ones.
CANARY = "canaryOfTheBuild"


def copy_tracked(root: Path, into: Path) -> None:
    """Copy what git tracks, as it is in the working tree now."""
    for name in tracked(root):
        source, target = root / name, into / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def tracked(root: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z"], capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        raise BundleError(
            f"The bundle is built from the files that git tracks, and git cannot list those of "
            f"{root}: {listed.stderr.strip()}"
        )
    return [name for name in listed.stdout.split("\0") if name]


def build(tree: Path, vercel: Sequence[str], tools: Path) -> Path:
    """Run the real `vercel build`, which needs no account. Gives the folder of its output."""
    environment = build_environment(tools)
    if shutil.which("uv", path=environment["PATH"]) is None:
        raise BundleError(f"The platform's build needs uv. Install it: {INSTALL_UV}")
    link = tree / ".vercel" / "project.json"
    link.parent.mkdir()
    link.write_text(NO_PROJECT)
    built = subprocess.run(
        [*vercel, "build", "--yes", "--prod"],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode != 0:
        raise BundleError(f"vercel build failed:\n{built.stdout}{built.stderr}".rstrip())
    return tree / ".vercel" / "output"


def build_environment(tools: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    planted = dict.fromkeys(secret_names(), CANARY)
    return (
        planted
        | kept
        | {
            "PATH": f"{tools}{os.pathsep}{kept.get('PATH', os.defpath)}",
            "VERCEL_TELEMETRY_DISABLED": "1",
            # As the deployed project sets it: without .pyc files a cold start takes twice as long.
            "VERCEL_PYTHON_COMPILEALL": "1",
        }
    )
