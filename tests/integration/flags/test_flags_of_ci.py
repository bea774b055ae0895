"""The app's CI tells of its switches after the release: once, and refused with the reason."""

import json
from importlib import import_module

import pytest

from dev.serving import serve
from lib.access.models import Role
from lib.access.store import AccessStore
from scripts import record_release, runner
from tests.integration.flags.conftest import FLAGS, RSVP

function = import_module("api.flags")
caches = (import_module("lib.settings").settings, import_module("lib.wiring").services)
LISTED = "SELECT title FROM flags WHERE key = 'rsvp-emails'"


async def app(scope, receive, send):
    """The function, and the end of its instance: what it opened is closed where it was opened."""

    async def closing(message):
        if message["type"] == "lifespan.shutdown.complete":
            await caches[1]().close()
        await send(message)

    await function.app(scope, receive, closing)


@pytest.fixture
async def bring(services, variables, tmp_path, monkeypatch):
    """`flags.json` to a control plane of its own, as `--flags` does."""
    token = await AccessStore(services.database).mint(
        name="CI", role=Role.RECORDER, by="test", lifetime=None
    )
    for name, value in (variables | {runner.TOKEN_VARIABLE: token}).items():
        monkeypatch.setenv(name, value)
    for cache in caches:
        cache.cache_clear()
    file = tmp_path / "flags.json"

    def bring(text: str) -> int:
        file.write_text(text)
        with serve(app) as served:
            return record_release.post_flags(served.url, file)

    yield bring
    for cache in caches:
        cache.cache_clear()


async def test_they_are_recorded_and_brought_twice_is_once(bring, rows, capsys):
    listed = json.dumps({"flags": [RSVP | {"title": "Mails"}, *FLAGS[1:]]})

    assert bring(listed) == 0
    assert await rows(LISTED) == [("Mails",)]
    assert "3 switches are recorded." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "JSON"),
        (json.dumps({"flags": [RSVP | {"loses": ""}]}), "#/flags/0/loses"),
        (json.dumps({"flags": [RSVP | {"environments": ["staging"] * 2}]}), "names one twice"),
    ],
)
async def test_a_file_that_cannot_be_meant_is_refused(bring, rows, capsys, text, words):
    assert bring(text) == 1
    assert words in capsys.readouterr().out
    assert await rows(LISTED) == [("RSVP e-mails",)]
