"""Switches that people turn: done, done twice, twice at once, refused, misread."""

import asyncio

import pytest
from pydantic import ValidationError

from lib import errors
from lib.access.models import Caller, Role
from lib.flags.models import MOST_FLAGS
from lib.rollback.models import Environment
from lib.settings import load
from lib.wiring import build
from tests.integration.flags.conftest import AUDITED, FLAGS, ROWS, RSVP, SEATING, read

PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING
AT_ONCE = 8
CI = Caller(name="CI", role=Role.RECORDER)


async def test_what_is_turned_off_is_a_row_of_the_seed_and_an_audited_act(flip, rows, states):
    done = await flip("rsvp-emails", "off")

    assert (done.changed, done.message) == (True, "RSVP e-mails turned off")
    assert await rows(ROWS) == [
        ("rsvp-emails", "on", "Error rate is high", "Grace", False, "production", None)
    ]
    assert (await rows(AUDITED))[-1] == ("Grace", "flag.off", "rsvp-emails", "Error rate is high")
    assert (await states())["rsvp-emails"] == "off"
    assert (await states(STAGING))["rsvp-emails"] == "on"


async def test_what_is_turned_on_again_ends_its_row(flip, rows, states):
    await flip("rsvp-emails", "off")
    await flip("rsvp-emails", "on", by="Ada", reason="It was the mail provider")

    [row] = await rows(ROWS)
    assert row[-3:] == (True, "production", "Ada")
    assert [entry[:2] for entry in (await rows(AUDITED))[-2:]] == [
        ("Grace", "flag.off"),
        ("Ada", "flag.on"),
    ]
    assert (await states())["rsvp-emails"] == "on"


async def test_the_same_twice_is_one_change(flip, rows):
    first, second = await flip("rsvp-emails", "off"), await flip("rsvp-emails", "off", by="Ada")

    assert (first.changed, second.changed) == (True, False)
    assert second.message == "RSVP e-mails is off already. Grace did it."
    assert len(await rows(ROWS)) == 1


async def test_many_at_once_are_one_change(flip, rows, variables, services):
    """Over two instances, as it is on the platform."""
    other = build(load(variables))
    body = read(
        {
            "environment": "production",
            "key": "rsvp-emails",
            "state": "off",
            "reason": "Error rate is high",
        }
    )
    grace = Caller(name="Grace", role=Role.OPERATOR)
    done = await asyncio.gather(
        *(one.flags.change(body, grace) for one in [services, other] * (AT_ONCE // 2))
    )
    await other.close()

    assert sorted(one.changed for one in done) == [False] * (AT_ONCE - 1) + [True]
    assert len(await rows(ROWS)) == 1
    assert [entry[1] for entry in await rows(AUDITED)].count("flag.off") == 1


async def test_who_saw_another_state_is_told_who_changed_it(flip, rows):
    await flip("rsvp-emails", "off")

    with pytest.raises(errors.Conflict, match="Grace has turned RSVP e-mails off"):
        await flip("rsvp-emails", "off", by="Ada", expected_state="on")
    again = await flip("rsvp-emails", "off", expected_state="on")

    assert not again.changed  # the first answer was lost: it is the same change
    assert len(await rows(ROWS)) == 1


async def test_what_stays_on_says_why(flip, rows, services):
    with pytest.raises(errors.CannotTurnOff, match="Vendors would miss the ceremony"):
        await flip("timeline", "off")

    assert await rows(ROWS) == []


@pytest.mark.parametrize(
    ("key", "environment"), [("nothing", "production"), ("seating", "staging")]
)
async def test_what_is_not_there_is_not_found(flip, key, environment):
    with pytest.raises(errors.NotFound, match="has no switch"):
        await flip(key, "off", environment=environment)


async def test_a_viewer_turns_nothing_and_an_operator_defines_nothing(flip, services):
    with pytest.raises(errors.Forbidden):
        await flip("rsvp-emails", "off", role=Role.VIEWER)
    with pytest.raises(errors.Forbidden):
        await flip("rsvp-emails", "off", role=Role.RECORDER)
    with pytest.raises(errors.Forbidden):
        await services.flags.change(
            read({"flags": FLAGS}), Caller(name="Grace", role=Role.OPERATOR)
        )


async def test_a_switch_is_turned_while_a_rollback_runs(flip, services, order, rows):
    await services.engine.start(order)

    assert (await flip("rsvp-emails", "off")).changed


@pytest.mark.parametrize(
    "body",
    [
        {"key": "rsvp-emails", "state": "off"},
        {"environment": "production", "key": "rsvp-emails", "state": "half", "reason": "x"},
        {"environment": "production", "key": "RSVP", "state": "off", "reason": "x"},
        {"environment": "production", "key": "rsvp-emails", "state": "off", "reason": " "},
        {"flags": [RSVP, RSVP]},
        {"flags": [RSVP | {"loses": ""}]},
        {"flags": [RSVP | {"environments": []}]},
        {"flags": [RSVP | {"stays_on_because": "x", "safe_default": "off"}]},
        {"flags": [RSVP | {"key": f"f{i}"} for i in range(MOST_FLAGS + 1)]},
    ],
)
def test_what_cannot_be_meant_is_refused(body):
    with pytest.raises(ValidationError):
        read(body)


async def test_what_was_told_before_is_no_change(services, rows):
    again = await services.flags.change(read({"flags": FLAGS}), CI)

    assert not again.changed
    assert len([entry for entry in await rows(AUDITED) if entry[1] == "flags.define"]) == 1


async def test_what_nobody_touched_follows_its_safe_default_and_what_was_turned_stays(
    services, flip, states
):
    await flip("rsvp-emails", "off")
    turned = [RSVP, SEATING | {"safe_default": "on"}, FLAGS[2]]
    await services.flags.change(read({"flags": turned}), CI)

    assert await states() == {"rsvp-emails": "off", "seating": "on", "timeline": "on"}


async def test_what_a_release_no_longer_names_is_still_read_and_shown_while_it_is_off(
    services, flip, states
):
    """One may go back to a version that has it."""
    await flip("rsvp-emails", "off")
    await services.flags.change(read({"flags": [FLAGS[2]]}), CI)
    listed = await services.flags.list(PRODUCTION, CI)

    assert (await states())["rsvp-emails"] == "off"
    assert [one.key for one in listed.flags] == ["rsvp-emails", "seating", "timeline"]
    await flip("rsvp-emails", "on")
    assert "rsvp-emails" in await states()
    listed = await services.flags.list(PRODUCTION, CI)
    assert [one.key for one in listed.flags] == ["seating", "timeline"]
