"""Calls about rolling releases, as the platform's client library describes them (@vercel/sdk
1.28.35) and its command line makes them (64.0.2), read 2026-11-26. The body of PATCH …/config is
told by the command line only.
"""

from typing import Any

from pydantic import ValidationError

from dev.platform.calls import Answer, Ask, Call, Refused
from dev.platform.rolling import WHOLE
from dev.platform.state import Deployment, Rolling, RollingConfig, RollingStage

NOT_CONFIGURED = "Rolling Releases are not configured for this project."


def get_rolling(ask: Ask) -> Answer:
    ask.check_project(ask.params["project"])
    rolling = ask.cloud.state.rolling
    if rolling and ask.query.get("state", rolling.state) != rolling.state:
        rolling = None
    return Answer({"rollingRelease": show(ask, rolling) if rolling else None})


def get_config(ask: Ask) -> Answer:
    ask.check_project(ask.params["project"])
    return Answer({"rollingRelease": show_config(ask.cloud.state.rolling_config)})


def configure(ask: Ask) -> Answer:
    ask.check_project(ask.params["project"])
    if not ask.body.get("enabled"):
        ask.cloud.state.rolling_config = None
        return Answer({"rollingRelease": None})
    try:
        config = RollingConfig.model_validate(ask.body)
    except ValidationError as error:
        raise Refused(400, "bad_request", str(error)) from None
    percents = [stage.target_percentage for stage in config.stages]
    if not percents or percents != sorted({*percents}) or percents[-1] != WHOLE:
        raise Refused(400, "bad_request", "`stages` should rise, and end with 100.")
    ask.cloud.state.rolling_config = config
    return Answer({"rollingRelease": show_config(config)})


def start(ask: Ask) -> Answer:
    ask.check_project(ask.params["project"])
    if ask.cloud.state.rolling_config is None:
        raise Refused(400, "bad_request", NOT_CONFIGURED)
    canary = ask.deployment(str(ask.body.get("canaryDeploymentId")))
    if canary.ready_state != "READY" or canary.id == ask.cloud.state.production_id:
        raise Refused(400, "bad_request", "The deployment cannot be rolled out.")
    if not ask.cloud.roll(canary):
        raise Refused(409, "conflict", "Another rolling release is active.")
    return Answer({"rollingRelease": show(ask, active(ask))})


def approve(ask: Ask) -> Answer:
    rolling = asked_for(ask)
    stage = ask.body.get("nextStageIndex")
    if not isinstance(stage, int) or stage != rolling.stage + 1 or stage >= len(rolling.stages):
        raise Refused(400, "bad_request", "`nextStageIndex` is not the next stage.")
    ask.rolling.advance(rolling, stage)
    return Answer({"rollingRelease": show(ask, rolling)})


def complete(ask: Ask) -> Answer:
    rolling = asked_for(ask)
    rolling.stage = len(rolling.stages) - 1
    ask.rolling.complete(rolling)
    return Answer({"rollingRelease": show(ask, rolling)})


def asked_for(ask: Ask) -> Rolling:
    ask.check_project(ask.params["project"])
    rolling = active(ask)
    if rolling.canary_id != ask.body.get("canaryDeploymentId"):
        raise Refused(409, "conflict", "Another deployment is being rolled out.")
    return rolling


def active(ask: Ask) -> Rolling:
    if ask.cloud.rolling is None:
        raise Refused(404, "not_found", "There is no active rolling release.")
    return ask.cloud.rolling


def show(ask: Ask, rolling: Rolling) -> dict[str, Any]:
    deployments = ask.cloud.state.deployments
    stages = [show_stage(i, stage) for i, stage in enumerate(rolling.stages)]
    is_active = rolling.state == "ACTIVE"
    return {
        "state": rolling.state,
        "substate": "PAUSED" if rolling.paused else None,
        "currentDeployment": show_deployment(ask, deployments.get(rolling.base_id)),
        "canaryDeployment": show_deployment(ask, deployments.get(rolling.canary_id)),
        "queuedDeploymentId": rolling.queued_id,
        "advancementType": advancement(rolling.stages),
        "stages": stages,
        "activeStage": None if rolling.state == "ABORTED" else stages[rolling.stage],
        "nextStage": stages[rolling.stage + 1] if is_active else None,
        "startedAt": rolling.started_ms,
        "updatedAt": rolling.updated_ms,
    }


def show_stage(index: int, stage: RollingStage) -> dict[str, Any]:
    return {
        "index": index,
        "isFinalStage": stage.target_percentage == WHOLE,
        "targetPercentage": stage.target_percentage,
        "requireApproval": stage.duration is None,
        "duration": stage.duration,
    }


def show_deployment(ask: Ask, deployment: Deployment | None) -> dict[str, Any] | None:
    if deployment is None:
        return None
    return {
        "id": deployment.id,
        "name": ask.cloud.config.project_name,
        "url": deployment.url,
        "target": deployment.target,
        "readyState": deployment.ready_state,
        "createdAt": deployment.created_ms,
    }


def show_config(config: RollingConfig | None) -> dict[str, Any] | None:
    if config is None:
        return None
    return {"target": "production", **config.model_dump(by_alias=True, exclude_none=True)}


def advancement(stages: list[RollingStage]) -> str:
    is_timed = any(stage.duration is not None for stage in stages)
    return "automatic" if is_timed else "manual-approval"


ROLLING = "/projects/{project}/rolling-release"

CALLS = (
    Call("rolling-release", "GET", ROLLING, get_rolling),
    Call("rolling-config", "GET", f"{ROLLING}/config", get_config),
    Call("configure-rolling", "PATCH", f"{ROLLING}/config", configure),
    Call("start-rolling", "POST", f"{ROLLING}/start", start),
    Call("approve-stage", "POST", f"{ROLLING}/approve-stage", approve),
    Call("complete-rolling", "POST", f"{ROLLING}/complete", complete),
)
