"""The sample app reads its switches with the real provider, and keeps what it knows."""

import json
from dataclasses import replace

import httpx
import pytest
from openfeature import api
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from dev.platform.edge import take_log
from dev.sample_app.behaviour import LOG, Misbehaving
from dev.sample_app.settings import read_settings
from dev.sample_app.switches import RSVP_EMAILS, Switches
from dev.sample_app.versions import find_version
from dev.serving import serve

GOOD = Starlette(routes=[Route("/", lambda _: JSONResponse({}))])


@pytest.fixture
def flag_service():
    """Says what it is told to; without a value it fails."""
    said: dict[str, object] = {"value": False}

    async def answer(_):
        if "value" not in said:
            return JSONResponse({"key": RSVP_EMAILS, "errorCode": "GENERAL"}, 500)
        return JSONResponse({"key": RSVP_EMAILS, "reason": "STATIC", "variant": "x"} | said)

    with serve(Starlette(routes=[Route("/{p:path}", answer, methods=["POST"])])) as served:
        yield said, served.url
    api.clear_providers()


def test_what_was_known_last_holds_while_nobody_answers(flag_service):
    said, url = flag_service
    switches = Switches()
    at_first = switches.active
    switches.start(replace(read_settings(), flags_url=url, flags_token="x"))
    switches.stop()
    switches.ask()
    turned_off = switches.active
    said.clear()
    switches.ask()

    assert (at_first, turned_off, switches.active) == ([RSVP_EMAILS], [], [])


@pytest.mark.parametrize(
    ("version", "active", "failing"),
    [
        ("rsvp", [RSVP_EMAILS], 0),
        ("rsvp-errors", [RSVP_EMAILS], 15),
        ("rsvp-errors", [], 0),
        ("rsvp-other-errors", [], 15),
    ],
)
async def test_a_feature_fails_only_while_its_switch_is_on_and_each_answer_names_it(
    version, active, failing
):
    app = Misbehaving(GOOD, find_version(version), lambda: active)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        answers = [await client.get("/") for _ in range(100)]

    assert sum(answer.status_code == 500 for answer in answers) == failing
    lines = [json.loads(answer.headers[LOG.decode()]) for answer in answers]
    assert all(line["active_flags"] == active for line in lines)


def test_the_line_is_for_the_log_and_for_no_visitor():
    response = JSONResponse({}, headers={LOG.decode(): "a line"})

    assert (take_log(response), LOG.decode() in response.headers) == ("a line", False)
