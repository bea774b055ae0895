"""A rollback as people and the dashboard see it. Pure."""

from datetime import datetime, timedelta

from lib.rollback.models import (
    DeploymentName,
    Rollback,
    RollbackStatusResponse,
    Status,
    Step,
    StepState,
    StepView,
)

MILLISECOND = timedelta(milliseconds=1)


def view(rollback: Rollback) -> RollbackStatusResponse:
    """`current_step` is the one being worked on; at the end, the last one."""
    return RollbackStatusResponse(
        rollback_id=rollback.id,
        environment=rollback.environment,
        kind=rollback.kind,
        status=rollback.status,
        overdue=rollback.overdue_since is not None,
        steps_completed=completed(rollback),
        current_step=rollback.steps[-1].step
        if rollback.status is Status.COMPLETED
        else rollback.step,
        error=rollback.error,
        steps=[step_view(step) for step in rollback.steps],
        target=name(rollback, rollback.target),
        from_deployment=name(rollback, rollback.from_deployment)
        if rollback.from_deployment
        else None,
        requested_by=rollback.requested_by,
        automatic=rollback.automatic,
        reason=rollback.reason,
        note=rollback.note,
        requested_at=rollback.requested_at,
        deadline_at=rollback.deadline_at,
        finished_at=rollback.finished_at,
        duration_ms=lasted(rollback.requested_at, rollback.finished_at),
        visitors_get=rollback.visitors_get,
        next_actions=rollback.next_actions,
    )


def completed(rollback: Rollback) -> list[str]:
    ended_well = (StepState.OK, StepState.SKIPPED)
    return [step.step for step in rollback.steps if step.state in ended_well]


def step_view(step: Step) -> StepView:
    return StepView(
        name=step.step,
        state=step.state,
        attempt=step.attempt,
        started_at=step.started_at,
        finished_at=step.finished_at,
        duration_ms=lasted(step.started_at, step.finished_at),
        message=step.message,
    )


def name(rollback: Rollback, deployment_id: str) -> DeploymentName:
    unnamed = DeploymentName(deployment_id=deployment_id, git_sha="", title="")
    return (rollback.names or {}).get(deployment_id, unnamed)


def lasted(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None else (end - start) // MILLISECOND
