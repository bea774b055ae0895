"""The workflows: pinned, with no code of their own, and no more rights than they need."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
class TestWorkflow:
    def test_every_action_is_pinned(self, file):
        used = re.findall(r"uses: (.*)", file.read_text())
        assert used
        assert [one for one in used if not PINNED.fullmatch(one)] == []

    def test_a_step_runs_one_line_into_which_nothing_is_written(self, file):
        commands = re.findall(r"run: (.*)", file.read_text())
        assert [one for one in commands if "${{" in one or one.strip() in ("|", ">", ">-")] == []

    def test_nothing_is_allowed_but_what_a_job_asks_for(self, file):
        text = file.read_text()
        assert "\npermissions: {}\n" in text
        assert set(re.findall(r"^      ([a-z-]+): (?:read|write)", text, re.MULTILINE)) <= {
            "contents",
            "id-token",
        }
        assert "contents: write" not in text

    def test_its_scripts_are_there(self, file):
        modules = re.findall(r"python -m (scripts[\w.]+)", file.read_text())
        assert [one for one in modules if find_spec(one) is None] == []

    def test_who_moves_the_app_gets_through_its_protection_to_look_at_it(self, file):
        text = file.read_text()
        secret = "APP_PROTECTION_BYPASS_SECRET: ${{ secrets.APP_PROTECTION_BYPASS_SECRET }}"
        assert "SWITCH_METHOD_PRODUCTION:" not in text or secret in text


def test_an_action_is_the_same_everywhere():
    used = {one for file in WORKFLOWS for one in re.findall(r"uses: (.*)", file.read_text())}
    names = [one.partition("@")[0] for one in used]
    assert sorted(names) == sorted(set(names))
