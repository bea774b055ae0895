"""What twenty pairs of looks say about a rollback."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lib.automatic.gate import PAIRS, Answer, conclude, shared
from lib.deployments.models import DeploymentRow
from lib.health.probe import Health, Look, judge_page, one_sided

OK = Look(Health.OK, "it answers and is healthy")
FAILED = Look(Health.FAILED, "it answers 500")
UNKNOWN = Look(Health.UNKNOWN, "/api/health answers 401")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
TARGET = DeploymentRow.model_construct(deployment_id="dpl_target", git_sha="4f2a9c1", live_from=NOW)


def seen(*target: Look, live: Look = FAILED):
    looks = [*target, *[OK] * (PAIRS - len(target))]
    return conclude(TARGET, [(live, look) for look in looks])


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ([], Answer.HELPS),
        ([FAILED], Answer.HELPS),
        ([FAILED, FAILED], Answer.FAILS),
        ([UNKNOWN], Answer.HELPS),
        ([UNKNOWN, FAILED], Answer.UNKNOWN),
        ([UNKNOWN] * PAIRS, Answer.UNKNOWN),
        ([FAILED] * PAIRS, Answer.FAILS),
        ([UNKNOWN] * 10 + [FAILED] * 10, Answer.FAILS),
    ],
    ids=["all", "one-failed", "two-failed", "one-unasked", "both", "unasked", "failed", "half"],
)
def test_a_target_may_fail_once(target, answer):
    assert seen(*target).answer is answer


def test_what_the_target_answered_is_said():
    assert seen(FAILED, FAILED).detail == "it answers 500"
    assert seen(*[UNKNOWN] * 3).detail == "/api/health answers 401"


@pytest.mark.parametrize(
    ("target", "live", "is_proof"),
    [
        ([], FAILED, True),
        ([FAILED], FAILED, False),
        ([UNKNOWN], FAILED, False),
        ([replace(OK, checks={"database": "unhealthy"})], FAILED, False),
        ([replace(OK, checks={"database": "healthy"})], FAILED, True),
        ([], OK, False),
        ([], UNKNOWN, False),
    ],
    ids=["all", "one-failed", "one-unasked", "no-database", "database", "live-is-well", "unasked"],
)
def test_only_a_target_that_answers_all_while_the_live_one_fails_proves_anything(
    target, live, is_proof
):
    assert seen(*target, live=live).is_proof is is_proof


def test_a_live_version_of_which_one_look_failed_is_not_well():
    assert seen(live=OK).live_is_well
    assert not conclude(TARGET, [(OK, OK)] * (PAIRS - 1) + [(FAILED, OK)]).live_is_well
    assert not conclude(TARGET, [(OK, OK)] * (PAIRS - 1) + [(UNKNOWN, OK)]).live_is_well


@pytest.mark.parametrize(
    ("status", "health"),
    [
        (200, Health.OK),
        (304, Health.OK),
        (422, Health.OK),
        (401, Health.UNKNOWN),
        (404, Health.UNKNOWN),
        (500, Health.FAILED),
        (504, Health.FAILED),
    ],
)
def test_of_a_page_only_errors_count(status, health):
    assert judge_page(status, "/") == Look(health, f"/ answers {status}")


class TestADatabase:
    def look(self, state):
        return Look(Health.OK, "it answers", "dpl_x", {"database": state})

    def test_that_only_the_live_version_cannot_use_is_its_failure(self):
        live, target = one_sided(self.look("unhealthy"), self.look("healthy"))

        assert (live.health, target.health) == (Health.FAILED, Health.OK)

    def test_that_only_the_target_cannot_use_is_the_targets(self):
        live, target = one_sided(self.look("healthy"), self.look("unhealthy"))

        assert (live.health, target.health) == (Health.OK, Health.FAILED)

    @pytest.mark.parametrize("state", ["healthy", "unhealthy", "unknown"])
    def test_that_both_see_alike_is_neithers(self, state):
        assert one_sided(self.look(state), self.look(state)) == (self.look(state),) * 2

    @pytest.mark.parametrize("state", ["healthy", "unknown"])
    def test_that_both_can_use_or_do_not_speak_of_is_no_shared_cause(self, state):
        assert shared(self.look(state), self.look(state)) == (self.look(state),) * 2

    def test_that_neither_can_use_is_a_shared_cause_for_the_gate(self):
        passage = conclude(TARGET, [shared(*[self.look("unhealthy")] * 2)] * PAIRS)

        assert passage.answer is Answer.FAILS
        assert not passage.live_is_well
        assert "so does the live version" in passage.detail

    def test_of_a_version_that_fails_anyway_changes_nothing(self):
        live = Look(Health.FAILED, "it answers 500", "dpl_x", {"database": "unhealthy"})

        assert one_sided(live, self.look("healthy")) == (live, self.look("healthy"))


def test_a_gate_that_nobody_answered_is_silent():
    silent = Look(Health.FAILED, "it accepts requests and does not answer", answered=False)

    assert conclude(TARGET, [(silent, silent)] * PAIRS).is_silent
    assert not conclude(TARGET, [(silent, silent)] * (PAIRS - 1) + [(FAILED, silent)]).is_silent
