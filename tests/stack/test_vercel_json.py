"""vercel.json is compiled as `vercel build` compiles it."""

import json
from pathlib import Path

import pytest

from dev import vercel_json
from dev.vercel_json import NotUnderstood

CAPTURED = json.loads((Path(__file__).parent / "captured" / "build.json").read_text())
ROOT = Path(__file__).parents[2]


def test_routes_are_those_of_a_real_build():
    routes = vercel_json.compile_routes(CAPTURED["vercel.json"], CAPTURED["functions"])

    assert routes == CAPTURED["routes"]


@pytest.mark.parametrize(
    ("function", "seconds"),
    [("api/cron/sweep.py", 90), ("api/health.py", 30), ("api/a/b/[id].py", 30), ("lib/x.py", 300)],
)
def test_the_first_pattern_that_matches_says_how_long_a_function_may_run(function, seconds):
    durations = {"api/cron/*.py": 90, "api/**/*.py": 30}
    configuration = vercel_json.Configuration([], [], durations, clean_urls=False)

    assert configuration.seconds(function) == seconds


def test_the_projects_own_file_is_understood():
    configuration = vercel_json.read(ROOT)

    assert [cron.path for cron in configuration.crons] == ["/api/cron/health_sweep"]


@pytest.mark.parametrize(
    "declared", ['{"trailingSlash": true}', '{"routes": [{"handle": "filesystem"}]}']
)
def test_what_is_not_understood_is_refused(tmp_path, declared):
    (tmp_path / "vercel.json").write_text(declared)

    with pytest.raises(NotUnderstood):
        vercel_json.read(tmp_path)
