"""`python -m benchmarks.imports`: what each function pays before it can answer its first request.

The time is the wall clock of importing the file in a fresh interpreter, the median of several;
what dominates it comes from the fastest of as many under `-X importtime`. The interpreter sees
the packages of requirements.txt and no others (some import more if they find it), with byte code
compiled, as deployed.
"""

from __future__ import annotations

import compileall
import re
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.table import show

ROOT = Path(__file__).parents[1]
ROUNDS = 5
TOP = 5
MARK = "--- imports of the function ---"
#: As the platform's runtime loads a file: by its path, whatever its name.
LOAD = f"""
import sys, time, importlib.util
sys.path.insert(0, {str(ROOT)!r})
spec = importlib.util.spec_from_file_location("function", sys.argv[1])
module = importlib.util.module_from_spec(spec)
print({MARK!r}, file=sys.stderr, flush=True)
start = time.perf_counter()
spec.loader.exec_module(module)
print(time.perf_counter() - start)
"""
LINE = re.compile(r"import time:\s*(?P<own>\d+) \|\s*(?P<cumulative>\d+) \| (?P<name>.*)")


def main() -> None:
    for folder in ("api", "lib"):
        compileall.compile_dir(ROOT / folder, quiet=1)
    rows = [("function", "import", "modules", "own time by package (its heaviest import), ms")]
    with tempfile.TemporaryDirectory(prefix="packages-") as scratch:
        packages = Path(scratch)
        install(packages)
        rows += [measure(file, packages) for file in sorted((ROOT / "api").rglob("*.py"))]
    show(rows)


def install(packages: Path) -> None:
    """What is deployed, and nothing of the tools beside it."""
    uv = subprocess.run(
        ["sh", ROOT / "dev" / "bootstrap.sh", "uv"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    options = ["--require-hashes", "--compile-bytecode", "--python", sys.executable]
    requirements = ROOT / "requirements.txt"
    subprocess.run(
        [uv, "pip", "install", "-q", *options, "--target", packages, "-r", requirements], check=True
    )


def measure(file: Path, packages: Path) -> tuple[str, str, str, str]:
    seconds = statistics.median(float(load(file, packages).stdout) for _ in range(ROUNDS))
    runs = [list(parse(load(file, packages, "-X", "importtime").stderr)) for _ in range(ROUNDS)]
    entries = min(runs, key=total)  # the run that other work on the machine disturbed least
    return (
        file.relative_to(ROOT).as_posix(),
        f"{seconds * 1000:.0f} ms",
        str(len(entries)),
        dominating(entries),
    )


def load(file: Path, packages: Path, *options: str) -> subprocess.CompletedProcess[str]:
    loaded = subprocess.run(
        [sys.executable, "-S", *options, "-c", LOAD, str(file)],
        env={"PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if loaded.returncode != 0:
        sys.exit(f"{file} cannot be imported:\n{loaded.stderr}")
    return loaded


def parse(text: str) -> Iterator[tuple[str, int, int]]:
    """Name, own and cumulative microseconds of each module the function brought in."""
    for line in text.partition(MARK)[2].splitlines():
        if found := LINE.match(line):
            yield found["name"].strip(), int(found["own"]), int(found["cumulative"])


def total(entries: Iterable[tuple[str, int, int]]) -> int:
    return sum(own for _, own, _ in entries)


def dominating(entries: Iterable[tuple[str, int, int]]) -> str:
    """Packages by the time of their own modules; in brackets the slowest import among them."""
    own: dict[str, int] = defaultdict(int)
    cumulative: dict[str, int] = defaultdict(int)
    for name, itself, in_all in entries:
        package = name.partition(".")[0]
        own[package] += itself
        cumulative[package] = max(cumulative[package], in_all)
    heaviest = sorted(own, key=lambda package: own[package], reverse=True)[:TOP]
    return ", ".join(
        f"{package} {own[package] / 1000:.0f} ({cumulative[package] / 1000:.0f})"
        for package in heaviest
    )


if __name__ == "__main__":
    main()
