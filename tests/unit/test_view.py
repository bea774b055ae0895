"""A rollback as people see it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lib.rollback.models import SWITCH_FIRST, Rollback, RollbackStatusResponse, Status
from lib.rollback.view import view

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ID = UUID(int=1)


def steps(*states: str) -> list[dict[str, Any]]:
    """In the usual order; what was not said waits."""
    padded = [*states, *["wait"] * (len(SWITCH_FIRST) - len(states))]
    return [
        {
            "step": step,
            "position": position,
            "state": state,
            "attempt": int(state != "wait"),
            "started_at": None if state == "wait" else NOON,
            "finished_at": NOON + 2.5 * SECOND if state in ("ok", "bad", "skipped") else None,
            "message": None,
            "facts": {"secret": "of the step"},
        }
        for position, (step, state) in enumerate(zip(SWITCH_FIRST, padded, strict=True))
    ]


def rollback(*states: str, **facts: object) -> Rollback:
    row = {
        "id": ID,
        "environment": "production",
        "switch_method": "alias",
        "target": "dpl_1",
        "from_deployment": "dpl_2",
        "requested_by": "Ada",
        "automatic": False,
        "reason": "Page does not open",
        "note": None,
        "evidence": {},
        "requested_at": NOON,
        "deadline_at": NOON + 60 * SECOND,
        "status": "in_progress",
        "step": "record",
        "revision": 1,
        "fence": 1,
        "wake_at": NOON,
        "finished_at": None,
        "overdue_since": None,
        "error": None,
        "visitors_get": None,
        "next_actions": [],
        "due_in": timedelta(0),
        "steps": steps(*states),
        "names": {"dpl_1": {"deployment_id": "dpl_1", "git_sha": "a" * 40, "title": "Vendors"}},
    }
    return Rollback.model_validate(row | facts)


@pytest.mark.parametrize(
    ("states", "facts", "completed", "current"),
    [
        pytest.param([], {"status": "pending"}, [], "record", id="pending"),
        pytest.param(["run"], {}, [], "record", id="in-the-first-step"),
        pytest.param(
            ["ok", "ok", "run"],
            {"step": "database"},
            ["record", "switch"],
            "database",
            id="in-the-middle",
        ),
        pytest.param(
            ["ok", "ok", "skipped", "run"],
            {"step": "caches"},
            ["record", "switch", "database"],
            "caches",
            id="skipped-counts-as-completed",
        ),
        pytest.param(
            ["ok", "bad"],
            {"status": "failed", "step": "switch", "finished_at": NOON},
            ["record"],
            "switch",
            id="failed-stays-where-it-failed",
        ),
        pytest.param(
            ["ok", "ok", "skipped", "ok", "ok"],
            {"status": "completed", "step": "verify", "finished_at": NOON},
            list(SWITCH_FIRST),
            "verify",
            id="completed-ends-with-the-last-step",
        ),
    ],
)
def test_progress(states, facts, completed, current):
    shown = view(rollback(*states, **facts))

    assert (shown.steps_completed, shown.current_step) == (completed, current)


def test_durations_are_in_milliseconds():
    shown = view(rollback("ok", finished_at=NOON + 4.1 * SECOND, status=Status.COMPLETED))

    assert shown.duration_ms == 4100
    assert shown.steps[0].duration_ms == 2500


def test_what_is_not_finished_has_no_duration():
    shown = view(rollback("run"))

    assert (shown.duration_ms, shown.steps[0].duration_ms, shown.steps[1].duration_ms) == (
        None,
        None,
        None,
    )


def test_deployments_are_named_as_far_as_they_are_known():
    shown = view(rollback())

    assert shown.target.title == "Vendors"
    assert shown.from_deployment is not None
    assert shown.from_deployment.model_dump() == {
        "deployment_id": "dpl_2",
        "git_sha": "",
        "title": "",
    }


def test_it_may_be_unknown_what_was_live():
    assert view(rollback(from_deployment=None, names=None)).from_deployment is None


def test_one_that_undoes_another_goes_forward():
    assert view(rollback()).kind == "back"
    assert view(rollback(undoes=UUID(int=2))).kind == "forward"


def test_a_copy_from_before_there_were_two_kinds_can_be_read():
    old = view(rollback()).model_dump(exclude={"kind"})

    assert RollbackStatusResponse.model_validate(old).kind == "back"


def test_overdue_is_a_fact_beside_the_status():
    shown = view(rollback(overdue_since=NOON))

    assert (shown.status, shown.overdue) == (Status.IN_PROGRESS, True)


def test_what_a_step_must_know_is_not_shown():
    assert "of the step" not in view(rollback()).model_dump_json()


def test_times_are_sent_in_utc_whatever_zone_they_came_in():
    paris = datetime.fromisoformat("2026-01-01T13:00:00+01:00")

    assert (
        '"requested_at":"2026-01-01T12:00:00Z"'
        in view(rollback(requested_at=paris)).model_dump_json()
    )
