"""Which version one can go back to, and why not another."""

from datetime import UTC, datetime

import pytest

from lib.deployments.eligibility import candidates, caution, changed, last_stable, why_not
from lib.deployments.models import UNKNOWN, DeploymentRow

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def row(name: str, **facts: object) -> DeploymentRow:
    """A version that was live and well."""
    well = {
        "deployment_id": f"dpl_{name}",
        "git_sha": name * 7,
        "title": "",
        "author": "",
        "url": "",
        "health": "passing",
        "migration_version": "1",
        "variables": {},
        "recorded_at": NOON,
        "recorded_by": "platform",
        "live_from": NOON,
        "live_until": NOON,
        "how": "deploy",
        "by": None,
        "reason": None,
        "quarantined": False,
        "is_live": False,
    }
    return DeploymentRow.model_validate(well | facts)


LIVE = row("e", is_live=True, live_until=None)


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        pytest.param(row("a"), None, id="was-live-and-well"),
        pytest.param(row("a", health="unknown"), None, id="never-proved"),
        pytest.param(LIVE, "This version is live now.", id="live"),
        pytest.param(row("a", live_from=None), "It was never live here.", id="never-live"),
        pytest.param(row("a", git_sha=LIVE.git_sha), "Same as the live version.", id="same-commit"),
        pytest.param(row("a", quarantined=True), "It was rolled back before.", id="quarantined"),
        pytest.param(row("a", health="failing"), "Was unhealthy.", id="failing"),
        pytest.param(
            row("a", below_floor=True), "It is older than the security floor.", id="below-floor"
        ),
    ],
)
def test_why_not(candidate, reason):
    assert why_not(candidate, LIVE) == reason


def test_two_unknown_commits_are_not_the_same():
    live = row("e", is_live=True, git_sha=UNKNOWN)

    assert why_not(row("a", git_sha=UNKNOWN), live) is None


def test_a_version_is_judged_without_a_live_one():
    assert why_not(row("a"), None) is None


def test_the_last_stable_is_the_newest_that_passed():
    rows = [LIVE, row("c"), row("b")]

    assert last_stable(rows) is rows[1]


def test_a_version_that_passed_comes_before_a_newer_one_that_never_proved_itself():
    rows = [LIVE, row("c", health="unknown"), row("b")]

    assert last_stable(rows) is rows[2]


def test_an_unproven_version_is_taken_when_there_is_no_other():
    rows = [LIVE, row("c", health="unknown"), row("b", health="failing")]

    assert last_stable(rows) is rows[1]


def test_a_proven_version_comes_before_newer_ones_that_are_not():
    rows = [LIVE, row("d"), row("c", health="unknown"), row("b", proven_at=NOON), row("a")]

    assert last_stable(rows) is rows[3]


def test_a_proven_version_that_failed_since_is_not_taken():
    rows = [LIVE, row("c"), row("b", proven_at=NOON, health="failing")]

    assert last_stable(rows) is rows[1]


def test_candidates_are_in_the_order_in_which_they_are_tried():
    proven = {"proven_at": NOON}
    rows = [
        LIVE,
        row("f", health="unknown"),
        row("d", quarantined=True, **proven),
        row("c", **proven),
        row("b"),
        row("a", health="unknown", **proven),
    ]

    assert [one.git_sha[0] for one in candidates(rows)] == ["c", "a", "b", "f"]


def test_only_an_unproven_version_is_spoken_of():
    assert caution(row("a", proven_at=NOON)) is None
    assert caution(row("a")).startswith("aaaaaaa never proved itself here")
    assert caution(row("a", git_sha=UNKNOWN)).startswith("dpl_a never")


@pytest.mark.parametrize(
    "rows",
    [[], [LIVE], [LIVE, row("c", quarantined=True), row("b", live_from=None)]],
    ids=["no-history", "only-the-live-one", "none-may"],
)
def test_there_may_be_nothing_to_go_back_to(rows):
    assert last_stable(rows) is None


def test_variables_that_were_changed_added_or_removed_are_named():
    then = {"KEPT": 1, "CHANGED": 1, "REMOVED": 1}
    now = {"KEPT": 1, "CHANGED": 2, "ADDED": 2}

    assert changed(then, now) == ["ADDED", "CHANGED", "REMOVED"]


def test_variables_that_stayed_are_not_named():
    assert changed({"KEPT": 1}, {"KEPT": 1}) == []
