"""The packages in a build are those of requirements.txt, to the version and the hash.

The platform reads the pins and drops the hashes: it rewrites `requirements.txt` as a project and
resolves that into a lock file of its own, which it leaves in the tree. So the hashes are compared
here, after the fact.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dev.bundle.contents import PACKAGES
from dev.bundle.output import Build, Function
from dev.bundle.problems import Problem

#: What the platform adds on its own.
ADDED = frozenset({"pip", "vercel-runtime"})
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?P<rest>.*)$")
HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")
DIST_INFO = re.compile(rf"^{PACKAGES}/(?P<name>[^/]+)-(?P<version>[^/-]+)\.dist-info/")


@dataclass(frozen=True, slots=True)
class Pin:
    version: str
    conditional: bool  #: holds only on some systems
    hashes: frozenset[str]


def check_packages(build: Build) -> list[Problem]:
    pins = read_pins((build.tree / "requirements.txt").read_text())
    return [
        *(problem for one in build.functions for problem in wrong_versions(one, pins)),
        *wrong_hashes(build.tree / "uv.lock", pins),
    ]


def read_pins(requirements: str) -> dict[str, Pin]:
    pins = {}
    for entry in re.split(r"\n(?=[A-Za-z0-9])", requirements):
        found = PIN.match(entry.partition("\n")[0])
        if found:
            pins[normal(found["name"])] = Pin(
                found["version"], ";" in found["rest"], frozenset(HASH.findall(entry))
            )
    return pins


def wrong_versions(function: Function, pins: dict[str, Pin]) -> Iterator[Problem]:
    installed = {normal(match["name"]): match["version"] for match in dist_infos(function)}
    for name, version in sorted(installed.items()):
        if name not in pins and name not in ADDED:
            yield Problem(function.source, f"ships {name} {version}, not in requirements.txt")
    for name, pin in sorted(pins.items()):
        if installed.get(name) != pin.version and not (pin.conditional and name not in installed):
            found = installed.get(name, "nothing")
            yield Problem(function.source, f"must ship {name} {pin.version}, and ships {found}")


def dist_infos(function: Function) -> Iterator[re.Match[str]]:
    return (found for found in map(DIST_INFO.match, function.files) if found)


def wrong_hashes(lock: Path, pins: dict[str, Pin]) -> Iterator[Problem]:
    """Each file that the build chose from must be one that requirements.txt allows."""
    for package in tomllib.loads(lock.read_text())["package"] if lock.exists() else []:
        pin = pins.get(normal(package["name"]))
        if pin is None:
            continue
        wheels = {wheel["hash"] for wheel in package.get("wheels", [])}
        if wheels - pin.hashes:
            yield Problem(
                "requirements.txt",
                f"{package['name']} {pin.version} was built from files with other hashes: "
                "lock again, and look at what has changed",
            )


def normal(name: str) -> str:
    """Package names compare without case, and with one kind of dash."""
    return re.sub(r"[-_.]+", "-", name).lower()
