"""What takes the app's database back is loaded when it is first used, and so is what reads signed
tokens; the archives, by nobody.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FUNCTIONS = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "api").rglob("*.py"))
#: Of its room, what other rooms see.
DOORS = {"lib.schema", "lib.schema.plan", "lib.schema.app_database", "lib.schema.known"}
#: With everything that a function builds at its first request.
LOAD = """
import os, runpy, sys
os.environ |= {"DATABASE_URL": "postgresql://x/x", "APP_DATABASE_URL": "postgresql://x/y"}
runpy.run_path(sys.argv[1])
if "lib.wiring" in sys.modules:
    sys.modules["lib.wiring"].services()
names = ("pgparse", "lib.schema", "lib.archive", "boto", "jwt", "cryptography")
print(*(name for name in sys.modules if name.startswith(names)))
"""
#: As where nothing but requirements.txt is installed.
BARE = """
import importlib, sys
sys.modules["boto3"] = sys.modules["botocore"] = None
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_loads_neither_engine_nor_parsers_nor_archives(function):
    done = subprocess.run(
        [sys.executable, "-c", LOAD, function],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert set(done.stdout.split()) <= DOORS


def test_the_doors_are_those_that_the_others_use():
    """Whoever imports another module of the room loads the engine with it."""
    inside = [file for room in ("schema", "archive") for file in (ROOT / "lib" / room).glob("*.py")]
    others = [file for file in (ROOT / "lib").rglob("*.py") if file not in inside]
    imported = {
        line.split()[1]
        for file in others
        for line in file.read_text().splitlines()
        if line.startswith("from lib.schema")
    }

    assert imported <= DOORS


def test_the_functions_do_not_ship_what_speaks_to_the_archives_store():
    assert "boto3" not in (ROOT / "requirements.txt").read_text()
    assert "boto3==" in (ROOT / "scripts/requirements.txt").read_text()


def test_a_command_needs_the_stores_package_only_where_it_says_so():
    """An auditor verifies an export with what the functions ship."""
    commands = {f"scripts.{file.stem}": file.read_text() for file in ROOT.glob("scripts/*.py")}
    bare = [
        name
        for name, text in commands.items()
        if "needs scripts/" not in " ".join(text.split()).lower()
    ]
    assert {*commands} - {*bare} == {
        "scripts.archive",
        "scripts.audit_store",
        "scripts.recover_state",
    }

    subprocess.run([sys.executable, "-c", BARE, *bare], cwd=ROOT, check=True)
