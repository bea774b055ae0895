"""A release that breaks one feature: its switch is turned off, and the release stays.

And the same day with a release whose code is to blame, while the feature's switch is on.
"""

import httpx
import pytest

from dev.sample_app.switches import RSVP_EMAILS
from dev.visitors import Visitors, outage_of
from tests.story.world import platform_scheduler
from tests.waiting import PATIENCE_SECONDS, wait_until

RPS = 10
GOOD_VISITS = 30
#: As much as code may be held up.
EXTRA_SECONDS = 35

TRIALS = """
SELECT t.outcome, t.flag, t.errors, t.flagged, extract(epoch FROM t.at)::float8 AS at,
       r.rolled_back_by
  FROM flag_trials t JOIN feature_rollbacks r ON r.id = t.rollback_id
"""
ROLLBACKS = "SELECT id::text, reason, extract(epoch FROM requested_at)::float8 AS at FROM rollbacks"
ALERTS = "SELECT kind, sentence FROM alerts ORDER BY id"
AUDITED = "SELECT actor, action, subject FROM audit WHERE action LIKE 'flag.%%'"


@pytest.fixture
def visitors(young_world):
    edge = young_world.stack["edge"]
    with (
        platform_scheduler(young_world),
        Visitors(edge["address"], edge["hosts"]["production"], RPS) as visitors,
    ):
        wait_until(lambda: len(visitors.visits) >= GOOD_VISITS, what="the first visitors")
        yield visitors


@pytest.fixture(autouse=True)
def switched_on(whole):
    """Other tests may have left it off; the copy in Redis outlives the database they had."""
    body = {"environment": "production", "key": RSVP_EMAILS, "state": "on", "reason": "A new day"}
    whole.api.put("/api/flags", json=body).raise_for_status()
    wait_until(lambda: is_on(whole), what="the switch")


def test_the_feature_that_fails_is_turned_off_and_the_release_stays(young_world, visitors, tell):
    world = young_world
    bad = world.release("rsvp-errors")["id"]
    wait_until(lambda: world.rows(TRIALS), "the switch that is turned off")
    wait_until(lambda: is_good_for(visitors, seconds=10), "the end of the errors")
    wait_until(lambda: world.rows(TRIALS)[0]["outcome"] == "helped", "the end of the watch")
    [trial] = world.rows(TRIALS)
    outage = outage_of(visitors.visits)

    assert world.live() == bad
    assert world.rows(ROLLBACKS) == []
    assert (trial["flag"], trial["rolled_back_by"]) == (RSVP_EMAILS, "automatic")
    assert trial["flagged"] == trial["errors"]
    assert [*world.rows(AUDITED)[-1].values()] == ["automatic", "flag.off", RSVP_EMAILS]
    [alert] = [one for one in world.rows(ALERTS) if one["kind"] == "feature_turned_off"]
    assert "RSVP e-mails" in alert["sentence"]
    tell(
        f"rsvp-errors: the switch was off {trial['at'] - outage.first_bad:.1f} s after the first"
        f" bad answer, the last bad answer came {outage.traffic_back - trial['at']:.1f} s later;"
        f" {outage.failed} of {outage.visits} visits failed, no code moved"
    )


def test_where_code_is_to_blame_it_goes_back_half_a_minute_later(young_world, v1, visitors, tell):
    world = young_world
    bad = world.release("rsvp-other-errors")["id"]
    wait_until(lambda: world.rows(TRIALS), "the switch that is turned off")
    wait_until(lambda: world.rows(ROLLBACKS), "the rollback")
    [trial], [rollback] = world.rows(TRIALS), world.rows(ROLLBACKS)
    ended = world.follow(rollback["id"])

    assert ended["status"] == "completed"
    assert world.moves() == [bad, v1]
    assert trial["outcome"] == "did_not_help"
    assert "RSVP e-mails was turned off first, and that did not help." in rollback["reason"]
    tell(
        f"rsvp-other-errors: code went back {rollback['at'] - trial['at']:.1f} s after the switch"
        f" (at most {EXTRA_SECONDS} s are allowed)"
    )


def is_on(world) -> bool:
    token = {"authorization": f"Bearer {world.stack['flags_token']}"}
    address = f"{world.stack['control_plane']}/ofrep/v1/evaluate/flags/{RSVP_EMAILS}"
    return (
        httpx.post(address, headers=token, timeout=PATIENCE_SECONDS, trust_env=False).json()[
            "reason"
        ]
        == "STATIC"
    )


def is_good_for(visitors: Visitors, *, seconds: float) -> bool:
    """Nobody got a bad answer in the newest so many seconds."""
    newest = visitors.visits[-1].answered_at
    lately = [one for one in visitors.visits if one.answered_at > newest - seconds]
    return len(lately) > RPS and all(one.is_good for one in lately)
