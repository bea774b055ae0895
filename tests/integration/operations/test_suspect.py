"""A switch that whoever watches the app suspects. What follows: automatic/test_flags_first.py."""

import pytest

from lib import errors
from lib.access.models import Caller, Role
from lib.deployments.models import Release
from lib.rollback.models import Environment
from tests.integration.flags.conftest import FLAGS, read

#: What is live is left, and comes back.
LIVE_AGAIN = """
WITH left_now AS (
  UPDATE live_periods SET live_until = app_now()
   WHERE environment = 'production' AND live_until IS NULL RETURNING *
)
INSERT INTO live_periods (environment, deployment, live_from, how)
SELECT environment, deployment, app_now(), how FROM left_now
"""


@pytest.fixture(autouse=True)
async def switches(services):
    await services.flags.change(read({"flags": FLAGS}), Caller(name="CI", role=Role.RECORDER))


@pytest.fixture
def named(control):
    async def named() -> list[tuple[str, bool]]:
        """Each with whether it is over when what is live now no longer is."""
        rows = await control.execute(
            "SELECT flag, period IS NOT NULL FROM suspect_flags ORDER BY flag"
        )
        return [tuple(row.values()) for row in await rows.fetchall()]

    return named


async def test_it_is_suspected_of_what_is_live_now(operate, named, audited):
    result = await operate("suspect", role=Role.OPERATOR, subject="rsvp-emails")

    assert result.changed
    assert result.message.startswith("RSVP e-mails is suspected of what is live in production:")
    assert await named() == [("rsvp-emails", True)]
    assert await audited() == [("Ada", "operation.suspect", "rsvp-emails")]


async def test_twice_it_is_so_already(operate, audited):
    await operate("suspect", subject="rsvp-emails")

    again = await operate("suspect", by="Grace", subject="rsvp-emails")

    assert (again.changed, again.message) == (False, "RSVP e-mails is suspected already.")
    assert len(await audited()) == 1


async def test_named_by_many_at_once_it_is_named_once(operate_at_once, named, audited):
    first, *others = await operate_at_once("suspect", subject="rsvp-emails")

    assert first.changed
    assert not any(result.changed for result in others)
    assert await named() == [("rsvp-emails", True)]
    assert len(await audited()) == 1


async def test_of_a_release_that_is_live_again_it_is_named_again(operate, control, named):
    await operate("suspect", subject="rsvp-emails")
    await control.execute(LIVE_AGAIN)

    again = await operate("suspect", subject="rsvp-emails")

    assert again.changed
    assert await named() == [("rsvp-emails", True)]


async def test_what_the_release_names_as_well_outlives_what_is_live_now(
    operate, services, releases, named
):
    release = Release(
        environment=Environment.PRODUCTION,
        git_sha="a1b2c3d",
        vercel_deployment_id=releases.v2,
        suspect_flags=["rsvp-emails"],
    )
    await operate("suspect", subject="rsvp-emails")
    await services.recorder.record(release, Caller(name="CI", role=Role.RECORDER))

    again = await operate("suspect", subject="rsvp-emails")

    assert not again.changed
    assert await named() == [("rsvp-emails", False)]


#: A switch was turned off in vain since this went live.
TRIED = """
WITH turned_off AS (
  INSERT INTO feature_rollbacks (feature_name, previous_state, rolled_back_by)
  VALUES ('seating', '{}', 'automatic') RETURNING id
)
INSERT INTO flag_trials
  (environment, period, flag, rollback_id, errors, flagged, outcome, concluded_at)
SELECT 'production', p.id, 'seating', r.id, 9, 9, 'did_not_help', app_now()
  FROM turned_off r, live_periods p
 WHERE p.environment = 'production' AND p.live_until IS NULL
"""
MODE = "UPDATE environments SET mode = '{}' WHERE environment = 'production'"
LOCKED = """
UPDATE environments SET locked_by = (SELECT id FROM rollbacks) WHERE environment = 'production'
"""
FOLLOWS = {
    MODE.format("automatic"): "it is turned off first.",
    MODE.format("shadow"): "that it would be turned off first is written down: the mode is shadow.",
    MODE.format("off"): "the mode is off, so turning it off is a person's decision.",
    LOCKED: "while the environment is locked, turning it off is a person's decision.",
    TRIED: "it is not turned off by itself, as that was tried since this went live. A person can"
    " turn it off.",
}


@pytest.mark.parametrize("standing", FOLLOWS)
async def test_it_says_what_follows(operate, control, services, order, standing):
    await services.engine.start(order)
    await control.execute(standing)

    result = await operate("suspect", subject="rsvp-emails")

    assert result.message.endswith(FOLLOWS[standing])


@pytest.mark.parametrize(
    ("subject", "environment"), [("unheard-of", "production"), ("seating", "staging")]
)
async def test_where_there_is_no_such_switch_it_says_where_they_are_listed(
    operate, named, audited, subject, environment
):
    with pytest.raises(errors.InvalidRequest) as refused:
        await operate("suspect", subject=subject, environment=environment)

    [(pointer, what_to_do)] = refused.value.problems
    assert (pointer, f"GET /api/flags?environment={environment}" in what_to_do) == (
        "#/subject",
        True,
    )
    assert (await named(), await audited()) == ([], [])


async def test_one_that_stays_on_cannot_be_suspected(operate, named, audited):
    with pytest.raises(errors.CannotTurnOff, match="Vendors would miss the ceremony"):
        await operate("suspect", subject="timeline")

    assert (await named(), await audited()) == ([], [])


async def test_one_that_is_off_explains_nothing(operate, named, audited):
    result = await operate("suspect", subject="seating")

    assert (result.changed, result.message) == (False, "Seating plan is off already.")
    assert (await named(), await audited()) == ([], [])


async def test_where_nothing_is_live_there_is_nothing_to_suspect_it_of(operate, control, named):
    await control.execute("UPDATE live_periods SET live_until = app_now()")

    with pytest.raises(errors.Conflict, match="Nothing is known to be live in production"):
        await operate("suspect", subject="rsvp-emails")

    assert await named() == []
