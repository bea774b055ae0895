import pytest

from dev.bundle.packages import check_packages, read_pins
from tests.bundle.conftest import LOCK, STARLETTE

INSTALLED = {STARLETTE: ".vercel/python/x"}


def findings(made):
    return [str(problem) for problem in check_packages(made.read())]


def test_pinned_packages_are_no_problem(made):
    assert findings(made) == []


def test_another_version_is_named(made):
    other = {STARLETTE.replace("1.10.0", "1.11.0"): ".vercel/python/x"}
    made.function("api/health.py", filePathMap=other)
    assert findings(made) == ["api/health.py: must ship starlette 1.10.0, and ships 1.11.0"]


def test_a_bundle_without_packages_is_named(made):
    made.function("api/health.py", filePathMap={})
    assert findings(made) == ["api/health.py: must ship starlette 1.10.0, and ships nothing"]


def test_an_unknown_package_is_named(made):
    more = INSTALLED | {"_vendor/boto3-1.0.dist-info/METADATA": ".vercel/python/x"}
    made.function("api/health.py", filePathMap=more)
    assert findings(made) == ["api/health.py: ships boto3 1.0, not in requirements.txt"]


@pytest.mark.parametrize("name", ["pip-26.3", "vercel_runtime-0.23.2"])
def test_what_the_platform_adds_is_no_problem(made, name):
    more = INSTALLED | {f"_vendor/{name}.dist-info/METADATA": ".vercel/python/x"}
    made.function("api/health.py", filePathMap=more)
    assert findings(made) == []


def test_a_file_with_another_hash_is_named(made):
    made.write("uv.lock", LOCK.format(digest="b" * 64))
    assert "starlette 1.10.0 was built from files with other hashes" in findings(made)[0]


def test_a_pin_keeps_its_version_its_condition_and_its_hashes():
    text = "A.b==1.0 ; python_version < '3.9' \\\n    --hash=sha256:" + "c" * 64 + "\n    # via x\n"
    pin = read_pins(text)["a-b"]
    assert (pin.version, pin.conditional, pin.hashes) == ("1.0", True, {"sha256:" + "c" * 64})
