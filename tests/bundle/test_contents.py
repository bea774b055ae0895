import pytest

from dev.bundle.contents import check_contents
from dev.bundle.tree import CANARY, build_environment
from dev.settings_table import secret_names

FILES = {
    "api/health.py": "api/health.py",
    "api/cron/health_sweep.py": "api/cron/health_sweep.py",
    "api/rollback/status/[id].py": "api/rollback/status/[id].py",
    "lib/settings/__init__.py": "lib/settings/__init__.py",
    "migrations/1.sql": "migrations/1.sql",
}


def findings(made):
    return [str(problem) for problem in check_contents(made.read())]


def test_a_right_build_has_no_problem(made):
    assert findings(made) == []


def test_a_file_that_became_no_function_is_named(made):
    made.write("api/webhooks/vercel.py")
    assert findings(made)[0].startswith("api/webhooks/vercel.py: did not become a function")


@pytest.mark.parametrize("name", ["api/_shared.py", "api/_private/x.py", "api/.hidden.py"])
def test_a_file_that_the_platform_skips_need_not_become_one(made, name):
    made.write(name)
    assert not [text for text in findings(made) if "did not become" in text]


@pytest.mark.parametrize(
    "name", [".env", "tests/test_x.py", "dev/stack.py", "Makefile", "LICENSE", "lib/.env.local"]
)
def test_a_foreign_file_in_a_bundle_is_named(made, name):
    made.function("api/health.py", filePathMap=FILES | {name: name})
    assert f"api/health.py: ships {name}" in "\n".join(findings(made))


@pytest.mark.parametrize(
    "name", ["output/static/admin/deployments.html", "output/config.json.map", "python/x.pyc"]
)
def test_a_secret_that_the_build_saw_is_found_wherever_it_is(made, name):
    made.write(f".vercel/{name}", f"before {CANARY} after")
    assert f".vercel/{name}: has a secret" in "\n".join(findings(made))


def test_every_secret_is_planted_in_the_builds_environment(tmp_path):
    environment = build_environment(tmp_path)
    assert {"DATABASE_URL", "AUDIT_KEYS", "SLACK_WEBHOOK_URL"} <= {*secret_names()}
    assert {environment[name] for name in secret_names()} == {CANARY}


def test_a_file_of_the_tree_cannot_pass_for_a_package(made):
    made.function("api/health.py", filePathMap=FILES | {"_vendor/x.py": "dev/x.py"})
    assert "ships _vendor/x.py" in "\n".join(findings(made))


def test_a_shipped_file_that_is_left_out_is_named(made):
    made.write("lib/rollback/engine.py")
    assert "api/health.py: lacks lib/rollback/engine.py" in "\n".join(findings(made))


def test_a_wrong_duration_is_named(made):
    made.function("api/cron/health_sweep.py", maxDuration=30)
    assert findings(made) == ["api/cron/health_sweep.py: maxDuration is 30, and must be 90"]


def test_another_python_is_named(made):
    made.function("api/health.py", runtime="python3.14")
    assert findings(made) == ["api/health.py: runs on python3.14, and must on python3.12"]


def test_a_published_file_that_is_not_in_public_is_named(made):
    made.write(".vercel/output/static/requirements.txt")
    assert "static/requirements.txt: is published" in findings(made)[0]


def test_a_thirteenth_function_is_one_too_many(made):
    for number in range(10):
        made.write(f"api/more{number}.py")
        made.function(f"api/more{number}.py")
    assert "api/: 13 functions; 12 are the most allowed" in findings(made)
