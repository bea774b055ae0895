"""The main story in another engine than all the rest: by keyboard, on a phone's width."""

import json
import subprocess

import pytest

from dev import npm
from dev.firefox import driver, firefox_path
from tests.browser.screen import SCREENSHOTS

pytestmark = [pytest.mark.deep, pytest.mark.timeout(180)]

STORY = "tests/browser/second_engine.mjs"


def test_firefox_rolls_back_as_chromium_does(stack, api, app, good, release):
    release("wrong-content")
    recommended = api.get("/api/overview").json()["recommended"]

    seen = tell_story(stack)

    assert app.get("/api/health").json()["deployment_id"] == recommended
    assert seen["steps"] == ["ok", "ok", "skipped", "ok", "ok"]
    assert seen["said"][-1] == "Rollback completed"
    assert seen["focus"] == "rollback-heading"
    assert seen["overflow"] == 0
    assert (seen["forbidden"], seen["complaints"], seen["cookies"]) == ([], [], "")


def tell_story(stack):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    order = {
        "driver": str(driver()),
        "firefox": firefox_path(),
        "address": stack["control_plane"],
        "token": stack["tokens"]["operator"],
        "pictures": str(SCREENSHOTS),
        "patience_ms": 60_000,
    }
    done = subprocess.run(
        [npm.find_node(), STORY],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
