"""The README's pictures: the script takes them all from a running stack, and each is shown."""

import re

import pytest

from dev.places import ROOT
from tests.browser.screenshots import IMAGES, take

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_script_takes_each_picture_that_the_readme_shows(stack, good, tmp_path):
    await take(stack["control_plane"], stack["tokens"]["operator"], tmp_path)

    taken = {f"{IMAGES}/{file.name}" for file in tmp_path.iterdir()}
    shown = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    assert set(shown) == taken
